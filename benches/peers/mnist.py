"""MNIST from its four gzipped IDX files, as every peer and our own program take it."""

import gzip
from pathlib import Path

import numpy as np


def load(folder: Path, part: str = "train") -> tuple[np.ndarray, np.ndarray]:
    """Images as pixels/255, float32 [n, 784], and labels, int64 [n]; `part` is "train" or "t10k"."""
    pixels = _idx(folder / f"{part}-images-idx3-ubyte.gz", header=16).reshape(-1, 784)
    labels = _idx(folder / f"{part}-labels-idx1-ubyte.gz", header=8)
    return pixels.astype(np.float32) / np.float32(255), labels.astype(np.int64)


def _idx(path: Path, header: int) -> np.ndarray:
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)
