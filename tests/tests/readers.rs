//! A few thousand seeded mutations of valid files for every reader: no panic, no memory on a header's word, the file named.
//!
//! `VARFLAT_FUZZ_CASES` sets their number for each, `VARFLAT_FUZZ_SEEDS` a folder that keeps the valid files, for the fuzz targets in
//! `fuzz/`. A mutation that fails is in the folder that the message names.

use std::alloc::System;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cap::Cap;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use varflat_tests::readers::{self, Bench, READERS};
use varflat_tests::{mutated, program, seeds};

/// What all readers together may hold: files here are a few kB, and a program that is refused memory aborts.
const MOST_MEMORY: usize = 128 << 20;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Held by each test as long as it runs: what one holds would count for the other.
static ALONE: Mutex<()> = Mutex::new(());

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn any_bytes_are_read_or_refused() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // Products of matrices set memory aside in every thread that meets one; with a single one that is done once all files were read.
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().unwrap();
    let cases = std::env::var("VARFLAT_FUZZ_CASES").map_or(2000, |cases| cases.parse().unwrap());
    let temporary = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("VARFLAT_FUZZ_SEEDS")
        .map(|place| Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(place));
    let place = kept.as_deref().unwrap_or(temporary.path());
    seeds::write(&program!(), place);
    let mut bench = Bench::new(&place.join("bench"));
    let mut failures = Vec::new();
    let held = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readers");
    fs::create_dir_all(&held).unwrap();
    for reader in READERS {
        for (path, bytes) in files(&place.join(reader.name)) {
            if let Err(error) = (reader.read)(&bench, &bytes) {
                panic!("{}: {error}", path.display());
            }
        }
    }
    ALLOCATOR.set_limit(ALLOCATOR.allocated() + MOST_MEMORY).unwrap();
    for (stream, reader) in READERS.into_iter().enumerate() {
        let valid: Vec<Vec<u8>> =
            files(&place.join(reader.name)).into_iter().map(|(_, bytes)| bytes).collect();
        let mut random = ChaCha8Rng::seed_from_u64(stream as u64);
        let (mut read, before) = (0, failures.len());
        // Before it is read, because an abort leaves no time after.
        let input = held.join(reader.name);
        println!("{}: should the test be killed, it is by {}", reader.name, input.display());
        for _ in 0..cases {
            let bytes = mutated(&valid, &mut random);
            fs::write(&input, &bytes).unwrap();
            match catch_unwind(AssertUnwindSafe(|| (reader.read)(&bench, &bytes))) {
                Ok(outcome) => read += usize::from(outcome.is_ok()),
                Err(_) => {
                    let failed = held.join(format!("{}-{}", reader.name, failures.len() - before));
                    fs::write(&failed, &bytes).unwrap();
                    failures.push(failed);
                    // What was replaced is replaced still.
                    bench = Bench::new(&place.join("bench"));
                }
            }
            if failures.len() - before >= 10 {
                break;
            }
        }
        println!("{}: {read} of {cases} mutations could be read", reader.name);
        assert!(read < cases, "{}: no mutation was refused", reader.name);
    }
    ALLOCATOR.set_limit(usize::MAX).unwrap();
    assert!(failures.is_empty(), "panics (their messages are above) by {failures:#?}");
}

/// Numbers that were once taken for how much there is, or for a place in a list.
#[test]
fn what_once_was_too_much_is_read_or_refused() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = tempfile::tempdir().unwrap();
    seeds::write(&program!(), place.path());
    let bench = Bench::new(&place.path().join("bench"));
    let table = |name: &str| {
        let number = bench.tables().iter().position(|table| table.ends_with(name)).unwrap();
        (number as u8, fs::read_to_string(&bench.tables()[number]).unwrap())
    };
    let read = |reader: &str, bytes: &[u8]| (readers::reader(reader).read)(&bench, bytes);

    let flatness = fs::read_to_string(bench.path("run/flatness.csv")).unwrap();
    let _ = read("flatness_csv", flatness.replacen("\n1,", "\n0,", 1).as_bytes());

    let (number, losses) = table("temperature_mini_batches.csv");
    for batch in ["18446744073709551615", "1000000000000"] {
        let changed = losses.replacen(",1,", &format!(",{batch},"), 1);
        assert_ne!(losses, changed);
        assert!(read("tables", &[&[number], changed.as_bytes()].concat()).is_err());
    }

    let (number, report) = table("forgetting.json");
    let mut report: serde_json::Value = serde_json::from_str(&report).unwrap();
    report["study"]["study"]["forgetting"]["pairs"].as_array_mut().unwrap().truncate(1);
    let error = read("tables", &[&[number], report.to_string().as_bytes()].concat()).unwrap_err();
    assert!(error.contains("two tasks"), "{error}");
}
