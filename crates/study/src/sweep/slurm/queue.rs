//! What Slurm's programs say: how large an array may be, which number a job got, and which tasks of it are still in the queue.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};
use varflat_files::{FileError, read_json, write_json};
use varflat_run::error::{Error, Remedy, Result};

/// Its name, beside the scripts.
const SUBMITTED: &str = "submitted.json";

/// What was submitted from a sweep, so that it is not submitted twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Submitted {
    /// The job number of the array.
    pub(super) array: String,
    /// That of the job that collects, if it was taken.
    pub(super) collector: Option<String>,
    /// The points of each task.
    tasks: BTreeMap<usize, Vec<String>>,
}

impl Submitted {
    pub(super) fn of(array: String, tasks: BTreeMap<usize, Vec<String>>) -> Self {
        Self { array, collector: None, tasks }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        Ok(write_json(&folder.join(SUBMITTED), self)?)
    }

    /// All that were made from a sweep. What sbatch refused has left none.
    pub(super) fn all(slurm: &Path) -> Result<Vec<Self>> {
        if !slurm.exists() {
            return Ok(Vec::new());
        }
        let entries = std::fs::read_dir(slurm).map_err(FileError::reading(slurm))?;
        let mut files: Vec<PathBuf> = entries
            .map(|entry| Ok(entry.map_err(FileError::reading(slurm))?.path().join(SUBMITTED)))
            .collect::<Result<_>>()?;
        files.retain(|file| file.exists());
        files.sort();
        let damaged = |file: &Path| {
            let problem = "is damaged, so nobody knows which points are in the queue";
            Error::malformed(file, problem, Remedy::SubmitAnyway)
        };
        files.iter().map(|file| read_json(file).map_err(|_| damaged(file))).collect()
    }

    /// Whether it has this point.
    pub(super) fn has(&self, point: &str) -> bool {
        self.tasks.values().flatten().any(|name| name == point)
    }
}

/// The points of an array whose tasks wait or run.
///
/// # Errors
/// [`Error::Engine`] if squeue does not say.
pub(super) fn queued(submitted: &Submitted) -> Result<BTreeSet<String>> {
    let jobs = format!("--jobs={}", submitted.array);
    let answer = match ask(
        "squeue",
        ["--noheader", "--array", &jobs, "--format=%i %T"].map(AsRef::as_ref).as_slice(),
    ) {
        Ok(answer) => answer,
        // Slurm forgets what ended some minutes ago.
        Err(Error::Engine { problem, .. }) if problem.to_lowercase().contains("invalid job id") => {
            String::new()
        }
        Err(Error::Engine { problem, .. }) => {
            let problem = format!(
                "{problem}; so nobody knows whether array {}, which was submitted from here before, is still in the queue",
                submitted.array
            );
            let (command, remedy) = ("squeue".to_owned(), Remedy::SubmitAnyway);
            return Err(Error::Engine { command, problem, remedy });
        }
        Err(error) => return Err(error),
    };
    Ok(waiting(&answer, submitted))
}

/// The points of the tasks in squeue's answer, a task a line: `17_4 RUNNING`.
fn waiting(answer: &str, submitted: &Submitted) -> BTreeSet<String> {
    let mut points = BTreeSet::new();
    for line in answer.lines() {
        let mut words = line.split_whitespace();
        let (Some(job), state) = (words.next(), words.next().unwrap_or_default()) else { continue };
        if ENDED.contains(&state) {
            continue;
        }
        match job.split_once('_').and_then(|(_, task)| task.parse::<usize>().ok()) {
            Some(task) => points.extend(submitted.tasks.get(&task).into_iter().flatten().cloned()),
            // An array that squeue does not take apart.
            None => points.extend(submitted.tasks.values().flatten().cloned()),
        }
    }
    points
}

/// States of tasks that are in the queue for some seconds more and do nothing.
const ENDED: [&str; 6] = ["COMPLETING", "COMPLETED", "CANCELLED", "FAILED", "TIMEOUT", "NODE_FAIL"];

/// `MaxArraySize` of the cluster.
pub(super) fn array_size() -> Result<usize> {
    let config = ask("scontrol", &["show".as_ref(), "config".as_ref()])?;
    let size = config.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "MaxArraySize").then(|| value.trim().parse().ok())?
    });
    size.filter(|size| *size > 0).ok_or_else(|| Error::Engine {
        command: "scontrol show config".to_owned(),
        problem: "it names no MaxArraySize".to_owned(),
        remedy: Remedy::NameArrayLimit,
    })
}

/// The job in `sbatch --parsable`'s answer, `number` or `number;cluster`.
pub(super) fn job_number(answer: &str) -> Result<String> {
    let number = answer.trim().split(';').next().unwrap_or_default();
    if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(number.to_owned());
    }
    let problem = format!("no job number in its answer, {:?}", answer.trim());
    Err(Error::Engine { command: "sbatch".to_owned(), problem, remedy: Remedy::AskQueue })
}

/// What a program of Slurm's prints.
pub(super) fn ask(program: &str, arguments: &[&std::ffi::OsStr]) -> Result<String> {
    let failed = |problem, remedy| Error::Engine { command: program.to_owned(), problem, remedy };
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| failed(error.to_string(), Remedy::ShowOnly))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let problem = if said.is_empty() { format!("it said nothing ({})", output.status) } else { said };
        Err(failed(problem, Remedy::Said))
    }
}

/// Whether there is such a program, found without starting it.
pub(super) fn check_here(program: &str) -> Result<()> {
    let places = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&places).any(|place| place.join(program).is_file()) {
        return Ok(());
    }
    let (command, problem) = (program.to_owned(), "no such program".to_owned());
    Err(Error::Engine { command, problem, remedy: Remedy::ShowOnly })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_sbatch_is_a_number() {
        assert_eq!(job_number("17\n").unwrap(), "17");
        assert_eq!(job_number("17;cluster\n").unwrap(), "17");
        assert!(job_number("Submitted").is_err());
    }

    #[test]
    fn tasks_in_the_queue_are_known_by_their_points() {
        let points = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let tasks = BTreeMap::from([(0, points(&["a", "b"])), (2, points(&["c"])), (3, points(&["d"]))]);
        let submitted = Submitted::of("17".to_owned(), tasks);
        for (answer, expected) in [
            ("", &[][..]),
            ("17_0 RUNNING\n17_3 PENDING\n", &["a", "b", "d"]),
            ("17_0 COMPLETING\n17_2 PENDING\n", &["c"]),
            ("17_[0-3] PENDING\n", &["a", "b", "c", "d"]),
            ("17\n", &["a", "b", "c", "d"]),
            ("17_9 RUNNING\n", &[]),
        ] {
            let found: Vec<String> = waiting(answer, &submitted).into_iter().collect();
            assert_eq!(found, expected, "{answer:?}");
        }
    }
}
