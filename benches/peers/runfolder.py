"""What the peers read from a finished run folder of varflat."""

import csv
from pathlib import Path
from types import SimpleNamespace

import numpy as np

LAYERS = ("input", "hidden", "output")


def weights(run: Path, which: str = "mean") -> list[np.ndarray]:
    """The three weight matrices, float32 [d_in, d_out]; `which` is "mean" or "final"."""
    with np.load(run / f"weights_{which}.npz") as stored:
        return [stored[f"{layer}.weight"].astype(np.float32) for layer in LAYERS]


def spread(run: Path, count: int) -> list[SimpleNamespace]:
    """`count` directions evenly spaced over the spectrum, the first and the last included.

    Each with its index from 1, its matrix P [50, 50], and what varflat measured: left, right, flatness.
    """
    with open(run / "flatness.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["status"] == "found"]
    with np.load(run / "pca.npz") as stored:
        components = stored["components"]
    chosen = [rows[round(place)] for place in np.linspace(0, len(rows) - 1, count)]
    return [
        SimpleNamespace(
            index=int(row["index"]),
            matrix=components[int(row["index"]) - 1].reshape(50, 50).astype(np.float32),
            **{key: float(row[key]) for key in ("left", "right", "flatness")},
        )
        for row in chosen
    ]
