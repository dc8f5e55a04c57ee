//! What an experiment asks for against what there will be: weights, recorded steps, and the components that these have.

use std::fmt;

use varflat_analysis::Solver;

use super::check::{Checked, MOST_COMPONENTS};
use super::{All, Components, Experiment, FitSection, LandscapeSection, LangevinSection, Window};
use crate::error::{Error, Result};
use crate::memory::{self, Images};

/// Components that a fit is left with at least.
const OF_A_LINE: usize = 3;

/// What decides how many components there are, as far as it is known.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    layer: String,
    weights: Option<usize>,
    rows: Option<usize>,
}

impl Limits {
    /// The rank of the window: min(weights, rows − 1). What is not known bounds nothing.
    fn rank(&self) -> usize {
        let rows = self.rows.map_or(usize::MAX, |rows| rows.saturating_sub(1));
        self.weights.unwrap_or(usize::MAX).min(rows)
    }
}

/// Where the limits come from.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weights = self.weights.map(|weights| format!("the {weights} weights of `{}`", self.layer));
        let rows = self.rows.map(|rows| format!("{rows} recorded steps"));
        f.write_str(&weights.into_iter().chain(rows).collect::<Vec<_>>().join(" and "))
    }
}

impl Experiment {
    /// What is known before any data are read, or with the images.
    pub(crate) fn limits(&self, images: Option<Images>) -> Limits {
        let nothing = Images { train: 0, test: 0, size: [0, 0], classes: 0 };
        let images = images.or_else(|| self.known_images());
        let Images { size, classes, .. } = images.unwrap_or(nothing);
        let shapes = self.model.shapes(size, classes).unwrap_or_default();
        let shape = shapes.iter().find(|(name, _)| *name == self.recorder.layer).map(|(_, shape)| shape);
        let rows = match (self.recorder.window, images) {
            (Window::Last(rows), _) => usize::try_from(rows).ok(),
            (Window::All(_), Some(images)) => {
                let epoch = self.training.steps_per_epoch(self.data.samples.unwrap_or(images.train));
                usize::try_from((self.training.max_epochs * epoch).div_ceil(self.recorder.every)).ok()
            }
            (Window::All(_), None) => None,
        };
        Limits {
            layer: self.recorder.layer.clone(),
            weights: shape.map(|shape| shape.iter().product()).filter(|weights| *weights > 0),
            rows,
        }
    }

    /// The images of a set that is known by its name.
    pub(crate) fn known_images(&self) -> Option<Images> {
        let train = self.data.samples.unwrap_or(Images::MNIST.train);
        self.data.folder.is_none().then_some(Images { train, ..Images::MNIST })
    }

    /// Refuse what can be known to fail before any data are read: more components than there can be, too few for a fit, more memory
    /// than there is.
    ///
    /// # Errors
    /// [`Error::Experiment`] names the key, its value and the limit.
    pub fn check_known(&self) -> Result<()> {
        match self.known_images() {
            Some(images) => self.check_possible(images),
            None => self.possible(&self.limits(None)).map_err(|problem| self.refused(problem)),
        }
    }

    /// The same, and refuse what would give less than is asked for: components beyond those there are.
    ///
    /// # Errors
    /// As there.
    pub fn check_asked(&self) -> Result<()> {
        self.check_known()?;
        let limits = self.limits(None);
        let there = self.components(&limits);
        self.reached(there, &self.reason(there, &limits)).map_err(|problem| self.refused(problem))
    }

    /// The same of the components that a finished decomposition has.
    ///
    /// # Errors
    /// [`Error::Experiment`] names the key, its value and the limit.
    pub fn check_found(&self, components: usize) -> Result<()> {
        let (there, reason) = (self.measurable(components), "found in this run");
        let checked = self.left_for_decay(components, reason).and_then(|()| self.reached(there, reason));
        checked.map_err(|problem| self.refused(problem))
    }

    /// Refuse what cannot be done with these images.
    ///
    /// # Errors
    /// As [`Experiment::check_known`].
    pub(crate) fn check_possible(&self, images: Images) -> Result<()> {
        let checked = self.trainable(images).and_then(|()| self.possible(&self.limits(Some(images))));
        checked.map_err(|problem| self.refused(problem))?;
        memory::check(self, images)
    }

    /// Whether the training has batches, and steps for the window.
    fn trainable(&self, images: Images) -> Checked {
        // A walk takes the place of the training, and is as long as its window.
        if self.langevin.is_some() {
            return Ok(());
        }
        self.training.check(images.train)?;
        let steps = self.training.max_epochs * self.training.steps_per_epoch(images.train);
        let rows = steps.div_ceil(self.recorder.every);
        match self.recorder.window {
            Window::Last(window) if window > rows => Err(format!(
                "recorder.window = {window} is longer than the training: max_epochs = {} gives at most {rows} recorded steps; lower \
                 recorder.window or raise training.max_epochs",
                self.training.max_epochs
            )),
            _ => Ok(()),
        }
    }

