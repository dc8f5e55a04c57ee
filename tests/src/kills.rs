//! Kill −9 at any moment of some work, and what has to hold after it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ndarray::{Array, IxDyn};
use ndarray_npy::NpzReader;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use varflat_recorder::Trajectory;

use crate::{Program, Snapshot, Workplace, assert_same, below, uniform};

/// The calls by which a process changes a file system, for `strace`.
const CHANGES: [&str; 15] = [
    "rename",
    "renameat",
    "unlink",
    "unlinkat",
    "rmdir",
    "link",
    "linkat",
    "mkdir",
    "ftruncate",
    "fsync",
    "fdatasync",
    "write",
    "pwrite64",
    "copy_file_range",
    "sendfile",
];

/// Work that is killed: a command and the folder that it changes.
#[derive(Debug)]
pub struct Case {
    name: &'static str,
    program: Program,
    /// Holds what the command reads, and `folder`.
    work: Workplace,
    folder: PathBuf,
    arguments: Vec<String>,
    /// What the folder held before.
    before: Snapshot,
    /// What it holds after the undisturbed command, without times.
    after: Snapshot,
    /// How long the undisturbed command took, and how often names in the folder changed meanwhile.
    took: Duration,
    changes: usize,
}

/// What became of the attempts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Kill −9 while it was at work.
    pub kills: usize,
    /// SIGTERM, after which it stopped by itself.
    pub interruptions: usize,
    /// Undisturbed ends after these: each compared in every byte.
    pub resumed: usize,
}

/// When a signal comes.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// So long after the start.
    After(Duration),
    /// So long after the names in the folder have changed so many times.
    Change(usize, Duration),
}

impl Case {
    /// A command that changes `folder`, which holds what it has to hold before.
    pub fn new(
        name: &'static str,
        program: &Program,
        work: Workplace,
        folder: &str,
        arguments: Vec<String>,
    ) -> Self {
        let program = program.clone();
        let folder = work.path(folder);
        let before = Snapshot::of(&folder);
        let start = Instant::now();
        let mut running = program.start(&arguments);
        let mut watch = Watch::of(&folder);
        while !running.has_ended() {
            watch.look();
            std::thread::sleep(Duration::from_micros(200));
        }
        let took = start.elapsed();
        running.outcome().succeeds();
        let (changes, after) = (watch.changes, Snapshot::of(&folder).without_times());
        Self { name, program, work, folder, arguments, before, after, took, changes }
    }

    /// Where it is at work.
    pub fn work(&self) -> &Workplace {
        &self.work
    }

    /// Kill it so many times at moments that follow from the seed: in runs of one to three kills, some of them after a SIGTERM; each
    /// run ends with the command undisturbed.
    pub fn kill(&self, kills: usize, seed: u64) -> Tally {
        // Every kind of work has moments of its own.
        let own = self.name.bytes().fold(seed, |own, byte| own.wrapping_mul(257).wrapping_add(byte.into()));
        let mut random = ChaCha8Rng::seed_from_u64(own);
        let mut tally = Tally::default();
        let mut took = self.took;
        let (mut late, mut round) = (0, 0);
        while tally.kills < kills {
            round += 1;
            let struck_before = tally.kills + tally.interruptions;
            self.before.restore(&self.folder);
            for _ in 0..(1 + below(3, &mut random)).min(kills - tally.kills) {
                let moment = self.moment(took, &mut random);
                let gently = below(4, &mut random) == 0;
                // A failure shows this line.
                println!("{}, VARFLAT_SEED={seed}, round {round}: {moment}, gently: {gently}", self.name);
                let context = format!("{} (VARFLAT_SEED={seed}, round {round}, {moment})", self.name);
                match self.strike(moment, gently) {
                    Struck::Killed => tally.kills += 1,
                    Struck::Stopped => tally.interruptions += 1,
                    Struck::TooLate => {
                        self.assert_undisturbed(&context);
                        // The undisturbed command shared the machine: strike earlier.
                        took = took.mul_f64(0.9);
                        late += 1;
                        assert!(late < 20 + 4 * kills, "{context}: it cannot be struck in time");
                        break;
                    }
                }
                self.assert_nothing_half(&context);
            }
            self.finish(&format!("{} (VARFLAT_SEED={seed}, round {round})", self.name));
            tally.resumed += usize::from(tally.kills + tally.interruptions > struck_before);
        }
        println!("{}: {tally}", self.name);
        tally
    }

