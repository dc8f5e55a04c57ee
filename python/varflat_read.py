"""Read a run folder of varflat; needs numpy alone.

    import varflat_read

    run = varflat_read.open_run("runs/headline")
    run.fit["psi"]                                     # ψ in σ² ∝ F^−ψ
    run.variances[:10]                                 # σ_i² of the first ten principal components
    run.flatness["flatness"][run.in_fit]               # F_i of the components that ψ was fitted to
    run.trajectory[-1].reshape(run.recorded_shape)     # the recorded weights after the last step, [d_in, d_out]

Opening reads nothing: every attribute is read when it is first asked for, and kept. Arrays are read-only; copy
one before changing it. Weights, offsets and flatness are in units of weight, variances in its square, losses in
nats (mean cross-entropy of the full training set). A component's `index` counts from 1, as in the paper: the
direction of component `index` is `run.components[index - 1]`.

What is missing or damaged raises `RunError`, which says which `varflat` command makes it. Every file is held against the SHA-256
that `run.json` keeps of it before it is read; `open_run(folder, check=False)` reads what was changed on purpose.
"""

import argparse
import csv
import hashlib
import json
import math
import sys
import zipfile
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

#: The stages of a run in order, each with the files it makes.
STAGES = {
    "train": (
        "metrics.csv",
        "trajectory.npy",
        "trajectory.json",
        "weights_mean.npz",
        "weights_final.npz",
    ),
    "pca": ("pca.npz", "projections.npy"),
    "flatness": ("flatness.csv", "landscape.npz"),
    "fit": ("fit.json",),
}

METRICS = [
    ("epoch", "i8"),
    ("step", "i8"),
    ("train_loss", "f8"),
    ("train_error", "f8"),
    ("test_loss", "f8"),
    ("test_error", "f8"),
]

FLATNESS = [
    ("index", "i8"),
    ("variance", "f8"),
    ("flatness", "f8"),
    ("left", "f8"),
    ("right", "f8"),
    ("status", "U12"),
]


class RunError(Exception):
    """A run folder, or a file in it, is missing or damaged."""


class Landscape(NamedTuple):
    """The loss L_i(δθ) = L(w_0 + δθ p_i) along a few principal components."""

    #: Number of each profile's component, from 1, `[profiles]`.
    index: np.ndarray
    #: δθ, from well outside one crossing to well outside the other, `[profiles, points]`.
    offset: np.ndarray
    #: L_i(δθ), the full training loss, `[profiles, points]`.
    loss: np.ndarray
    #: L_0, the loss at the centre w_0.
    l0: float
    #: The level that defines flatness: the crossings θ_l and θ_r are where L_i = factor · L_0.
    factor: float


class Segments(NamedTuple):
    """Sums of θ_i(t) over consecutive pieces of the window: what a block bootstrap over time needs.

    Over any choice of segments σ_i² = Σ square / Σ steps − (Σ sum / Σ steps)².
    """

    #: Recorded steps of a whole segment.
    length: int
    #: Recorded steps of each segment (the last may be shorter), `[segments]`.
    steps: np.ndarray
    #: Σ_t θ_i(t), `[segments, weights]`.
    sum: np.ndarray
    #: Σ_t θ_i(t)², `[segments, weights]`.
    square: np.ndarray


#: What closes a sealed JSON object: the SHA-256 of all that stands before, as its last key.
SEAL, SEAL_END = ',\n  "sha256": "', '"\n}\n'


