//! What the fuzz targets share: the readers, and the memory they may have.

#[path = "../../tests/src/readers/mod.rs"]
pub mod readers;

pub use cap::Cap;
pub use libfuzzer_sys::fuzz_target;

/// The most memory that the readers of a target may hold at once; inputs are a few kB.
pub const MOST_MEMORY: usize = 256 << 20;

/// The target of one reader.
#[macro_export]
macro_rules! fuzz_reader {
    ($name:literal) => {
        #[global_allocator]
        static ALLOCATOR: $crate::Cap<std::alloc::System> =
            $crate::Cap::new(std::alloc::System, $crate::MOST_MEMORY);

        std::thread_local! {
            static BENCH: $crate::readers::Bench = $crate::readers::Bench::new(
                &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/bench"),
            );
        }

        $crate::fuzz_target!(|bytes: &[u8]| {
            let _ = BENCH.with(|bench| ($crate::readers::reader($name).read)(bench, bytes));
        });
    };
}
