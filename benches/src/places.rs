//! Where things are in the repository.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The root of the workspace that this program was built in.
pub(crate) fn root() -> &'static Path {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
    benches.parent().unwrap_or(benches)
}

/// A folder in `target/` for what need not be kept, made if need be. Not the system's, which may live in memory.
pub(crate) fn scratch() -> Result<PathBuf> {
    let folder = root().join("target").join("benches");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
