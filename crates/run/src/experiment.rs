//! An experiment file: data, not code. Unknown keys are errors.

mod check;
mod components;
mod keys;
mod kind;
mod name;
mod ranges;
mod text;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
#[cfg(feature = "train")]
use varflat_model::ConvolutionalConfig;
#[cfg(feature = "train")]
use varflat_model::data::ImageSet;
use varflat_model::data::{Data, DataError, DataSource, Verify};
use varflat_model::{Initialization, LangevinConfig, MlpConfig, TrainingConfig};
use varflat_recorder::Keep;

use crate::error::{Error, Result};

pub use check::{Checked, MOST, MOST_COMPONENTS, MOST_POINTS, all_within, not_too_many, range, within};
pub use keys::{Key, keys};
pub use kind::Kind;
pub use name::{check_name, is_plain};
pub use text::{check_value, parsed, shown, toml_value};

/// Everything that decides the result of a run, with every default filled in.
///
/// ```
/// let text = r#"
///     name = "mine"
///     [training]
///     learning_rate = 0.05
/// "#;
/// let experiment = varflat_run::Experiment::parse(text, "mine.toml", &["recorder.window=6000".to_owned()])?;
/// assert_eq!(experiment.training.learning_rate, 0.05);
/// assert_eq!(experiment.recorder.window, varflat_run::experiment::Window::Last(6000));
/// # Ok::<(), varflat_run::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Name of the experiment, as it appears in figures.
    pub name: String,
    /// Seed of everything random.
    #[serde(default = "one")]
    pub seed: u64,
    /// Which images.
    #[serde(default)]
    pub data: DataSection,
    /// Which network.
    #[serde(default)]
    pub model: ModelSection,
    /// How it is trained.
    #[serde(default)]
    pub training: TrainingConfig,
    /// What is recorded.
    #[serde(default)]
    pub recorder: RecorderSection,
    /// How the window is decomposed.
    #[serde(default)]
    pub pca: PcaSection,
    /// How flatness is measured.
    #[serde(default)]
    pub landscape: LandscapeSection,
    /// How ψ is fitted.
    #[serde(default)]
    pub fit: FitSection,
    /// A walk in equilibrium from another run's centre, in place of training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub langevin: Option<LangevinSection>,
}

/// `[data]`: `set = "mnist"` or `"fashion-mnist"`, or the `folder` of four IDX files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSection {
    /// A set by its name: `mnist`, which comes with the project, or `fashion-mnist`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// A folder with the four IDX files, gzipped or not. A relative one is seen from the working directory; a run also finds its
    /// images where they were when it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Only the first n training images; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<usize>,
}

/// `[model]`: a multilayer perceptron, after two convolutions if there are `channels`; inputs and classes come from the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelSection {
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Channels of the two convolutions before them (see `varflat_model::ConvolutionalConfig`); none when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<[usize; 2]>,
    /// Whether layers have biases.
    pub bias: bool,
    /// How initial weights are drawn.
    pub init: Initialization,
}

/// `[recorder]`: which layer's weights are recorded, and which steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecorderSection {
    /// The layer: `input`, `hidden`, `output` (or `deeper.0`, …); after convolutions `first`, `second`, `dense.input`, …. `hidden.weight`
    /// is `hidden`.
    pub layer: String,
    /// Record every k-th step.
    pub every: u64,
    /// Keep the last n recorded steps, or `"all"`.
    pub window: Window,
}

/// How much of a recording is analysed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a number of recorded steps, or \"all\"")]
pub enum Window {
    /// The last n recorded steps.
    Last(u64),
    /// Every recorded step.
    All(All),
}

/// The word `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum All {
    /// Written `"all"`.
    All,
}

/// `[pca]`: which principal components are found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PcaSection {
    /// All, which takes as much memory as they are large, or the first so many, which of a wide layer are a small part.
    pub components: Components,
    /// Who finds them.
    pub solver: PcaSolver,
}

/// Who finds the principal components.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PcaSolver {
    /// `varflat-analysis`: all of them by a dense solver, the first so many by block Lanczos.
    #[default]
    Auto,
    /// `linfa_reduction::Pca`: the first so many, of a window that fits into memory twice in f64.
    Linfa,
}

