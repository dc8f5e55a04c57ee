"""Tests of varflat_read and redraw_headline: `python -m unittest` in this folder.

They make a small run folder of known numbers. With VARFLAT_RUN=FOLDER they also check a real, finished run.
"""

import csv
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import varflat_read
from varflat_read import RunError, open_run

HERE = Path(__file__).resolve().parent

# A layer of 4 × 2 weights that moves for 64 steps along eight orthogonal directions, with variances and flatness of
# exactly σ² = 10⁻⁹ F⁻⁴ but for the first component.
SHAPE, STEPS, FIRST_STEP = (4, 2), 64, 1000
VARIANCES = np.array([1e-3, 2e-5, 9e-6, 4e-6, 1e-6, 3e-7, 5e-8, 1e-8])
FLATNESS = (VARIANCES / 1e-9) ** -0.25
FLATNESS[0] = 0.5
STATUS = ["found"] * 5 + ["not_monotone", "found", "censored"]
L0, FACTOR, FLOOR, SEGMENT = 2e-3, np.e, 2e-8, 16

CONFIG = """\
name = "synthetic"
seed = 7

[training]
learning_rate = 0.1
batch_size = 50

[recorder]
layer = "hidden"
window = 64
"""


def synthetic_numbers():
    """Directions, mean and trajectory in float64."""
    weights = len(VARIANCES)
    components, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(weights, weights)))
    mean = np.linspace(-0.5, 0.7, weights)
    # Cosines of different whole frequencies have mean 0, variance 1 and no correlation.
    time = np.arange(STEPS)[:, None] / STEPS
    theta = np.sqrt(2 * VARIANCES) * np.cos(2 * np.pi * (1 + np.arange(weights)) * time)
    return components, mean, theta, mean + theta @ components


