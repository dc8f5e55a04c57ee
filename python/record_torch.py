"""Record a PyTorch training so that varflat can analyse it; needs torch and numpy.

    python record_torch.py --out my-recording

A 784–16–16–10 network learns MNIST by plain SGD until the loss of the full training set is settled at a low value;
then the weights of its middle layer are recorded after every step of some more epochs, the window. Takes a few minutes
on one thread. To record a training of your own, take `Recording` and call it after every `optimizer.step()`.

The folder holds

    trajectory.npy    float32 [steps, weights]: the middle layer after each step, flattened from [d_in, d_out]
    trajectory.json   which layer that is, its shape, and the optimizer step of the first row, as varflat writes it
    weights.npz       float64 input.weight, hidden.weight, output.weight as [d_in, d_out]: the mean over the window
    recording.json    how it was made, and how settled it is

The same seed gives the same numbers with the same torch on the same kind of processor; elsewhere rounding differs,
and a training is long enough to turn that into another path to as low a loss.
"""

import argparse
import copy
import gzip
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

MNIST = Path(__file__).resolve().parent.parent / "data" / "mnist"
RECORDED = "hidden.weight"


class Network(nn.Module):
    """784–width–width–10 with ReLU, without biases; PyTorch draws the weights from ±1/√fan_in, as the paper does."""

    def __init__(self, width):
        super().__init__()
        self.input = nn.Linear(784, width, bias=False)
        self.hidden = nn.Linear(width, width, bias=False)
        self.output = nn.Linear(width, 10, bias=False)

    def forward(self, images):
        return self.output(torch.relu(self.hidden(torch.relu(self.input(images)))))


def matrix(weight):
    """A `Linear`'s weight as varflat takes it: [d_in, d_out], row-major.

    THE trap. torch keeps [d_out, d_in]. Flattened as it is, every row of the trajectory would be the transposed matrix.
    The variances would not notice, as they do not depend on the order of the weights, and nor would any shape of a
    square layer: but each principal component would point elsewhere in weight space, and the flatness would be wrong.
    """
    return weight.detach().T.contiguous()


class Recording:
    """The weights after every step: all steps of one layer, and the mean of every layer."""

    def __init__(self, network):
        self.network = network
        self.rows = []
        # Summed in float64: the weights move by less than what a sum in float32 rounds away.
        self.sums = {
            name: torch.zeros_like(matrix(weight), dtype=torch.float64) for name, weight in self.parameters()
        }

    def parameters(self):
        return self.network.named_parameters()

    def __call__(self):
        """To be called after `optimizer.step()`."""
        for name, weight in self.parameters():
            self.sums[name] += matrix(weight)
            if name == RECORDED:
                # A copy: the optimizer changes the weights in place.
                self.rows.append(matrix(weight).flatten().numpy().copy())

    def trajectory(self):
        """Float32 [steps, weights]."""
        return np.stack(self.rows)

    def mean(self):
        """Each parameter's mean over the window, float64 [d_in, d_out]."""
        return {name: total.numpy() / len(self.rows) for name, total in self.sums.items()}


def load_mnist(folder):
    """The training set: images as pixels/255, float32 [60000, 784], and labels [60000]."""
    pixels = read_idx(folder / "train-images-idx3-ubyte.gz", header=16).reshape(-1, 784)
    labels = read_idx(folder / "train-labels-idx1-ubyte.gz", header=8)
    return torch.from_numpy(pixels.astype(np.float32) / 255), torch.from_numpy(labels.astype(np.int64))


def read_idx(path, header):
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)


@torch.no_grad()
def full_loss(network, images, labels):
    """The mean cross-entropy of the full training set, and the share of it that is wrong."""
    loss, wrong = 0.0, 0
    for part in torch.arange(len(images)).split(10_000):
        logits = network(images[part].to(network.input.weight.dtype)).double()
        loss += nn.functional.cross_entropy(logits, labels[part], reduction="sum").item()
        wrong += (logits.argmax(1) != labels[part]).sum().item()
    return loss / len(images), wrong / len(images)


def at_mean(network, mean):
    """The network with its weights at their mean, the centre w_0 of the landscape, in float64."""
    centre = copy.deepcopy(network).double()
    centre.load_state_dict({name: torch.from_numpy(weight).T for name, weight in mean.items()})
    return centre


def settled(losses):
    """Whether the loss never rose to more than twice an earlier value."""
    return all(later <= 2 * min(losses[: place + 1]) for place, later in enumerate(losses))


