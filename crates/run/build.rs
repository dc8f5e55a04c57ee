//! Notes the git commit and the locked versions of the libraries that decide numbers.

use std::path::Path;
use std::process::Command;

const LIBRARIES: [&str; 4] = ["burn", "faer", "linfa", "plotters"];

fn main() {
    // Asked when it runs, not when it was compiled: checkouts may share a target folder.
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let root = Path::new(&package).join("../..");
    println!("cargo::rustc-env=VARFLAT_COMMIT={}", commit(&root).unwrap_or_default());
    let lock = root.join("Cargo.lock");
    let locked = std::fs::read_to_string(&lock).unwrap_or_default();
    println!("cargo::rustc-env=VARFLAT_LOCKED={}", versions(&locked).join(" "));
    println!("cargo::rerun-if-changed={}", lock.display());
    println!("cargo::rerun-if-changed={}", root.join(".git/HEAD").display());
    println!("cargo::rerun-if-changed={}", root.join(".git/index").display());
}

/// The commit, marked when tracked files have changed since.
fn commit(root: &Path) -> Option<String> {
    let git = |arguments: &[&str]| -> Option<String> {
        let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let commit = git(&["rev-parse", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changed.is_empty() { commit } else { format!("{commit}-dirty") })
}

/// `name=version` of the libraries that the lock file has.
fn versions(locked: &str) -> Vec<String> {
    let mut lines = locked.lines();
    let mut versions = Vec::new();
    while let Some(line) = lines.next() {
        let field = |line: &str, key: &str| {
            line.strip_prefix(&format!("{key} = \""))
                .and_then(|rest| rest.strip_suffix('"'))
                .map(str::to_owned)
        };
        let Some(name) = field(line, "name") else { continue };
        let version = lines.next().and_then(|line| field(line, "version"));
        if let (true, Some(version)) = (LIBRARIES.contains(&name.as_str()), version) {
            versions.push(format!("{name}={version}"));
        }
    }
    versions
}