/// `[landscape]`: the loss along principal directions and its flatness.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LandscapeSection {
    /// The centre w_0.
    pub around: Centre,
    /// The level that defines flatness, as a multiple of L_0 (e in the paper).
    pub factor: f64,
    /// How far crossings are searched, in units of weight: at most 1e6.
    pub radius: f64,
    /// Which directions are measured: all, or the first 50 and the rest evenly spaced over the spectrum.
    pub components: Components,
    /// Only directions up to this one; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<usize>,
    /// Directions whose profile L_i(δθ) is written out: the first measured one from each of these on.
    pub profiles: Vec<usize>,
}

/// The centre w_0 of the landscape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Centre {
    /// ⟨w⟩_T: every layer at its mean over the window (the paper).
    #[default]
    Mean,
    /// The last iterate (the first author's demo code).
    Final,
}

/// How many principal components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a number of components, or \"all\"")]
pub enum Components {
    /// That many.
    Some(usize),
    /// Every one.
    All(All),
}

/// `[fit]`: which components the exponents are fitted to, and how their intervals are found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FitSection {
    /// Leading components left out of the fit of ψ (the drift direction: 1).
    pub skip_first: usize,
    /// Last component in the fit of ψ; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<usize>,
    /// Length of a block of time, in recorded steps: an epoch of the paper's training, beyond which its reshuffled noise is
    /// independent. Blocks of the jackknife, which gives the intervals, are longer where the fitted components remember for more
    /// than half of it and the window holds five such blocks. Those of the bootstrap are made of whole time segments of 100 steps (of
    /// a window of more than 200,000 steps, of one block): 1 to 149 are taken as 100, 150 to 249 as 200.
    pub block: usize,
    /// Resamples of the bootstrap.
    pub resamples: usize,
    /// First and last component in the fit of γ, σ_i² ∝ i^−γ; a last one beyond those there are is cut, and said so.
    pub decay: [usize; 2],
}

impl FitSection {
    /// Steps of a time segment whose moments are kept for the bootstrap: 100, or a block of a window that has too many of these.
    pub(crate) fn segment(&self, steps: usize) -> usize {
        if steps <= SEGMENT * SEGMENTS { SEGMENT } else { self.block.max(SEGMENT) }
    }
}

/// Components whose θ_i(t) are written out.
pub const PROJECTED: usize = 60;

/// Steps of a time segment whose moments are kept …
const SEGMENT: usize = 100;
/// … and the most of these.
const SEGMENTS: usize = 2000;

/// `[langevin]`: full-batch gradient descent with isotropic noise from the centre w_0 of a finished run; see
/// [`Langevin`](varflat_model::Langevin). It takes the place of `[training]`; everything after it is the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LangevinSection {
    /// The run folder whose w_0 the walk starts from; a relative path is seen from the folder of this run.
    pub start: PathBuf,
    /// T, in units of loss.
    pub temperature: f64,
    /// α, stable below 2/(κ_max + k).
    pub learning_rate: f64,
    /// k of the harmonic trap around the start, in units of loss per weight²; zero leaves it out.
    #[serde(default)]
    pub trap: f64,
    /// First and last of the start's principal components that the walk is confined to; it fills all of weight space when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub components: Option<[usize; 2]>,
    /// Steps before the recording begins.
    pub burn_in: u64,
}

impl LangevinSection {
    /// As the walk takes it.
    pub fn walk(&self) -> LangevinConfig {
        let Self { temperature, learning_rate, trap, .. } = *self;
        LangevinConfig { temperature, learning_rate, trap }
    }

    /// Dimensions that the walk is confined to, if it is.
    pub fn dimensions(&self) -> Option<usize> {
        self.components.map(|[first, last]| last + 1 - first)
    }
}

const fn one() -> u64 {
    1
}

impl Default for ModelSection {
    fn default() -> Self {
        Self { hidden: vec![50, 50], channels: None, bias: false, init: Initialization::default() }
    }
}