def record(options):
    torch.set_num_threads(1)  # sums over several threads need not be the same twice
    torch.manual_seed(options.seed)
    images, labels = load_mnist(options.data)
    network = Network(options.width)
    optimizer = torch.optim.SGD(network.parameters(), lr=options.learning_rate)
    steps = 0

    def train_epoch(after_step=lambda: None):
        """One epoch in a new order; each image once."""
        nonlocal steps
        for batch in torch.randperm(len(images)).split(options.batch_size):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(images[batch]), labels[batch]).backward()
            optimizer.step()
            steps += 1
            after_step()
        return full_loss(network, images, labels)

    begun = time.monotonic()
    losses, loss = [], np.inf
    # A net this small jumps about for long; one low value may be luck, twenty epochs without a jump are not.
    while not (loss < options.loss_below and len(losses) >= 20 and settled(losses[-20:])):
        if len(losses) == options.max_epochs:
            sys.exit(
                f"error: the loss is {loss:.2e} after {options.max_epochs} epochs and has not settled below "
                f"{options.loss_below:.2e}; try a larger --width or --batch-size, or a smaller --learning-rate"
            )
        loss, error = train_epoch()
        losses.append(loss)
        if len(losses) % 50 == 0:
            print(f"epoch {len(losses)}: loss {loss:.3e}, error {error:.4f}", flush=True)

    first_step, recording = steps, Recording(network)
    window_losses = [loss]
    for _ in range(options.window_epochs):
        loss, error = train_epoch(after_step=recording)
        window_losses.append(loss)
    trajectory, mean = recording.trajectory(), recording.mean()
    centre_loss, _ = full_loss(at_mean(network, mean), images, labels)

    shape = list(mean[RECORDED].shape)
    sidecar = {"layer": RECORDED, "shape": shape, "first_step": first_step, "every": 1, "rows": len(trajectory)}
    about = {
        "layers": [784, options.width, options.width, 10],
        "activation": "relu",
        "bias": False,
        "seed": options.seed,
        "torch": torch.__version__.split("+")[0],
        "optimizer": "sgd",
        "learning_rate": options.learning_rate,
        "batch_size": options.batch_size,
        "epochs": len(losses) + options.window_epochs,
        "steps": steps,
        "window": {"epochs": options.window_epochs, "steps": len(trajectory), "first_step": first_step},
        "recorded": {"layer": RECORDED, "shape": shape},
        "final_train_loss": loss,
        "final_train_error": error,
        "train_loss_at_mean": centre_loss,
        "window_train_loss": window_losses,
        "settled": settled(losses[-20:] + window_losses[1:]),
        "seconds": round(time.monotonic() - begun, 1),
    }
    options.out.mkdir(parents=True, exist_ok=True)
    np.save(options.out / "trajectory.npy", trajectory)
    np.savez_compressed(options.out / "weights.npz", **mean)
    for name, content in [("trajectory.json", sidecar), ("recording.json", about)]:
        (options.out / name).write_text(json.dumps(content, indent=2) + "\n")
    print(f"{steps} steps: loss {loss:.3e}, at the mean over the last {len(trajectory)} steps {centre_loss:.3e}")


def main():
    parser = argparse.ArgumentParser(
        description="Train a small network on MNIST with PyTorch and record its middle layer for varflat.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    option = parser.add_argument
    # A default that is suppressed is not told in the help, and there is none.
    option("--out", type=Path, metavar="FOLDER", required=True, default=argparse.SUPPRESS, help="for the recording")
    option("--data", type=Path, default=MNIST, metavar="FOLDER", help="folder of MNIST's gzipped IDX files")
    option("--seed", type=int, default=1, help="of the initial weights and the order of the images")
    option("--width", type=int, default=16, help="of both hidden layers")
    option("--learning-rate", type=float, default=0.1, help="α, constant")
    # With B = 50 at α = 0.1 a net of this width has not settled after 400 epochs: it jumps between 0.03 and 0.06.
    option("--batch-size", type=int, default=250, help="B; a small net settles only where α/B is small")
    option("--loss-below", type=float, default=3e-4, help="record once the full training loss has settled below this")
    option("--max-epochs", type=int, default=3000, help="give up when the loss has not settled by then")
    option("--window-epochs", type=int, default=6, help="whole epochs to record, so that each image counts the same")
    record(parser.parse_args())


if __name__ == "__main__":
    main()
