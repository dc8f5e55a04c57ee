//! How often the 95 % intervals hold the value over repetitions: the table of `doc/uncertainty.md`.
//!
//! `cargo run --release -p varflat-analysis --example calibration -- 200` takes some minutes.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/processes.rs"]
mod processes;

use rayon::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let repetitions: u64 = std::env::args().nth(1).map_or(Ok(200), |text| text.parse())?;
    println!("| process | windows without an interval | number | mean | scatter | standard error | held |");
    println!("|---|---|---|---|---|---|---|");
    for process in processes::processes() {
        let readings: Vec<processes::Reading> =
            (0..repetitions).into_par_iter().map(|seed| process.read(seed)).collect::<Result<_, _>>()?;
        let dependent = readings.iter().filter(|reading| reading.dependent).count();
        for found in processes::coverage(&readings) {
            println!(
                "| {} | {dependent} of {repetitions} | {} | {:.3} | {:.4} | {:.4} | {:.0} % |",
                process.name,
                found.what,
                found.mean,
                found.scatter,
                found.standard_error,
                100.0 * found.holds
            );
        }
    }
    Ok(())
}