def make_run(folder):
    """The run folder of these numbers, file by file as varflat writes it."""
    components, mean, theta, trajectory = synthetic_numbers()
    (folder / "config.toml").write_text(CONFIG)
    stages = {name: {"seconds": 1.5} for name in varflat_read.STAGES}
    record = {
        "name": "synthetic",
        "seed": 7,
        "steps": FIRST_STEP + STEPS,
        "stop_reason": "loss_below",
        "stages": stages,
    }
    (folder / "run.json").write_text(json.dumps(record))
    with (folder / "metrics.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow("epoch step train_loss train_error test_loss test_error".split())
        rows.writerows([[1, 500, 0.25, 0.1, 0.3, 0.125], [2, 1000, 2e-3, 0.0, 0.28, 0.0625]])

    np.save(folder / "trajectory.npy", trajectory.astype(np.float32))
    info = {"layer": "hidden.weight", "shape": SHAPE, "first_step": FIRST_STEP, "every": 1, "rows": STEPS}
    (folder / "trajectory.json").write_text(json.dumps({**info, "keep": {"last": STEPS}}))
    others = {"input.weight": np.full((3, 4), 0.25), "output.weight": np.full((2, 5), -0.5)}
    np.savez(folder / "weights_mean.npz", **others, **{"hidden.weight": mean.reshape(SHAPE)})
    last = {**others, "hidden.weight": trajectory[-1].reshape(SHAPE)}
    np.savez(folder / "weights_final.npz", **{name: array.astype(np.float32) for name, array in last.items()})

    pieces = theta.reshape(-1, SEGMENT, theta.shape[1])
    np.savez(
        folder / "pca.npz",
        mean=mean,
        variance=VARIANCES,
        components=components,
        floor=np.float64(FLOOR),
        segment_length=np.array([SEGMENT]),
        segment_steps=np.full(len(pieces), SEGMENT),
        segment_sum=pieces.sum(1),
        segment_square=(pieces**2).sum(1),
    )
    np.save(folder / "projections.npy", theta)

    with (folder / "flatness.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow("index variance flatness left right status".split())
        for place, (variance, flatness, status) in enumerate(zip(VARIANCES, FLATNESS, STATUS)):
            known = [repr(float(number)) for number in (flatness, -flatness / 2, flatness / 2)]
            if status == "censored":
                known = ["", known[1], ""]
            rows.writerow([place + 1, repr(float(variance)), *known, status])
    # L = L_0 (1 + (factor − 1) (2δθ/F)²) is factor · L_0 at ±F/2.
    half = FLATNESS[[0, 1]] / 2
    offset = 1.6 * half[:, None] * np.linspace(-1, 1, 81)
    loss = L0 * (1 + (FACTOR - 1) * (offset / half[:, None]) ** 2)
    np.savez(folder / "landscape.npz", l0=L0, factor=FACTOR, index=np.array([1, 2]), offset=offset, loss=loss)
    fit = {
        "l0": L0, "factor": FACTOR, "psi": 4.0, "bent": False,
        "psi_estimate": {"value": 4.0, "standard_error": 0.04, "interval": [3.9, 4.1], "missing": None},
        "ln_prefactor": float(np.log(1e-9)), "r": -1.0, "range": [2, 8], "n": 5, "floor": FLOOR, "gap": 50.0,
    }  # fmt: skip
    (folder / "fit.json").write_text(json.dumps(fit))


def seal_run(folder):
    """Note the checksums of all files in run.json and close it with its own, as varflat does."""

    def file_sum(name):
        content = (folder / name).read_bytes()
        return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    record = json.loads((folder / "run.json").read_text())
    record["config"] = file_sum("config.toml")
    for stage, files in varflat_read.STAGES.items():
        record["stages"][stage]["files"] = {name: file_sum(name) for name in files}
    body = json.dumps(record, indent=2).removesuffix("\n}")
    digest = hashlib.sha256(body.encode()).hexdigest()
    (folder / "run.json").write_text(f'{body},\n  "sha256": "{digest}"\n}}\n')


def skip_loudly(reason):
    print(f"\nSKIPPED: {reason}", file=sys.stderr)
    raise unittest.SkipTest(reason)


def redraw(case, folder, name, *arguments):
    """The bytes of the picture that redraw_headline.py makes."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        skip_loudly("matplotlib is not installed, so the figure is not drawn: pip install matplotlib")
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / name
        command = [sys.executable, HERE / "redraw_headline.py", folder, "--out", out, *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        case.assertEqual(done.returncode, 0, done.stderr)
        return out.read_bytes()


def loss_at(offsets, losses, where):
    """The loss between the points of a profile, interpolated in ln L."""
    return np.exp(np.interp(where, offsets, np.log(losses)))


class InATemporaryFolder(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        make_run(self.folder)
        self.run_ = open_run(self.folder)


class Readers(InATemporaryFolder):
    def test_how_the_run_was_made(self):
        run = self.run_
        self.assertEqual(run.config_text, CONFIG)
        if sys.version_info >= (3, 11):
            self.assertEqual(run.config["training"], {"learning_rate": 0.1, "batch_size": 50})
        self.assertEqual((run.record["seed"], run.record["stop_reason"]), (7, "loss_below"))
        self.assertEqual(run.stages, dict.fromkeys(["train", "pca", "flatness", "fit"], 1.5))

    def test_metrics(self):
        metrics = self.run_.metrics
        self.assertEqual(metrics["step"].tolist(), [500, 1000])
        self.assertEqual(metrics["train_loss"].tolist(), [0.25, 2e-3])
        self.assertEqual(metrics[-1]["test_error"], 0.0625)

    def test_the_trajectory_is_mapped(self):
        run, (_, _, _, expected) = self.run_, synthetic_numbers()
        self.assertIsInstance(run.trajectory, np.memmap)
        self.assertEqual((run.trajectory.dtype, run.trajectory.shape), (np.float32, (STEPS, 8)))
        np.testing.assert_array_equal(run.trajectory, expected.astype(np.float32))
        self.assertEqual((run.recorded_shape, run.trajectory_info["layer"]), (SHAPE, "hidden.weight"))
        np.testing.assert_array_equal(run.steps, np.arange(FIRST_STEP, FIRST_STEP + STEPS))

    def test_steps_of_a_stride(self):
        info = {"layer": "hidden.weight", "shape": SHAPE, "first_step": 6, "every": 3, "rows": None}
        (self.folder / "trajectory.json").write_text(json.dumps(info))
        self.assertEqual(self.run_.steps[[0, 1, -1]].tolist(), [6, 9, 6 + 3 * (STEPS - 1)])

    def test_weights_are_d_in_times_d_out(self):
        run, (_, mean, _, _) = self.run_, synthetic_numbers()
        self.assertEqual(set(run.weights_mean), {"input.weight", "hidden.weight", "output.weight"})
        np.testing.assert_array_equal(run.weights_mean["hidden.weight"], mean.reshape(SHAPE))
        np.testing.assert_array_equal(run.weights_mean["output.weight"], np.full((2, 5), -0.5))
        final = run.weights_final["hidden.weight"]
        self.assertEqual(final.dtype, np.float32)
        np.testing.assert_array_equal(final, run.trajectory[-1].reshape(run.recorded_shape))

    def test_principal_components(self):
        run, (components, mean, theta, _) = self.run_, synthetic_numbers()
        np.testing.assert_array_equal(run.variances, VARIANCES)
        np.testing.assert_array_equal(run.components, components)
        np.testing.assert_array_equal(run.mean, mean)
        np.testing.assert_array_equal(run.projections, theta)
        self.assertEqual(run.floor, FLOOR)

    def test_segments_give_the_variances(self):
        length, steps, total, square = self.run_.segments
        self.assertEqual((length, steps.sum()), (SEGMENT, STEPS))
        variances = square.sum(0) / steps.sum() - (total.sum(0) / steps.sum()) ** 2
        np.testing.assert_allclose(variances, VARIANCES, rtol=1e-12)

    def test_flatness(self):
        flatness = self.run_.flatness
        self.assertEqual(flatness["index"].tolist(), list(range(1, 9)))
        self.assertEqual(flatness["status"].tolist(), STATUS)
        np.testing.assert_array_equal(flatness["variance"], VARIANCES)
        np.testing.assert_array_equal(flatness["flatness"][:7], FLATNESS[:7])
        np.testing.assert_array_equal(flatness["left"], -FLATNESS / 2)
        self.assertTrue(np.isnan(flatness["flatness"][7]) and np.isnan(flatness["right"][7]))

    def test_landscape_crosses_the_level_where_flatness_says(self):
        landscape, flatness = self.run_.landscape, self.run_.flatness
        self.assertEqual((landscape.l0, landscape.factor), (L0, FACTOR))
        self.assertEqual(landscape.offset.shape, (2, 81))
        for index, offset, loss in zip(landscape.index, landscape.offset, landscape.loss):
            row = flatness[index - 1]
            at = loss_at(offset, loss, [row["left"], 0.0, row["right"]])
            np.testing.assert_allclose(at, [FACTOR * L0, L0, FACTOR * L0], rtol=2e-3)

    def test_the_points_of_the_fit(self):
        # Not the first, not the doubtful, not the censored one (which is under the floor too).
        run = self.run_
        self.assertEqual(run.flatness["index"][run.in_fit].tolist(), [2, 3, 4, 5, 7])
        self.assertEqual(run.in_fit.sum(), run.fit["n"])
        points = run.flatness[run.in_fit]
        slope, intercept = np.polyfit(np.log(points["flatness"]), np.log(points["variance"]), 1)
        np.testing.assert_allclose([-slope, intercept], [run.fit["psi"], run.fit["ln_prefactor"]], rtol=1e-9)

    def test_arrays_are_read_only(self):
        run = self.run_
        tables = (run.flatness, run.variances, run.trajectory, run.weights_mean["hidden.weight"], run.landscape.loss)
        for array in tables:
            self.assertFalse(array.flags.writeable)

    def test_opening_reads_nothing_and_reading_is_done_once(self):
        run = open_run(str(self.folder))
        self.assertEqual(set(vars(run)), {"folder", "check", "_checked"})
        self.assertIs(run.variances, run.variances)


class Errors(InATemporaryFolder):
    @contextmanager
    def raises(self, *texts):
        """A `RunError` whose message contains these texts."""
        with self.assertRaises(RunError) as raised:
            yield
        for text in texts:
            self.assertIn(text, str(raised.exception))

    def test_no_folder(self):
        with self.raises("no such folder"):
            open_run(self.folder / "nowhere")

    def test_not_a_run_folder(self):
        with tempfile.TemporaryDirectory() as empty, self.raises("not a run folder", "varflat run EXPERIMENT.toml"):
            open_run(empty)

    def test_a_missing_file_names_the_stage_that_makes_it(self):
        for attribute, name, command in [
            ("record", "run.json", "varflat run"),
            ("trajectory", "trajectory.npy", "varflat run"),
            ("weights_mean", "weights_mean.npz", "varflat run"),
            ("variances", "pca.npz", "varflat pca"),
            ("projections", "projections.npy", "varflat pca"),
            ("flatness", "flatness.csv", "varflat flatness"),
            ("landscape", "landscape.npz", "varflat flatness"),
            ("fit", "fit.json", "varflat fit"),
        ]:
            with self.subTest(name):
                (self.folder / name).unlink()
                with self.raises(name, "not there yet", command):
                    getattr(self.run_, attribute)

    def test_a_file_of_something_else(self):
        for content in (b"", b"neither an array nor a table\n"):
            for attribute, name, remedy in [
                ("record", "run.json", "--force"),
                ("metrics", "metrics.csv", "--force"),
                ("trajectory", "trajectory.npy", "--force"),
                ("weights_final", "weights_final.npz", "--force"),
                ("components", "pca.npz", "varflat pca"),
                ("projections", "projections.npy", "varflat pca"),
                ("flatness", "flatness.csv", "varflat flatness"),
                ("landscape", "landscape.npz", "varflat flatness"),
                ("fit", "fit.json", "varflat fit"),
            ]:
                with self.subTest(name, content=content):
                    whole = (self.folder / name).read_bytes()
                    (self.folder / name).write_bytes(content)
                    with self.raises(str(self.folder / name), "damaged", remedy):
                        getattr(open_run(self.folder), attribute)
                    (self.folder / name).write_bytes(whole)

    def test_files_cut_short_anywhere(self):
        for attribute, name in [("trajectory", "trajectory.npy"), ("variances", "pca.npz"), ("fit", "fit.json")]:
            whole = (self.folder / name).read_bytes()
            for length in range(0, len(whole), 97):
                with self.subTest(name, length=length):
                    (self.folder / name).write_bytes(whole[:length])
                    with self.raises("damaged"):
                        getattr(open_run(self.folder), attribute)

    def test_rows_that_are_missing(self):
        np.save(self.folder / "trajectory.npy", np.zeros((STEPS - 1, 8), np.float32))
        with self.raises("63 of 64 rows are there"):
            self.run_.trajectory

    def test_a_missing_array(self):
        np.savez(self.folder / "pca.npz", variance=VARIANCES)
        self.assertEqual(self.run_.variances[0], 1e-3)
        with self.raises("components", "varflat pca"):
            self.run_.components

    def test_wrong_tables(self):
        good = "index,variance,flatness,left,right,status\n"
        for text, problem in [
            ("index,variance\n1,2\n", "the columns are not index,variance,flatness"),
            (good, "without rows"),
            (good + "1,many,1,-1,1,found\n", "many"),
            (good + "1,1e-3,1,-1,1,lost\n", "no such status: lost"),
            (good + "1,1e-3,1\n", ""),
        ]:
            with self.subTest(text):
                (self.folder / "flatness.csv").write_text(text)
                with self.raises("flatness.csv", "damaged", problem):
                    open_run(self.folder).flatness

    def test_broken_config(self):
        (self.folder / "config.toml").write_text("name = ")
        with self.raises("config.toml") if sys.version_info >= (3, 11) else self.raises("3.11"):
            self.run_.config


class Checksums(InATemporaryFolder):
    ATTRIBUTES = [
        ("config_text", "config.toml", "--force"),
        ("metrics", "metrics.csv", "--force"),
        ("trajectory", "trajectory.npy", "--force"),
        ("trajectory_info", "trajectory.json", "--force"),
        ("weights_mean", "weights_mean.npz", "--force"),
        ("weights_final", "weights_final.npz", "--force"),
        ("variances", "pca.npz", "varflat pca"),
        ("projections", "projections.npy", "varflat pca"),
        ("flatness", "flatness.csv", "varflat flatness"),
        ("landscape", "landscape.npz", "varflat flatness"),
        ("fit", "fit.json", "varflat fit"),
    ]

    def setUp(self):
        super().setUp()
        seal_run(self.folder)

    def refusal(self, attribute):
        with self.assertRaises(RunError) as raised:
            getattr(open_run(self.folder), attribute)
        return str(raised.exception)

    def test_a_run_as_it_was_written_is_read(self):
        for attribute, _, _ in self.ATTRIBUTES:
            getattr(self.run_, attribute)

    def test_a_change_anywhere_is_refused_and_can_be_read_on_purpose(self):
        for attribute, name, remedy in self.ATTRIBUTES:
            with self.subTest(name):
                path = self.folder / name
                whole = path.read_bytes()
                # Digits of a number or of a name: still a file of its kind, as a rule.
                path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
                message = self.refusal(attribute)
                for text in (str(path), "is not the file that was written here (SHA-256 ", remedy, "check=False"):
                    self.assertIn(text, message)
                path.write_bytes(whole + b" ")
                self.assertIn(f"({len(whole) + 1} bytes instead of {len(whole)})", self.refusal(attribute))
                path.write_bytes(whole)
        edited = json.loads((self.folder / "fit.json").read_text())
        (self.folder / "fit.json").write_text(json.dumps({**edited, "psi": 4.5}))
        self.assertIn("fit.json", self.refusal("fit"))
        self.assertEqual(open_run(self.folder, check=False).fit["psi"], 4.5)

    def test_the_record_is_held_against_its_own_seal(self):
        path = self.folder / "run.json"
        whole = path.read_text()
        for text in (whole.replace('"seed": 7', '"seed": 8'), whole + " ", whole[: whole.rindex(",")] + "\n}\n"):
            path.write_text(text)
            for attribute in ("record", "fit"):
                self.assertIn("does not match its own SHA-256", self.refusal(attribute))
        self.assertEqual(open_run(self.folder, check=False).record["name"], "synthetic")
        path.unlink()
        self.assertIn("run.json is not there yet", self.refusal("fit"))
        # A training that is not finished has none.
        self.assertEqual(len(open_run(self.folder).trajectory), STEPS)

    def test_a_file_is_read_for_its_checksum_once(self):
        run = self.run_
        run.variances
        (self.folder / "pca.npz").write_bytes((self.folder / "pca.npz").read_bytes() + b" ")
        run.components


class Spreadsheets(InATemporaryFolder):
    def test_a_mark_of_byte_order_and_other_line_ends_are_read(self):
        for name, attribute in [("metrics.csv", "metrics"), ("flatness.csv", "flatness"), ("fit.json", "fit")]:
            path = self.folder / name
            before = getattr(open_run(self.folder), attribute)
            path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
            after = getattr(open_run(self.folder), attribute)
            if attribute == "fit":
                self.assertEqual(before, after)
            else:
                self.assertEqual(before.tobytes(), after.tobytes())

    def test_other_columns_are_named(self):
        path = self.folder / "metrics.csv"
        text = path.read_text()
        for changed in (text.replace(",", ";"), text.replace(",", "\t"), text.replace(",", ";").replace(".", ",")):
            path.write_text(changed)
            with self.assertRaises(RunError) as raised:
                open_run(self.folder).metrics
            self.assertIn("saved by a spreadsheet?", str(raised.exception))
        path.write_text(text, encoding="utf-16")
        with self.assertRaises(RunError) as raised:
            open_run(self.folder).metrics
        self.assertIn("metrics.csv", str(raised.exception))


class CommandLines(InATemporaryFolder):
    def command(self, *arguments):
        return subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, encoding="utf-8", cwd=HERE
        )

    def test_summary(self):
        done = self.command("varflat_read.py", str(self.folder))
        self.assertEqual(done.returncode, 0, done.stderr)
        for text in ("synthetic (seed 7)", "64 steps of 8 weights", "6 of 8 measured", "4.00 [3.90, 4.10]"):
            self.assertIn(text, done.stdout)

    def test_summary_of_an_unfinished_run(self):
        record = json.loads((self.folder / "run.json").read_text())
        record["stages"] = {"train": {"seconds": 1.0}}
        (self.folder / "run.json").write_text(json.dumps(record))
        (self.folder / "pca.npz").unlink()
        self.assertIn("train done, pca not done", varflat_read.summary(open_run(self.folder)))

    def test_an_error_is_one_line(self):
        done = self.command("varflat_read.py", "nowhere")
        self.assertEqual((done.returncode, done.stderr), (1, "error: nowhere: no such folder\n"))

    def test_figures(self):
        self.assertTrue(redraw(self, self.folder, "figure.png").startswith(b"\x89PNG"))
        self.assertTrue(redraw(self, self.folder, "figure.pdf", "--refit", "2", "5").startswith(b"%PDF"))


class RealRun(unittest.TestCase):
    """A finished run of varflat against numpy."""

    @classmethod
    def setUpClass(cls):
        folder = os.environ.get("VARFLAT_RUN")
        if not folder:
            skip_loudly("a real run is not checked; set VARFLAT_RUN to a finished run folder")
        cls.run_ = open_run(folder)

    def test_variances_are_the_eigenvalues_of_the_covariance(self):
        run = self.run_
        centred = run.trajectory.astype(np.float64)
        centred -= centred.mean(0)
        covariance = centred.T @ centred / len(centred)
        expected = np.linalg.eigvalsh(covariance)[::-1][:50]
        # Far enough above the precision of the solvers: what lies below 1e-9 of the first is theirs to differ in.
        top = expected > 1e-9 * expected[0]
        self.assertGreaterEqual(top.sum(), min(10, len(expected)))
        np.testing.assert_allclose(run.variances[: len(expected)][top], expected[top], rtol=1e-6)
        self.assertAlmostEqual(run.variances.sum() / covariance.trace(), 1, places=9)

    def test_mean_and_projections(self):
        run = self.run_
        trajectory = run.trajectory.astype(np.float64)
        np.testing.assert_allclose(run.mean, trajectory.mean(0), rtol=0, atol=1e-12)
        layer = run.weights_mean[run.trajectory_info["layer"]]
        np.testing.assert_allclose(layer.ravel(), run.mean, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(
            run.weights_final[run.trajectory_info["layer"]], run.trajectory[-1].reshape(run.recorded_shape)
        )
        shown = run.projections.shape[1]
        expected = (trajectory - run.mean) @ run.components[:shown].T
        np.testing.assert_allclose(run.projections, expected, rtol=0, atol=1e-12)
        np.testing.assert_allclose(run.projections.var(0), run.variances[:shown], rtol=1e-6)

    def test_components_are_orthonormal(self):
        some = self.run_.components[:: max(1, len(self.run_.components) // 100)]
        np.testing.assert_allclose(some @ some.T, np.eye(len(some)), atol=1e-10)

    def test_landscape_agrees_with_flatness(self):
        run = self.run_
        landscape, checked = run.landscape, 0
        for index, offset, loss in zip(landscape.index, landscape.offset, landscape.loss):
            (row,) = run.flatness[run.flatness["index"] == index]
            if row["status"] != "found":
                continue
            left, centre, right = loss_at(offset, loss, [row["left"], 0.0, row["right"]])
            # What interpolation between 81 points can tell.
            level = landscape.factor * landscape.l0
            np.testing.assert_allclose([left, right], level, rtol=1e-2, err_msg=f"component {index}")
            self.assertAlmostEqual(centre / landscape.l0, 1, delta=1e-2)
            self.assertAlmostEqual(row["flatness"], row["right"] - row["left"], places=12)
            checked += 1
        self.assertGreater(checked, 0)

    def test_flatness_and_fit_agree(self):
        run = self.run_
        np.testing.assert_array_equal(run.flatness["variance"], run.variances[run.flatness["index"] - 1])
        points = run.flatness[run.in_fit]
        self.assertEqual(len(points), run.fit["n"])
        slope, intercept = np.polyfit(np.log(points["flatness"]), np.log(points["variance"]), 1)
        np.testing.assert_allclose([-slope, intercept], [run.fit["psi"], run.fit["ln_prefactor"]], rtol=1e-9)

    def test_the_figure(self):
        picture = redraw(self, self.run_.folder, "figure.png")
        self.assertTrue(picture.startswith(b"\x89PNG"))
        self.assertGreater(len(picture), 10_000)


if __name__ == "__main__":
    unittest.main()
