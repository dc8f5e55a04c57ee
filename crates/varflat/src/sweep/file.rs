//! The sweep file: a base experiment, and what varies around it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use varflat_files::read_text;

use super::point::{self, Point};
use crate::error::{Error, Result};
use crate::experiment::{Experiment, Kind, check_name, parsed};
use crate::grid::{Axis, check_count};

/// A sweep file: data, not code. Unknown keys are errors.
///
/// Its points are every combination of the values of `[grid]`, of the positions of `[zip]` (whose keys change together, so that all
/// have as many values) and of `seeds`.
///
/// ```
/// let text = r#"
///     name = "rates"
///     base = { name = "mine" }
///     seeds = 3
///     [grid]
///     training.batch_size = [25, 50]
///     [zip]
///     training.learning_rate = [0.05, 0.1]
///     recorder.window = [12000, 6000]
/// "#;
/// let sweep = varflat::SweepFile::parse(text, "rates.toml".as_ref())?;
/// let points = sweep.points()?;
/// assert_eq!(points.len(), 2 * 2 * 3);
/// assert_eq!(points[1].name, "batch_size=25,window=12000,learning_rate=0.05,seed=2");
/// # Ok::<(), varflat::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepFile {
    /// Name of the sweep: of its folder, its jobs and its figures.
    pub name: String,
    /// The file of the base experiment, seen from the folder of this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experiment: Option<PathBuf>,
    /// Keys that are changed in every point, as of `--set`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<String>,
    /// Seeds of every combination: a list, or how many, counted from 1. Only that of the base experiment when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seeds: Option<Seeds>,
    /// Keys with lists of values, every combination of which is a point.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub grid: toml::Table,
    /// Keys with lists of values that change together.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub zip: toml::Table,
    /// Further points of the same base experiment: what other commands on the same folder have asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Part>,
    /// The base experiment itself, in place of its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Experiment>,
}

/// `[[also]]`: combinations of their own, beside those of the whole sweep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// As of the sweep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seeds: Option<Seeds>,
    /// As of the sweep.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub grid: toml::Table,
    /// As of the sweep.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub zip: toml::Table,
}

/// `seeds = 3`, or `seeds = [1, 5, 8]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a number of seeds, at most 10000, or a list of them")]
pub enum Seeds {
    /// 1 to n.
    Count(u32),
    /// Those.
    List(Vec<u64>),
}

impl Seeds {
    /// How many; known without listing them.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Count(count) => usize::try_from(*count).unwrap_or(usize::MAX),
            Self::List(seeds) => seeds.len(),
        }
    }

    pub(super) fn list(&self) -> Vec<u64> {
        match self {
            Self::Count(count) => (1..=u64::from(*count)).collect(),
            Self::List(seeds) => seeds.clone(),
        }
    }
}

impl SweepFile {
    /// Read a sweep file, and the base experiment it names.
    ///
    /// # Errors
    /// A missing file, TOML that does not parse, an unknown or ill-typed key, a point whose experiment is impossible.
    pub fn read(file: &Path) -> Result<Self> {
        Self::parse(&read_text(file)?, file)
    }

    /// The same without a look at its points, which takes a while where there are many.
    pub(super) fn read_settings(file: &Path) -> Result<Self> {
        Self::settings(&read_text(file)?, file)
    }

    /// The same from a text; `file` names it in errors and is where a relative `experiment` is seen from.
    ///
    /// # Errors
    /// As [`SweepFile::read`].
    pub fn parse(text: &str, file: &Path) -> Result<Self> {
        let sweep = Self::settings(text, file)?;
        sweep.points().map_err(|error| match error {
            Error::Experiment { origin, problem } => Error::Experiment {
                origin: file.display().to_string(),
                problem: format!("{origin}: {problem}"),
            },
            error => error,
        })?;
        Ok(sweep)
    }

