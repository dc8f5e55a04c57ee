#!/usr/bin/env bash
# Starts the Rust kernel in a build folder that stays, so that the next session need not compile varflat again.
#
# evcxr by itself builds each session in a fresh folder; its cache keeps the crates of others, but not those of this workspace.
# A folder serves one session at a time: the first free one is taken, and held until the kernel ends.
# With incremental compilation off, evcxr's cache would hand out an earlier cell for a later one.
unset CARGO_INCREMENTAL
# Cells are compiled in the folder of the session, not in that of the workspace.
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR
# The folders lie in the user's cache: inside the checkout cargo would take them for members of its workspace.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/varflat/evcxr"
if command -v flock >/dev/null; then
    for slot in 1 2 3 4 5 6 7 8; do
        mkdir -p "$cache/$slot"
        exec 9>"$cache/$slot.lock"
        if flock --nonblock 9; then
            export EVCXR_TMPDIR="$cache/$slot"
            # Cells look for the standard library relative to where they were linked, one folder deeper than where they end.
            library="$(rustc --print target-libdir):$(cd "$cache/$slot" && rustc --print target-libdir)"
            export LD_LIBRARY_PATH="$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
            break
        fi
    done
fi
PATH="$(cd "$(dirname "$0")" && pwd)/.venv/bin:$PATH" exec evcxr_jupyter "$@"
