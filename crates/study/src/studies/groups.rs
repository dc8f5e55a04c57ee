//! The runs of a study: points in groups, all around one experiment.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use varflat_files::FileError;
use varflat_model::data::DataError;
use varflat_run::error::{Error, Result};
use varflat_run::run_folder::{RunFolder, Stage, names as run_names};
use varflat_run::stages;

use crate::studies::context::StudyContext;
use crate::sweep::axes::{Axis, check_count, combinations, count};
use crate::sweep::names::{self, LONGEST_NAME};
use crate::sweep::parallel;
use crate::sweep::point::Point;

/// Runs that belong together: every combination of the values of `vary`, all with `set`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointGroup {
    /// What they have in common, above them in the figure.
    pub title: String,
    /// Keys that are changed in all of them, as of `--set`.
    #[serde(default)]
    pub set: Vec<String>,
    /// Keys and the values they take, as of `--vary`; their names make those of the run folders.
    pub vary: Vec<Axis>,
}

/// `[study.grid]`, `[study.width]`, `[study.generality]`: many trainings of one experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trainings {
    /// Keys that are changed in every run, as of `--set`.
    #[serde(default)]
    pub set: Vec<String>,
    /// The runs, in groups.
    pub groups: Vec<PointGroup>,
}

impl Trainings {
    pub(super) fn check(&self) -> std::result::Result<(), String> {
        check(&self.groups, &self.set)
    }

    /// Do every run that is not finished.
    pub(super) fn complete(&self, work: &StudyContext<'_>) -> Result<Vec<GroupRun<'_>>> {
        complete(work, &self.groups, &self.set)
    }
}

/// A finished run of a study, or why there is none.
pub(super) struct GroupRun<'a> {
    pub(super) group: &'a PointGroup,
    pub(super) point: Point,
    pub(super) folder: PathBuf,
    pub(super) run: Result<RunFolder>,
}

/// The complaint about groups that no study can have.
pub(super) fn check(groups: &[PointGroup], set: &[String]) -> std::result::Result<(), String> {
    check_count(groups.iter().map(|group| count(&group.vary)).fold(0, usize::saturating_add))?;
    let combinations = groups.iter().flat_map(|group| combinations(&group.vary));
    let mut names: Vec<String> = combinations.map(|changes| names::as_written(&changes)).collect();
    if names.is_empty() || names.iter().any(String::is_empty) {
        return Err("groups: every group needs at least one key to vary".to_owned());
    }
    if let Some(long) = names.iter().find(|name| name.len() > LONGEST_NAME) {
        return Err(format!(
            "a run would be called {long}, which is longer than {LONGEST_NAME} bytes: vary fewer keys, and leave the others to set"
        ));
    }
    names.sort();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("two runs would be called {}: vary a key in which they differ", pair[0]));
    }
    let all = set.iter().chain(groups.iter().flat_map(|group| &group.set));
    all.into_iter().try_for_each(|text| match text.contains('=') {
        true => Ok(()),
        false => Err(format!("set = [\"{text}\"]: write it as section.key=value")),
    })
}

/// Do every run that is not finished, side by side; the runs in order. What a run shares with the study's own finished run is
/// taken from there.
///
/// A training that diverges or dies is a finding, and comes back as such; so is one that leaves nothing to analyse.
pub(super) fn complete<'a>(
    work: &StudyContext<'_>,
    groups: &'a [PointGroup],
    set: &[String],
) -> Result<Vec<GroupRun<'a>>> {
    let points = points(work, groups, set)?;
    let share = 1.0 / points.len() as f64;
    let outcomes =
        parallel::on_all_cores(&points, parallel::cores(), "the study", work.context, |(_, point)| {
            work.context.reporter.label(&point.name);
            let path = work.folder.join(&point.name);
            let run = RunFolder::create(&path, &point.experiment, work.force)?;
            if let Some(source) = &work.source {
                run.adopt(source)?;
            }
            for sibling in siblings(work, &point.name)? {
                run.adopt(&sibling)?;
            }
            stages::complete(&run, work.context)?;
            work.advance(share);
            work.context.message(format_args!("{}/{}: done\n", work.name, point.name));
            // Closed, so that other runs do not keep its lock.
            drop(run);
            RunFolder::view(&path)
        })?;
    let mut failures = Vec::new();
    let mut finished = Vec::new();
    for ((group, point), run) in points.into_iter().zip(outcomes) {
        match run {
            Err(error) if !is_finding(&error) => failures.push((point.name, error)),
            run => {
                if let Ok(run) = &run {
                    work.note_run(&point.name, run)?;
                }
                finished.push(GroupRun { folder: work.folder.join(&point.name), group, point, run })
            }
        }
    }
    if failures.is_empty() { Ok(finished) } else { Err(Error::Runs { failures }) }
}

/// Finished runs of this name that other studies beside this have done; what they share with a point is taken from there.
fn siblings(work: &StudyContext<'_>, name: &str) -> Result<Vec<RunFolder>> {
    let Some(runs) = work.folder.parent() else { return Ok(Vec::new()) };
    let entries = std::fs::read_dir(runs).map_err(FileError::reading(runs))?;
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.retain(|folder| *folder != work.folder && folder.join(name).join(run_names::RUN).exists());
    folders.sort();
    // One that cannot be read is no reason to stop: the point is then done from the beginning.
    let viewed = folders.iter().filter_map(|folder| RunFolder::view(folder.join(name)).ok());
    Ok(viewed.filter(|run| run.is_done(Stage::Fit).is_ok_and(|done| done)).collect())
}

/// Every point with its group, in order.
fn points<'a>(
    work: &StudyContext<'_>,
    groups: &'a [PointGroup],
    set: &[String],
) -> Result<Vec<(&'a PointGroup, Point)>> {
    let mut points = Vec::new();
    for group in groups {
        let set = [set, &group.set].concat();
        for changes in combinations(&group.vary) {
            let name = names::as_written(&changes);
            let point = Point::new(points.len(), name, work.base, &set, changes)?;
            let known = point.experiment.check_known();
            known.map_err(|error| work.invalid(format!("{}: {error}", point.name)))?;
            points.push((group, point));
        }
    }
    Ok(points)
}

/// Whether an error is a result of the study, or only says that a set is not on this machine.
fn is_finding(error: &Error) -> bool {
    error.is_finding() || is_missing_data(error)
}

fn is_missing_data(error: &Error) -> bool {
    matches!(error, Error::Data(DataError::SetNotFound { .. }))
}

impl GroupRun<'_> {
    /// Why it could not be done for want of its data.
    pub(super) fn missing_data(&self) -> Option<String> {
        let error = self.run.as_ref().err().filter(|error| is_missing_data(error))?;
        Some(error.to_string())
    }

    /// The run, if it is finished to its fit.
    pub(super) fn fitted(&self) -> Option<&RunFolder> {
        self.run.as_ref().ok().filter(|run| run.is_done(Stage::Fit).is_ok_and(|done| done))
    }
}