    fn settings(text: &str, file: &Path) -> Result<Self> {
        let complain = |problem: String| Error::Experiment { origin: file.display().to_string(), problem };
        let mut sweep: Self = parsed(text, &file.display().to_string(), Kind::Sweep)?;
        check_name("name", &sweep.name).map_err(complain)?;
        let base = match (sweep.base.take(), sweep.experiment.take()) {
            (Some(base), None) => base,
            (None, Some(name)) => Experiment::read(&file.parent().unwrap_or(Path::new("")).join(name), &[])?,
            (Some(_), Some(_)) => {
                return Err(complain("experiment and base exclude each other; keep one".into()));
            }
            (None, None) => {
                let missing = "experiment = \"FILE.toml\" is missing: the experiment that the points change";
                return Err(complain(missing.into()));
            }
        };
        let set = std::mem::take(&mut sweep.set);
        Ok(sweep.around(base.with(&set)?))
    }

    /// The sweep of an experiment over these axes, under its name; that of the seed varies fastest.
    ///
    /// # Errors
    /// As [`SweepFile::points`].
    pub fn of(base: Experiment, axes: &[Axis]) -> Result<Self> {
        let name = base.name.clone();
        let mut sweep = Self {
            name,
            experiment: None,
            set: Vec::new(),
            seeds: None,
            grid: toml::Table::new(),
            zip: toml::Table::new(),
            also: Vec::new(),
            base: Some(base),
        };
        for axis in axes {
            let seeds: Option<Vec<u64>> = axis
                .values()
                .map(|value| value.as_integer().and_then(|seed| u64::try_from(seed).ok()))
                .collect();
            let taken = match seeds.filter(|_| axis.key() == "seed") {
                Some(seeds) => sweep.seeds.replace(Seeds::List(seeds)).is_some(),
                None => sweep
                    .grid
                    .insert(axis.key().to_owned(), toml::Value::Array(axis.values().collect()))
                    .is_some(),
            };
            if taken {
                let problem = "is there twice; give all values of a key at once".to_owned();
                return Err(Error::Experiment { origin: format!("--vary {}", axis.key()), problem });
            }
        }
        sweep.points().map_err(|error| match error {
            Error::Experiment { origin, problem } => {
                Error::Experiment { origin: origin.replace("--set ", "--vary "), problem }
            }
            error => error,
        })?;
        Ok(sweep)
    }

    /// Refuse points that can be known to fail, or to give less than is asked for, before any is begun.
    ///
    /// # Errors
    /// As [`SweepFile::points`], and those of [`Experiment::check_asked`], which name the point.
    pub fn check_asked(&self) -> Result<()> {
        self.points()?.iter().try_for_each(|point| {
            point.experiment.check_asked().map_err(|error| match error {
                Error::Experiment { origin, problem } => {
                    Error::Experiment { origin: format!("{origin}, point {}", point.name), problem }
                }
                error => error,
            })
        })
    }

    /// The same sweep around another base experiment.
    #[must_use]
    pub fn around(mut self, base: Experiment) -> Self {
        self.base = Some(base);
        self
    }

    /// The base experiment.
    ///
    /// # Errors
    /// [`Error::Experiment`] if there is none.
    pub fn base(&self) -> Result<&Experiment> {
        self.base.as_ref().ok_or_else(|| Error::Experiment {
            origin: self.name.clone(),
            problem: "there is no base experiment".to_owned(),
        })
    }

    /// Every point, in the order of the indices: the seed changes fastest, then `[zip]`, then the last key of `[grid]`; keys are in
    /// the order of the alphabet. Those of `[[also]]` follow, each once.
    ///
    /// # Errors
    /// A key without values or with one twice, lists of `[zip]` that differ in length, an impossible experiment.
    pub fn points(&self) -> Result<Vec<Point>> {
        let mut points = point::points(self)?;
        let mut names: BTreeMap<String, usize> =
            points.iter().map(|point| (point.name.clone(), point.index)).collect();
        for part in &self.also {
            for mut point in point::points(&self.only(part))? {
                match names.get(&point.name).map(|place| &points[*place]) {
                    Some(other) if other.experiment == point.experiment => {}
                    Some(_) => return Err(self.two_points(&point.name)),
                    None => {
                        point.index = points.len();
                        names.insert(point.name.clone(), point.index);
                        points.push(point);
                    }
                }
            }
        }
        check_count(points.len())
            .map_err(|problem| Error::Experiment { origin: self.name.clone(), problem })?;
        Ok(points)
    }

