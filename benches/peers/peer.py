"""One Python peer of varflat's benchmark, driven line by line.

    python peer.py TASK --run RUN_FOLDER --data data/mnist --threads N

It prepares (loads, compiles, warms up), prints one line {"ready": true, ...}, and then for each line `go`
does its unit of work once and prints {"seconds": ..., "units": ..., "check": {...}}; `quit` or the end of
the input ends it. Only these lines go to stdout. Without a library that it needs it prints
{"missing": NAME} and exits with 3.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True  # leave no __pycache__ in the repository

import limits

# Task: its module, its class there, and the library whose version counts besides numpy's.
TASKS = {
    "torch-step": ("steps", "Step", "torch"),
    "torch-forward": ("losses", "Forward", "torch"),
    "torch-cached": ("losses", "Cached", "torch"),
    "torch-bisection": ("losses", "Bisection", "torch"),
    "numpy-pca": ("pca", "Numpy", "numpy"),
    "sklearn-pca": ("pca", "Sklearn", "sklearn"),
    "jax-train": ("headline", "Train", "jax"),
    "jax-flatness": ("headline", "Flatness", "jax"),
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--run", type=Path, required=True, help="a finished run folder")
    parser.add_argument("--data", type=Path, default=Path("data/mnist"), help="folder of the four IDX files")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1200, help="torch-step: steps a unit")
    parser.add_argument("--start", choices=("fresh", "final"), default="fresh",
                        help="torch-step: from new weights, or from the run's last")
    parser.add_argument("--losses", type=int, help="torch-forward, torch-cached: losses a unit (3, 12)")
    parser.add_argument("--epochs", type=int, default=5, help="jax-train: epochs a unit")
    parser.add_argument("--directions", type=int, help="jax-flatness: directions a unit (10)")
    return parser.parse_args()


def versions(library: str) -> dict[str, str]:
    names = dict.fromkeys(("numpy", "scipy", library))
    found = {name: sys.modules[name].__version__ for name in names if name in sys.modules}
    return {"python": platform.python_version(), **found, "blas": limits.blas(library)}


def main() -> int:
    options = arguments()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints goes to stderr

    def answer(**fields) -> None:
        print(json.dumps(fields), file=answers, flush=True)

    name, kind, library = TASKS[options.task]
    limits.limit_threads(options.threads, pin=library == "jax")
    try:
        task = getattr(importlib.import_module(name), kind)(options)
        used = versions(library)
    except ModuleNotFoundError as error:
        answer(missing=(error.name or str(error)).partition(".")[0])
        return 3
    answer(ready=True, task=options.task, threads=options.threads, versions=used)
    for line in map(str.strip, sys.stdin):
        if line == "quit":
            break
        if line != "go":
            print(f"not understood: {line!r}", file=sys.stderr)
            continue
        begun = time.perf_counter()
        result = task.work()
        seconds = time.perf_counter() - begun
        units, check = task.check(result)
        answer(seconds=seconds, units=units, check=check)
    return 0


if __name__ == "__main__":
    sys.exit(main())
