"""jax-train, jax-flatness: the two long stages of a run in JAX, compiled by XLA for the CPU, in float32.

What a researcher writes who wants Python to be fast here: an epoch is one compiled scan, and so is the
sum over the images of a loss. Of the usual variants these were the fastest on a CPU: weights as
[d_out, d_in]; batches gathered inside the scan rather than a permuted copy of all images before it;
no unrolling; and for losses the samples along the last axis, a few thousand at a time, which keeps the
ten logits vectorised and the temporaries in cache.
"""

import functools
import math
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import brentq

import mnist
import runfolder

BATCH = 50
EPOCH = 60_000 // BATCH
WINDOW = 10  # epochs
RATE = 0.1
CHUNK = 2000
RADIUS = 100.0


def logits(weights, images):
    w1, w2, w3 = weights
    return jax.nn.relu(jax.nn.relu(images @ w1.T) @ w2.T) @ w3.T


def cross_entropy(logits, labels):
    """ln(1 + Σ_{j≠y} exp(z_j − z_y)) of each sample, with logits [10, n].

    Where the usual logsumexp(z) − z_y has lost its digits in float32 this has not.
    """
    true = jnp.arange(10)[:, None] == labels
    margins = jnp.where(true, -jnp.inf, logits - jnp.where(true, logits, 0).sum(0))
    shift = jnp.maximum(margins.max(0), 0)
    return shift + jnp.log1p(jnp.exp(margins - shift).sum(0) + jnp.expm1(-shift))


def one_hot_loss(weights, images, targets):
    """What SGD descends: the mean cross-entropy of a batch."""
    return -jnp.mean(jnp.sum(jax.nn.log_softmax(logits(weights, images)) * targets, axis=1))


@jax.jit
def loss_and_error(weights, images, labels):
    """The mean loss of a whole set and the share it gets wrong."""

    def totals(chunk):
        images, labels = chunk
        z = logits(weights, images).T
        return cross_entropy(z, labels).sum(), jnp.sum(z.argmax(0) != labels)

    loss, wrong = jax.lax.map(totals, (images.reshape(-1, CHUNK, 784), labels.reshape(-1, CHUNK)))
    return loss.sum() / labels.size, wrong.sum() / labels.size


@functools.partial(jax.jit, donate_argnums=0)
def train_epoch(weights, key, images, targets):
    """One epoch in a new order; the weights after it, and the hidden ones after each step."""

    def step(weights, batch):
        gradients = jax.grad(one_hot_loss)(weights, images[batch], targets[batch])
        weights = jax.tree.map(lambda weight, gradient: weight - RATE * gradient, weights, gradients)
        return weights, weights[1]

    order = jax.random.permutation(key, len(images)).reshape(EPOCH, BATCH)
    return jax.lax.scan(step, weights, order)


class Train:
    """jax-train: epochs from new weights, every step recorded, both full sets measured after each."""

    def __init__(self, options):
        self.epochs = options.epochs
        self.train, self.test = (
            tuple(map(jnp.asarray, mnist.load(options.data, part))) for part in ("train", "t10k")
        )
        self.targets = jax.nn.one_hot(self.train[1], 10)
        self.window = np.full((min(self.epochs, WINDOW), EPOCH, 2500), np.nan, np.float32)
        self.run(1)

    def work(self):
        return self.run(self.epochs)

    def run(self, epochs):
        key = jax.random.key(1)
        shapes = (50, 784), (50, 50), (10, 50)
        weights = [
            jax.random.uniform(part, shape, minval=-(shape[1] ** -0.5), maxval=shape[1] ** -0.5)
            for part, shape in zip(jax.random.split(key, 3), shapes)
        ]
        metrics = []
        for epoch in range(epochs):
            weights, steps = train_epoch(weights, jax.random.fold_in(key, epoch), self.train[0], self.targets)
            self.window[epoch % len(self.window)] = np.asarray(steps).reshape(EPOCH, 2500)
            measured = loss_and_error(weights, *self.train) + loss_and_error(weights, *self.test)
            metrics.append([float(value) for value in measured])
        return metrics

    def check(self, metrics):
        names = ("train_loss", "train_error", "test_loss", "test_error")
        moved = float(np.linalg.norm(self.window[0, -1] - self.window[0, 0]))
        return len(metrics) * EPOCH, {**dict(zip(names, metrics[-1])), "moved": moved}


