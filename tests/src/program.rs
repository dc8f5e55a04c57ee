//! The program as a child process, and what came of it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a child may take to get where a test waits for it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where the program is, and the environment it gets.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    environment: Vec<(String, String)>,
    /// A program that starts it, with its arguments.
    starter: Vec<String>,
}

/// A child process that has ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Everything it printed.
    pub stdout: String,
    /// Everything it complained about.
    pub stderr: String,
}

/// A child process at work; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Option<Child>,
}

impl Program {
    /// The program at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), environment: Vec::new(), starter: Vec::new() }
    }

    /// The same with one more environment variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same started by another program, such as `strace`, which gets these arguments before it.
    pub fn under<S: Into<String>>(mut self, starter: impl IntoIterator<Item = S>) -> Self {
        self.starter = starter.into_iter().map(Into::into).collect();
        self
    }

    /// The same with a limit of the shell's `ulimit`, such as `-n 20`.
    pub fn limited(self, limit: &str) -> Self {
        self.under(["sh", "-c", &format!("ulimit {limit} && exec \"$0\" \"$@\"")])
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Start it and wait for its end.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Outcome {
        self.start(arguments).outcome()
    }

    /// Start it.
    pub fn start<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Running {
        let mut command = match self.starter.split_first() {
            Some((starter, before)) => {
                let mut command = Command::new(starter);
                command.args(before).arg(&self.path);
                command
            }
            None => Command::new(&self.path),
        };
        let child = command
            .args(arguments)
            // A panic would show itself by its backtrace.
            .env("RUST_BACKTRACE", "1")
            // Where there is none, Mesa prints lines of its own as soon as burn looks for GPUs.
            .env("XDG_RUNTIME_DIR", std::env::temp_dir())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.path.display()));
        Running { child: Some(child) }
    }
}

impl Outcome {
    /// Panics unless the exit code is 0 and nothing was complained about.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        assert!(!self.stderr.contains("error") && !self.stderr.contains("panicked"), "{self:#?}");
        self
    }

    /// Panics unless the program failed with exactly one error message, neither a panic nor a backtrace, that holds every
    /// one of `parts`: the file or key, and what to do about it.
    #[track_caller]
    pub fn fails_clearly(self, parts: &[&str]) -> Self {
        assert!(matches!(self.code, Some(1 | 2)), "exit code {:?} in {self:#?}", self.code);
        self.is_clear();
        for part in parts {
            assert!(self.stderr.contains(part), "the message does not say {part:?}: {self:#?}");
        }
        self
    }

    /// Panics if there is a panic, a backtrace, or more than one error message.
    #[track_caller]
    pub fn is_clear(&self) {
        let text = &self.stderr;
        assert_ne!(self.code, Some(101), "the program panicked: {self:#?}");
        assert!(self.code.is_some(), "the program was killed by a signal: {self:#?}");
        for trace in ["panicked", "stack backtrace", "RUST_BACKTRACE", ".rs:", "unwrap()", "Os {", "Some("] {
            assert!(!text.contains(trace), "{trace:?} on stderr: {self:#?}");
        }
        let messages = text.lines().filter(|line| line.starts_with("error: ")).count();
        assert_eq!(messages, usize::from(self.code != Some(0)), "error messages in {self:#?}");
        if self.code != Some(0) {
            assert!(text.trim_start().starts_with("error: ") || self.code == Some(130), "{self:#?}");
        }
    }
}

impl Running {
    /// Wait until `condition` holds; panics when it does not in two minutes, or the child ends before.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, mut condition: impl FnMut() -> bool) {
        let start = Instant::now();
        while !condition() {
            let ended = self.child.as_mut().expect("a running child").try_wait().expect("a child to ask");
            assert!(ended.is_none() || condition(), "the program ended ({ended:?}) before {what}");
            assert!(start.elapsed() < PATIENCE, "still no {what}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Wait until a file has at least that many lines.
    #[track_caller]
    pub fn wait_for_lines(&mut self, file: &Path, lines: usize) {
        let what = format!("{lines} lines in {}", file.display());
        self.wait_until(&what, || {
            std::fs::read_to_string(file).is_ok_and(|text| text.lines().count() >= lines)
        });
    }

    /// What Ctrl-C does.
    pub fn interrupt(&self) {
        self.send("INT");
    }

    /// Send a signal by its name (`TERM`, `STOP`, …), unless the child has ended.
    pub fn send(&self, signal: &str) {
        let id = self.child.as_ref().expect("a running child").id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status().expect("a kill command");
        assert!(sent.success(), "kill -s {signal} {id}");
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.as_mut().expect("a running child").try_wait().expect("a child to ask").is_some()
    }

    /// What `kill -9` does. True if it was still at work.
    pub fn kill(mut self) -> bool {
        let mut child = self.child.take().expect("a running child");
        child.kill().expect("a child to kill");
        let output = child.wait_with_output().expect("a child to wait for");
        output.status.code().is_none()
    }

    /// Wait for its end, and look meanwhile how much memory it has in use: returns the most bytes (Linux).
    pub fn outcome_and_peak(self) -> (Outcome, u64) {
        let id = self.child.as_ref().expect("a running child").id();
        let status = format!("/proc/{id}/status");
        let waiting = std::thread::spawn(|| self.outcome());
        let mut peak = 0;
        while !waiting.is_finished() {
            // The system keeps the peak itself, so that only what comes in the last moment can be missed.
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let kilobytes = text
                .lines()
                .find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB")?.trim().parse().ok());
            peak = kilobytes.map_or(peak, |kilobytes: u64| peak.max(1024 * kilobytes));
            std::thread::sleep(Duration::from_millis(1));
        }
        (waiting.join().expect("a thread that only waits"), peak)
    }

    /// Wait for its end.
    pub fn outcome(mut self) -> Outcome {
        let child = self.child.take().expect("a running child");
        let output = child.wait_with_output().expect("a child to wait for");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
