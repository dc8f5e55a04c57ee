//! RESULTS.md.

use std::fmt::Write as _;

use super::Results;
use crate::bench::{Bench, Heard};
use crate::format;
use crate::growth::Curve;
use crate::places::root;
use crate::row::{Quantity, Row, Verdict};
use crate::statistics::Summary;

/// Lines about what is beyond numbers, kept by hand.
const BY_HAND: &str = "where_we_lose.md";

pub(super) fn page(results: &Results, bench: &Bench, heard: &Heard) -> String {
    let mut sections = vec![head(results)];
    if !results.rows.is_empty() {
        sections.push(table(&results.rows));
        sections.push(where_we_lose(&results.rows));
    }
    if !results.curves.is_empty() {
        sections.push(growth(&results.curves));
    }
    sections.push(method(results, bench, heard));
    if !heard.checks.is_empty() {
        sections.push(checks(heard));
    }
    sections.join("\n")
}

fn head(results: &Results) -> String {
    let machine = &results.machine;
    let memory = machine.memory.as_deref().map_or(String::new(), |memory| format!(", {memory}"));
    let load = machine.load.as_deref().map_or(String::new(), |load| format!(" Load before: {load}."));
    format!(
        "# Benchmarks\n\n\
         Made by `just bench` (`cargo run --release -p varflat-benches`); do not edit by hand.\n\n\
         {} on {}, {} cores{memory}; {}; {}; commit {}.{load}\n",
        machine.date, machine.processor, machine.cores, machine.system, machine.rustc, machine.commit
    )
}

fn table(rows: &[Row]) -> String {
    let mut text = "## Ours and theirs\n\n\
         Ratios are ours/theirs, taken pair by pair: median [smallest–largest]. *Mark* is what we set out to reach, \
         *dream* what seemed the most that could be.\n\n\
         | what | ours | theirs | ratio | mark | dream | |\n|---|---|---|---|---|---|---|\n"
        .to_owned();
    for row in rows {
        let side = |values: &[f64]| {
            Summary::of(values).map_or("–".to_owned(), |summary| row.quantity.format(summary.median))
        };
        let ratio = row.ratio().map_or("–".to_owned(), range);
        let goal = |value: f64| {
            let sign = if row.quantity == Quantity::Rate { "≥" } else { "≤" };
            format!("{sign} {}", format::goal(value))
        };
        let (mark, dream) =
            row.goal.map_or_else(Default::default, |goals| (goal(goals.mark), goal(goals.dream)));
        let _ = writeln!(
            text,
            "| {} | {} | {} ({}) | {ratio} | {mark} | {dream} | {} |",
            row.what,
            side(&row.ours),
            side(&row.theirs),
            row.against,
            row.verdict().name()
        );
    }
    let notes: Vec<String> = rows
        .iter()
        .flat_map(|row| row.notes.iter().map(move |note| format!("- `{}`: {note}\n", row.name)))
        .collect();
    if !notes.is_empty() {
        text += "\n";
        text += &notes.concat();
    }
    text
}

/// `1/67.3 [1/71.0–1/60.2]`.
fn range(ratio: Summary) -> String {
    format!("{} [{}–{}]", format::ratio(ratio.median), format::ratio(ratio.least), format::ratio(ratio.most))
}

fn where_we_lose(rows: &[Row]) -> String {
    let mut text = "## Where we lose\n\n".to_owned();
    let mut lost = false;
    for row in rows {
        let Some(ratio) = row.ratio() else { continue };
        let ratio = format::ratio(ratio.median);
        let goal = row.goal.map(|goal| (format::goal(goal.mark), format::goal(goal.dream)));
        let mut said = Vec::new();
        if row.is_beaten() {
            said.push(format!("{} is faster", row.against));
        }
        match (row.verdict(), goal) {
            (Verdict::Missed, Some((mark, _))) => said.push(format!("misses its mark of {mark}")),
            (Verdict::Mark, Some((_, dream))) => {
                said.push(format!("reaches its mark, not the dream of {dream}"))
            }
            _ => {}
        }
        if !said.is_empty() {
            lost = true;
            let _ = writeln!(text, "- `{}`, {}: ratio {ratio}; {}.", row.name, row.what, said.join("; "));
        }
    }
    if rows.iter().all(|row| row.ratio().is_none()) {
        text += "Nothing was held against anything in this run.\n";
    } else if !lost {
        text += "Nowhere in this run: every row that was measured reached its dream.\n";
    }
    if let Ok(by_hand) = std::fs::read_to_string(root().join("benches").join(BY_HAND)) {
        let _ = write!(text, "\n{}\n", by_hand.trim());
    }
    text
}

