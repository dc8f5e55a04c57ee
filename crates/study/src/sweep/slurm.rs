//! Slurm: the sweep as a job array of its own scheduler.
//!
//! Slurm gives the machines, repeats what died with them, and counts; varflat gives it tasks that may be killed, repeated and run twice
//! without harm.

mod queue;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use varflat_files::{FileError, make_folder, write_whole};
use varflat_run::context::Context;
use varflat_run::error::{Error, Remedy, Result};

use self::queue::{Submitted, array_size, ask, job_number, queued};
use super::folder::{self, SweepFolder};
use super::status::{State, states};
use crate::words::count;

/// `MaxArraySize` of a Slurm nobody has configured; indices are below it.
const STOCK_ARRAY_SIZE: usize = 1001;

/// How the jobs of a sweep are submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slurm {
    /// Wall time of a task, as of sbatch; one that reaches it goes on from its checkpoint in the next, unless `no_continue`.
    pub time: Option<String>,
    /// Memory of a task, as of sbatch, such as `4G`.
    pub mem: Option<String>,
    /// Partition, as of sbatch.
    pub partition: Option<String>,
    /// Cores of a task; a point trains on one and analyses on all.
    pub cpus: u16,
    /// Tasks at a time at most.
    pub at_once: Option<u32>,
    /// Points a task does at least, one after the other.
    pub chunk: u32,
    /// Largest array of the cluster; what `scontrol show config` says when absent.
    pub array_limit: Option<u32>,
    /// Further lines for sbatch, such as `--account=physics`.
    pub extra: Vec<String>,
    /// Lines of shell before the work, such as `module load gcc`.
    pub prologue: Vec<String>,
    /// A task that runs out of time ends there, instead of going back into the queue.
    pub no_continue: bool,
    /// Show the scripts and commands; write and submit nothing.
    pub dry_run: bool,
    /// Submit also the points that an earlier array of this sweep has in the queue.
    pub again: bool,
}

/// One core and one point a task, and everything else as the cluster has it.
impl Default for Slurm {
    fn default() -> Self {
        Self {
            time: None,
            mem: None,
            partition: None,
            cpus: 1,
            at_once: None,
            chunk: 1,
            array_limit: None,
            extra: Vec::new(),
            prologue: Vec::new(),
            no_continue: false,
            dry_run: false,
            again: false,
        }
    }
}

impl Slurm {
    /// Whether Slurm is on this machine, before anything is written for it.
    ///
    /// # Errors
    /// [`Error::Engine`] if it is not.
    pub fn check_here(&self) -> Result<()> {
        queue::check_here("sbatch")?;
        self.limit().map(drop)
    }

    /// The largest array of the cluster.
    fn limit(&self) -> Result<usize> {
        match self.array_limit {
            Some(limit) => Ok(limit.max(1) as usize),
            None if self.dry_run => Ok(array_size().unwrap_or(STOCK_ARRAY_SIZE)),
            None => array_size(),
        }
    }
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

/// Submit the points that are not finished as a job array, and a job that collects the table when all tasks have ended; how many are
/// not finished. Points that an earlier array has in the queue are left to it, unless `again` is asked for.
///
/// The array works on a snapshot of the sweep beside its script, so that its indices keep their meaning whatever becomes of the file.
///
/// # Errors
/// [`Error::Engine`] with what Slurm's programs said, and what is in the queue all the same; [`Error::InQueue`] if all of them are;
/// [`Error::File`] if the scripts cannot be written.
pub fn submit(sweep: &SweepFolder, options: &Slurm, context: &Context<'_>) -> Result<usize> {
    let states = states(sweep)?;
    let points = sweep.points().iter().zip(&states);
    let mut todo: Vec<usize> =
        points.filter(|(_, state)| **state != State::Finished).map(|(point, _)| point.index).collect();
    let unfinished = todo.len();
    if unfinished == 0 {
        return Ok(0);
    }
    let whole = std::path::absolute(sweep.path()).map_err(FileError::reading(sweep.path()))?;
    let slurm = whole.join("slurm");
    if !options.dry_run && !options.again {
        leave_to_others(sweep, &slurm, &mut todo, context)?;
    }
    let limit = options.limit()?;
    let chunk = (options.chunk as usize).max(sweep.points().len().div_ceil(limit));
    let mut tasks: Vec<usize> = todo.iter().map(|index| index / chunk).collect();
    tasks.dedup();
    let program = std::env::current_exe().map_err(FileError::reading(Path::new("the varflat program")))?;
    let number = (1..).find(|number: &u32| !slurm.join(number.to_string()).exists()).unwrap_or(u32::MAX);
    let folder = slurm.join(number.to_string());
    let device = context.device;
    let submission = Submission { sweep, options, device, program, folder, chunk, tasks };
    if options.dry_run {
        submission.print(&whole, todo.len(), context);
    } else {
        submission.hand_over(&whole, &todo, context)?;
    }
    Ok(unfinished)
}

/// Take out the points that earlier arrays still have in the queue.
fn leave_to_others(
    sweep: &SweepFolder,
    slurm: &Path,
    todo: &mut Vec<usize>,
    context: &Context<'_>,
) -> Result<()> {
    let mut arrays = Vec::new();
    for earlier in Submitted::all(slurm)? {
        let name = |index: &usize| &sweep.points()[*index].name;
        let open: Vec<&String> = todo.iter().map(name).filter(|name| earlier.has(name)).collect();
        if open.is_empty() {
            continue;
        }
        let waiting = queued(&earlier)?;
        let before = todo.len();
        todo.retain(|index| !waiting.contains(&sweep.points()[*index].name));
        if todo.len() < before {
            context.message(format_args!(
                "{} left to array {}, which is in the queue\n",
                count(before - todo.len(), "point"),
                earlier.array
            ));
            arrays.push(earlier.array);
        }
    }
    if todo.is_empty() { Err(Error::InQueue { arrays }) } else { Ok(()) }
}

impl Submission<'_> {
    /// What would be submitted.
    fn print(&self, whole: &Path, points: usize, context: &Context<'_>) {
        let folder = self.folder.display();
        let (points, tasks) = (count(points, "point"), count(self.tasks.len(), "task"));
        context
            .message(format_args!("# {folder}/array.sbatch: {points} in {tasks}\n{}\n", self.array(whole)));
        context.message(format_args!("# {folder}/collect.sbatch\n{}\n", self.collect(whole)));
        context.message(format_args!("# sbatch --parsable {folder}/array.sbatch\n"));
        context.message(format_args!(
            "# sbatch --parsable --dependency=afterany:ARRAY {folder}/collect.sbatch\n"
        ));
    }

