//! Memory that is set aside without being used.

/// Bytes that the library of products sets aside in so many threads: twice the last cache in each.
pub fn set_aside_for_products(threads: usize) -> u64 {
    let cache = std::fs::read_to_string("/sys/devices/system/cpu/cpu0/cache/index3/size").unwrap_or_default();
    let kilobytes: u64 = cache.trim().trim_end_matches('K').parse().unwrap_or(32 << 10);
    2 * threads as u64 * (kilobytes << 10)
}
