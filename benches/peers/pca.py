"""numpy-pca, sklearn-pca: all principal directions of the trajectory window, in float64.

With 12,000 steps of 2500 weights everybody goes by the covariance matrix: forming it and its
eigendecomposition costs far less than an SVD of the window. The window is in memory as float32; its
conversion to float64 is part of the work.
"""

import numpy as np


class Window:
    """The window in memory, and the variances that varflat found."""

    def __init__(self, options):
        self.window = np.load(options.run / "trajectory.npy")
        with np.load(options.run / "pca.npz") as stored:
            self.expected, self.floor = stored["variance"], float(stored["floor"])
        small = np.random.default_rng(1).standard_normal((256, 64))
        self.fit(small.astype(np.float32))  # warm up

    def work(self):
        return self.fit(self.window)

    def check(self, result):
        variance, components = result
        difference = np.abs(variance / self.expected - 1)
        sample = components[:: len(components) // 25]
        return 1, {
            "first_variance": float(variance[0]),
            "total_variance": float(variance.sum()),
            "largest_relative_difference_of_first_50": float(difference[:50].max()),
            # How far down the spectrum the variances agree with varflat's to 1 %.
            "agree_up_to": int(np.argmax(np.append(difference, 1.0) > 0.01)),
            "orthonormal_to": float(np.abs(sample @ sample.T - np.eye(len(sample))).max()),
        }


class Numpy(Window):
    """numpy-pca: centre, covariance (numpy calls syrk for X.T @ X), eigh, descending."""

    def fit(self, window):
        centred = window.astype(np.float64)
        centred -= centred.mean(axis=0)
        covariance = centred.T @ centred
        covariance /= len(centred)
        variance, vectors = np.linalg.eigh(covariance)
        return variance[::-1], vectors.T[::-1]


class Sklearn(Window):
    """sklearn-pca: scikit-learn by the covariance too; left to itself it takes a full SVD at this shape.

    It subtracts T⟨w⟩⟨w⟩ᵀ from XᵀX instead of centring X, which costs the smallest variances their digits.
    """

    def __init__(self, options):
        from sklearn.decomposition import PCA

        self.pca = PCA
        super().__init__(options)

    def fit(self, window):
        fitted = self.pca(svd_solver="covariance_eigh").fit(window.astype(np.float64))
        steps = len(window)
        return fitted.explained_variance_ * ((steps - 1) / steps), fitted.components_