    fn refused(&self, problem: String) -> Error {
        Error::Experiment { origin: self.name.clone(), problem }
    }

    /// Components that are found at most and can be measured.
    fn components(&self, limits: &Limits) -> usize {
        self.measurable(self.pca.components.count().unwrap_or(usize::MAX).min(limits.rank()))
    }

    /// Why there are no more components than `there`, in words.
    fn reason(&self, there: usize, limits: &Limits) -> String {
        let confined =
            self.langevin.as_ref().and_then(|section| Some((section.dimensions()?, section.components?)));
        match (confined, self.pca.components.count()) {
            (Some((dimensions, components)), _) if dimensions == there => {
                format!("langevin.components = {components:?}")
            }
            (_, Some(count)) if count == there => format!("pca.components = {count}"),
            _ => format!("from {limits}"),
        }
    }

    /// Of the components that were found, those that a walk can reach.
    fn measurable(&self, found: usize) -> usize {
        found.min(self.langevin.as_ref().and_then(LangevinSection::dimensions).unwrap_or(usize::MAX))
    }

    fn possible(&self, limits: &Limits) -> Checked {
        let (rank, words) = (limits.rank(), limits.to_string());
        match self.pca.components {
            Components::Some(count) if count > rank => {
                let more = match (limits.rows, self.recorder.window) {
                    (Some(rows), Window::Last(_)) if rows <= rank + 1 => " or raise recorder.window",
                    (Some(rows), Window::All(_)) if rows <= rank + 1 => " or raise training.max_epochs",
                    _ => "",
                };
                return Err(format!(
                    "pca.components = {count}, but {words} have at most {rank}: lower pca.components{more}"
                ));
            }
            Components::All(All::All) => self.decomposable(limits)?,
            Components::Some(_) => {}
        }
        let there = self.components(limits);
        let words = self.reason(there, limits);
        let FitSection { skip_first, .. } = self.fit;
        if there < skip_first + OF_A_LINE {
            let more = match limits.rows {
                Some(rows) if rows <= there + 1 => match self.recorder.window {
                    Window::Last(_) => "raise recorder.window",
                    Window::All(_) => "raise training.max_epochs, or lower recorder.every",
                },
                _ if skip_first > 1 => "lower fit.skip_first",
                _ => "record a larger layer (recorder.layer, model.hidden) or raise pca.components",
            };
            return Err(format!(
                "fit.skip_first = {skip_first} leaves fewer than {OF_A_LINE} of the at most {there} components ({words}), and a line needs \
                 {OF_A_LINE}: {more}"
            ));
        }
        self.left_for_decay(self.pca.components.count().unwrap_or(usize::MAX).min(rank), &words)
    }

    /// Whether a range that was chosen for γ holds enough of the components there are. Of one that was not, γ is left out.
    fn left_for_decay(&self, there: usize, reason: &str) -> Checked {
        let decay = self.fit.decay;
        if there >= decay[0] + OF_A_LINE - 1 || decay == FitSection::default().decay {
            return Ok(());
        }
        Err(format!(
            "fit.decay = {decay:?} begins beyond the at most {there} components ({reason}), but for fewer than {OF_A_LINE}: write a range \
             within 1 and {there}"
        ))
    }

    /// Whether all components of the window can be found.
    fn decomposable(&self, limits: &Limits) -> Checked {
        let (Some(weights), Some(rows)) = (limits.weights, limits.rows) else { return Ok(()) };
        if weights.min(rows) <= Solver::LARGEST {
            return Ok(());
        }
        Err(format!(
            "pca.components = \"all\" of a window of {rows} steps × {weights} weights would take hours and many gigabytes: find the \
             first components alone, with --set pca.components=200, say, or lower recorder.window to at most {}",
            Solver::LARGEST
        ))
    }

    /// Whether every component that is named is among those there are. What was not chosen is cut instead, and so is the end of a
    /// range of which enough is left.
    fn reached(&self, there: usize, reason: &str) -> Checked {
        let beyond = |key: &str, value: usize| {
            Err(format!("{key} = {value}, but there are at most {there} components ({reason}): lower it"))
        };
        let LandscapeSection { components, last, profiles, .. } = &self.landscape;
        let chosen = [
            ("landscape.components", components.count()),
            ("landscape.last", *last),
            ("fit.last", self.fit.last),
        ];
        for (key, value) in chosen {
            if let Some(value) = value.filter(|value| *value > there) {
                return beyond(key, value);
            }
        }
        // Without a limit there is nothing to count.
        if there as u64 > MOST_COMPONENTS {
            return Ok(());
        }
        let measured = components.selected(last.unwrap_or(there).min(there));
        let furthest = measured.last().copied().unwrap_or(0);
        if profiles.iter().any(|index| *index > furthest) && *profiles != LandscapeSection::default().profiles
        {
            return Err(format!(
                "landscape.profiles = {profiles:?}, but components are measured up to {furthest} (landscape.components, landscape.last; \
                 {reason}): leave out what lies beyond"
            ));
        }
        let FitSection { skip_first, last, .. } = self.fit;
        let to = last.unwrap_or(furthest);
        let fitted = measured.iter().filter(|index| (skip_first + 1..=to).contains(*index)).count();
        if fitted < OF_A_LINE {
            return Err(format!(
                "fit.skip_first = {skip_first} and fit.last = {to} leave {fitted} of the {} components that are measured, and a line \
                 needs {OF_A_LINE}: widen the fit, or measure more (landscape.components, landscape.last; \
                 {reason})",
                measured.len()
            ));
        }
        Ok(())
    }