impl Default for RecorderSection {
    fn default() -> Self {
        Self { layer: "hidden".to_owned(), every: 1, window: Window::Last(12_000) }
    }
}

impl Default for PcaSection {
    fn default() -> Self {
        Self { components: Components::All(All::All), solver: PcaSolver::Auto }
    }
}

impl Default for LandscapeSection {
    fn default() -> Self {
        Self {
            around: Centre::Mean,
            factor: std::f64::consts::E,
            radius: 100.0,
            components: Components::All(All::All),
            last: None,
            profiles: vec![1, 2, 5, 10, 20, 50, 100, 300, 1000, 2000],
        }
    }
}

impl Default for FitSection {
    fn default() -> Self {
        Self { skip_first: 1, last: None, block: 1200, resamples: 1000, decay: [20, 200] }
    }
}

impl DataSection {
    /// The set in a word, or its folder.
    pub fn label(&self) -> String {
        match (&self.set, &self.folder) {
            (Some(set), _) => set.clone(),
            (None, Some(folder)) => folder.display().to_string(),
            (None, None) => "mnist".to_owned(),
        }
    }

    /// Where the images come from; `origin` names the file in errors.
    fn source(&self, origin: &str) -> Result<DataSource> {
        let invalid = |problem: String| Err(Error::Experiment { origin: origin.to_owned(), problem });
        match (&self.set, &self.folder) {
            (Some(_), Some(_)) => invalid("data.set and data.folder exclude each other; keep one".into()),
            (None, Some(folder)) => Ok(DataSource::Folder(folder.clone())),
            (None, None) => Ok(DataSource::default()),
            (Some(set), None) => match DataSource::from(set.clone()) {
                DataSource::Folder(_) => invalid(format!(
                    "data.set = \"{set}\" is unknown: there are \"mnist\" and \"fashion-mnist\"; name any other by data.folder"
                )),
                named => Ok(named),
            },
        }
    }
}

impl RecorderSection {
    /// Which rows of the recording stay.
    pub fn keep(&self) -> Keep {
        match self.window {
            Window::Last(rows) => Keep::Last(rows),
            Window::All(_) => Keep::All,
        }
    }

    /// Steps that the window spans, unless it is everything.
    pub fn window_steps(&self) -> Option<u64> {
        match self.window {
            Window::Last(rows) => Some(rows.saturating_mul(self.every)),
            Window::All(_) => None,
        }
    }

    /// Path of the recorded parameter.
    pub fn parameter(&self) -> String {
        format!("{}.weight", self.layer)
    }
}

impl Experiment {
    /// Read an experiment file and apply `section.key=value` overrides.
    ///
    /// # Errors
    /// A missing file, TOML that does not parse, an unknown or ill-typed key, an impossible value.
    pub fn read(file: &Path, overrides: &[String]) -> Result<Self> {
        let text = varflat_files::read_text(file)?;
        Self::parse(&text, &file.display().to_string(), overrides)
    }

    /// The same from a text; `origin` names it in errors.
    ///
    /// # Errors
    /// As [`Experiment::read`].
    pub fn parse(text: &str, origin: &str, overrides: &[String]) -> Result<Self> {
        let mut experiment: Self = parsed(text, origin, Kind::Experiment)?;
        if !overrides.is_empty() {
            let invalid = |problem: String| Error::Experiment {
                origin: format!("--set {}", overrides.join(" --set ")),
                problem: text::plainly(problem.trim_end()).replace('\n', " "),
            };
            let mut table: toml::Table =
                toml::from_str(text).map_err(|error: toml::de::Error| invalid(error.to_string()))?;
            for text in overrides {
                text::set(&mut table, text)?;
            }
            experiment = table.try_into().map_err(|error: toml::de::Error| invalid(error.to_string()))?;
        }
        // A layer may be called as its parameter is in the files of weights.
        if let Some(layer) = experiment.recorder.layer.strip_suffix(".weight") {
            experiment.recorder.layer = layer.to_owned();
        }
        experiment.check(origin)?;
        Ok(experiment)
    }

