#!/usr/bin/env bash
# Sets up what the notebooks need (beside them, in .venv), then executes all of them, or those named, headless.
#
#   notebooks/run.sh                       all, written back with their outputs
#   notebooks/run.sh --check tour.ipynb    one, left as it is
#   notebooks/run.sh --setup               nothing but the set-up
#
# The first time takes a while: the kernel is compiled (five minutes on two cores), then varflat by the first cell of each
# notebook (five minutes without burn, a quarter of an hour with it). kernel.sh says where that is kept.
set -euo pipefail
cd "$(dirname "$0")"
bin="$PWD/.venv/bin"
export JUPYTER_PATH="$PWD/.venv/share/jupyter" PATH="$bin:$PATH"

[ -x "$bin/python" ] || python3 -m venv .venv
"$bin/python" -c "import nbclient, nbformat" 2>/dev/null || "$bin/pip" install --quiet -r requirements.txt
command -v evcxr_jupyter >/dev/null || cargo install --locked --root .venv evcxr_jupyter@0.22.0
# A kernel of its own that was never installed so installs itself over ours when it starts.
[ -f "$JUPYTER_PATH/kernels/rust/version.txt" ] || evcxr_jupyter --install >/dev/null 2>&1
cat >"$JUPYTER_PATH/kernels/rust/kernel.json" <<JSON
{
  "argv": ["$PWD/kernel.sh", "--control_file", "{connection_file}"],
  "display_name": "Rust",
  "language": "rust",
  "interrupt_mode": "message"
}
JSON
command -v mold >/dev/null || command -v ld.lld >/dev/null ||
    echo "no mold or lld here: evcxr links every cell with either where it is installed (apt install mold)"
[ "${1:-}" != --setup ] || exit 0

case " $* " in
*.ipynb*) ;;
*) set -- "$@" *.ipynb ;;
esac
exec python execute.py "$@"
