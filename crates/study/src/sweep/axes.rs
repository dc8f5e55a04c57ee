//! Axes: keys of an experiment and the values they take, and every combination of them.

use serde::{Deserialize, Serialize};
use toml::Value;
use varflat_run::experiment::{check_value, shown};

use super::point::Change;

/// The most points of a sweep, and runs of a study.
const MOST_POINTS: usize = 10_000;

/// A key of the experiment and the values it takes, at least one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Axis {
    key: String,
    changes: Vec<Change>,
}

impl std::str::FromStr for Axis {
    type Err = String;

    /// Reads `training.batch_size=10,25,50`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (key, values) = text.split_once('=').ok_or("write it as KEY=VALUE,VALUE,…")?;
        let values = outside_brackets(values);
        let key = key.trim().to_owned();
        if key.is_empty() || values.iter().any(String::is_empty) {
            return Err("the key or one of the values is empty".to_owned());
        }
        if values.iter().any(|value| value.contains(['/', '\\'])) {
            return Err("values become names of folders and cannot hold a slash".to_owned());
        }
        values.iter().try_for_each(|value| check_value(value))?;
        match values.iter().enumerate().find(|(place, value)| values[..*place].contains(value)) {
            Some((_, twice)) => Err(format!("{twice} is there twice")),
            None => Ok(Self {
                changes: values.into_iter().map(|value| Change::written(&key, value)).collect(),
                key,
            }),
        }
    }
}

impl TryFrom<String> for Axis {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Axis> for String {
    fn from(axis: Axis) -> Self {
        let values: Vec<&str> = axis.changes.iter().map(Change::text).collect();
        format!("{}={}", axis.key, values.join(","))
    }
}

impl Axis {
    /// A key with values that were read as TOML.
    pub(super) fn new(key: String, values: impl IntoIterator<Item = Value>) -> Self {
        Self { changes: values.into_iter().map(|value| Change::new(&key, value)).collect(), key }
    }

    /// Every list of a table with its dotted key: `training.batch_size = […]` and `[grid.training] batch_size = […]` are the same.
    pub(super) fn of_table(section: &str, table: &toml::Table) -> Result<Vec<Self>, String> {
        let mut axes = Vec::new();
        flatten(section, "", table, &mut axes)?;
        Ok(axes)
    }

    /// The key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Its values, each as a change of the key.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}

fn flatten(section: &str, before: &str, table: &toml::Table, into: &mut Vec<Axis>) -> Result<(), String> {
    for (key, value) in table {
        let key = if before.is_empty() { key.clone() } else { format!("{before}.{key}") };
        match value {
            Value::Table(inner) => flatten(section, &key, inner, into)?,
            Value::Array(values) if values.is_empty() => {
                return Err(format!("[{section}] {key} has no values"));
            }
            Value::Array(values) => into.push(Axis::new(key, values.iter().cloned())),
            single => {
                return Err(format!("[{section}] {key} = {} should be a list of values", shown(single)));
            }
        }
    }
    Ok(())
}

/// Splits at the commas that are not inside a list: `[25, 25],[50, 50]` are two values.
fn outside_brackets(text: &str) -> Vec<String> {
    let mut depth = 0;
    let separated = text.split(|letter| {
        depth += i32::from(letter == '[') - i32::from(letter == ']');
        letter == ',' && depth == 0
    });
    separated.map(|value| value.trim().to_owned()).collect()
}

/// The complaint about more points than can be listed, before they are.
pub(crate) fn check_count(points: usize) -> Result<(), String> {
    match points {
        ..=MOST_POINTS => Ok(()),
        _ => Err(format!("these values make {points} runs, more than {MOST_POINTS}: leave out some")),
    }
}

/// How many combinations of values there are.
pub(crate) fn count<'a>(axes: impl IntoIterator<Item = &'a Axis>) -> usize {
    axes.into_iter().fold(1, |points, axis| points.saturating_mul(axis.changes.len()))
}

/// Every combination of the values of these axes; the last varies fastest.
pub fn combinations(axes: &[Axis]) -> Vec<Vec<Change>> {
    product(axes.iter().map(std::slice::from_ref))
}

/// The same where some axes change together: of each group, whose axes have as many values, one place after the other.
pub(super) fn product<'a>(groups: impl IntoIterator<Item = &'a [Axis]>) -> Vec<Vec<Change>> {
    let mut combinations = vec![Vec::new()];
    for axes in groups {
        let places = axes.iter().map(|axis| axis.changes.len()).min().unwrap_or(0);
        let at = |place: usize| axes.iter().map(move |axis| axis.changes[place].clone());
        combinations = combinations
            .iter()
            .flat_map(|before: &Vec<Change>| {
                (0..places).map(move |place| before.iter().cloned().chain(at(place)).collect())
            })
            .collect();
    }
    combinations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_axis_varies_fastest() {
        let axes = ["training.batch_size=10, 25", "seed=1,2,3"].map(|axis| axis.parse::<Axis>().unwrap());
        let combinations = combinations(&axes);
        assert_eq!(combinations.len(), 6);
        let overrides: Vec<String> = combinations[4].iter().map(Change::to_override).collect();
        assert_eq!(overrides, ["training.batch_size=25", "seed=2"]);
        let widths = "model.hidden=[25, 25],[50]".parse::<Axis>().unwrap();
        assert_eq!(widths.changes.iter().map(Change::text).collect::<Vec<_>>(), ["[25, 25]", "[50]"]);
        assert_eq!(String::from(widths), "model.hidden=[25, 25],[50]");
    }

    #[test]
    fn axes_that_change_together_are_one() {
        let axes = ["a=1,2", "b=3,4", "c=5,6"].map(|axis| axis.parse::<Axis>().unwrap());
        let words = |changes: &Vec<Change>| changes.iter().map(Change::text).collect::<Vec<_>>().concat();
        let together: Vec<String> = product([&axes[..1], &axes[1..]]).iter().map(words).collect();
        assert_eq!(together, ["135", "146", "235", "246"]);
    }

    #[test]
    fn what_is_no_axis_is_explained() {
        for (text, part) in [
            ("seed", "KEY=VALUE"),
            ("seed=1,,2", "empty"),
            ("=1", "empty"),
            ("seed=1,2,1", "1 is there twice"),
            ("data.folder=/a,/b", "slash"),
        ] {
            let error = text.parse::<Axis>().unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