    /// Kill it before the n-th call of each kind by which it changes the file system, for every n: of its first thread, or of another
    /// that has made as many. `None` where `strace` may not trace.
    pub fn kill_at_every_change(mut self) -> Option<Tally> {
        // One thread for all that can do with one, so that calls come in the same order.
        self.program = self.program.with("RAYON_NUM_THREADS", "1");
        self.before.restore(&self.folder);
        self.program.run(&self.arguments).succeeds();
        self.after = Snapshot::of(&self.folder).without_times();
        let mut tally = Tally::default();
        for call in CHANGES {
            for n in 1.. {
                self.before.restore(&self.folder);
                let (inject, trace) =
                    (format!("inject={call}:signal=KILL:when={n}"), format!("trace={call}"));
                let log = self.work.text("strace.log");
                let strace =
                    ["strace", "-f", "-qqq", "-o", &log, "-e", "signal=none", "-e", &trace, "-e", &inject];
                println!("{}: {call} {n}", self.name);
                let context = format!("{} (killed before {call} {n})", self.name);
                let outcome = self.program.clone().under(strace).run(&self.arguments);
                if outcome.code == Some(0) {
                    self.assert_undisturbed(&context);
                    break;
                }
                if outcome.code.is_some() {
                    println!("SKIPPED: strace: {outcome:#?}");
                    return None;
                }
                self.assert_nothing_half(&context);
                self.finish(&context);
                tally.kills += 1;
                tally.resumed += 1;
            }
        }
        assert!(tally.kills > 5, "{}: {tally}", self.name);
        println!("{}, before every change: {tally}", self.name);
        Some(tally)
    }

    /// Do it while something hinders, again once nothing does: the first time it fails with one clear message that holds `parts`, or comes
    /// through; the second time it comes to the undisturbed end. Whether it had failed.
    pub fn hinder(
        &self,
        context: &str,
        hindered: &Program,
        parts: &[&str],
        set: impl FnOnce(),
        clear: impl FnOnce(),
    ) -> bool {
        let context = format!("{}, {context}", self.name);
        self.before.restore(&self.folder);
        set();
        let outcome = hindered.run(&self.arguments);
        println!("{context}: {:?} {}", outcome.code, outcome.stderr.trim());
        let failed = outcome.code != Some(0);
        if failed {
            outcome.fails_clearly(parts);
        }
        self.assert_nothing_half(&context);
        clear();
        self.finish(&context);
        failed
    }

    /// Do it twice at once. Each comes to the undisturbed end, or is refused with one clear message that holds `parts`; afterwards all is
    /// as one alone leaves it, if need be by the same command again.
    pub fn twice_at_once(&self, parts: &[&str]) {
        self.before.restore(&self.folder);
        let both = [self.program.start(&self.arguments), self.program.start(&self.arguments)];
        let outcomes = both.map(crate::Running::outcome);
        let refused = outcomes.iter().filter(|outcome| outcome.code != Some(0));
        let refused: Vec<_> = refused.map(|outcome| outcome.clone().fails_clearly(parts)).collect();
        assert!(refused.len() < 2 || self.name == "grid", "{}: both were refused: {refused:#?}", self.name);
        self.finish(&format!("{}, twice at once", self.name));
    }

    fn moment(&self, took: Duration, random: &mut ChaCha8Rng) -> Moment {
        let (share, change) = (uniform(random), 1 + below(self.changes.max(1), random));
        match below(2, random) {
            0 => Moment::After(took.mul_f64(share)),
            _ => Moment::Change(change, Duration::from_millis(2).mul_f64(share)),
        }
    }

    fn strike(&self, moment: Moment, gently: bool) -> Struck {
        let mut running = self.program.start(&self.arguments);
        match moment {
            Moment::After(time) => std::thread::sleep(time),
            Moment::Change(change, time) => {
                let mut watch = Watch::of(&self.folder);
                while watch.changes < change && !running.has_ended() {
                    watch.look();
                    std::thread::sleep(Duration::from_micros(50));
                }
                std::thread::sleep(time);
            }
        }
        if gently && !running.has_ended() {
            running.send("TERM");
            let outcome = running.outcome();
            // Before it listens, the signal ends it.
            return match outcome.code {
                Some(0) => Struck::TooLate,
                Some(130) => {
                    outcome.is_clear();
                    Struck::Stopped
                }
                None => Struck::Stopped,
                Some(_) => panic!("{outcome:#?}"),
            };
        }
        if running.kill() { Struck::Killed } else { Struck::TooLate }
    }

    #[track_caller]
    fn finish(&self, context: &str) {
        let outcome = self.program.run(&self.arguments);
        assert_eq!(outcome.code, Some(0), "{context}: {outcome:#?}");
        self.assert_undisturbed(context);
    }

    /// Every byte is that of the undisturbed command, and nothing is left over.
    #[track_caller]
    fn assert_undisturbed(&self, context: &str) {
        assert_same(&self.after, &Snapshot::of(&self.folder).without_times(), context);
    }