    /// Write the scripts and submit them. Whatever fails after the array was taken, it is said that it was.
    fn hand_over(&self, whole: &Path, todo: &[usize], context: &Context<'_>) -> Result<()> {
        // Between the answer of sbatch and its being written down nothing may end the process.
        let _exit_hold = context.hold_exit();
        make_folder(&self.folder)?;
        folder::write(&self.folder.join("sweep.toml"), self.sweep.file())?;
        let array = self.script("array.sbatch", &self.array(whole))?;
        let collect = self.script("collect.sbatch", &self.collect(whole))?;
        let answer = ask("sbatch", &["--parsable".as_ref(), array.as_os_str()]).map_err(refused)?;
        let job = job_number(&answer)?;
        let words = format!(
            "array {job}: {} in {} of {}",
            count(todo.len(), "point"),
            count(self.tasks.len(), "task"),
            self.chunk
        );
        context.message(format_args!("{words}\n"));
        let all_the_same = |error: Error| Error::Engine {
            command: "sbatch".to_owned(),
            problem: format!("{error}. What was submitted before is in the queue all the same ({words})"),
            remedy: Remedy::CollectOrCancel { sweep: self.sweep.path().to_owned(), array: job.clone() },
        };
        let mut submitted = Submitted::of(job.clone(), self.tasks_of(todo));
        submitted.write(&self.folder).map_err(all_the_same)?;
        let dependency = format!("--dependency=afterany:{job}");
        let collector = ask("sbatch", &["--parsable".as_ref(), dependency.as_ref(), collect.as_os_str()])
            .and_then(|answer| job_number(&answer))
            .map_err(all_the_same)?;
        context.message(format_args!(
            "job {collector} collects when they have ended; output in {}\n",
            self.folder.display()
        ));
        submitted.collector = Some(collector);
        submitted.write(&self.folder)
    }

    /// The points of every task that are not finished, by name.
    fn tasks_of(&self, todo: &[usize]) -> BTreeMap<usize, Vec<String>> {
        let mut tasks: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for index in todo {
            tasks.entry(index / self.chunk).or_default().push(self.sweep.points()[*index].name.clone());
        }
        tasks
    }

    fn script(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        write_whole(&path, |out| std::io::Write::write_all(out, text.as_bytes()))?;
        Ok(path)
    }
}

/// What became of an array that sbatch did not report as taken, and what to do about a cluster that takes none so large.
fn refused(error: Error) -> Error {
    let Error::Engine { command, problem, remedy } = error else { return error };
    let said = problem.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let (rest, remedy) = match () {
        () if remedy != Remedy::Said => ("", remedy),
        () if has(&["timed out", "signal"]) => ("", Remedy::AskQueue),
        () if has(&["array", "limit", "qos"]) => ("; nothing is in the queue", Remedy::SmallerArray),
        () => ("; nothing is in the queue", remedy),
    };
    Error::Engine { command, problem: format!("{problem}{rest}"), remedy }
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
             # This task alone: the plain job number of one of them is that of the whole array.\n\
             if [ -n \"$again\" ] && [ \"$code\" -eq 130 ]; then\n    \
                 scontrol requeue \"${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}\" ||\n        \
                     echo 'error: not back in the queue; submit the sweep again when the array has ended' >&2\n\
             fi\n\
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
    // Neither a path nor an argument of a program can hold a NUL, all that shlex refuses.
    shlex::try_quote(text).map_or_else(|_| String::from("''"), Cow::into_owned)
}

fn quoted_path(path: &Path) -> String {
    quoted(&path.display().to_string())
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
        for text in ["it's; rm", "", "$(rm)", "a b", "%A_%a.log", "\"`x`\\", "^up!"] {
            assert_eq!(shlex::split(&quoted(text)), Some(vec![text.to_owned()]), "{text}");
        }
    }
}
