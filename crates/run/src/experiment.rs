//! An experiment file: data, not code. Unknown keys are errors.

mod check;
mod components;
mod images;
mod keys;
mod model;
mod name;
mod ranges;
mod sections;
mod text;

use std::path::Path;

use serde::{Deserialize, Serialize};
use varflat_model::{MlpConfig, TrainingConfig};

use crate::error::{Error, Result};

pub use crate::kind::Kind;
pub use check::{Checked, MOST, MOST_COMPONENTS, MOST_POINTS, all_within, not_too_many, range, within};
pub use keys::{Key, keys};
pub use model::ModelSection;
pub use name::{check_name, is_plain};
pub use sections::{
    All, Centre, Components, DataSection, FitSection, LandscapeSection, LangevinSection, PcaSection,
    PcaSolver, RecorderSection, Window,
};
pub use text::{check_value, parsed, shown, toml_value};

/// Components whose θ_i(t) are written out.
pub const PROJECTED: usize = 60;

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

const fn one() -> u64 {
    1
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
            let invalid = |problem: String| Error::Setting {
                option: "--set",
                settings: overrides.to_vec(),
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

    /// Shape of the perceptron for images of `inputs` pixels in `classes` classes.
    pub fn network(&self, inputs: usize, classes: usize) -> MlpConfig {
        self.model.perceptron(inputs, classes)
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