fn growth(curves: &[Curve]) -> String {
    let mut text = "## How cost grows\n\n\
         Each size in a process of its own, on made-up inputs: a recorded SGD step of 784–√N–√N–10; Z_p of one direction, \
         and one loss along it (1 thread); all principal components of T × N, by the covariance where N ≤ T and by the Gram \
         matrix otherwise, with T = 3000 where N varies and N = 2500 where T does (2 threads); the flatness of some directions \
         (2 threads). Memory is all that the process holds, the images or the window included. Exponents by least squares in logarithms, ± their \
         standard error. [growth.csv](growth.csv) has the points, [growth_exponents.csv](growth_exponents.csv) the \
         lines.\n\n\
         ![Time and memory against size](growth.png)\n\n\
         | | of | against | from | to | exponent |\n|---|---|---|---|---|---|\n"
        .to_owned();
    for curve in curves {
        let cost = |point: Option<&(f64, f64)>| {
            point.map_or(String::new(), |(size, cost)| {
                let quantity = match curve.measure {
                    crate::growth::Measure::Time => Quantity::Time,
                    crate::growth::Measure::Memory => Quantity::Memory,
                };
                format!("{size}: {}", quantity.format(*cost))
            })
        };
        let exponent = curve.power().map_or("–".to_owned(), |power| format::exponent(&power));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {exponent} |",
            curve.measure.name(),
            curve.what,
            curve.size,
            cost(curve.points.first()),
            cost(curve.points.last())
        );
    }
    text
}

fn method(results: &Results, bench: &Bench, heard: &Heard) -> String {
    let mut text = format!(
        "## How it was measured\n\n\
         - Ours and theirs take turns: in each of {} rounds (of the headline run at most 3) a unit of ours, then one of the peer, a Python process that \
         has loaded, compiled and warmed up before and waits. A ratio is that of two neighbours in time.\n\
         - A row holds both sides to the same number of threads: ours by rayon's pool, OpenBLAS, MKL and OpenMP by their \
         variables, JAX by the CPUs of its process.\n\
         - The peers are what somebody writes who knows the tool ([peers/](peers)), in float32 but for the PCA, on the \
         CPU. What they compute is held against ours below.\n\
         - Recording is held against the same training without it, in turns of 300 steps, each against the mean of the \
         plain turns before and after it.\n\
         - The headline run of theirs is put together: training and flatness are scaled from what was measured \
         (seconds a step × steps, seconds a direction × directions); loading, compiling and writing files count for \
         ours only.\n\
         - The memory of the run is the high-water mark of its process.\n\
         - [results.csv](results.csv) has every single timing.\n",
        bench.rounds
    );
    let mut versions: Vec<String> = Vec::new();
    if let Some(headline) = &bench.headline {
        versions.extend(headline.versions.iter().map(|(name, version)| format!("{name} {version}")));
    }
    versions.extend(heard.versions.iter().map(|(name, version)| format!("{name} {version}")));
    if !versions.is_empty() {
        let _ = writeln!(text, "- Versions: {}.", versions.join("; "));
    }
    if results.rows.iter().any(|row| row.theirs.is_empty()) {
        text += "- Rows without a ratio were measured on one side only; the notes under the table say why.\n";
    }
    text
}

fn checks(heard: &Heard) -> String {
    let mut text = "## That they do the same\n\nWhat the last unit of each peer came to:\n\n".to_owned();
    for (task, check) in &heard.checks {
        let _ = writeln!(text, "- {task}: `{check}`");
    }
    text
}
