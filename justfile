# Thin: every recipe is a cargo command that works without just.

# What there is
help:
    @just --list --unsorted

# Every figure from scratch; `just reproduce ndarray` or `wgpu` trains on that backend instead
reproduce backend="flex" *arguments:
    cargo run --release -p varflat --no-default-features --features {{backend}},cli -- reproduce --device {{backend}} \
        {{ if backend == "flex" { "" } else { "--out runs/" + backend + " --figures figures/" + backend } }} {{arguments}}

# Every figure from shortened trainings, in about three minutes
reproduce-quick backend="flex": (reproduce backend "--quick")

# All tests; those on wgpu need Vulkan, be it Debian's in software (mesa-vulkan-drivers, libvulkan1)
test:
    cargo test --release --workspace --features wgpu

# Set up the notebooks' kernel and execute all of them, or those named; a failing cell fails the command
notebooks *arguments:
    notebooks/run.sh {{arguments}}

# Ours and the Python peers in turns, into benches/RESULTS.md; `just bench --with-torch` for every row
bench *arguments:
    cargo run --release -p varflat-benches -- {{arguments}}

# Fuzz one reader, such as `just fuzz pca_npz -max_total_time=600`; needs cargo-fuzz and a nightly toolchain
fuzz reader *arguments:
    VARFLAT_FUZZ_SEEDS=fuzz/seeds cargo test --release --workspace --features wgpu --test readers
    mkdir -p fuzz/corpus/{{reader}}
    cargo +nightly fuzz run --sanitizer none {{reader}} fuzz/corpus/{{reader}} fuzz/seeds/{{reader}} -- \
        -dict=fuzz/dictionaries/{{ if reader =~ "(npy|npz|folder)$" { "npy" } else { "text" } }}.dict \
        -rss_limit_mb=1024 -timeout=10 -close_fd_mask=1 {{arguments}}

# Format, lints and documentation, warnings as errors
check:
    cargo fmt --all --check
    cargo clippy --release --workspace --all-targets --features wgpu -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps --features wgpu

# The guide, into docs/book; needs mdbook (`cargo install mdbook --locked`)
guide:
    mdbook build docs

# Redraw the committed figures from their tables, and with them the report and what README and guide show of it
figures:
    cargo run --release -- plot --figures figures
    cargo run --release -- report --figures figures --readme README.md --readme docs/src/results.md \
        --readme docs/src/studies.md --readme docs/src/run-folders.md --readme docs/src/experiments.md