    /// What is cut at the components that were found, a line each.
    pub(crate) fn cuts(&self, found: usize) -> Vec<String> {
        let there = self.measurable(found);
        let mut cuts = Vec::new();
        let mut cut = |key: &str, asked: Option<usize>, there: usize| {
            if let Some(asked) = asked.filter(|asked| *asked > there) {
                cuts.push(format!("{key} = {asked} is cut to the {there} components there are"));
            }
        };
        cut("landscape.components", self.landscape.components.count(), there);
        cut("landscape.last", self.landscape.last, there);
        cut("fit.last", self.fit.last, there);
        match self.fit.decay {
            [first, _] if first + OF_A_LINE - 1 > found => cuts.push(format!(
                "fit.decay = {:?}: there are {found} components, too few for γ; for others give --set fit.decay=[FIRST, LAST]",
                self.fit.decay
            )),
            [first, last] if last > found => cuts.push(format!(
                "fit.decay = [{first}, {last}] is cut to [{first}, {found}], the components there are"
            )),
            _ => {}
        }
        cuts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(settings: &[&str]) -> std::result::Result<(), String> {
        let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
        let text =
            "name = 'x'\n[data]\nfolder = 'data'\n[model]\nhidden = [12, 12]\n[recorder]\nwindow = 600";
        let experiment =
            Experiment::parse(text, "file.toml", &settings).map_err(|error| error.to_string())?;
        experiment.check_asked().map_err(|error| error.to_string())
    }

    #[test]
    fn what_there_is_not_is_refused_with_key_and_limit() {
        assert_eq!(asked(&[]), Ok(()));
        for (settings, parts) in [
            (&["pca.components=145"] as &[&str], ["pca.components = 145", "at most 144"]),
            (&["pca.components=100", "recorder.window=50"], ["pca.components = 100", "at most 49"]),
            (&["landscape.components=145"], ["landscape.components = 145", "at most 144"]),
            (&["landscape.last=145"], ["landscape.last = 145", "at most 144"]),
            (&["landscape.profiles=[99999]"], ["landscape.profiles = [99999]", "up to 144"]),
            (&["landscape.profiles=[30]", "landscape.last=20"], ["landscape.profiles = [30]", "up to 20"]),
            (&["fit.decay=[9999,99999]"], ["fit.decay = [9999, 99999]", "at most 144"]),
            (&["fit.decay=[143,200]"], ["fit.decay = [143, 200]", "within 1 and 144"]),
            (&["fit.last=145"], ["fit.last = 145", "at most 144"]),
            (&["fit.skip_first=142"], ["fit.skip_first = 142", "lower fit.skip_first"]),
            (&["fit.skip_first=60", "landscape.last=20"], ["fit.skip_first = 60", "landscape.last"]),
            (&["fit.skip_first=3", "landscape.components=5"], ["fit.skip_first = 3", "leave 2 of the 5"]),
            (&["recorder.window=3"], ["fit.skip_first = 1", "raise recorder.window"]),
            (&["model.hidden=[1,1]"], ["the 1 weights of `hidden`", "record a larger layer"]),
            (&["recorder.window=20000", "model.hidden=[200,200]"], ["pca.components = \"all\"", "16384"]),
        ] {
            let problem = asked(settings).unwrap_err();
            assert!(parts.iter().all(|part| problem.contains(part)), "{settings:?}: {problem}");
        }
    }

    #[test]
    fn what_was_not_chosen_is_cut_and_so_is_the_end_of_a_range() {
        for settings in
            [&["fit.decay=[20,200]"] as &[&str], &["fit.decay=[142,200]"], &["model.hidden=[3,3]"]]
        {
            assert_eq!(asked(settings), Ok(()), "{settings:?}");
        }
        let cuts = |text: &str, found| Experiment::parse(text, "file.toml", &[]).unwrap().cuts(found);
        assert_eq!(
            cuts("name = 'x'", 64),
            ["fit.decay = [20, 200] is cut to [20, 64], the components there are"]
        );
        assert_eq!(cuts("name = 'x'", 200), [""; 0]);
        assert!(cuts("name = 'x'", 9)[0].contains("too few for γ"));
        assert_eq!(
            cuts("name = 'x'\nlandscape.components = 100\nfit.decay = [2, 40]", 50),
            ["landscape.components = 100 is cut to the 50 components there are"]
        );
    }
}
