#!/usr/bin/env python3
"""Execute notebooks headless and write them back with their outputs; any failing cell fails the command.

`jupyter nbconvert --execute` exits 0 when a Rust cell panics or `?` meets an error. Here a cell has failed when the kernel says
so, when it writes to the error stream, or when the kernel dies.
"""

import argparse
import re
import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="+", metavar="NOTEBOOK")
    parser.add_argument("--check", action="store_true", help="execute, but leave the files as they are")
    parser.add_argument("--timeout", type=int, default=3600, metavar="SECONDS", help="for one cell [default: 3600]")
    arguments = parser.parse_args()
    failures = [path for path in arguments.notebooks if not execute(path, arguments.check, arguments.timeout)]
    if failures:
        sys.exit("failed: " + ", ".join(failures))


def execute(path, check, timeout):
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=timeout, allow_errors=True)
    print(path, flush=True)
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code":
                continue
            start = time.monotonic()
            try:
                client.execute_cell(cell, index)
                problem = failure(cell.outputs)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                problem = str(error)
            seconds = time.monotonic() - start
            first_line = next((line for line in cell.source.splitlines() if not line.startswith(":")), "")
            print(f"  {seconds:7.1f} s  {first_line[:90]}", flush=True)
            if problem:
                print(f"cell {index + 1} of {path} failed:\n{cell.source}\n\n{problem}", file=sys.stderr)
                return False
    if not check:
        notebook.metadata.get("language_info", {}).pop("version", None)
        for cell in notebook.cells:
            # When a cell ran differs every time and says nothing.
            cell.metadata.pop("execution", None)
        nbformat.write(notebook, path)
    return True


def failure(outputs):
    """What went wrong in a cell, from its outputs; None if nothing did."""
    errors = [output for output in outputs if output.output_type == "error"]
    text = "\n".join("\n".join([error.evalue, *error.traceback]) for error in errors)
    text += "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stderr")
    return re.sub(r"\x1b\[[0-9;]*m", "", text) or None


if __name__ == "__main__":
    main()
