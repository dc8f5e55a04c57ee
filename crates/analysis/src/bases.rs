//! The relation along directions that were not chosen by the variance they are judged by.

use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::spectrum::holding;
use crate::{
    AnalysisError, ParamGuard, TrajectoryPca, WindowPart, WindowSource, WindowSteps, along_directions,
    project, scaling, variances_along,
};

/// Where directions come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Principal components of the window itself: chosen by the variance that is then measured along them.
    Components,
    /// Eigenvectors of the Hessian.
    Hessian,
    /// Eigenvectors of the covariance of gradients.
    Gradients,
    /// Principal components of the steps w(t + 1) − w(t).
    Steps,
    /// Principal components of the first half of the window; variances are those of the second.
    Halves,
    /// The weights themselves, in the order of their curvature H_jj.
    Weights,
}

impl Basis {
    /// All of them, the components first.
    pub const ALL: [Self; 6] =
        [Self::Components, Self::Hessian, Self::Gradients, Self::Steps, Self::Halves, Self::Weights];
}

/// How far weights move along a direction, and how the loss curves there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Along {
    /// σ²: of what is left beyond a straight line in time, but along the window's own components, of which the first takes the drift.
    pub variance: f64,
    /// κ = pᵀHp.
    pub curvature: f64,
    /// S = pᵀSp of the covariance of the samples' gradients.
    pub noise: f64,
    /// Whether σ², κ and S are more than rounding: no fit takes what is not.
    pub trusted: bool,
}

/// Curvature and noise of a layer at w_0, in which windows of its weights are looked at: the recorded one and those of nulls alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// H, `[weights, weights]`.
    pub hessian: Array2<f64>,
    /// Its eigenvectors, one a row.
    pub hessian_directions: Array2<f64>,
    /// The covariance S of the samples' gradients, `[weights, weights]`.
    pub covariance: Array2<f64>,
    /// Its eigenvectors, one a row.
    pub gradient_directions: Array2<f64>,
    /// The unit vectors of the weights, that of the largest H_jj first, one a row; none where the weights are the coordinates.
    pub weight_directions: Option<Array2<f64>>,
}

/// A window seen in one basis: in the order of its directions, which is that of what they were chosen by, descending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// σ², κ and S of every direction.
    pub along: Vec<Along>,
}

impl Frame {
    /// A window along the directions of a basis, and these: `[k, weights]`, one a row.
    ///
    /// # Errors
    /// As [`TrajectoryPca`] and [`variances_along`].
    pub fn view(
        &self,
        window: impl WindowSource,
        basis: Basis,
    ) -> Result<(View, Array2<f64>), AnalysisError> {
        let middle = window.steps() / 2;
        let (variance, directions): (Variances, _) = match basis {
            Basis::Components => {
                let pca = components(&window)?;
                let variance =
                    pca.variance().iter().enumerate().map(|(i, variance)| (*variance, pca.trusted(i)));
                (variance.collect(), pca.components().to_owned())
            }
            Basis::Hessian => fixed(&window, self.hessian_directions.clone())?,
            Basis::Gradients => fixed(&window, self.gradient_directions.clone())?,
            Basis::Weights => {
                let own = || self.weights_by_curvature();
                fixed(&window, self.weight_directions.clone().unwrap_or_else(own))?
            }
            Basis::Steps => fixed(&window, components(WindowSteps::new(&window))?.components().to_owned())?,
            Basis::Halves => {
                let first = components(WindowPart::new(&window, 0..middle)?)?.components().to_owned();
                fixed(WindowPart::new(&window, middle..window.steps())?, first)?
            }
        };
        let curvature = along_directions(self.hessian.view(), directions.view())?;
        let noise = along_directions(self.covariance.view(), directions.view())?;
        let each = variance.into_iter().zip(curvature).zip(noise);
        let (least_curvature, least_noise) =
            (form_rounding(self.hessian.view()), form_rounding(self.covariance.view()));
        let along = each.map(|(((variance, trusted), curvature), noise)| {
            let trusted = trusted && curvature > least_curvature && noise > least_noise;
            Along { variance, curvature, noise, trusted }
        });
        let along = along.collect();
        Ok((View { along }, directions))
    }

