//! What the program does, from its arguments to RESULTS.md.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};

use crate::arguments::{Arguments, Command, Topic};
use crate::bench::{Bench, Heard, data_folder};
use crate::growth::{self, Task};
use crate::headline::Headline;
use crate::machine::Machine;
use crate::python::Environment;
use crate::results::Results;
use crate::{places, rows, subprocess};

/// The whole program; its exit code is that of the process.
pub fn main() -> ExitCode {
    if let Some(code) = subprocess::as_varflat() {
        return code;
    }
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    // What does not ask for threads gets one.
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().context("cannot start a thread")?;
    if let Some(Command::Measure { task }) = &arguments.command {
        let task: Task = serde_json::from_str(task).context("the task is not in JSON")?;
        println!("{}", serde_json::to_string(&task.measure()?)?);
        return Ok(());
    }
    let machine = Machine::look();
    let topics: Vec<Topic> = match arguments.rows.as_slice() {
        [] => Topic::value_variants().to_vec(),
        some => Topic::value_variants().iter().copied().filter(|topic| some.contains(topic)).collect(),
    };
    let bench = prepare(arguments, &topics)?;
    let mut results = Results { machine, rows: Vec::new(), curves: Vec::new() };
    let mut failed = Vec::new();
    for topic in topics {
        let name = topic.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        let measured = match topic {
            Topic::Growth => growth::measure(&bench).map(|curves| results.curves = curves),
            topic => rows::measure(topic, &bench).map(|rows| results.rows.extend(rows)),
        };
        if let Err(error) = measured {
            // What else was measured is worth keeping.
            eprintln!("error: {name}: {error:#}");
            failed.push(name);
        }
    }
    if !(results.rows.is_empty() && results.curves.is_empty()) {
        let folder = out(arguments)?;
        results.write(&bench, &folder)?;
        eprintln!("{} is written", folder.join("RESULTS.md").display());
    }
    if failed.is_empty() { Ok(()) } else { bail!("not measured: {}", failed.join(", ")) }
}

/// Get everything ready that the topics need, so that what is missing is missed now and not in an hour.
fn prepare(arguments: &Arguments, topics: &[Topic]) -> Result<Bench> {
    let scratch = places::scratch()?;
    let data = data_folder(arguments.data.as_deref())?;
    let with_peers = topics.iter().any(|topic| topic.has_peers());
    let environment = with_peers.then(|| Environment::prepare(arguments)).transpose()?;
    let headline = match &arguments.run {
        Some(folder) => Some(Headline::open(folder)?),
        None if topics.iter().any(|topic| topic.needs_run()) => {
            let folder = scratch.join("headline");
            eprintln!("doing the headline run into {}", folder.display());
            Some(Headline::perform(&folder, arguments.data.as_deref(), rows::HEADLINE_THREADS)?)
        }
        None => None,
    };
    Ok(Bench {
        rounds: arguments.rounds,
        data,
        other_data: arguments.data.clone(),
        scratch,
        environment,
        headline,
        heard: Heard::default().into(),
    })
}

/// Where the results go. A part of the table does not take the place of the whole one.
fn out(arguments: &Arguments) -> Result<PathBuf> {
    match &arguments.out {
        Some(folder) => Ok(folder.clone()),
        None if arguments.rows.is_empty() => Ok(places::root().join("benches")),
        None => places::scratch(),
    }
}
