//! The sections of an experiment file, with their defaults.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use varflat_model::LangevinConfig;
use varflat_model::data::DataSource;
use varflat_recorder::Keep;

use crate::error::{Error, Result};

/// Steps of a time segment whose moments are kept …
const SEGMENT: usize = 100;
/// … and the most of these.
const SEGMENTS: usize = 2000;

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
    pub(super) fn source(&self, origin: &str) -> Result<DataSource> {
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