def open_run(folder, check=True):
    """Open a run folder; reads nothing yet.

    With `check=False` files are read even if they are not those that the run wrote. Raises `RunError` if no run of
    varflat's is there.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RunError(f"{folder}: no such folder")
    if not (folder / "config.toml").is_file():
        raise RunError(
            f"{folder}: not a run folder (no config.toml); make one with `varflat run EXPERIMENT.toml --out {folder}`"
        )
    return Run(folder, check)


class Run:
    """A run folder. Made by `open_run`."""

    def __init__(self, folder, check=True):
        self.folder = folder
        #: Whether a file has to be the one that the run wrote.
        self.check = check
        # The files that were found to be.
        self._checked = set()

    def __repr__(self):
        return f"varflat_read.open_run({str(self.folder)!r})"

    # How the run was made

    @cached_property
    def config_text(self):
        """The experiment with every default filled in, as TOML text."""
        with _reading(self._path("config.toml")) as path:
            return path.read_text(encoding="utf-8-sig")

    @cached_property
    def config(self):
        """The experiment with every default filled in: `run.config["training"]["learning_rate"]`, a dict.

        Python before 3.11 cannot read TOML by itself; `config_text` works there too.
        """
        try:
            import tomllib
        except ImportError:
            raise RunError("reading config.toml needs Python 3.11 or newer; take `config_text`") from None
        with _reading(self._path("config.toml")):
            return tomllib.loads(self.config_text)

    @cached_property
    def record(self):
        """How the run was made: seed, versions, device, data checksums, steps, stop reason, finished stages; a dict."""
        record = self._json("run.json")
        has_sums = any(stage.get("files") for stage in record.get("stages", {}).values())
        path = self.folder / "run.json"
        if self.check and not _seal_holds(path.read_bytes().decode("utf-8-sig"), needed=has_sums):
            raise _changed(path, "does not match its own SHA-256: damaged or changed since it was written")
        return record

    @cached_property
    def metrics(self):
        """Loss and error on the full sets at every epoch's end: a structured array.

        Fields `epoch`, `step`, `train_loss`, `train_error`, `test_loss`, `test_error`; errors are shares from 0 to 1.
        """
        return self._table("metrics.csv", METRICS)

    # What was recorded

    @cached_property
    def trajectory(self):
        """The recorded layer after each recorded step, float32 `[steps, weights]`, mapped from the file, not loaded.

        A row is the layer's matrix `[d_in, d_out]` flattened row-major: `row.reshape(run.recorded_shape)`.
        """
        trajectory = self._npy("trajectory.npy")
        rows = self.trajectory_info.get("rows")
        if rows is not None and rows != len(trajectory):
            raise _damaged(self._path("trajectory.npy"), f"{len(trajectory)} of {rows} rows are there")
        return trajectory

    @cached_property
    def trajectory_info(self):
        """What was recorded: `layer` (its path), `shape`, `first_step`, `every` (stride in steps), `rows`; a dict."""
        return self._json("trajectory.json")

    @cached_property
    def recorded_shape(self):
        """Shape of the recorded parameter, `(d_in, d_out)`."""
        return tuple(self.trajectory_info["shape"])

    @cached_property
    def steps(self):
        """Optimizer step of each row of `trajectory`, counted from 0, `[steps]`; the row is what it left behind."""
        info = self.trajectory_info
        return info["first_step"] + info["every"] * np.arange(len(self.trajectory))

    @cached_property
    def weights_mean(self):
        """Every parameter at its mean over the window, ⟨w⟩_T: dict of float64, `"hidden.weight"` → `[d_in, d_out]`."""
        return self._weights("weights_mean.npz")

    @cached_property
    def weights_final(self):
        """Every parameter after the last step: dict of float32, `"hidden.weight"` → `[d_in, d_out]`."""
        return self._weights("weights_final.npz")

    # The principal components of the recorded weights

    @cached_property
    def variances(self):
        """σ_i², the variance of the weights along each principal component, descending, `[weights]` (divisor T)."""
        return self._npz("pca.npz", "variance")

    @cached_property
    def components(self):
        """The principal components p_i, one unit vector a row, float64 `[weights, weights]`."""
        return self._npz("pca.npz", "components")

    @cached_property
    def mean(self):
        """⟨w⟩_T, the mean of the recorded layer over the window, flattened, `[weights]`."""
        return self._npz("pca.npz", "mean")

    @cached_property
    def floor(self):
        """The variance under which rounding decides: a σ_i² below it is not trusted, and not fitted."""
        return float(self._npz("pca.npz", "floor"))

    @cached_property
    def segments(self):
        """Sums of θ_i and θ_i² over consecutive pieces of the window, `Segments`."""
        length, steps, total, square = (
            self._npz("pca.npz", f"segment_{name}") for name in ("length", "steps", "sum", "square")
        )
        return Segments(int(length[0]), steps, total, square)

    @cached_property
    def projections(self):
        """θ_i(t) = (w(t) − ⟨w⟩_T) · p_i of the first components, at most 60; float64 `[steps, components]`, mapped."""
        return self._npy("projections.npy")

    # The landscape along them

    @cached_property
    def flatness(self):
        """What was measured along each component: a structured array, one row a component.

        Fields `index` (from 1), `variance` σ_i², `flatness` F_i = θ_r − θ_l, `left` θ_l < 0, `right` θ_r > 0 and
        `status`: "found", "censored" (no crossing within the radius) or "not_monotone". What is not known is nan.
        """
        table = self._table("flatness.csv", FLATNESS)
        unknown = set(table["status"].tolist()) - {"found", "censored", "not_monotone"}
        if unknown:
            raise _damaged(self._path("flatness.csv"), f"no such status: {', '.join(sorted(unknown))}")
        return table

    @cached_property
    def landscape(self):
        """Profiles of the loss along a few components, `Landscape`."""
        index, offset, loss, l0, factor = (
            self._npz("landscape.npz", name) for name in ("index", "offset", "loss", "l0", "factor")
        )
        return Landscape(index, offset, loss, float(l0), float(factor))

    # The exponents

    @cached_property
    def fit(self):
        """The fitted numbers, a dict.

        `psi` in σ² ∝ F^−ψ; `psi_estimate` with its `standard_error` and 95 % `interval` over other windows of the
        training, or why it is `missing` (see `psi_interval`); `bent` and `local_psi` where no one ψ fits; `ln_prefactor` ln A in
        ln σ² = ln A − ψ ln F, `r`, `range` (first and last component), `n`; `l0`, `factor`, `floor`, `gap` σ_1²/σ_2²,
        `alignment` |cos(p_1, w_0)|, `gamma` in σ_i² ∝ i^−γ, `share_35`.
        """
        return self._json("fit.json")

    @cached_property
    def in_fit(self):
        """Which rows of `flatness` ψ was fitted to, bool `[rows]`: found, within the range and above the floor."""
        rows, (first, last) = self.flatness, self.fit["range"]
        in_range = (rows["index"] >= first) & (rows["index"] <= last)
        return in_range & (rows["status"] == "found") & (rows["variance"] > self.fit["floor"])

    @property
    def stages(self):
        """The finished stages and their wall times in seconds."""
        return {name: stage["seconds"] for name, stage in self.record.get("stages", {}).items()}

    # Files

    def _path(self, name):
        """A file of the run; if it is not there, what makes it."""
        path = self.folder / name
        stage = _stage_of(name)
        if path.is_file():
            if self.check and name not in self._checked:
                self._compare(path, stage)
            return path
        if stage in (None, "train"):
            command = f"varflat run EXPERIMENT.toml --out {self.folder}"
            raise RunError(f"{self.folder}: {name} is not there yet; run `{command}` first")
        raise RunError(
            f"{self.folder}: {name} is not there yet; run `varflat {stage} {self.folder}` first "
            "(or `varflat run`, which does all stages)"
        )

    def _compare(self, path, stage):
        """Refuse a file that is not the one of which `run.json` keeps the length and the SHA-256."""
        if path.name == "run.json":
            return
        # There before the first stage ends, but the later ones leave nothing without it.
        if stage in (None, "train") and not (self.folder / "run.json").is_file():
            return
        if path.name == "config.toml":
            kept = self.record.get("config")
        else:
            stages = self.record.get("stages", {}).values()
            kept = next((stage["files"][path.name] for stage in stages if path.name in stage.get("files", {})), None)
        if kept is not None:
            with _reading(path), path.open("rb") as file:
                bytes_, sha256 = _sum(file)
            if bytes_ != kept["bytes"]:
                difference = f"{bytes_} bytes instead of {kept['bytes']}"
            else:
                difference = f"SHA-256 {sha256[:12]}… instead of {kept['sha256'][:12]}…"
            if (bytes_, sha256) != (kept["bytes"], kept["sha256"]):
                raise _changed(path, f"is not the file that was written here ({difference}): damaged or changed since")
        self._checked.add(path.name)

    def _json(self, name):
        with _reading(self._path(name)) as path:
            content = json.loads(path.read_text(encoding="utf-8-sig"))
            if not isinstance(content, dict):
                raise ValueError("not the JSON expected here")
            return content

    def _npy(self, name):
        with _reading(self._path(name)) as path:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
            if not isinstance(array, np.ndarray) or array.ndim != 2:
                raise ValueError("not an array with two dimensions")
            return array

    def _npz(self, name, entry):
        """One entry of an npz file; the others, which may be large, are not read."""
        with _reading(self._path(name)) as path, _open_npz(path) as stored:
            return _read_only(stored[entry])

    def _weights(self, name):
        with _reading(self._path(name)) as path, _open_npz(path) as stored:
            return {entry: _read_only(stored[entry]) for entry in stored.files}

    def _table(self, name, columns):
        with _reading(self._path(name)) as path, path.open(newline="", encoding="utf-8-sig") as file:
            header, *rows = list(csv.reader(file)) or [[]]
            names = [column for column, _ in columns]
            if header != names:
                from_spreadsheet = len(header) == 1 and any(between in header[0] for between in ";\t")
                hint = ": was it saved by a spreadsheet?" if from_spreadsheet else ""
                raise ValueError(f"the columns are not {','.join(names)}{hint}")
            if not rows:
                raise ValueError("a table without rows")
            # A field that is empty is a number that is not known.
            values = [tuple("nan" if field == "" else field for field in row) for row in rows]
            return _read_only(np.array(values, dtype=columns))


class _reading:
    """Turns whatever goes wrong with a file's content into a `RunError` that names the file."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        return self.path

    def __exit__(self, kind, error, trace):
        if isinstance(error, OSError):
            raise RunError(f"{self.path}: cannot be read ({error.strerror or error})") from error
        # Damaged archives, headers, numbers, JSON, TOML and text end in one of these; KeyError is a missing array.
        if isinstance(error, (ValueError, EOFError, KeyError, zipfile.BadZipFile)):
            raise _damaged(self.path, error.args[0] if error.args else kind.__name__) from error


