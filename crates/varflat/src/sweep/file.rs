//! The sweep file: a base experiment, and what varies around it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::point::{self, Point};
use crate::error::{Error, Result};
use crate::experiment::{Experiment, Kind, check_name, parsed};
use crate::files::read_text;
use crate::grid::Axis;

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
    /// The base experiment itself, in place of its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Experiment>,
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
    /// the order of the alphabet.
    ///
    /// # Errors
    /// A key without values or with one twice, lists of `[zip]` that differ in length, an impossible experiment.
    pub fn points(&self) -> Result<Vec<Point>> {
        point::points(self)
    }
}