    /// The same in the coordinates of the eigenvectors of the Hessian, in which it is diagonal: for windows of θ_i = v_i·(w − w_0). What a
    /// frame says of a window does not depend on the coordinates of both.
    ///
    /// # Errors
    /// If the shapes disagree.
    pub fn in_eigenvectors(&self) -> Result<Self, AnalysisError> {
        let vectors = &self.hessian_directions;
        let origin = Array1::zeros(vectors.ncols());
        let turned = |rows: &Array2<f64>| project(rows, origin.view(), vectors.view());
        let curvature = along_directions(self.hessian.view(), vectors.view())?;
        Ok(Self {
            hessian: Array2::from_diag(&curvature),
            hessian_directions: Array2::eye(vectors.nrows()),
            // VSVᵀ of a symmetric S.
            covariance: turned(&turned(&self.covariance)?.t().to_owned())?,
            gradient_directions: turned(&self.gradient_directions)?,
            weight_directions: Some(turned(&self.weights_by_curvature())?),
        })
    }

    /// The unit vectors of the weights, that of the largest H_jj first.
    fn weights_by_curvature(&self) -> Array2<f64> {
        let curvature = self.hessian.diag();
        let mut order: Vec<usize> = (0..curvature.len()).collect();
        order.sort_by(|one, other| curvature[*other].total_cmp(&curvature[*one]));
        let mut directions = Array2::zeros(self.hessian.dim());
        order.into_iter().enumerate().for_each(|(row, weight)| directions[[row, weight]] = 1.0);
        directions
    }
}

/// σ² of each direction, and whether it is more than rounding.
type Variances = Vec<(f64, bool)>;

fn components(window: impl WindowSource) -> Result<TrajectoryPca, AnalysisError> {
    TrajectoryPca::params().measured(false).check()?.fit_source(window)
}

fn fixed(
    window: impl WindowSource,
    directions: Array2<f64>,
) -> Result<(Variances, Array2<f64>), AnalysisError> {
    let found = variances_along(window, directions.view())?;
    Ok((found.iter().map(|found| (found.detrended, found.is_trusted())).collect(), directions))
}

/// What the form pᵀMp of a matrix `[weights, weights]` that has no negative one may come out as where it is 0: what lies below is rounding.
pub fn form_rounding(matrix: ArrayView2<'_, f64>) -> f64 {
    f64::EPSILON * matrix.nrows() as f64 * matrix.diag().sum()
}

/// How much the noise is that of the curvature.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Alignment {
    /// tr(SH)/(‖S‖‖H‖): 1 where S ∝ H. Positive for any two matrices without negative eigenvalues.
    pub cosine: f64,
    /// ‖HS − SH‖/(‖H‖‖S‖): 0 where they share their eigenvectors.
    pub commutator: f64,
}

impl Frame {
    /// Of the covariance of gradients with the Hessian, Frobenius norms throughout.
    pub fn alignment(&self) -> Alignment {
        let product = self.hessian.dot(&self.covariance);
        let norm = |matrix: &Array2<f64>| matrix.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
        let norms = norm(&self.hessian) * norm(&self.covariance);
        // (HS)ᵀ = SH, as both are symmetric.
        let commutator = norm(&(&product - &product.t()));
        Alignment { cosine: product.diag().sum() / norms, commutator: commutator / norms }
    }
}

impl View {
    /// γ in S ∝ κ^γ over the directions from `first` to `last`, counted from 1; `None` where they have no slope.
    pub fn gamma(&self, range: [usize; 2]) -> Option<f64> {
        self.exponent(range, |_, along| (along.curvature, along.noise))
    }

    /// The exponent of y ∝ x^exponent through what the trusted directions of a range have, given with their index.
    fn exponent(&self, [first, last]: [usize; 2], of: impl Fn(usize, &Along) -> (f64, f64)) -> Option<f64> {
        let range = self.along.get(first.checked_sub(1)?..last.min(self.along.len()))?;
        let trusted = (first..).zip(range).filter(|(_, along)| along.trusted);
        Some(scaling(trusted.map(|(index, along)| of(index, along))).ok()?.exponent)
    }

    /// ψ over the directions from `first` to `last`, counted from 1, were F that of the curvature: as then F ∝ κ^(−1/2), σ² ∝ κ^(ψ/2).
    /// `None` where they have no slope. Directions that are not trusted are left out.
    pub fn psi(&self, range: [usize; 2]) -> Option<f64> {
        Some(2.0 * self.exponent(range, |_, along| (along.curvature, along.variance))?)
    }

    /// The same with F as it was measured along some of the directions (i, F), i counted from 1: σ² ∝ F^(−ψ).
    pub fn psi_measured(&self, [first, last]: [usize; 2], flatness: &[(usize, f64)]) -> Option<f64> {
        let points = flatness.iter().filter(|(index, _)| (first..=last).contains(index)).filter_map(
            |&(index, flatness)| {
                let along = self.along.get(index.checked_sub(1)?).filter(|along| along.trusted)?;
                Some((flatness, along.variance))
            },
        );
        Some(-scaling(points).ok()?.exponent)
    }