@contextmanager
def _open_npz(path):
    # Opened here, because numpy leaves a file open that turns out not to be an archive.
    with path.open("rb") as file:
        stored = np.load(file, allow_pickle=False)
        if not isinstance(stored, np.lib.npyio.NpzFile):
            raise ValueError("not an npz file")
        with stored:
            yield stored


def _stage_of(name):
    return next((stage for stage, files in STAGES.items() if name in files), None)


def _damaged(path, problem):
    return RunError(f"{path}: damaged ({problem}); {_remedy(path)}")


def _changed(path, problem):
    return RunError(f"{path}: {problem}; {_remedy(path)} (open_run(…, check=False) reads it as it is)")


def _remedy(path):
    stage = _stage_of(path.name)
    if stage in (None, "train"):
        return "restore it, or run the experiment again with --force"
    return f"run `varflat {stage} {path.parent}` again"


def _sum(file):
    """Length and SHA-256 of an open file."""
    digest, length = hashlib.sha256(), 0
    while block := file.read(1 << 20):
        digest.update(block)
        length += len(block)
    return length, digest.hexdigest()


def _seal_holds(text, needed):
    """Whether a JSON text is the one that was closed with its SHA-256; one without is, unless it is `needed`."""
    body, seal, rest = text.rpartition(SEAL)
    if not seal:
        return not needed
    return rest == hashlib.sha256(body.encode()).hexdigest() + SEAL_END


