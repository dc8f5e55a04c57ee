//! What the fuzz targets share: the readers, and the memory they may have.

#[path = "../../tests/src/readers/mod.rs"]
pub mod readers;

pub use cap::Cap;
pub use libfuzzer_sys::fuzz_target;

/// The most memory that the readers of a target may hold at once; inputs are a few kB.
pub const MOST_MEMORY: usize = 256 << 20;

/// The bench of one reader, which has read all its valid files: products of matrices set memory aside in the thread that first
/// meets one, as much as the last cache is large.
pub fn bench(name: &str) -> readers::Bench {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().unwrap();
    let seeds = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let bench = readers::Bench::new(&seeds.join("bench"));
    for file in std::fs::read_dir(seeds.join(name)).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        (readers::reader(name).read)(&bench, &bytes).unwrap();
    }
    bench
}

/// The target of one reader.
#[macro_export]
macro_rules! fuzz_reader {
    ($name:literal) => {
        #[global_allocator]
        static ALLOCATOR: $crate::Cap<std::alloc::System> =
            $crate::Cap::new(std::alloc::System, usize::MAX);

        std::thread_local! {
            static BENCH: $crate::readers::Bench = {
                let bench = $crate::bench($name);
                ALLOCATOR.set_limit(ALLOCATOR.allocated() + $crate::MOST_MEMORY).unwrap();
                bench
            };
        }

        $crate::fuzz_target!(|bytes: &[u8]| {
            let _ = BENCH.with(|bench| ($crate::readers::reader($name).read)(bench, bytes));
        });
    };
}
