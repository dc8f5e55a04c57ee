//! The points of a sweep: their order, their names, their experiments.

use std::collections::BTreeSet;

use toml::Value;
use varflat_files::FileSum;

use super::file::SweepFile;
use crate::error::{Error, Result};
use crate::experiment::{Experiment, shown};
use crate::grid;

/// Longest name of a point's folder; file systems take 255 bytes.
const LONGEST_NAME: usize = 180;

/// One run of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Its place in the sweep, from 0.
    pub index: usize,
    /// Its run folder's name, such as `batch_size=50,seed=1`.
    pub name: String,
    /// What it changes: key and value, in the order of the name.
    pub values: Vec<(String, Value)>,
    /// Its experiment.
    pub experiment: Experiment,
}

impl Point {
    /// The value of a key such as `training.batch_size`, changed or not; `None` where the experiment has none.
    pub(super) fn value(&self, key: &str) -> Option<Value> {
        if let Some((_, value)) = self.values.iter().find(|(changed, _)| changed == key) {
            return Some(value.clone());
        }
        let whole = Value::try_from(&self.experiment).ok()?;
        key.split('.').try_fold(whole, |value, part| value.get(part).cloned())
    }
}

/// Values that change together: of each position, every key with its value.
type Axis = Vec<Vec<(String, Value)>>;

pub(super) fn points(sweep: &SweepFile) -> Result<Vec<Point>> {
    let complain = |problem: String| Error::Experiment { origin: sweep.name.clone(), problem };
    let axes = axes(sweep).map_err(complain)?;
    let count = axes.iter().fold(1, |points: usize, axis| points.saturating_mul(axis.len()));
    grid::check_count(count).map_err(complain)?;
    let mut combinations: Vec<Vec<(String, Value)>> = vec![Vec::new()];
    for axis in &axes {
        let longer = combinations.iter();
        let longer = longer.flat_map(|before| axis.iter().map(move |values| [&before[..], values].concat()));
        combinations = longer.collect();
    }
    let keys: Vec<&str> =
        axes.iter().flat_map(|axis| axis.iter().take(1).flatten()).map(|(key, _)| key.as_str()).collect();
    let short = shortened(&keys);
    let base = sweep.base()?;
    let mut names = BTreeSet::new();
    let mut points = Vec::new();
    for (index, values) in combinations.into_iter().enumerate() {
        let name = name(&short, &values);
        let overrides: Vec<String> =
            values.iter().map(|(key, value)| format!("{key}={}", shown(value))).collect();
        let experiment = base.with(&overrides)?;
        if !names.insert(name.clone()) {
            return Err(complain(format!(
                "two points would be called {name}: a value of [grid], [zip] or seeds is there twice"
            )));
        }
        points.push(Point { index, name, values, experiment });
    }
    Ok(points)
}

/// `[grid]`, then `[zip]`, then `seeds`.
fn axes(sweep: &SweepFile) -> std::result::Result<Vec<Axis>, String> {
    let mut grid = Vec::new();
    flatten("grid", "", &sweep.grid, &mut grid)?;
    let mut zip = Vec::new();
    flatten("zip", "", &sweep.zip, &mut zip)?;
    let mut axes: Vec<Axis> = grid
        .iter()
        .map(|(key, values)| values.iter().map(|value| vec![(key.clone(), value.clone())]).collect())
        .collect();
    if let Some((first, values)) = zip.first() {
        if let Some((other, others)) = zip.iter().find(|(_, others)| others.len() != values.len()) {
            return Err(format!(
                "[zip] {first} has {} values and {other} has {}: they change together, so they need as many",
                values.len(),
                others.len()
            ));
        }
        let at =
            |place: usize| zip.iter().map(|(key, values)| (key.clone(), values[place].clone())).collect();
        axes.push((0..values.len()).map(at).collect());
    }
    if let Some(seeds) = &sweep.seeds {
        if seeds.count() == 0 {
            return Err("seeds: at least one is needed".to_owned());
        }
        // Before they are listed, which of billions takes all memory.
        grid::check_count(seeds.count()).map_err(|problem| format!("seeds: {problem}"))?;
        let seeds = seeds.list();
        let value = |seed: u64| {
            i64::try_from(seed)
                .map(Value::Integer)
                .map_err(|_| format!("seeds: {seed} is too large: at most {}", i64::MAX))
        };
        axes.push(
            seeds
                .into_iter()
                .map(|seed| Ok(vec![("seed".to_owned(), value(seed)?)]))
                .collect::<std::result::Result<_, String>>()?,
        );
    }
    if axes.is_empty() {
        return Err("nothing varies: there is neither [grid] nor [zip] nor seeds".to_owned());
    }
    let mut seen = BTreeSet::new();
    let mut keys =
        grid.iter().chain(&zip).map(|(key, _)| key.as_str()).chain(sweep.seeds.as_ref().map(|_| "seed"));
    match keys.find(|key| !seen.insert(*key)) {
        Some(twice) => Err(format!("{twice} varies in two places")),
        None => Ok(axes),
    }
}

