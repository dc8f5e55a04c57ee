"""torch-forward, torch-cached, torch-bisection: the loss landscape in PyTorch, in float32.

Three ways to get L(w_0 + s p) over all 60,000 images: the whole network each time, as the first author's
demo code does; the same inside its search; and with the activations under the moving layer kept, as
somebody does who has noticed that only one layer moves.
"""

import math
from itertools import cycle

import numpy as np
import torch
from torch.nn import functional as F

import mnist
import runfolder


class Landscape:
    """The images and the network at the run's mean weights."""

    def __init__(self, options):
        torch.set_num_threads(options.threads)
        self.images, self.labels = map(torch.from_numpy, mnist.load(options.data))
        self.input, self.hidden, self.output = map(torch.from_numpy, runfolder.weights(options.run))

    @torch.inference_mode()
    def loss(self, hidden):
        """The mean cross-entropy with `hidden` as the centre layer: one full forward pass."""
        activations = torch.relu(torch.relu(self.images @ self.input) @ hidden)
        return F.cross_entropy(activations @ self.output, self.labels).item()


class Forward(Landscape):
    """torch-forward: the loss at w_0 by full forward passes."""

    def __init__(self, options):
        super().__init__(options)
        self.losses = options.losses or 3
        self.loss(self.hidden)

    def work(self):
        return [self.loss(self.hidden) for _ in range(self.losses)]

    def check(self, losses):
        return len(losses), {"loss": losses[-1]}


class Cached(Landscape):
    """torch-cached: one direction with all its losses; h = relu(x W1) and Z0 = h W2 are kept."""

    def __init__(self, options):
        super().__init__(options)
        self.losses = options.losses or 12
        with torch.inference_mode():
            self.h = torch.relu(self.images @ self.input)
            self.z0 = self.h @ self.hidden
        self.l0 = self.loss(self.hidden)
        self.directions = cycle(runfolder.spread(options.run, 7))
        self.work()

    @torch.inference_mode()
    def work(self):
        direction = next(self.directions)
        zp = self.h @ torch.from_numpy(direction.matrix)
        offsets = np.linspace(direction.left, direction.right, self.losses)
        losses = [self.cached_loss(zp, float(offset)) for offset in offsets]
        return direction, losses

    def cached_loss(self, zp, offset):
        activations = torch.add(self.z0, zp, alpha=offset).relu_()
        return F.cross_entropy(activations @ self.output, self.labels).item()

    def check(self, result):
        direction, losses = result
        return len(losses), {
            "index": direction.index,
            "loss": min(losses),
            # 1 where PyTorch agrees with varflat on both crossings of e L_0.
            "left_over_level": losses[0] / (math.e * self.l0),
            "right_over_level": losses[-1] / (math.e * self.l0),
        }


class Bisection(Landscape):
    """torch-bisection: the flatness of one direction as the first author's demo code measures it.

    On each side bisection on [0, 100] until the bracket is under 0.01, a full forward pass each time. It
    finds *a* crossing of e L_0, not always the nearest.
    """

    def __init__(self, options):
        super().__init__(options)
        self.level = math.e * self.loss(self.hidden)
        self.directions = cycle(runfolder.spread(options.run, 7))
        self.loss(self.hidden)

    def work(self):
        direction = next(self.directions)
        matrix = torch.from_numpy(direction.matrix)
        self.evaluations = 0
        return direction, self.side(matrix) + self.side(-matrix)

    def side(self, matrix):
        near, far = 0.0, 100.0
        while far - near > 0.01:
            middle = 0.5 * (near + far)
            self.evaluations += 1
            if self.loss(self.hidden + middle * matrix) < self.level:
                near = middle
            else:
                far = middle
        return 0.5 * (near + far)

    def check(self, result):
        direction, flatness = result
        return 1, {
            "index": direction.index,
            "flatness": flatness,
            "varflat": direction.flatness,
            "evaluations": self.evaluations,
        }
