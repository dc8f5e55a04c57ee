//! What the times were taken on.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::places::root;

/// Machine, system, compiler, commit and date.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory: Option<String>,
    pub(crate) system: String,
    pub(crate) rustc: String,
    pub(crate) commit: String,
    /// Mean number of busy threads over the last minute, before anything was timed.
    pub(crate) load: Option<String>,
}

impl Machine {
    pub(crate) fn look() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self {
            date: date(since),
            processor: field("/proc/cpuinfo", "model name")
                .unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory: field("/proc/meminfo", "MemTotal").and_then(|text| gigabytes(&text)),
            system: system(),
            rustc: said("rustc", &["--version"]).unwrap_or_else(|| "rustc of unknown version".to_owned()),
            commit: commit().unwrap_or_else(|| "unknown".to_owned()),
            load: read("/proc/loadavg").and_then(|text| text.split(' ').next().map(str::to_owned)),
        }
    }
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// The first `name: value` or `name=value` of a file.
fn field(path: &str, name: &str) -> Option<String> {
    let text = read(path)?;
    let value = text.lines().find_map(|line| {
        let (key, value) = line.split_once([':', '='])?;
        (key.trim() == name).then(|| value.trim().trim_matches('"').to_owned())
    });
    value.filter(|value| !value.is_empty())
}

fn gigabytes(kibibytes: &str) -> Option<String> {
    let kibibytes: f64 = kibibytes.strip_suffix("kB")?.trim().parse().ok()?;
    Some(format!("{:.0} GB", kibibytes * 1024.0 / 1e9))
}

fn system() -> String {
    let name = field("/etc/os-release", "PRETTY_NAME").unwrap_or_else(|| std::env::consts::OS.to_owned());
    match read("/proc/sys/kernel/osrelease") {
        Some(kernel) => format!("{name}, Linux {}", kernel.trim()),
        None => name,
    }
}

fn commit() -> Option<String> {
    let root = root().to_string_lossy();
    let commit = said("git", &["-C", &root, "rev-parse", "--short=10", "HEAD"])?;
    let changed = said("git", &["-C", &root, "status", "--porcelain", "--untracked-files=no"])?;
    Some(if changed.is_empty() { commit } else { format!("{commit} with changes") })
}

/// What a program prints.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// Seconds since 1970 as `2026-05-09 07:30 UTC`.
fn date(since: u64) -> String {
    let (mut days, seconds) = (since / 86_400, since % 86_400);
    let leap = |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02} {:02}:{:02} UTC", days + 1, seconds / 3600, seconds / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01 00:00 UTC");
        assert_eq!(date(951_782_399), "2000-02-28 23:59 UTC");
        assert_eq!(date(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(date(1_767_225_599), "2025-12-31 23:59 UTC");
    }
}
