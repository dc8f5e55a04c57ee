//! The sweep file: a base experiment, and what varies around it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use varflat_files::read_text;
use varflat_run::error::{Error, Result};
use varflat_run::experiment::{Experiment, Kind, check_name, parsed};

use super::axes::{Axis, check_count, count, product};
use super::names;
use super::point::{Change, Point};

/// The option of the command line that gives an axis.
const VARY: &str = "--vary";

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
/// let sweep = varflat_study::SweepFile::parse(text, "rates.toml".as_ref())?;
/// let points = sweep.points()?;
/// assert_eq!(points.len(), 2 * 2 * 3);
/// assert_eq!(points[1].name, "batch_size=25,window=12000,learning_rate=0.05,seed=2");
/// # Ok::<(), varflat_run::Error>(())
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
    fn count(&self) -> usize {
        match self {
            Self::Count(count) => usize::try_from(*count).unwrap_or(usize::MAX),
            Self::List(seeds) => seeds.len(),
        }
    }

    fn list(&self) -> Vec<u64> {
        match self {
            Self::Count(count) => (1..=u64::from(*count)).collect(),
            Self::List(seeds) => seeds.clone(),
        }
    }

    fn axis(&self) -> std::result::Result<Axis, String> {
        if self.count() == 0 {
            return Err("seeds: at least one is needed".to_owned());
        }
        // Before they are listed, which of billions takes all memory.
        check_count(self.count()).map_err(|problem| format!("seeds: {problem}"))?;
        let value = |seed: u64| {
            i64::try_from(seed)
                .map(toml::Value::Integer)
                .map_err(|_| format!("seeds: {seed} is too large: at most {}", i64::MAX))
        };
        let values: Vec<toml::Value> =
            self.list().into_iter().map(value).collect::<std::result::Result<_, String>>()?;
        Ok(Axis::new("seed".to_owned(), values))
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
            Error::Experiment { .. } | Error::Setting { .. } => {
                Error::Experiment { origin: file.display().to_string(), problem: error.to_string() }
            }
            error => error,
        })?;
        Ok(sweep)
    }

    fn settings(text: &str, file: &Path) -> Result<Self> {
        let invalid = |problem: String| Error::Experiment { origin: file.display().to_string(), problem };
        let mut sweep: Self = parsed(text, &file.display().to_string(), Kind::Sweep)?;
        check_name("name", &sweep.name).map_err(invalid)?;
        let base = match (sweep.base.take(), sweep.experiment.take()) {
            (Some(base), None) => base,
            (None, Some(name)) => Experiment::read(&file.parent().unwrap_or(Path::new("")).join(name), &[])?,
            (Some(_), Some(_)) => {
                return Err(invalid("experiment and base exclude each other; keep one".into()));
            }
            (None, None) => {
                let missing = "experiment = \"FILE.toml\" is missing: the experiment that the points change";
                return Err(invalid(missing.into()));
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
            let values: Vec<toml::Value> = axis.changes().iter().map(|change| change.value.clone()).collect();
            let seeds: Option<Vec<u64>> = values
                .iter()
                .map(|value| value.as_integer().and_then(|seed| u64::try_from(seed).ok()))
                .collect();
            let taken = match seeds.filter(|_| axis.key() == "seed") {
                Some(seeds) => sweep.seeds.replace(Seeds::List(seeds)).is_some(),
                None => sweep.grid.insert(axis.key().to_owned(), toml::Value::Array(values)).is_some(),
            };
            if taken {
                let problem = "is there twice; give all values of a key at once".to_owned();
                return Err(Error::Setting { option: VARY, settings: vec![axis.key().to_owned()], problem });
            }
        }
        sweep.points().map_err(|error| match error {
            Error::Setting { settings, problem, .. } => Error::Setting { option: VARY, settings, problem },
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
        let mut points = self.own_points()?;
        let mut names: BTreeMap<String, usize> =
            points.iter().map(|point| (point.name.clone(), point.index)).collect();
        for part in &self.also {
            for mut point in self.only(part).own_points()? {
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

    /// The same without those of `[[also]]`.
    fn own_points(&self) -> Result<Vec<Point>> {
        let invalid = |problem: String| Error::Experiment { origin: self.name.clone(), problem };
        let groups = self.axes().map_err(invalid)?;
        // Those that change together count as one.
        check_count(count(groups.iter().filter_map(|axes| axes.first()))).map_err(invalid)?;
        let base = self.base()?;
        let mut known = BTreeSet::new();
        let point = |(index, changes): (usize, Vec<Change>)| {
            let name = names::safe(&changes);
            let point = Point::new(index, name, base, &[], changes)?;
            if known.insert(point.name.clone()) {
                return Ok(point);
            }
            Err(invalid(format!(
                "two points would be called {}: a value of [grid], [zip] or seeds is there twice",
                point.name
            )))
        };
        product(groups.iter().map(Vec::as_slice)).into_iter().enumerate().map(point).collect()
    }

    /// Those of `[grid]`, then of `[zip]`, which change together, then `seeds`.
    fn axes(&self) -> std::result::Result<Vec<Vec<Axis>>, String> {
        let mut groups: Vec<Vec<Axis>> =
            Axis::of_table("grid", &self.grid)?.into_iter().map(|axis| vec![axis]).collect();
        let zip = Axis::of_table("zip", &self.zip)?;
        if let Some(first) = zip.first() {
            let values = |axis: &Axis| axis.changes().len();
            if let Some(other) = zip.iter().find(|other| values(other) != values(first)) {
                return Err(format!(
                    "[zip] {} has {} values and {} has {}: they change together, so they need as many",
                    first.key(),
                    values(first),
                    other.key(),
                    values(other)
                ));
            }
            groups.push(zip);
        }
        if let Some(seeds) = &self.seeds {
            groups.push(vec![seeds.axis()?]);
        }
        if groups.is_empty() {
            return Err("nothing varies: there is neither [grid] nor [zip] nor seeds".to_owned());
        }
        let mut seen = BTreeSet::new();
        let twice = groups.iter().flatten().map(Axis::key).find(|key| !seen.insert(*key));
        match twice.map(str::to_owned) {
            Some(twice) => Err(format!("{twice} varies in two places")),
            None => Ok(groups),
        }
    }

    /// A part as a sweep of its own.
    fn only(&self, part: &Part) -> Self {
        let Part { seeds, grid, zip } = part.clone();
        Self { seeds, grid, zip, also: Vec::new(), ..self.clone() }
    }

    /// The error about two points that would share a folder.
    fn two_points(&self, name: &str) -> Error {
        Error::TwoPoints { sweep: self.name.clone(), point: name.to_owned() }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(text: &str) -> Result<SweepFile> {
        SweepFile::parse(&format!("name = 's'\nbase = {{ name = 'x' }}\n{text}"), "s.toml".as_ref())
    }

    fn names(text: &str) -> Vec<String> {
        sweep(text).unwrap().points().unwrap().into_iter().map(|point| point.name).collect()
    }

    #[test]
    fn combinations_come_in_order_and_under_names_of_their_own() {
        let text = "seeds = [4, 9]\n[grid]\ntraining.batch_size = [10, 25]\nmodel.hidden = [[50, 50], [20, 20]]\n\
                    [zip]\ntraining.learning_rate = [0.1, 1e-2]\nfit.block = [100, 200]";
        let names = names(text);
        assert_eq!(names.len(), 16);
        assert_eq!(names[0], "hidden=50x50,batch_size=10,block=100,learning_rate=0.1,seed=4");
        assert_eq!(names[3], "hidden=50x50,batch_size=10,block=200,learning_rate=0.01,seed=9");
        assert_eq!(names[15], "hidden=20x20,batch_size=25,block=200,learning_rate=0.01,seed=9");
        let points = sweep(text).unwrap().points().unwrap();
        assert_eq!((points[15].experiment.seed, points[15].experiment.fit.block), (9, 200));
        assert_eq!(points[15].experiment.model.hidden, [20, 20]);
    }

    #[test]
    fn names_stay_inside_the_folder_and_apart() {
        let names = names("[grid]\ndata.folder = ['../a', '/a', '..', '../../etc']");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 4);
        assert!(names.iter().all(|name| !name.contains('/') && name.starts_with("folder=")), "{names:?}");
        assert_eq!(
            self::names("[grid]\nrecorder.every = [1, 2]\n[grid.data]\nsamples = [7]")[1],
            "samples=7,every=2"
        );
        let long = format!("[grid]\nmodel.hidden = [[{0}], [{0}, 7]]", vec!["1000"; 60].join(", "));
        let long = self::names(&long);
        assert!(long[0] != long[1] && long.iter().all(|name| name.len() < 200), "{long:?}");
    }

    #[test]
    fn what_is_no_sweep_is_explained() {
        for (text, part) in [
            ("", "nothing varies"),
            ("[grid]\nseed = 3", "should be a list"),
            ("[grid]\nseed = []", "no values"),
            ("[grid]\nseed = [1, 1]", "twice"),
            ("seeds = 2\n[grid]\nseed = [1]", "two places"),
            ("seeds = 0", "at least one"),
            ("seeds = 'many'", "a number of seeds"),
            ("[zip]\nseed = [1, 2]\nfit.block = [1]", "as many"),
            ("[grid]\ntraining.batch = [1]", "batch"),
            ("[grid]\ntraining.batch_size = ['a']", "batch_size"),
            ("[grids]\n", "grids"),
            ("experiment = 'x.toml'", "exclude"),
            ("seeds = 10001", "10001 runs"),
        ] {
            let error = sweep(text).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("s.toml"), "{text}: {error}");
        }
        let nothing = SweepFile::parse("name = 's'\nseeds = 1", "s.toml".as_ref()).unwrap_err().to_string();
        assert!(nothing.contains("experiment = "), "{nothing}");
    }
}
