//! Slurm: the sweep as a job array of its own scheduler.
//!
//! Slurm gives the machines, repeats what died with them, and counts; varflat gives it tasks that may be killed, repeated and run twice
//! without harm.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use super::folder::{self, SweepFolder};
use super::status::{State, states};
use crate::error::{Error, Result};
use crate::files::write_whole;
use crate::say::say;

/// `MaxArraySize` of a Slurm nobody has configured; indices are below it.
const STOCK_ARRAY_SIZE: usize = 1001;

/// How the jobs of a sweep are submitted.
#[derive(Args, Clone, Debug, Default)]
pub struct Slurm {
    /// Wall time of a task, as of sbatch; one that reaches it goes on from its checkpoint in the next (see --no-continue)
    #[arg(long, value_name = "TIME")]
    pub time: Option<String>,
    /// Memory of a task, as of sbatch, such as 4G
    #[arg(long, value_name = "SIZE")]
    pub mem: Option<String>,
    /// Partition, as of sbatch
    #[arg(long, value_name = "NAME")]
    pub partition: Option<String>,
    /// Cores of a task; a point trains on one and analyses on all
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = clap::value_parser!(u16).range(1..))]
    pub cpus: u16,
    /// Tasks at a time at most
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub at_once: Option<u32>,
    /// Points a task does, one after the other; more where the cluster's MaxArraySize asks for it
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    pub chunk: u32,
    /// Largest array of the cluster [default: what `scontrol show config` says]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub array_limit: Option<u32>,
    /// A further line for sbatch, such as --account=physics; may be repeated
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    pub extra: Vec<String>,
    /// A line of shell before the work, such as `module load gcc`; may be repeated
    #[arg(long, value_name = "COMMAND")]
    pub prologue: Vec<String>,
    /// A task that runs out of time ends there, instead of going back into the queue
    #[arg(long)]
    pub no_continue: bool,
    /// Print the scripts and commands; write and submit nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// A submission: which points, how many a task, where its scripts are.
struct Submission<'a> {
    sweep: &'a SweepFolder,
    options: &'a Slurm,
    device: Option<&'a str>,
    program: PathBuf,
    /// Folder of the scripts, of the snapshot of the sweep, and of the output of the tasks.
    folder: PathBuf,
    /// Points a task.
    chunk: usize,
    /// Tasks that have something to do.
    tasks: Vec<usize>,
}

/// Submit the points that are not finished as a job array, and a job that collects the table when all tasks have ended.
///
/// The array works on a snapshot of the sweep beside its script, so that its indices keep their meaning whatever becomes of the file.
///
/// # Errors
/// [`Error::Engine`] with what sbatch said; [`Error::Io`] if the scripts cannot be written.
pub fn submit(sweep: &SweepFolder, options: &Slurm, device: Option<&str>) -> Result<()> {
    let states = states(sweep)?;
    let todo: Vec<usize> = sweep
        .points()
        .iter()
        .zip(&states)
        .filter(|(_, state)| **state != State::Finished)
        .map(|(point, _)| point.index)
        .collect();
    if todo.is_empty() {
        say("all points are finished; `varflat sweep collect` writes their table\n");
        return Ok(());
    }
    let limit = match options.array_limit {
        Some(limit) => limit as usize,
        None if options.dry_run => array_size().unwrap_or(STOCK_ARRAY_SIZE),
        None => array_size()?,
    };
    let chunk = (options.chunk as usize).max(sweep.points().len().div_ceil(limit));
    let mut tasks: Vec<usize> = todo.iter().map(|index| index / chunk).collect();
    tasks.dedup();
    let program = std::env::current_exe().map_err(Error::reading(Path::new("the varflat program")))?;
    let whole = std::path::absolute(sweep.path()).map_err(Error::reading(sweep.path()))?;
    let slurm = whole.join("slurm");
    let number = (1..).find(|number: &u32| !slurm.join(number.to_string()).exists()).unwrap_or(u32::MAX);
    let folder = slurm.join(number.to_string());
    let submission = Submission { sweep, options, device, program, folder, chunk, tasks };
    let (array, collect) = (submission.array(&whole), submission.collect(&whole));
    if options.dry_run {
        let folder = submission.folder.display();
        say(format_args!(
            "# {folder}/array.sbatch: {} points in {} tasks\n{array}\n",
            todo.len(),
            submission.tasks.len()
        ));
        say(format_args!("# {folder}/collect.sbatch\n{collect}\n"));
        say(format_args!("# sbatch --parsable {folder}/array.sbatch\n"));
        say(format_args!("# sbatch --parsable --dependency=afterany:ARRAY {folder}/collect.sbatch\n"));
        return Ok(());
    }
    let script = |name: &str, text: &str| -> Result<PathBuf> {
        let path = submission.folder.join(name);
        write_whole(&path, |out| std::io::Write::write_all(out, text.as_bytes()))?;
        Ok(path)
    };
    std::fs::create_dir_all(&submission.folder).map_err(Error::writing(&submission.folder))?;
    folder::write(&submission.folder.join("sweep.toml"), sweep.file())?;
    let (array, collect) = (script("array.sbatch", &array)?, script("collect.sbatch", &collect)?);
    let job = job_number(&ask("sbatch", &["--parsable".as_ref(), array.as_os_str()])?)?;
    say(format_args!(
        "array {job}: {} points in {} tasks of {}\n",
        todo.len(),
        submission.tasks.len(),
        submission.chunk
    ));
    let dependency = format!("--dependency=afterany:{job}");
    let collector =
        job_number(&ask("sbatch", &["--parsable".as_ref(), dependency.as_ref(), collect.as_os_str()])?)?;
    say(format_args!(
        "job {collector} collects when they have ended; output in {}\n",
        submission.folder.display()
    ));
    Ok(())
}