    /// A part as a sweep of its own.
    fn only(&self, part: &Part) -> Self {
        let Part { seeds, grid, zip } = part.clone();
        Self { seeds, grid, zip, also: Vec::new(), ..self.clone() }
    }

    /// The error about two points that would share a folder.
    fn two_points(&self, name: &str) -> Error {
        let problem =
            format!("two points that differ would be called {name}; choose another --out for one of them");
        Error::Experiment { origin: self.name.clone(), problem }
    }

    /// The sweep of the points of both, which are around the same experiment; none if this one has them all.
    ///
    /// The points of this one stay. Where the values of one more key are all that is new, they join its list; otherwise the other
    /// follows as a part of its own.
    ///
    /// # Errors
    /// As [`SweepFile::points`]; two different points of one name.
    pub(super) fn joined(&self, other: &Self) -> Result<Option<Self>> {
        let points = |sweep: &Self| -> Result<BTreeMap<String, Experiment>> {
            Ok(sweep.points()?.into_iter().map(|point| (point.name, point.experiment)).collect())
        };
        let (ours, theirs) = (points(self)?, points(other)?);
        if let Some((name, _)) =
            theirs.iter().find(|(name, experiment)| ours.get(*name).is_some_and(|ours| ours != *experiment))
        {
            return Err(self.two_points(name));
        }
        if theirs.keys().all(|name| ours.contains_key(name)) {
            return Ok(None);
        }
        if ours.keys().all(|name| theirs.contains_key(name)) {
            return Ok(Some(other.clone()));
        }
        let both: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
        let merged = self.merged(other);
        if let Some(merged) = merged
            && points(&merged).is_ok_and(|points| points.keys().eq(both))
        {
            return Ok(Some(merged));
        }
        let mut joined = self.clone();
        let Self { seeds, grid, zip, also, .. } = other.clone();
        joined.also.push(Part { seeds, grid, zip });
        joined.also.extend(also);
        Ok(Some(joined))
    }

    /// Every list with the values of both, if both change the same keys.
    fn merged(&self, other: &Self) -> Option<Self> {
        let alone = self.also.is_empty() && other.also.is_empty() && self.zip == other.zip;
        if !alone || self.seeds.is_some() != other.seeds.is_some() {
            return None;
        }
        let mut merged = self.clone();
        merged.grid = with_values(&self.grid, &other.grid)?;
        merged.seeds = self.seeds.as_ref().zip(other.seeds.as_ref()).map(|(ours, theirs)| {
            let ours = ours.list();
            let new: Vec<u64> = theirs.list().into_iter().filter(|seed| !ours.contains(seed)).collect();
            Seeds::List([ours, new].concat())
        });
        Some(merged)
    }
}

/// The lists of both tables, whose keys are the same.
fn with_values(ours: &toml::Table, theirs: &toml::Table) -> Option<toml::Table> {
    if !ours.keys().eq(theirs.keys()) {
        return None;
    }
    let both = ours.iter().zip(theirs.values());
    both.map(|((key, ours), theirs)| {
        let values = match (ours, theirs) {
            (toml::Value::Table(ours), toml::Value::Table(theirs)) => {
                toml::Value::Table(with_values(ours, theirs)?)
            }
            (toml::Value::Array(ours), toml::Value::Array(theirs)) => {
                let new = theirs.iter().filter(|value| !ours.contains(value));
                toml::Value::Array(ours.iter().chain(new).cloned().collect())
            }
            _ => return None,
        };
        Some((key.clone(), values))
    })
    .collect()
}
