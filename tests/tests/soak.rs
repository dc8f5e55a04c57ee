//! A soak: sweep after sweep with faults of every kind, each held against an undisturbed one to the byte.
//!
//! One sweep by default; `VARFLAT_SOAK_MINUTES=120` goes on for two hours, `VARFLAT_SEED` takes other faults:
//! `cargo test --release --workspace --features wgpu --test soak -- --nocapture`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use varflat_tests::{Running, Snapshot, Workplace, below, names, program};

/// Faults of a sweep at most, before it is let to end.
const FAULTS: usize = 40;

/// What was done, and what became of it.
#[derive(Debug, Default)]
struct Tally {
    sweeps: usize,
    points: usize,
    processes: usize,
    killed: usize,
    terminated: usize,
    stopped_for_a_while: usize,
    full_disks: usize,
    ended_by_themselves: usize,
    resumed_trainings: usize,
    lost: usize,
    differing: usize,
}

/// Trainings of all kinds that differ in what a kill can hit: a window and everything, momentum and Adam, two points of each.
fn sweep(round: u64) -> String {
    format!(
        "name = \"soak\"\nexperiment = \"small.toml\"\nseeds = [{}, {}]\n\
         set = [\"training.max_epochs=400\", \"fit.resamples=400\"]\n\
         [zip]\nrecorder.window = [600, \"all\", 2000]\ntraining.optimizer = [\"sgd\", \"sgd\", \"adam\"]\n\
         training.learning_rate = [0.1, 0.05, 0.001]\n",
        2 * round + 1,
        2 * round + 2
    )
}

#[test]
fn no_fault_loses_a_point() {
    let minutes = std::env::var("VARFLAT_SOAK_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let seed = std::env::var("VARFLAT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(7);
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    loop {
        round(&mut tally, &mut random, &mut failures);
        println!("{tally:?}");
        if Instant::now() >= end {
            break;
        }
    }
    assert!(
        failures.is_empty() && tally.lost == 0 && tally.differing == 0,
        "seed {seed}: {failures:#?}\n{tally:#?}"
    );
}

fn round(tally: &mut Tally, random: &mut ChaCha8Rng, failures: &mut Vec<String>) {
    let work = Workplace::new();
    fs::write(work.path("sweep.toml"), sweep(tally.sweeps as u64)).unwrap();
    let file = work.text("sweep.toml");
    let disk = work.path("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = mount(&disk);
    let (undisturbed, out) = (work.text("undisturbed"), work.text("disk/sweep"));
    let begun = Instant::now();
    program!().run(&["sweep", "run", &file, "--out", &undisturbed]).succeeds();
    let length = begun.elapsed();

    let arguments = ["sweep", "run", &file, "--out", &out];
    let mut running = Vec::new();
    let points: Vec<String> =
        names(Path::new(&undisturbed)).into_iter().filter(|name| name != "sweep.toml").collect();
    let is_whole = |point: &String| disk.join("sweep").join(point).join("fit.json").exists();
    for _ in 0..FAULTS {
        if points.iter().all(is_whole) {
            break;
        }
        while running.len() < 2 {
            running.push(program!().start(&arguments));
            tally.processes += 1;
        }
        std::thread::sleep(length.mul_f64(below(1000, random) as f64 / 5000.0));
        let victim = running.swap_remove(below(running.len(), random));
        fault(victim, &disk, mounted, &mut running, tally, random);
    }
    for process in running {
        tally.ended_by_themselves += usize::from(process.outcome().code == Some(0));
    }
    let last = program!().run(&arguments);
    tally.processes += 1;
    if last.code != Some(0) {
        failures.push(format!("sweep {}: the last run failed: {last:?}", tally.sweeps));
    }
    for point in &points {
        tally.points += 1;
        let (here, there) = (disk.join("sweep").join(point), Path::new(&undisturbed).join(point));
        if !is_whole(point) {
            tally.lost += 1;
            failures.push(format!("sweep {}: {point} is lost", tally.sweeps));
            continue;
        }
        let differences = Snapshot::of_results(&there).differences(&Snapshot::of_results(&here));
        if !differences.is_empty() || names(&here) != names(&there) {
            tally.differing += 1;
            failures.push(format!("sweep {}: {point}: {differences:?}, {:?}", tally.sweeps, names(&here)));
        }
    }
    tally.sweeps += 1;
    if mounted {
        let _ = Command::new("umount").arg(&disk).status();
    }
}

/// Something happens to a process.
fn fault(
    victim: Running,
    disk: &Path,
    mounted: bool,
    others: &mut Vec<Running>,
    tally: &mut Tally,
    random: &mut ChaCha8Rng,
) {
    match below(10, random) {
        0 | 1 => {
            victim.send("TERM");
            let outcome = victim.outcome();
            tally.terminated += usize::from(outcome.code == Some(130));
            tally.ended_by_themselves += usize::from(outcome.code == Some(0));
            tally.resumed_trainings += outcome.stdout.matches("continuing after step").count();
        }
        2 => {
            victim.send("STOP");
            std::thread::sleep(Duration::from_millis(below(400, random) as u64));
            victim.send("CONT");
            tally.stopped_for_a_while += 1;
            others.push(victim);
        }
        3 | 4 if mounted => {
            // Everything that is free, until the processes have met it.
            let ballast = disk.join("ballast");
            let _ = fill(&ballast);
            std::thread::sleep(Duration::from_millis(300));
            victim.kill();
            tally.killed += 1;
            fs::remove_file(&ballast).unwrap();
            tally.full_disks += 1;
        }
        _ => tally.killed += usize::from(victim.kill()),
    }
}

/// A file system of its own, which can be full.
fn mount(folder: &Path) -> bool {
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"]).arg(folder);
    mount.output().is_ok_and(|output| output.status.success())
}

fn fill(file: &Path) -> std::io::Result<()> {
    let mut file = fs::File::create(file)?;
    let block = vec![0; 1 << 16];
    loop {
        std::io::Write::write_all(&mut file, &block)?;
    }
}
