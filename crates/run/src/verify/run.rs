//! A run folder: its files, its data, and what follows from them.

use std::path::Path;

use varflat_files::{FileSum, is_link};
use varflat_model::data::{Data, DataError};

use super::checks::{Checks, Extent, Outcome};
use super::{derived, motion};
use crate::context::Context;
use crate::error::{Error, Remedy, Result};
use crate::run_folder::{RunFolder, RunRecord, Stage, lock_shared, names};

/// What is called the data in the list of checks.
const DATA: &str = "data";

/// Verify a run folder, and say what was found.
///
/// # Errors
/// As of the whole module: what is not what it was, or cannot be read.
pub fn verify(folder: &Path, extent: Extent, context: &Context<'_>) -> Result<()> {
    let run = RunFolder::view(folder)?;
    let _at_rest = lock_shared(folder)?;
    let record = run.record()?;
    check_begun(&run, &record)?;
    introduce(&run, &record, context);
    let mut checks = Checks::new(context);
    files(&run, &record, &mut checks)?;
    let data = data(&run, &record, &mut checks)?;
    let done = |stage: Stage| run.is_done(stage);
    if done(Stage::Train)? {
        motion::weights(&run, data.as_ref(), &mut checks)?;
    }
    if done(Stage::Pca)? {
        motion::components(&run, &mut checks)?;
    }
    if done(Stage::Flatness)? {
        derived::landscape(&run, data, extent, &mut checks)?;
    }
    if done(Stage::Fit)? {
        derived::fit(&run, &mut checks)?;
    }
    for stage in Stage::ALL {
        if !done(stage)? && !record.stages.contains_key(stage.name()) {
            context.message(format_args!("`{}` is not done: nothing to verify of it\n", stage.name()));
        }
    }
    checks.judge(folder, "what could be derived again was not, for the reasons given above", Remedy::Said)
}

/// Whether there is anything that could be verified.
fn check_begun(run: &RunFolder, record: &RunRecord) -> Result<()> {
    let nothing =
        |why: &str, remedy| Err(Error::malformed(run.path(), format!("nothing was verified: {why}"), remedy));
    if !run.file(names::RUN).exists() {
        return nothing("run.json, which says what was written here, is missing", Remedy::Restore);
    }
    if record.stages.is_empty() {
        return nothing("no stage of the run is finished", Remedy::FinishRun);
    }
    Ok(())
}

fn introduce(run: &RunFolder, record: &RunRecord, context: &Context<'_>) {
    let versions: Vec<String> =
        record.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    context.message(format_args!(
        "{}: {} (seed {}), commit {}, {}; {}\n",
        run.path().display(),
        run.experiment().name,
        run.experiment().seed,
        record.git_commit.as_deref().unwrap_or("unknown"),
        if record.device.is_empty() { "no device yet" } else { &record.device },
        versions.join(", ")
    ));
}

/// Every file against its checksum.
fn files(run: &RunFolder, record: &RunRecord, checks: &mut Checks<'_>) -> Result<()> {
    let context = checks.context;
    if !record.has_sums() {
        context.message(
            "run.json has no checksums: it is from before they were kept. What can be derived again is.\n",
        );
        return Ok(());
    }
    // Reading it has checked it.
    checks.row(names::RUN, "its own SHA-256", &[], || Ok(Outcome::Same("identical".to_owned())))?;
    if let Some(known) = &record.config {
        checks.row(names::CONFIG, "SHA-256", &[], || against(run, names::CONFIG, known, |_| {}, context))?;
    }
    let all = || record.stages.values().flat_map(|stage| &stage.files);
    let bar = context.bar("verify", all().map(|(_, sum)| sum.bytes).sum());
    for stage in Stage::ALL {
        let Some(stage) = record.stages.get(stage.name()) else { continue };
        for (name, known) in &stage.files {
            checks
                .row(name, "SHA-256", &[], || against(run, name, known, |bytes| bar.inc(bytes), context))?;
        }
    }
    drop(bar);
    Ok(())
}

fn against(
    run: &RunFolder,
    name: &str,
    known: &FileSum,
    read: impl Fn(u64),
    context: &Context<'_>,
) -> Result<Outcome> {
    let path = run.file(name);
    // A name comes from run.json, which may come from anyone.
    if Stage::of_file(name).is_none() && name != names::CONFIG {
        return Ok(Outcome::Differs("is no file of a run".to_owned()));
    }
    if is_link(&path) {
        return Ok(Outcome::Differs("is a symbolic link: what it leads to is no part of the run".to_owned()));
    }
    if !path.exists() {
        return Ok(Outcome::Differs("is missing".to_owned()));
    }
    let asked = |bytes| {
        read(bytes);
    };
    let found = FileSum::of_with_progress(&path, asked)?;
    context.go_on("verify")?;
    Ok(match known.difference(&found) {
        None => Outcome::Same("identical".to_owned()),
        Some(difference) => Outcome::Differs(difference),
    })
}

/// The images, if they are here and are those the run began with.
fn data(run: &RunFolder, record: &RunRecord, checks: &mut Checks<'_>) -> Result<Option<Data>> {
    if record.data.is_empty() {
        return Ok(None);
    }
    let mut loaded = None;
    checks.row(DATA, "SHA-256 of the files the run began with", &[names::CONFIG], || {
        match run.experiment().load_from(record.data_folder.as_deref()) {
            Ok(data) if data.checksums == record.data => {
                let outcome = Outcome::Same(format!("identical: {}", data.folder.display()));
                loaded = Some(data);
                Ok(outcome)
            }
            Ok(data) => {
                let other = data.checksums.iter().filter(|file| !record.data.contains(file));
                let other: Vec<String> = other.map(|file| data.folder.join(&file.file)).map(shown).collect();
                Ok(Outcome::Differs(format!("{} is not the file the run began with", other.join(", "))))
            }
            Err(Error::Data(
                absent @ (DataError::SetNotFound { .. }
                | DataError::MissingFolder { .. }
                | DataError::MissingFile { .. }),
            )) => Ok(Outcome::Skipped(format!("not here: {absent}"))),
            Err(absent @ Error::DataElsewhere { .. }) => Ok(Outcome::Skipped(format!("not here: {absent}"))),
            Err(error) => Err(error),
        }
    })?;
    Ok(loaded)
}

fn shown(path: impl AsRef<Path>) -> String {
    path.as_ref().display().to_string()
}
