"""torch-step: SGD steps of the 784-50-50-10 net in eager PyTorch, with the centre layer recorded.

The loop that a researcher writes who knows the costs at this size, where a step is mostly overhead: the
images lie in one tensor instead of a DataLoader, a batch is one index_select, gradients are set to None,
the loss is never read back, and the weights are copied into a preallocated array through a view that
shares their memory.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import mnist
import runfolder

BATCH = 50


class Step:
    """Plain SGD, learning rate 0.1, batches of 50, every epoch a new permutation."""

    def __init__(self, options):
        torch.set_num_threads(options.threads)
        torch.manual_seed(1)
        self.images, self.labels = map(torch.from_numpy, mnist.load(options.data))
        # nn.Linear draws from U(±1/√fan_in), as the paper's network does.
        self.model = nn.Sequential(
            nn.Linear(784, 50, bias=False), nn.ReLU(),
            nn.Linear(50, 50, bias=False), nn.ReLU(),
            nn.Linear(50, 10, bias=False),
        )
        if options.start == "final":
            with torch.no_grad():
                for parameter, value in zip(self.model.parameters(), runfolder.weights(options.run, "final")):
                    parameter.copy_(torch.from_numpy(value.T))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
        self.trajectory = np.empty((options.steps, 2500), np.float32)
        self.batches = self.epochs()
        self.work()  # warm up

    def epochs(self):
        """The batches of one epoch after the other."""
        while True:
            yield from torch.randperm(len(self.images)).split(BATCH)

    def work(self):
        hidden = self.model[2].weight.detach().numpy().reshape(-1)  # follows the updates, which are in place
        for row in self.trajectory:
            batch = next(self.batches)
            logits = self.model(self.images.index_select(0, batch))
            loss = F.cross_entropy(logits, self.labels.index_select(0, batch))
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            row[:] = hidden

    def check(self, _):
        with torch.inference_mode():
            loss = F.cross_entropy(self.model(self.images), self.labels).item()
        moved = float(np.linalg.norm(self.trajectory[-1] - self.trajectory[0]))
        return len(self.trajectory), {"train_loss": loss, "moved": moved}