    /// The same experiment with `section.key=value` overrides.
    ///
    /// # Errors
    /// As [`Experiment::read`].
    pub fn with(&self, overrides: &[String]) -> Result<Self> {
        let text = toml::to_string(self)
            .map_err(|error| Error::Experiment { origin: self.name.clone(), problem: error.to_string() })?;
        Self::parse(&text, &self.name, overrides)
    }

    /// Where the images come from.
    ///
    /// # Errors
    /// Both or an unknown `set`.
    pub fn source(&self) -> Result<DataSource> {
        self.data.source(&self.name)
    }

    /// The images it learns, those of `data.samples` alone, and those it is tested with. A relative `data.folder` is seen from the
    /// working directory.
    ///
    /// # Errors
    /// What is wrong with the files, or fewer training images than `data.samples`.
    pub fn load(&self) -> Result<Data> {
        self.load_from(None)
    }

    /// The same; a relative `data.folder` that is not here may be where it was `before`.
    pub(crate) fn load_from(&self, before: Option<&Path>) -> Result<Data> {
        let mut source = self.source()?;
        if let (DataSource::Folder(folder), Some(before)) = (&source, before)
            && folder.is_relative()
            && !folder.is_dir()
        {
            source = DataSource::Folder(before.to_owned());
        }
        let mut data = source.load(Verify::Listed).map_err(|error| self.not_here(error))?;
        if let Some(samples) = self.data.samples {
            let there = data.train.samples();
            if samples > there {
                let problem = format!("data.samples = {samples}, but there are {there} training images");
                return Err(Error::Experiment { origin: self.name.clone(), problem });
            }
            data.train = data.train.first(samples)?;
        }
        data.check_classes()?;
        Ok(data)
    }

    /// From where a folder was looked for that is not there.
    fn not_here(&self, error: DataError) -> Error {
        match (&self.data.folder, std::env::current_dir()) {
            (Some(folder), Ok(here))
                if folder.is_relative() && matches!(error, DataError::MissingFolder { .. }) =>
            {
                Error::DataElsewhere { folder: folder.clone(), here }
            }
            _ => error.into(),
        }
    }

    /// Shape of the perceptron for images of `inputs` pixels in `classes` classes.
    pub fn network(&self, inputs: usize, classes: usize) -> MlpConfig {
        let ModelSection { hidden, bias, init, .. } = self.model.clone();
        MlpConfig { inputs, hidden, classes, bias, init }
    }

    /// Shape of the convolutional network for such images, if that is what is asked for.
    #[cfg(feature = "train")]
    pub fn convolutional(&self, images: &ImageSet, classes: usize) -> Option<ConvolutionalConfig> {
        self.convolutional_on([images.rows, images.columns], classes)
    }

    /// The same for images of so many rows and columns.
    #[cfg(feature = "train")]
    pub(crate) fn convolutional_on(&self, image: [usize; 2], classes: usize) -> Option<ConvolutionalConfig> {
        let ModelSection { hidden, channels, bias, init } = self.model.clone();
        Some(ConvolutionalConfig { image, channels: channels?, hidden, classes, bias, init })
    }

    /// Keys that differ from another experiment, with both values, for messages.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let (ours, theirs) = (flattened(self), flattened(other));
        let mut keys: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
        keys.sort();
        keys.dedup();
        let show = |value: Option<&String>| value.cloned().unwrap_or_else(|| "absent".to_owned());
        keys.into_iter()
            .filter(|key| ours.get(*key) != theirs.get(*key))
            .map(|key| format!("{key} ({} here, {} asked for)", show(theirs.get(key)), show(ours.get(key))))
            .collect()
    }
}