    /// x in F ∝ i^x over the directions from `first` to `last`, counted from 1, were F ∝ κ^(−1/2).
    pub fn flattening(&self, range: [usize; 2]) -> Option<f64> {
        Some(-0.5 * self.exponent(range, |index, along| (index as f64, along.curvature))?)
    }

    /// How many of the directions after the first hold this `share` of the variance of all but the first, in the order of the basis:
    /// `None` where there is none after the first.
    pub fn holding(&self, share: f64) -> Option<usize> {
        let variance: Vec<f64> = self.along.iter().map(|along| along.variance).collect();
        holding(&variance, variance.iter().sum(), 1, share).ok().flatten()
    }

    /// The share of the `kept` directions after the first in the variance of all but the first.
    pub fn share(&self, kept: usize) -> Option<f64> {
        let others = self.along.get(1..)?;
        let sum = |along: &[Along]| along.iter().map(|along| along.variance).sum::<f64>();
        Some(sum(others.get(..kept)?) / sum(others)).filter(|share| share.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Axis;
    use rand_chacha::ChaCha12Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;
    use crate::{PrincipalCurvatures, Replay};

    /// A window of the linear dynamics with C ∝ λ^γ, whose law is known: ψ = 2γ along every fixed direction, as κ ≪ 3/αM.
    fn window(gamma: f64, frame: &Frame, directions: usize, random: &mut ChaCha12Rng) -> Array2<f64> {
        let (length, epochs, alpha) = (200, 10, 0.1);
        let lambda = frame.hessian.diag().to_owned();
        let mut rows = Array2::zeros((length * (epochs + 1), directions));
        for epoch in 0..=epochs {
            let mut noise = Array2::from_shape_fn((length, directions), |(_, i)| {
                let uniform: f64 = (0..12).map(|_| f64::from(random.next_u32()) / 2f64.powi(32)).sum();
                (uniform - 6.0) * lambda[i].powf(0.5 * gamma)
            });
            let mean = noise.mean_axis(Axis(0)).unwrap();
            noise -= &mean;
            rows.slice_axis_mut(Axis(0), (epoch * length..(epoch + 1) * length).into()).assign(&noise);
        }
        Replay::new(alpha, lambda).unwrap().steps(rows.view_mut()).unwrap();
        rows.slice_axis(Axis(0), (length..).into()).to_owned()
    }

    fn frame(directions: usize) -> Frame {
        let lambda = Array1::from_shape_fn(directions, |i| 1e-3 * ((i + 1) as f64).powf(-1.5));
        let hessian = Array2::from_diag(&lambda);
        let found = PrincipalCurvatures::of(hessian.view()).unwrap().directions;
        Frame {
            covariance: hessian.clone(),
            gradient_directions: found.clone(),
            hessian_directions: found,
            weight_directions: None,
            hessian,
        }
    }

    #[test]
    fn bases_that_were_not_chosen_by_the_variance_give_the_truth_and_components_do_not() {
        let directions = 80;
        let (frame, mut random) = (frame(directions), ChaCha12Rng::seed_from_u64(5));
        for gamma in [1.0, 1.5] {
            let window = window(gamma, &frame, directions, &mut random);
            let psi = |basis| frame.view(&window, basis).unwrap().0.psi([2, 60]).unwrap();
            for basis in [Basis::Hessian, Basis::Gradients, Basis::Weights, Basis::Steps, Basis::Halves] {
                assert!((psi(basis) - 2.0 * gamma).abs() < 0.35, "{gamma} {basis:?}: {}", psi(basis));
            }
            assert!(psi(Basis::Components) > 2.0 * gamma + 0.7, "{gamma}: {}", psi(Basis::Components));
        }
    }

    #[test]
    fn what_a_frame_says_does_not_depend_on_the_coordinates() {
        let directions = 12;
        let mut random = ChaCha12Rng::seed_from_u64(8);
        let mut next = || f64::from(random.next_u32()) / 2f64.powi(32) - 0.5;
        let mut square = || {
            let factor = Array2::from_shape_fn((directions, directions), |_| next());
            factor.dot(&factor.t())
        };
        let (hessian, covariance) = (square(), square());
        let of = |matrix: &Array2<f64>| PrincipalCurvatures::of(matrix.view()).unwrap().directions;
        let frame = Frame {
            hessian_directions: of(&hessian),
            gradient_directions: of(&covariance),
            weight_directions: None,
            hessian,
            covariance,
        };
        let window = Array2::from_shape_fn((500, directions), |_| next());
        let turned = window.dot(&frame.hessian_directions.t());
        let other = frame.in_eigenvectors().unwrap();
        for basis in Basis::ALL {
            let (here, _) = frame.view(&window, basis).unwrap();
            let (there, _) = other.view(&turned, basis).unwrap();
            for (here, there) in here.along.iter().zip(&there.along) {
                for (one, two) in [
                    (here.variance, there.variance),
                    (here.curvature, there.curvature),
                    (here.noise, there.noise),
                ] {
                    assert!((one / two - 1.0).abs() < 1e-9, "{basis:?}: {here:?} {there:?}");
                }
            }
        }
    }

    #[test]
    fn noise_that_is_the_curvature_is_aligned_with_it() {
        let own = frame(4);
        let found = own.alignment();
        assert!((found.cosine - 1.0).abs() < 1e-12 && found.commutator == 0.0, "{found:?}");
        // H = diag(1, 0), S = [[1, 1], [1, 1]]: tr = 1, ‖S‖ = 2, HS − SH = [[0, 1], [−1, 0]].
        let hessian = Array2::from_diag(&Array1::from(vec![1.0, 0.0]));
        let other = Frame {
            covariance: Array2::ones((2, 2)),
            gradient_directions: Array2::eye(2),
            hessian_directions: Array2::eye(2),
            weight_directions: None,
            hessian,
        };
        let found = other.alignment();
        assert!((found.cosine - 0.5).abs() < 1e-12 && (found.commutator - 0.5_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn gamma_is_the_slope_of_noise_on_curvature() {
        let along = |i: usize| Along {
            variance: 1.0,
            curvature: i as f64,
            noise: (i as f64).powf(1.2),
            trusted: i != 7,
        };
        // One that is not trusted would spoil the slope.
        let along = |i: usize| if i == 7 { Along { noise: 1e9, ..along(i) } } else { along(i) };
        let view = View { along: (1..30).map(along).collect() };
        assert!((view.gamma([2, 20]).unwrap() - 1.2).abs() < 1e-12);
        assert_eq!(view.psi([2, 20]).map(|psi| psi.abs() < 1e-12), Some(true));
        // F ∝ κ^(−1/2) to the parabola's own ψ, and to half of it where F is its square.
        let view =
            View { along: (1..30).map(|i| Along { variance: (i as f64).powi(2), ..along(i) }).collect() };
        let flatness = |power: f64| [3, 4, 7, 9].map(|i: usize| (i, (i as f64).powf(-power)));
        for (power, psi) in [(0.5, 4.0), (1.0, 2.0)] {
            assert!((view.psi_measured([2, 20], &flatness(power)).unwrap() - psi).abs() < 1e-12);
        }
        assert_eq!(view.psi_measured([8, 20], &flatness(1.0)), None);
        // κ = i, and so F ∝ i^(−1/2).
        assert!((view.flattening([2, 20]).unwrap() + 0.5).abs() < 1e-12);
    }

    #[test]
    fn directions_without_curvature_are_not_trusted() {
        let mut flat = frame(4);
        flat.hessian[[3, 3]] = 1e-22;
        let window = Array2::from_shape_fn((400, 4), |(t, i)| ((t * (i + 1)) as f64 * 0.37).sin());
        let (view, _) = flat.view(&window, Basis::Weights).unwrap();
        let trusted: Vec<bool> = view.along.iter().map(|along| along.trusted).collect();
        assert_eq!(trusted, [true, true, true, false]);
    }

    #[test]
    fn a_view_gives_its_shares() {
        let frame = frame(4);
        let window = Array2::from_shape_fn((400, 4), |(t, i)| {
            2f64.powi(-(i as i32)) * (std::f64::consts::TAU * (t * (i + 1)) as f64 / 400.0).cos()
        });
        let (view, directions) = frame.view(&window, Basis::Weights).unwrap();
        assert_eq!(directions, Array2::<f64>::eye(4));
        // Variances 1/2, 1/8, 1/32, 1/128 of which a line in time takes nothing: cosines of whole periods are even.
        assert!((view.share(1).unwrap() - 16.0 / 21.0).abs() < 1e-3, "{:?}", view.share(1));
        assert_eq!(view.share(5), None);
        assert_eq!((view.holding(0.7), view.holding(0.9), view.holding(1.0)), (Some(1), Some(2), Some(3)));
        assert_eq!(view.psi([0, 3]), None);
    }
}
