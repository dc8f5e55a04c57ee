//! What all rows share: settings, the peers, and a note of every single timing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::headline::Headline;
use crate::places::root;
use crate::python::{Environment, Peer, Work};
use crate::row::Row;

/// A line of `results.csv`: one unit of work of one side.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Timing {
    pub(crate) row: String,
    pub(crate) side: String,
    pub(crate) round: u32,
    pub(crate) seconds: f64,
    /// How many of what the row is about were done in that time.
    pub(crate) units: f64,
}

/// What was heard of the peers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    /// Versions of Python and its libraries.
    pub(crate) versions: BTreeMap<String, String>,
    /// What the last unit of work of each task came to.
    pub(crate) checks: BTreeMap<String, String>,
    pub(crate) timings: Vec<Timing>,
}

/// The settings of this run of the benchmark.
pub(crate) struct Bench {
    pub(crate) rounds: u32,
    pub(crate) data: PathBuf,
    /// `--data`, where it was given.
    pub(crate) other_data: Option<PathBuf>,
    pub(crate) scratch: PathBuf,
    pub(crate) environment: Option<Environment>,
    pub(crate) headline: Option<Headline>,
    pub(crate) heard: RefCell<Heard>,
}

impl Bench {
    /// The finished headline run.
    pub(crate) fn headline(&self) -> Result<&Headline> {
        self.headline.as_ref().context("there is no headline run")
    }

    /// Start a peer; `None` if a library that it needs is missing.
    pub(crate) fn peer(&self, task: &str, threads: usize, more: &[&str]) -> Result<Option<Peer>> {
        let environment = self.environment.as_ref().context("there is no Python environment")?;
        let mut command = Command::new(environment.python());
        command
            .arg(root().join("benches").join("peers").join("peer.py"))
            .arg(task)
            .arg("--run")
            .arg(std::path::absolute(self.headline()?.folder())?)
            .arg("--data")
            .arg(std::path::absolute(&self.data)?)
            .args(["--threads", &threads.to_string()])
            .args(more);
        let peer = Peer::start(&mut command, task)?;
        if let Some(peer) = &peer {
            let mut heard = self.heard.borrow_mut();
            for (name, version) in &peer.versions {
                // The linear algebra under a library depends on the library.
                let name =
                    if name == "blas" { format!("{task}, {threads} thread(s): BLAS") } else { name.clone() };
                heard.versions.insert(name, version.clone());
            }
        }
        Ok(peer)
    }

    /// Note a unit of work; gives back the seconds for one.
    pub(crate) fn note(&self, row: &str, side: &str, round: u32, work: Work) -> f64 {
        let Work { seconds, units } = work;
        let (row, side) = (row.to_owned(), side.to_owned());
        self.heard.borrow_mut().timings.push(Timing { row, side, round, seconds, units });
        work.each()
    }

    /// Have a peer do a unit of work, and note it.
    pub(crate) fn ask(&self, row: &str, peer: &mut Peer, task: &str, round: u32) -> Result<f64> {
        let work = peer.work()?;
        if let Some(check) = &peer.check {
            self.heard.borrow_mut().checks.insert(task.to_owned(), check.to_string());
        }
        Ok(self.note(row, task, round, work))
    }

    /// Fill a row: in every round a unit of ours, then one of the peer. Without the peer ours is measured alone.
    pub(crate) fn fill(
        &self,
        row: &mut Row,
        mut peer: Option<Peer>,
        mut ours: impl FnMut() -> Result<Work>,
    ) -> Result<()> {
        if peer.is_none() {
            row.notes.push(missing(&row.against));
        }
        let bar = self.bar(&row.name, self.rounds);
        let (name, against) = (row.name.clone(), row.against.clone());
        // What is lazy, and caches, belong to neither side.
        ours()?;
        for round in 1..=self.rounds {
            row.ours.push(self.note(&name, "varflat", round, ours()?));
            if let Some(peer) = &mut peer {
                row.theirs.push(self.ask(&name, peer, &against, round)?);
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        eprintln!("{}", row.line());
        Ok(())
    }

    /// A bar over the rounds of a row; silent unless somebody watches.
    pub(crate) fn bar(&self, row: &str, rounds: u32) -> ProgressBar {
        let bar = ProgressBar::new(u64::from(rounds));
        if let Ok(style) = ProgressStyle::with_template("{prefix:>18} {wide_bar} {pos}/{len}  {elapsed} gone")
        {
            bar.set_style(style);
        }
        bar.set_prefix(row.to_owned());
        bar
    }
}

/// What a table says where a peer should be.
pub(crate) fn missing(task: &str) -> String {
    if task.starts_with("torch") {
        "PyTorch not present: --with-torch".to_owned()
    } else {
        format!("{task} lacks a library: see benches/peers/requirements.txt")
    }
}

/// Time what is done.
pub(crate) fn timed<T>(action: impl FnOnce() -> Result<T>) -> Result<(f64, T)> {
    let start = Instant::now();
    let result = action()?;
    Ok((start.elapsed().as_secs_f64(), result))
}

/// The folder of the images.
pub(crate) fn data_folder(given: Option<&Path>) -> Result<PathBuf> {
    match given {
        Some(folder) => Ok(folder.to_path_buf()),
        None => Ok(varflat_model::data::find_mnist(root())?),
    }
}
