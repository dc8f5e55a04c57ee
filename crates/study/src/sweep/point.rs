//! A point: what it changes, as data, under a name, and the experiment that comes of it.

use toml::Value;
use varflat_run::error::{Error, Result};
use varflat_run::experiment::{Experiment, shown, toml_value};

/// A key of the experiment, and what a point makes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Such as `training.batch_size`.
    pub key: String,
    /// The value.
    pub value: Value,
    /// The value in words: as it was written, where it was.
    text: String,
}

impl Change {
    /// A value that was read as TOML.
    pub(crate) fn new(key: &str, value: Value) -> Self {
        Self { key: key.to_owned(), text: shown(&value), value }
    }

    /// A value in words: TOML, or a bare word.
    pub(crate) fn written(key: &str, text: String) -> Self {
        Self { key: key.to_owned(), value: toml_value(&text), text }
    }

    /// The value in words.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// As of `--set`: `training.batch_size=50`.
    pub(crate) fn to_override(&self) -> String {
        format!("{}={}", self.key, self.text)
    }
}

/// One run of a sweep, or of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Its place in the sweep, from 0.
    pub index: usize,
    /// Its run folder's name, such as `batch_size=50,seed=1`.
    pub name: String,
    /// What it changes, in the order of the name.
    pub changes: Vec<Change>,
    /// Its experiment.
    pub experiment: Experiment,
}

impl Point {
    /// The point that makes these changes to an experiment, after those of `set`, which all points share.
    ///
    /// # Errors
    /// [`Error::Experiment`] if there can be no such experiment.
    pub(crate) fn new(
        index: usize,
        name: String,
        base: &Experiment,
        set: &[String],
        changes: Vec<Change>,
    ) -> Result<Self> {
        let overrides: Vec<String> =
            set.iter().cloned().chain(changes.iter().map(Change::to_override)).collect();
        let experiment = base.with(&overrides)?;
        Ok(Self { index, name, changes, experiment })
    }

    /// The value of a key such as `training.batch_size`, changed or not; `None` where the experiment has none.
    pub(super) fn value(&self, key: &str) -> Option<Value> {
        if let Some(change) = self.changes.iter().find(|change| change.key == key) {
            return Some(change.value.clone());
        }
        let whole = Value::try_from(&self.experiment).ok()?;
        key.split('.').try_fold(whole, |value, part| value.get(part).cloned())
    }
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

    #[test]
    fn indices_are_lists_and_ranges() {
        let indices: Indices = "1, 4,7-9".parse().unwrap();
        assert_eq!(indices.0, [1, 4, 7, 8, 9]);
        for wrong in ["", "a", "3-1", "-1", "1-", "0-99999999"] {
            assert!(wrong.parse::<Indices>().is_err(), "{wrong}");
        }
        let base = Experiment::parse("name = 'x'", "x.toml", &[]).unwrap();
        let seed = |index: usize| vec![Change::written("seed", format!("{index}"))];
        let point = |index| Point::new(index, index.to_string(), &base, &[], seed(index)).unwrap();
        let points: Vec<Point> = (0..3).map(point).collect();
        let error = indices.of(&points).unwrap_err().to_string();
        assert!(error.contains("--index 4") && error.contains("3 points"), "{error}");
    }
}
