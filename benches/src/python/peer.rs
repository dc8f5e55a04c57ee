//! A peer: a Python process that does one unit of work for each line it is sent.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;

use crate::places::root;

/// What one line asked for took: `units` of something in `seconds`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    pub(crate) seconds: f64,
    pub(crate) units: f64,
}

impl Work {
    /// Seconds for one.
    pub(crate) fn each(self) -> f64 {
        self.seconds / self.units
    }
}

/// A running peer; it is ended when dropped.
pub(crate) struct Peer {
    task: String,
    child: Child,
    input: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Versions of Python and its libraries.
    pub(crate) versions: BTreeMap<String, String>,
    /// What the last unit of work came to, in JSON: that it was the same work.
    pub(crate) check: Option<serde_json::Value>,
}

/// Any line that a peer prints.
#[derive(Deserialize)]
struct Answer {
    missing: Option<String>,
    #[serde(default)]
    versions: BTreeMap<String, String>,
    seconds: Option<f64>,
    units: Option<f64>,
    check: Option<serde_json::Value>,
}

impl Peer {
    /// Starts the command `python peer.py …`, which prepares and then waits; `None` if a library that it needs is missing.
    pub(crate) fn start(command: &mut Command, task: &str) -> Result<Option<Self>> {
        let mut child = command
            .current_dir(root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("the pipes to {task} are missing");
        };
        let answers = BufReader::new(output);
        let mut peer =
            Self { task: task.to_owned(), child, input, answers, versions: BTreeMap::new(), check: None };
        let ready = peer.answer()?;
        peer.versions = ready.versions;
        Ok(if ready.missing.is_some() { None } else { Some(peer) })
    }

    /// Have it do its unit of work once.
    pub(crate) fn work(&mut self) -> Result<Work> {
        writeln!(self.input, "go").with_context(|| format!("{} no longer listens", self.task))?;
        let answer = self.answer()?;
        self.check = answer.check;
        match (answer.seconds, answer.units) {
            (Some(seconds), Some(units)) if units > 0.0 => Ok(Work { seconds, units }),
            _ => bail!("{} answered without seconds and units", self.task),
        }
    }

    fn answer(&mut self) -> Result<Answer> {
        let mut line = String::new();
        let read = self.answers.read_line(&mut line);
        if read.with_context(|| format!("cannot hear {}", self.task))? == 0 {
            return Err(match self.child.wait() {
                Ok(status) => anyhow!("{} ended ({status}); what it said is above", self.task),
                Err(error) => anyhow!("{} is gone: {error}", self.task),
            });
        }
        serde_json::from_str(&line).with_context(|| format!("{} said {line:?}", self.task))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may be in the middle of its work, so it is not asked.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
