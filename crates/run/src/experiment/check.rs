//! What the values of an experiment can be, whatever its data.

use varflat_model::{Precision, TrainingConfig, written};

use super::{
    Components, DataSection, Experiment, FitSection, LandscapeSection, LangevinSection, PcaSection,
    PcaSolver, RecorderSection, Window,
};
use crate::error::{Error, Result};
use crate::experiment::name::check_name;

/// Nothing, or what is wrong, with its key.
pub type Checked = std::result::Result<(), String>;

/// The most of anything that is counted: more than any run can do, few enough that no product of two overflows.
pub const MOST: u64 = 1_000_000_000;
/// The most components that are found or named.
pub const MOST_COMPONENTS: u64 = 1_000_000;
/// The most resamples of a bootstrap: the ends of its interval no longer change.
const MOST_RESAMPLES: u64 = 100_000;
/// The most points that a figure shows, or a table lists, for one direction.
pub const MOST_POINTS: u64 = 10_000;
/// The most entries of a list.
const MOST_ENTRIES: usize = 1000;
/// The fewest components that a fit is made of.
const FEWEST: u64 = 5;
/// The most steps of a Langevin walk, each a pass over all images.
const MOST_STEPS: u64 = 10_000_000;
/// How far crossings are searched at most.
const FURTHEST: f64 = 1e6;

/// A count within its bounds.
///
/// # Errors
/// It is not; the words name the key.
pub fn within(key: &str, value: impl TryInto<u64>, least: u64, most: u64) -> Checked {
    match value.try_into().ok() {
        Some(value) if value < least || value > most => {
            Err(format!("{key} = {value} must be between {least} and {most}"))
        }
        _ => Ok(()),
    }
}

/// Every entry of a list within its bounds, and not too many of them.
///
/// # Errors
/// One is not, or there are too many; the words name the key.
pub fn all_within(key: &str, values: &[usize], least: u64, most: u64) -> Checked {
    not_too_many(key, values.len())?;
    values.iter().try_for_each(|value| within(&format!("{key}: an entry"), *value, least, most))
}

/// A list that is not too long to be worked through.
///
/// # Errors
/// There are; the words name the key.
pub fn not_too_many(key: &str, entries: usize) -> Checked {
    match entries {
        ..=MOST_ENTRIES => Ok(()),
        _ => Err(format!("{key} has {entries} entries, more than {MOST_ENTRIES}: leave out some")),
    }
}

/// A range of components, counted from 1, that holds at least `fewest`.
///
/// # Errors
/// It is none; the words name the key.
pub fn range(key: &str, [first, last]: [usize; 2], fewest: usize) -> Checked {
    if first == 0 || last < first.saturating_add(fewest - 1) || last as u64 > MOST_COMPONENTS {
        return Err(format!(
            "{key} = [{first}, {last}] should be [first, last], counted from 1 to at most {MOST_COMPONENTS}, of at least {fewest} \
             components"
        ));
    }
    Ok(())
}

impl Experiment {
    /// Checks that need no data.
    pub(super) fn check(&self, origin: &str) -> Result<()> {
        self.data.source(origin)?;
        self.sections().map_err(|problem| Error::Experiment { origin: origin.to_owned(), problem })
    }

    fn sections(&self) -> Checked {
        check_name("name", &self.name)?;
        within("seed", self.seed, 0, i64::MAX as u64)?;
        self.data.check()?;
        self.model.check()?;
        self.training.check(usize::MAX)?;
        restorable(&self.training)?;
        self.recorder.check(&self.model.layers())?;
        self.pca.check()?;
        self.landscape.check()?;
        self.fit.check()?;
        self.langevin.as_ref().map_or(Ok(()), LangevinSection::check)?;
        match (&self.langevin, self.recorder.window_steps()) {
            (Some(_), None) => {
                Err("recorder.window must be a number: the length of a Langevin walk".to_owned())
            }
            (Some(_), Some(steps)) => within("recorder.window × recorder.every", steps, 2, MOST_STEPS),
            (None, _) => Ok(()),
        }
    }
}

impl DataSection {
    fn check(&self) -> Checked {
        if self.folder.as_ref().is_some_and(|folder| folder.as_os_str().is_empty()) {
            return Err("data.folder = \"\" names no folder".to_owned());
        }
        self.samples.map_or(Ok(()), |samples| within("data.samples", samples, 1, MOST))
    }
}

