//! How much memory there is, as far as the operating system says.

/// An amount of memory, and whose it is.
pub(super) struct There {
    pub(super) bytes: u64,
    pub(super) what: &'static str,
}

/// The least of the machine's memory, that of its control group, and the limit of the process; nothing where none is known.
pub(super) fn there() -> Option<There> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let found = [
        (machine(&read("/proc/meminfo")), "this machine has, swap included"),
        (group(&read("/sys/fs/cgroup/memory.max")), "this container or job may use"),
        (group(&read("/sys/fs/cgroup/memory/memory.limit_in_bytes")), "this container or job may use"),
        (address_space(&read("/proc/self/limits")), "`ulimit -v` allows"),
    ];
    let known = found.into_iter().filter_map(|(bytes, what)| Some(There { bytes: bytes?, what }));
    known.min_by_key(|there| there.bytes)
}

/// Bytes of the last cache, by which the library of products sizes what it copies; 32 MiB where nobody says.
pub(super) fn last_cache() -> u64 {
    let size = std::fs::read_to_string("/sys/devices/system/cpu/cpu0/cache/index3/size");
    size.ok().and_then(|size| cache(&size)).unwrap_or(32 << 20)
}

/// The size of a cache, such as `491520K`.
fn cache(text: &str) -> Option<u64> {
    text.trim().strip_suffix('K')?.parse::<u64>().ok()?.checked_mul(1024)
}

/// Memory and swap of `/proc/meminfo`.
fn machine(text: &str) -> Option<u64> {
    let field = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
    };
    field("MemTotal")?.checked_add(field("SwapTotal").unwrap_or(0))
}

/// The limit of a control group, if it has one.
fn group(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// The limit of address space in `/proc/self/limits`, if there is one.
fn address_space(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_understood() {
        assert_eq!(machine("MemTotal:       8000 kB\nMemFree: 5 kB\nSwapTotal:  1000 kB\n"), Some(9_216_000));
        assert_eq!(machine(""), None);
        assert_eq!((group("max\n"), group("1048576\n")), (None, Some(1_048_576)));
        assert_eq!((cache("491520K\n"), cache("")), (Some(480 << 20), None));
        let limits = |limit: &str| {
            format!("Limit  Soft Limit  Hard Limit  Units\nMax address space   {limit}   unlimited  bytes\n")
        };
        assert_eq!(address_space(&limits("3221225472")), Some(3_221_225_472));
        assert_eq!(address_space(&limits("unlimited")), None);
    }
}