def _read_only(array):
    array.flags.writeable = False
    return array


def psi_interval(fit):
    """The 95 % interval of ψ over other windows of the training, [low, high], or None: of a fit that has none, and of
    fits from before it was one (their `psi_interval` resampled time alone, and need not contain ψ)."""
    return (fit.get("psi_estimate") or {}).get("interval")


def with_interval(value, interval):
    """`4.46 [4.44, 4.49]`: no more digits than the interval allows, its ends rounded outwards."""
    if interval is None:
        return f"{value:.1f}"
    half = max(0.5 * abs(interval[1] - interval[0]), 1e-6)
    decimals = min(max(-math.floor(math.log10(half)), 1 if abs(value) < 10 else 0), 6)
    unit = 10.0**decimals
    low, high = math.floor(interval[0] * unit + 1e-9) / unit, math.ceil(interval[1] * unit - 1e-9) / unit
    return f"{value:.{decimals}f} [{low:.{decimals}f}, {high:.{decimals}f}]"


def summary(run):
    """What a run is, how far it has come and what it found, in a few lines of text."""
    lines = [("experiment", f"{run.record.get('name')} (seed {run.record.get('seed')})")]
    done = run.stages
    lines.append(("stages", ", ".join(f"{stage} {'done' if stage in done else 'not done'}" for stage in STAGES)))
    if "train" in done:
        steps, weights = run.trajectory.shape
        lines.append(("trajectory", f"{steps} steps of {weights} weights, {run.trajectory_info['layer']}"))
        last = run.metrics[-1]
        loss, error, epoch = (last[name] for name in ("train_loss", "train_error", "epoch"))
        lines.append(("training", f"loss {loss:.3e}, error {error:.4f}, epoch {epoch}"))
    if "pca" in done:
        lines.append(("variance", f"from {run.variances[0]:.2e} to {run.variances[-1]:.2e}, floor {run.floor:.1e}"))
    if "flatness" in done:
        found = run.flatness[run.flatness["status"] == "found"]
        span = f", from {found['flatness'].min():.3g} to {found['flatness'].max():.3g}" if len(found) else ""
        lines.append(("flatness", f"found along {len(found)} of {len(run.flatness)} measured components{span}"))
    if "fit" in done:
        fit = run.fit
        interval = "no interval"
        if psi_interval(fit) is not None:
            interval = "95 % interval over other windows of this training"
        first, last = fit["range"]
        lines.append(("psi", f"{with_interval(fit['psi'], psi_interval(fit))}, {interval}"))
        lines.append(("", f"over {fit['n']} of the components {first}–{last}, r = {fit['r']:.4f}"))
    return "\n".join(f"{name:<12} {text}" for name, text in lines)


def main():
    parser = argparse.ArgumentParser(
        description="Say what a run folder of varflat holds and what was found.",
        epilog='In Python: run = varflat_read.open_run("runs/headline"); help(run) lists everything it has.',
    )
    parser.add_argument("run", help="a run folder, such as runs/headline, made by `varflat run`")
    run = parser.parse_args().run
    try:
        print(summary(open_run(run)))
    except RunError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