    /// Whatever has the name of a result is whole: the bytes of before or of the undisturbed end; what grows is a piece of that from its
    /// beginning; and what an unfinished command keeps for itself can be read.
    #[track_caller]
    fn assert_nothing_half(&self, context: &str) {
        let mut checkpoints: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
        for (name, bytes) in Snapshot::of(&self.folder).without_times().files() {
            let path = self.folder.join(name);
            let own = |name: &str| name.starts_with('.') || name.ends_with(".tmp");
            let last = name.rsplit('/').next().unwrap_or(name);
            if let Some(folder) = path.parent().filter(|_| !name.split('/').any(own))
                && folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("checkpoint-"))
            {
                checkpoints.entry(folder.to_owned()).or_default().push(last.to_owned());
            }
            let before = self.before.clone().without_times();
            if name.split('/').any(own)
                || self.after.get(name) == Some(bytes)
                || before.get(name) == Some(bytes)
            {
                continue;
            }
            let good = match last {
                "run.json" | "trajectory.json" | "state.json" => {
                    serde_json::from_slice::<serde_json::Value>(bytes).is_ok()
                }
                "metrics.csv" => bytes.ends_with(b"\n") && self.is_beginning(name, 0, bytes),
                "trajectory.npy" => rows(&path).is_some_and(|rows| self.is_beginning(name, 128, &rows)),
                // A grid of which some runs failed.
                "grid.csv" => {
                    let whole = String::from_utf8_lossy(self.after.get(name).unwrap_or_default());
                    String::from_utf8_lossy(bytes).lines().all(|row| whole.lines().any(|line| line == row))
                }
                "flatness.partial.csv" => lines_are_whole(bytes),
                "optimizer.bin" => !bytes.is_empty(),
                _ if last.starts_with("trajectory.part-") => rows(&path).is_some(),
                "weights.npz" | "means.npz" | "walk.partial.npz" => npz_is_whole(&path),
                _ => false,
            };
            assert!(good, "{context}: {name} is not whole ({} bytes)", bytes.len());
        }
        for (folder, files) in checkpoints {
            let whole = ["means.npz", "optimizer.bin", "state.json", "weights.npz"];
            assert_eq!(files, whole, "{context}: {}", folder.display());
        }
        if self.folder.join("config.toml").exists() {
            let folder = self.folder.to_str().unwrap().to_owned();
            let outcome = self.program.run(&["inspect".to_owned(), folder]);
            assert_eq!(outcome.code, Some(0), "{context}: {outcome:#?}");
        }
    }

    /// Whether these bytes are those of the undisturbed file from `from` on.
    fn is_beginning(&self, name: &str, from: usize, bytes: &[u8]) -> bool {
        self.after.get(name).is_some_and(|whole| whole[from..].starts_with(bytes))
    }
}

enum Struck {
    Killed,
    Stopped,
    TooLate,
}

/// The rows of a trajectory, if it has all that its header promises.
fn rows(path: &Path) -> Option<Vec<u8>> {
    // A copy by itself: the sidecar belongs to the finished file.
    let copy = tempfile::tempdir().unwrap();
    let alone = copy.path().join("rows.npy");
    std::fs::copy(path, &alone).unwrap();
    let trajectory = Trajectory::open(&alone).ok().filter(|rows| !rows.is_truncated())?;
    Some(trajectory.read().ok()?.iter().flat_map(|weight| weight.to_le_bytes()).collect())
}

/// All but the last line, which a kill may tear, have six cells.
fn lines_are_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().all(|line| line.split(',').count() == 6)
}

fn npz_is_whole(path: &Path) -> bool {
    let Ok(mut npz) = NpzReader::new(std::fs::File::open(path).unwrap()) else { return false };
    let names = npz.names().unwrap_or_default();
    let mut reads = |name: &str| {
        npz.by_name::<ndarray::OwnedRepr<f64>, IxDyn>(name).is_ok()
            || npz.by_name::<ndarray::OwnedRepr<f32>, IxDyn>(name).is_ok()
            || npz.by_name::<ndarray::OwnedRepr<i64>, IxDyn>(name).map(|_: Array<i64, IxDyn>| ()).is_ok()
    };
    !names.is_empty() && names.iter().all(|name| reads(name))
}

/// Counts how often the names in a folder change.
struct Watch<'a> {
    folder: &'a Path,
    seen: Vec<PathBuf>,
    changes: usize,
}

impl<'a> Watch<'a> {
    fn of(folder: &'a Path) -> Self {
        Self { folder, seen: listing(folder), changes: 0 }
    }

    fn look(&mut self) {
        let now = listing(self.folder);
        if now != self.seen {
            self.seen = now;
            self.changes += 1;
        }
    }
}

/// Every path below a folder, as far as it can be listed while it changes.
fn listing(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    let below: Vec<PathBuf> =
        paths.iter().filter(|path| path.is_dir()).flat_map(|path| listing(path)).collect();
    paths.extend(below);
    paths.sort();
    paths
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(time) => write!(formatter, "{:.4} s after the start", time.as_secs_f64()),
            Self::Change(change, time) => write!(formatter, "{} µs after change {change}", time.as_micros()),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, interruptions, resumed } = self;
        write!(
            formatter,
            "{kills} kills, {interruptions} interruptions, {resumed} times resumed to the same bytes"
        )
    }
}
