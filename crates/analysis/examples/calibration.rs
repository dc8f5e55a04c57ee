//! How often the 95 % intervals hold the value over repetitions: the table of `docs/src/uncertainty.md`.
//!
//! `cargo run --release -p varflat-analysis --example calibration -- 200` takes some minutes.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/processes.rs"]
mod processes;

use rayon::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let repetitions: u64 = std::env::args().nth(1).map_or(Ok(200), |text| text.parse())?;
    println!("| process | number | mean | scatter | standard error | windows without an interval | held |");
    println!("|---|---|---|---|---|---|---|");
    for process in processes::processes() {
        let readings: Vec<processes::Reading> =
            (0..repetitions).into_par_iter().map(|seed| process.read(seed)).collect::<Result<_, _>>()?;
        for found in processes::coverage(&readings) {
            let (standard_error, held) = match found.without == readings.len() {
                true => ("–".to_owned(), "–".to_owned()),
                false => (format!("{:.4}", found.standard_error), format!("{:.0} %", 100.0 * found.holds)),
            };
            println!(
                "| {} | {} | {:.3} | {:.4} | {standard_error} | {} of {repetitions} | {held} |",
                process.name, found.what, found.mean, found.scatter, found.without
            );
        }
    }
    Ok(())
}