def chunks(array):
    """[features, n] as [n / CHUNK, features, CHUNK]."""
    return array.reshape(len(array), -1, CHUNK).swapaxes(0, 1)


@jax.jit
def preactivations(matrix, inputs):
    """inputs @ matrix, in chunks, features first."""
    return jax.lax.map(lambda chunk: matrix.T @ chunk, inputs)


@jax.jit
def line_loss(offset, zp, z0, output, labels):
    """L(w_0 + s p), from Z_p = h P and Z_0 = h W_2."""

    def chunk_loss(chunk):
        zp, z0, labels = chunk
        return cross_entropy(output.T @ jax.nn.relu(z0 + offset * zp), labels).sum()

    return jax.lax.map(chunk_loss, (zp, z0, labels)).sum() / labels.size


class Flatness:
    """jax-flatness: F of directions evenly spaced over the spectrum.

    On each side a bracket grows, or shrinks, by factors of 2 from half the width of the direction before,
    then Brent's method finds where ln L = ln(e L_0), to a relative 1e-4.
    """

    def __init__(self, options):
        images, labels = mnist.load(options.data)
        input, hidden, output = map(jnp.asarray, runfolder.weights(options.run))
        self.inputs = chunks(jax.nn.relu(input.T @ jnp.asarray(images).T))
        self.rest = preactivations(hidden, self.inputs), output, jnp.asarray(labels.reshape(-1, CHUNK))
        self.directions = runfolder.spread(options.run, options.directions or 10)
        share = math.ceil(len(self.directions) / options.threads)
        self.groups = [self.directions[at : at + share] for at in range(0, len(self.directions), share)]
        self.pool = ThreadPoolExecutor(options.threads)
        zp = preactivations(jnp.asarray(self.directions[0].matrix), self.inputs)
        self.level = 1 + math.log(float(line_loss(0.0, zp, *self.rest)))

    def work(self):
        # XLA holds no lock of Python's, so threads are enough for directions to run side by side.
        found = list(self.pool.map(self.measure, self.groups))
        return [flatness for group, _ in found for flatness in group], sum(count for _, count in found)

    def measure(self, directions):
        """The flatness of directions one after the other, and the losses it took."""
        guess, found, evaluations = 1.0, [], 0
        for direction in directions:
            zp = preactivations(jnp.asarray(direction.matrix), self.inputs)
            (left, on_left), (right, on_right) = (self.crossing(zp, side, guess) for side in (-1, 1))
            found.append(right - left)
            guess = 0.5 * found[-1]
            evaluations += on_left + on_right
        return found, evaluations

    def crossing(self, zp, side, guess):
        """The nearest crossing on one side, and the losses it took."""

        @functools.cache  # brentq asks for the ends of the bracket again
        def excess(distance):
            return math.log(float(line_loss(side * distance, zp, *self.rest))) - self.level

        near, far = 0.5 * guess, guess
        while excess(far) < 0:
            near, far = far, 2 * far
            if far > RADIUS:
                raise ValueError(f"no crossing within {RADIUS}")
        while excess(near) > 0:
            near, far = 0.5 * near, near
        return side * brentq(excess, near, far, rtol=1e-4), excess.cache_info().misses

    def check(self, result):
        found, evaluations = result
        expected = [direction.flatness for direction in self.directions]
        difference = np.abs(np.array(found) / expected - 1).max()
        return len(found), {
            "evaluations": evaluations,
            "max_relative_difference_to_flatness_csv": float(difference),
            "first": self.directions[0].index,
            "last": self.directions[-1].index,
        }
