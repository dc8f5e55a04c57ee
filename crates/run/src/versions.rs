//! What the program was built from, for `run.json`.

use std::collections::BTreeMap;

/// Versions of varflat and of the libraries that decide numbers, as locked at build time.
pub fn versions() -> BTreeMap<String, String> {
    let mut versions = BTreeMap::from([("varflat".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]);
    for entry in env!("VARFLAT_LOCKED").split_whitespace() {
        if let Some((name, version)) = entry.split_once('=') {
            versions.insert(name.to_owned(), version.to_owned());
        }
    }
    versions
}

/// The git commit, if the build was inside a repository.
pub fn git_commit() -> Option<String> {
    Some(env!("VARFLAT_COMMIT").to_owned()).filter(|commit| !commit.is_empty())
}
