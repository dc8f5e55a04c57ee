//! How the numbers came about: settings, times, versions, data.

use varflat_files::FileError;
use varflat_run::error::Result;

use crate::part::{StudyRecord, Tables};
use crate::registry;
use crate::studies::headline::tables::summary;
use crate::study::Study;
use crate::words::duration;

/// A run or a study: what it was asked, and facts about how it was done.
pub(crate) struct Settings {
    /// The part of `reproduce`.
    pub(crate) part: &'static str,
    pub(crate) name: String,
    /// The resolved experiment or the study, as TOML.
    pub(crate) toml: String,
    pub(crate) facts: Vec<(String, String)>,
}

/// Wall time of a stage or study.
pub(crate) struct Time {
    pub(crate) what: String,
    pub(crate) seconds: f64,
}

impl Time {
    pub(crate) fn shown(&self) -> String {
        duration(self.seconds)
    }
}

/// Settings of every part that is there, in the order of `reproduce`, and wall times.
pub(crate) fn of(tables: &Tables) -> Result<(Vec<Settings>, Vec<Time>)> {
    let (mut settings, mut times) = (Vec::new(), Vec::new());
    if let Some(summary) = summary(tables)? {
        let run = &summary.run;
        for stage in varflat_run::artifacts::Stage::ALL {
            if let Some(record) = run.stages.get(stage.name()) {
                times.push(Time { what: format!("{}: {}", run.name, stage.name()), seconds: record.seconds });
            }
        }
        let mut facts = vec![
            ("seed".to_owned(), run.seed.to_string()),
            ("device".to_owned(), run.device.clone()),
            ("landscape measured on".to_owned(), run.landscape_device.clone()),
            ("steps".to_owned(), format!("{} in {} epochs", run.steps, run.epochs)),
        ];
        facts.retain(|(_, value)| !value.is_empty());
        facts.extend(versions(&run.versions, run.git_commit.as_ref()));
        facts.extend(run.data.iter().map(|file| (format!("sha-256 of {}", file.file), file.sha256.clone())));
        let toml = toml(tables, &summary.experiment)?;
        settings.push(Settings { part: registry::HEADLINE.name, name: run.name.clone(), toml, facts });
    }
    for (part, _) in registry::studies() {
        let record: Option<StudyRecord<serde_json::Value, Study>> = tables.json(part.record)?;
        let Some(record) = record else { continue };
        let made = &record.made;
        times.push(Time { what: record.study.name.clone(), seconds: made.seconds });
        let mut facts = versions(&made.versions, made.git_commit.as_ref());
        let files = record.data.values().flatten();
        facts.extend(files.map(|file| (format!("sha-256 of {}", file.file), file.sha256.clone())));
        let toml = toml(tables, &record.study)?;
        settings.push(Settings { part: part.name, name: record.study.name, toml, facts });
    }
    Ok((settings, times))
}

fn versions(
    versions: &std::collections::BTreeMap<String, String>,
    commit: Option<&String>,
) -> Vec<(String, String)> {
    let list: Vec<String> = versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let commit = commit.map(|commit| ("git commit".to_owned(), commit.clone()));
    std::iter::once(("versions".to_owned(), list.join(", "))).chain(commit).collect()
}

fn toml(tables: &Tables, value: &impl serde::Serialize) -> Result<String> {
    toml::to_string(value)
        .map_err(|error| FileError::malformed(&tables.path("summary.json"), error.to_string()).into())
}