/// Every list of a table with its dotted key: `training.batch_size = […]` and `[grid.training] batch_size = […]` are the same.
fn flatten(
    section: &str,
    before: &str,
    table: &toml::Table,
    into: &mut Vec<(String, Vec<Value>)>,
) -> std::result::Result<(), String> {
    for (key, value) in table {
        let key = if before.is_empty() { key.clone() } else { format!("{before}.{key}") };
        match value {
            Value::Table(inner) => flatten(section, &key, inner, into)?,
            Value::Array(values) if values.is_empty() => {
                return Err(format!("[{section}] {key} has no values"));
            }
            Value::Array(values) => into.push((key, values.clone())),
            single => {
                return Err(format!("[{section}] {key} = {} should be a list of values", shown(single)));
            }
        }
    }
    Ok(())
}

/// The last word of every key, or the whole key where two would share it.
fn shortened<'a>(keys: &[&'a str]) -> Vec<&'a str> {
    let last = |key: &'a str| key.rsplit('.').next().unwrap_or(key);
    let alone = |key: &str| keys.iter().filter(|other| last(other) == key).count() == 1;
    keys.iter().map(|key| Some(last(key)).filter(|word| alone(word)).unwrap_or(key)).collect()
}

/// What a point changes, as the name of a folder: letters that a file system or a shell could take amiss become `-`, and a name
/// that says less than the values do ends in their checksum.
fn name(short: &[&str], values: &[(String, Value)]) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => shown(other).replace(", ", "x"),
    };
    let exact: Vec<String> =
        short.iter().zip(values).map(|(key, (_, value))| format!("{key}={}", text(value))).collect();
    let exact = exact.join(",");
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "=,._+-".contains(letter);
    let safe: String = exact
        .chars()
        .filter(|letter| !"[] ".contains(*letter))
        .map(|letter| if plain(letter) { letter } else { '-' })
        .collect();
    let same = safe == exact.chars().filter(|letter| !"[]".contains(*letter)).collect::<String>();
    if same && safe.len() <= LONGEST_NAME && !safe.starts_with('.') {
        return safe;
    }
    let checksum = FileSum::of_bytes(exact.as_bytes()).sha256;
    format!("{},{}", safe.chars().take(LONGEST_NAME).collect::<String>(), &checksum[..8])
}

/// Indices of points, written `3`, `0-9`, or `1,4,7-9`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indices(Vec<usize>);

impl std::str::FromStr for Indices {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let number = |text: &str| {
            text.trim()
                .parse::<usize>()
                .map_err(|_| format!("\"{text}\" is no index; write 3, 0-9 or 1,4,7-9"))
        };
        let mut indices = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (number(first)?, number(last)?);
            // A sweep has points for a cluster, not for a memory.
            if last < first || last - first > 1_000_000 {
                return Err(format!("{part}: the first index comes first, and at most a million at once"));
            }
            indices.extend(first..=last);
        }
        Ok(Self(indices))
    }
}

impl Indices {
    /// The points of these indices.
    ///
    /// # Errors
    /// [`Error::Experiment`] if there is no point of that index.
    pub fn of<'a>(&self, points: &'a [Point]) -> Result<Vec<&'a Point>> {
        let one = |&index: &usize| {
            points.get(index).ok_or_else(|| Error::Experiment {
                origin: format!("--index {index}"),
                problem: format!("there are {} points, counted from 0", points.len()),
            })
        };
        self.0.iter().map(one).collect()
    }
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

    #[test]
    fn indices_are_lists_and_ranges() {
        let indices: Indices = "1, 4,7-9".parse().unwrap();
        assert_eq!(indices.0, [1, 4, 7, 8, 9]);
        for wrong in ["", "a", "3-1", "-1", "1-", "0-99999999"] {
            assert!(wrong.parse::<Indices>().is_err(), "{wrong}");
        }
        let points = sweep("seeds = 3").unwrap().points().unwrap();
        let error = indices.of(&points).unwrap_err().to_string();
        assert!(error.contains("--index 4") && error.contains("3 points"), "{error}");
    }
}