/// Every key with its section, and its value as TOML.
fn flattened(experiment: &Experiment) -> std::collections::BTreeMap<String, String> {
    let mut flat = std::collections::BTreeMap::new();
    let table = toml::Table::try_from(experiment).unwrap_or_default();
    for (section, value) in table {
        match value {
            toml::Value::Table(keys) => {
                for (key, value) in keys {
                    flat.insert(format!("{section}.{key}"), shown(&value));
                }
            }
            value => {
                flat.insert(section, shown(&value));
            }
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str, overrides: &[&str]) -> String {
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        Experiment::parse(text, "file.toml", &overrides).unwrap_err().to_string()
    }

    #[test]
    fn defaults_are_the_paper() {
        let experiment = Experiment::parse("name = 'x'", "file.toml", &[]).unwrap();
        assert_eq!(experiment.model.hidden, [50, 50]);
        assert!(!experiment.model.bias);
        assert_eq!(experiment.training.batch_size, 50);
        assert_eq!(experiment.training.loss_below, 5e-5);
        assert_eq!(experiment.recorder.window, Window::Last(12_000));
        assert_eq!(experiment.landscape.around, Centre::Mean);
    }

    #[test]
    fn unknown_and_ill_typed_keys_are_named_with_their_place() {
        let unknown = message("name = 'x'\n[training]\nlerning_rate = 1", &[]);
        assert!(unknown.contains("lerning_rate") && unknown.contains("learning_rate"), "{unknown}");
        assert!(unknown.contains("line 3"), "{unknown}");
        let typed = message("name = 'x'\n[training]\nbatch_size = 'many'", &[]);
        assert!(typed.contains("batch_size") && typed.contains("file.toml"), "{typed}");
        let overridden = message("name = 'x'", &["training.batch=5"]);
        assert!(overridden.contains("--set training.batch=5") && overridden.contains("batch_size"));
        assert!(message("name = 'x'", &["window"]).contains("section.key=value"));
    }

    #[test]
    fn overrides_take_toml_values_and_bare_words() {
        let overrides = ["training.learning_rate=0.02", "landscape.around=final", "model.hidden=[20, 20]"];
        let overrides = overrides.map(str::to_owned);
        let experiment = Experiment::parse("name = 'x'", "file.toml", &overrides).unwrap();
        assert_eq!(experiment.training.learning_rate, 0.02);
        assert_eq!(experiment.landscape.around, Centre::Final);
        assert_eq!(experiment.model.hidden, [20, 20]);
    }

    #[test]
    fn a_set_takes_the_place_of_a_folder_and_the_other_way_round() {
        let with =
            |text: &str, set: &str| Experiment::parse(text, "file.toml", &[set.to_owned()]).unwrap().data;
        let set = with("name = 'x'\n[data]\nfolder = 'mine'\nsamples = 5", "data.set=fashion-mnist");
        assert_eq!((set.set.as_deref(), set.folder, set.samples), (Some("fashion-mnist"), None, Some(5)));
        let folder = with("name = 'x'\n[data]\nset = 'mnist'", "data.folder=mine");
        assert_eq!((folder.set, folder.folder), (None, Some("mine".into())));
    }

    #[test]
    fn impossible_values_name_their_key() {
        for (setting, key) in [
            ("landscape.factor=1", "landscape.factor"),
            ("recorder.every=0", "recorder.every"),
            ("recorder.window=1", "recorder.window"),
            ("model.hidden=[]", "model.hidden"),
            ("training.learning_rate=-1", "training.learning_rate"),
            ("data.set=cifar", "data.set"),
            ("data.samples=0", "data.samples"),
            ("landscape.last=3", "landscape.last"),
            ("pca.components=4", "pca.components"),
            ("pca.first=4", "first"),
            ("landscape.profiles=[]", "landscape.profiles"),
            ("name=../x", "name"),
        ] {
            let message = message("name = 'x'", &[setting]);
            assert!(message.contains(key), "{setting}: {message}");
        }
    }

    #[test]
    fn the_resolved_file_reads_back_the_same() {
        let overrides = ["recorder.window=all".to_owned(), "landscape.components=200".to_owned()];
        let experiment = Experiment::parse("name = 'x'", "file.toml", &overrides).unwrap();
        let text = toml::to_string(&experiment).unwrap();
        assert_eq!(Experiment::parse(&text, "config.toml", &[]).unwrap(), experiment);
        let other = Experiment { seed: 2, ..experiment.clone() };
        assert_eq!(other.differences(&experiment), ["seed (1 here, 2 asked for)"]);
    }
}
