//! Work whose disturbance is tested: a command and the folder that it changes.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::kills::Watch;
use crate::{Outcome, Program, Running, Snapshot, Workplace, assert_same};

/// A command and the folder that it changes.
#[derive(Debug)]
pub struct Case {
    pub(crate) name: &'static str,
    pub(crate) program: Program,
    /// Holds what the command reads, and `folder`.
    pub(crate) work: Workplace,
    pub(crate) folder: PathBuf,
    pub(crate) arguments: Vec<String>,
    /// What the folder held before.
    pub(crate) before: Snapshot,
    /// What it holds after the undisturbed command, without times.
    pub(crate) after: Snapshot,
    /// How long the undisturbed command took, and how often names in the folder changed meanwhile.
    pub(crate) took: Duration,
    pub(crate) changes: usize,
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
        self.before.restore(&self.folder);
        set();
        let outcome = self.attempt(context, hindered);
        let failed = outcome.code != Some(0);
        if failed {
            outcome.fails_clearly(parts);
        }
        clear();
        self.finish(&format!("{}, {context}", self.name));
        failed
    }

    /// The same of what may end the program in any way.
    pub fn survives(&self, context: &str, hindered: &Program) -> Outcome {
        self.before.restore(&self.folder);
        let outcome = self.attempt(context, hindered);
        self.finish(&format!("{}, {context}", self.name));
        outcome
    }

    fn attempt(&self, context: &str, program: &Program) -> Outcome {
        let outcome = program.run(&self.arguments);
        println!("{}, {context}: {:?} {}", self.name, outcome.code, outcome.stderr.trim());
        self.assert_nothing_half(&format!("{}, {context}", self.name));
        outcome
    }

    /// Do it twice at once. Each comes to the undisturbed end, or is refused with one clear message that holds `parts`; afterwards all is
    /// as one alone leaves it, if need be by the same command again.
    pub fn twice_at_once(&self, parts: &[&str]) {
        self.before.restore(&self.folder);
        let both = [self.program.start(&self.arguments), self.program.start(&self.arguments)];
        let outcomes = both.map(Running::outcome);
        let refused = outcomes.iter().filter(|outcome| outcome.code != Some(0));
        let refused: Vec<_> = refused.map(|outcome| outcome.clone().fails_clearly(parts)).collect();
        assert!(refused.len() < 2, "{}: both were refused: {refused:#?}", self.name);
        self.finish(&format!("{}, twice at once", self.name));
    }

    #[track_caller]
    pub(crate) fn finish(&self, context: &str) {
        let outcome = self.program.run(&self.arguments);
        assert_eq!(outcome.code, Some(0), "{context}: {outcome:#?}");
        self.assert_undisturbed(context);
    }

    /// Every byte is that of the undisturbed command, and nothing is left over.
    #[track_caller]
    pub(crate) fn assert_undisturbed(&self, context: &str) {
        assert_same(&self.after, &Snapshot::of(&self.folder).without_times(), context);
    }
}