impl RecorderSection {
    fn check(&self, layers: &[String]) -> Checked {
        if !layers.contains(&self.layer) {
            return Err(format!(
                "recorder.layer = {:?} is unknown: the layers that model.hidden and model.channels make are {}",
                self.layer,
                layers.join(", ")
            ));
        }
        within("recorder.every", self.every, 1, MOST)?;
        match self.window {
            Window::Last(rows @ 0..2) => Err(format!("recorder.window = {rows} must be at least 2")),
            Window::Last(rows) => within("recorder.window", rows, 2, MOST),
            Window::All(_) => Ok(()),
        }
    }
}

/// A number of components, if it is one.
fn components(key: &str, components: Option<usize>) -> Checked {
    match components {
        Some(count) if (count as u64) < FEWEST => {
            Err(format!("{key} = {count} is too few for a fit: at least {FEWEST}"))
        }
        Some(count) => within(key, count, FEWEST, MOST_COMPONENTS),
        None => Ok(()),
    }
}

impl PcaSection {
    fn check(&self) -> Checked {
        if self.solver == PcaSolver::Linfa && self.components.count().is_none() {
            return Err("pca.solver = \"linfa\" finds the first components alone: say how many, with pca.components = 50, say, or \
                        leave pca.solver at \"auto\""
                .to_owned());
        }
        components("pca.components", self.components.count())
    }
}

impl LandscapeSection {
    fn check(&self) -> Checked {
        let Self { factor, radius, .. } = *self;
        if !(factor.is_finite() && factor > 1.0) {
            return Err(format!("landscape.factor = {} must be a number above 1", written(factor)));
        }
        if !(radius > 0.0 && radius <= FURTHEST) {
            return Err(format!(
                "landscape.radius = {} must be a positive number of at most {}: it is in units of weight",
                written(radius),
                written(FURTHEST)
            ));
        }
        components("landscape.components", self.components.count())?;
        components("landscape.last", self.last)?;
        if self.profiles.is_empty() || self.profiles.contains(&0) {
            return Err("landscape.profiles needs at least one component, counted from 1".to_owned());
        }
        all_within("landscape.profiles", &self.profiles, 1, MOST_COMPONENTS)
    }
}

impl FitSection {
    fn check(&self) -> Checked {
        within("fit.block", self.block, 1, MOST)?;
        within("fit.resamples", self.resamples, 40, MOST_RESAMPLES)?;
        within("fit.skip_first", self.skip_first, 0, MOST_COMPONENTS)?;
        if let Some(last) = self.last {
            let least = self.skip_first + 3;
            if last < least {
                return Err(format!(
                    "fit.last = {last} must be at least {least}: fit.skip_first = {} and the 3 components of a line",
                    self.skip_first
                ));
            }
            within("fit.last", last, least as u64, MOST_COMPONENTS)?;
        }
        range("fit.decay", self.decay, 3)
    }
}

impl LangevinSection {
    fn check(&self) -> Checked {
        self.walk().check()?;
        within("langevin.burn_in", self.burn_in, 0, MOST_STEPS)?;
        if self.start.as_os_str().is_empty() {
            return Err("langevin.start = \"\" names no run folder".to_owned());
        }
        self.components.map_or(Ok(()), |components| range("langevin.components", components, 1))
    }
}

impl Components {
    /// How many, unless it is all.
    pub(crate) fn count(self) -> Option<usize> {
        match self {
            Self::Some(count) => Some(count),
            Self::All(_) => None,
        }
    }
}

/// Whether an interrupted training can go on: burn restores the state of an optimizer in f32.
fn restorable(training: &TrainingConfig) -> Checked {
    match training.precision == Precision::F32 || training.is_plain_sgd() {
        true => Ok(()),
        false => Err("training.precision = \"f64\" is for SGD without momentum: the state of momentum and of Adam would come back in f32 after an \
                      interruption"
            .to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linfa_finds_the_first_components_alone() {
        let of = |pca: &str| Experiment::parse(&format!("name = 'a'\n[pca]\n{pca}"), "a.toml", &[]);
        let all = of("solver = 'linfa'").unwrap_err().to_string();
        assert!(all.contains("pca.solver") && all.contains("pca.components = 50"), "{all}");
        assert_eq!(of("solver = 'linfa'\ncomponents = 50").unwrap().pca.solver, PcaSolver::Linfa);
        assert_eq!(of("components = 50").unwrap().pca.solver, PcaSolver::Auto);
    }
}