impl Submission<'_> {
    /// The script of the array.
    fn array(&self, sweep: &Path) -> String {
        let Self { options, folder, chunk, .. } = self;
        let mut text = self.head("", "%A_%a.log");
        let at_once = options.at_once.map_or_else(String::new, |most| format!("%{most}"));
        let mut line = |option: String| text.push_str(&format!("#SBATCH {option}\n"));
        line(format!("--array={}{at_once}", ranges(&self.tasks)));
        line("--requeue".to_owned());
        line(format!("--cpus-per-task={}", options.cpus));
        for (name, value) in [("time", &options.time), ("mem", &options.mem)] {
            if let Some(value) = value {
                line(format!("--{name}={value}"));
            }
        }
        if !options.no_continue {
            // A minute before the time is over: enough for a checkpoint.
            line("--signal=B:USR1@60".to_owned());
        }
        let device = self.device.map_or_else(String::new, |device| format!(" --device {}", quoted(device)));
        let last = self.sweep.points().len() - 1;
        let _ = write!(
            text,
            "{prologue}\
             first=$((SLURM_ARRAY_TASK_ID * {chunk}))\n\
             last=$((first + {chunk} - 1))\n\
             if [ \"$last\" -gt {last} ]; then last={last}; fi\n\
             {program} sweep run {snapshot} --out {out} --index \"$first-$last\" --threads {cpus} --jobs 1{device} &\n\
             work=$!\n\
             # On TERM (cancelled, or the node is wanted) the work writes a checkpoint; on USR1 (out of time) it also goes back into the queue.\n\
             again=\n\
             trap 'kill -TERM \"$work\"' TERM\n\
             trap 'again=yes; kill -TERM \"$work\"' USR1\n\
             while true; do\n    \
                 wait \"$work\"; code=$?\n    \
                 kill -0 \"$work\" 2>/dev/null || break\n\
             done\n\
             if [ -n \"$again\" ] && [ \"$code\" -eq 130 ]; then scontrol requeue \"$SLURM_JOB_ID\"; fi\n\
             exit \"$code\"\n",
            prologue = self.prologue(),
            program = quoted_path(&self.program),
            snapshot = quoted_path(&folder.join("sweep.toml")),
            out = quoted_path(sweep),
            cpus = options.cpus,
        );
        text
    }

    /// The script of the job that collects.
    fn collect(&self, sweep: &Path) -> String {
        let mut text = self.head("-collect", "collect-%j.log");
        let _ = writeln!(
            text,
            "{}exec {} sweep collect {}",
            self.prologue(),
            quoted_path(&self.program),
            quoted_path(sweep)
        );
        text
    }

    fn head(&self, suffix: &str, output: &str) -> String {
        let mut text = String::from("#!/bin/bash\n");
        let mut line = |option: String| text.push_str(&format!("#SBATCH {option}\n"));
        line(format!("--job-name={}", quoted(&format!("{}{suffix}", self.sweep.file().name))));
        // In a file name of Slurm's, % begins a pattern.
        let folder = self.folder.display().to_string().replace('%', "%%");
        line(format!("--output={}", quoted(&format!("{folder}/{output}"))));
        line("--open-mode=append".to_owned());
        if let Some(partition) = &self.options.partition {
            line(format!("--partition={partition}"));
        }
        self.options.extra.iter().for_each(|option| line(option.clone()));
        text
    }

    fn prologue(&self) -> String {
        self.options.prologue.iter().map(|command| format!("{command}\n")).collect()
    }
}

/// Numbers as sbatch takes them: `0-3,7,9-10`.
fn ranges(numbers: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let text = |(first, last): &(usize, usize)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(",")
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+=,:%".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

fn quoted_path(path: &Path) -> String {
    quoted(&path.display().to_string())
}

/// `MaxArraySize` of the cluster.
fn array_size() -> Result<usize> {
    let config = ask("scontrol", &["show".as_ref(), "config".as_ref()])?;
    let size = config.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "MaxArraySize").then(|| value.trim().parse().ok())?
    });
    size.filter(|size| *size > 0).ok_or_else(|| Error::Engine {
        command: "scontrol show config".to_owned(),
        problem: "it names no MaxArraySize; give --array-limit".to_owned(),
    })
}

/// The job in `sbatch --parsable`'s answer, `number` or `number;cluster`.
fn job_number(answer: &str) -> Result<String> {
    let number = answer.trim().split(';').next().unwrap_or_default();
    if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(number.to_owned());
    }
    let problem = format!("no job number in its answer: {answer:?}");
    Err(Error::Engine { command: "sbatch".to_owned(), problem })
}

/// What a program of Slurm's prints.
fn ask(program: &str, arguments: &[&std::ffi::OsStr]) -> Result<String> {
    let failed = |problem: String| Error::Engine { command: program.to_owned(), problem };
    let output = Command::new(program).args(arguments).output().map_err(|error| {
        failed(format!("{error}; is Slurm on this machine? --dry-run prints what would be submitted"))
    })?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_ranges() {
        assert_eq!(ranges(&[0, 1, 2, 3, 7, 9, 10]), "0-3,7,9-10");
        assert_eq!(ranges(&[5]), "5");
    }

    #[test]
    fn words_reach_the_shell_as_they_are() {
        assert_eq!(quoted("/a/b-c_1"), "/a/b-c_1");
        assert_eq!(quoted("it's; rm"), "'it'\\''s; rm'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn the_answer_of_sbatch_is_a_number() {
        assert_eq!(job_number("17\n").unwrap(), "17");
        assert_eq!(job_number("17;cluster\n").unwrap(), "17");
        assert!(job_number("Submitted").is_err());
    }
}
