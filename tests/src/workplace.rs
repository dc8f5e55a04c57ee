//! A temporary folder with a small set of images and an experiment on them.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{Packing, Program, SmallSet};

/// The small experiment, without its data: 144 recorded weights, 30 epochs of 30 steps, a window of 600.
pub const SMALL_EXPERIMENT: &str = r#"
name = "small"
seed = 3

[model]
hidden = [12, 12]

[training]
learning_rate = 0.1
batch_size = 10
loss_below = 0
max_epochs = 30

[recorder]
window = 600

[fit]
block = 100
resamples = 100
decay = [5, 50]
"#;

/// A temporary folder with `images/` and `small.toml`; removed when dropped.
#[derive(Debug)]
pub struct Workplace {
    root: TempDir,
}

impl Default for Workplace {
    fn default() -> Self {
        Self::with(SmallSet::default())
    }
}

impl Workplace {
    /// With the small set as it is by default.
    pub fn new() -> Self {
        Self::default()
    }

    /// With another set.
    pub fn with(images: SmallSet) -> Self {
        let work = Self { root: tempfile::tempdir().unwrap() };
        images.write(&work.images(), Packing::Gzip);
        work.write_experiment("small.toml", SMALL_EXPERIMENT);
        work
    }

    /// A place in the folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(name)
    }

    /// The same as text.
    pub fn text(&self, name: impl AsRef<Path>) -> String {
        text(&self.path(name))
    }

    /// The folder of images.
    pub fn images(&self) -> PathBuf {
        self.path("images")
    }

    /// Write an experiment on the small images.
    pub fn write_experiment(&self, name: &str, content: &str) {
        let data = format!("{content}\n[data]\nfolder = {:?}\n", text(&self.images()));
        fs::write(self.path(name), data).unwrap();
    }

    /// Arguments of `varflat run small.toml --out OUT --set …`.
    pub fn run(&self, out: impl AsRef<Path>, settings: &[&str]) -> Vec<String> {
        self.experiment("run", out, settings)
    }

    /// The same for any command that takes an experiment.
    pub fn experiment(&self, command: &str, out: impl AsRef<Path>, settings: &[&str]) -> Vec<String> {
        let mut arguments =
            vec![command.to_owned(), self.text("small.toml"), "--out".to_owned(), self.text(out)];
        for setting in settings {
            arguments.extend(["--set".to_owned(), (*setting).to_owned()]);
        }
        arguments
    }

    /// Arguments of a command on a run folder.
    pub fn stage(&self, command: &str, run: impl AsRef<Path>) -> Vec<String> {
        vec![command.to_owned(), self.text(run)]
    }

    /// A finished run of the small experiment; returns its folder.
    #[track_caller]
    pub fn finished(&self, program: &Program, out: &str, settings: &[&str]) -> PathBuf {
        program.run(&self.run(out, settings)).succeeds();
        self.path(out)
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("a temporary folder in UTF-8").to_owned()
}
