//! Kill −9 at any moment of some work.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::{Case, Snapshot, below, uniform};

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
}

enum Struck {
    Killed,
    Stopped,
    TooLate,
}

/// Counts how often the names in a folder change.
pub(crate) struct Watch<'a> {
    folder: &'a Path,
    seen: Vec<PathBuf>,
    pub(crate) changes: usize,
}

impl<'a> Watch<'a> {
    pub(crate) fn of(folder: &'a Path) -> Self {
        Self { folder, seen: listing(folder), changes: 0 }
    }

    pub(crate) fn look(&mut self) {
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
