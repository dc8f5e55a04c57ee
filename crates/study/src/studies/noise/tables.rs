//! The tables of the study.

use std::fmt;

use serde::{Deserialize, Serialize};
#[cfg(feature = "train")]
use varflat_analysis::Sampling;
use varflat_analysis::{Estimate, NullVerdict};
#[cfg(feature = "train")]
use varflat_model::Shuffle;

use crate::words::{self, fixed};

pub(crate) const TABLES: &[&str] = &[WINDOWS, DIRECTIONS, LEARNING];
/// One row a window.
pub(crate) const WINDOWS: &str = "noise.csv";
/// One row an eigenvector of the Hessian and kind of noise.
pub(crate) const DIRECTIONS: &str = "noise_directions.csv";
/// One row the end of an epoch of every window in which the layer moved alone.
pub(crate) const LEARNING: &str = "noise_learning.csv";

/// What moves in a window, and under which noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// All layers: the training goes on, every epoch in another order.
    WithoutReplacement,
    /// All layers, every mini-batch independent of all others.
    WithReplacement,
    /// The layer alone, by mini-batches without replacement.
    LayerWithout,
    /// The same with replacement.
    LayerWith,
    /// The layer alone by ∇L of all samples, and Gaussian noise that has the trace of C.
    Isotropic,
    /// The same with the diagonal of C.
    Diagonal,
    /// The same with all of C.
    Full,
    /// The same, summing to zero over every epoch.
    FullAnticorrelated,
    /// ∇L, and the gradients of mini-batches whose labels the network draws.
    DrawnLabels,
    /// ∇L, and the noise of mini-batches without its part on the leading components of the run.
    WithoutLeading,
    /// ∇L, and that part alone.
    LeadingAlone,
    /// ∇L alone.
    NoNoise,
}

impl Kind {
    /// Those in which all layers move.
    pub(crate) const TRAINED: [Self; 2] = [Self::WithoutReplacement, Self::WithReplacement];
    /// Those of mini-batches while the layer moves alone.
    pub(crate) const MINI_BATCHES: [Self; 2] = [Self::LayerWithout, Self::LayerWith];
    /// Those whose noise is replaced.
    pub(crate) const REPLACED: [Self; 5] =
        [Self::Isotropic, Self::Diagonal, Self::Full, Self::FullAnticorrelated, Self::DrawnLabels];
    /// Those whose noise is projected, or left out.
    pub(crate) const PROJECTED: [Self; 3] = [Self::WithoutLeading, Self::LeadingAlone, Self::NoNoise];

    /// How its mini-batches are drawn.
    #[cfg(feature = "train")]
    pub(crate) fn shuffle(self) -> Shuffle {
        match self {
            Self::WithReplacement | Self::LayerWith => Shuffle::Independent,
            _ => Shuffle::Epoch,
        }
    }

    /// How its noise is correlated in time.
    #[cfg(feature = "train")]
    pub(crate) fn sampling(self, steps_per_epoch: usize) -> Sampling {
        match self {
            Self::WithReplacement
            | Self::LayerWith
            | Self::Isotropic
            | Self::Diagonal
            | Self::Full
            | Self::DrawnLabels => Sampling::Independent,
            _ => Sampling::Reshuffled { steps_per_epoch },
        }
    }

    /// Mini-batches whose noise has the same covariance and is correlated in time alike: what it should not be told from, if nothing
    /// else of the noise matters.
    pub(crate) fn reference(self) -> Option<Self> {
        match self {
            Self::Isotropic | Self::Diagonal | Self::Full | Self::DrawnLabels => Some(Self::LayerWith),
            Self::FullAnticorrelated | Self::WithoutLeading | Self::LeadingAlone | Self::NoNoise => {
                Some(Self::LayerWithout)
            }
            _ => None,
        }
    }

    /// As files of its windows are called.
    #[cfg(feature = "train")]
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::WithoutReplacement => "without-replacement",
            Self::WithReplacement => "with-replacement",
            Self::LayerWithout => "layer-without",
            Self::LayerWith => "layer-with",
            Self::Isotropic => "isotropic",
            Self::Diagonal => "diagonal",
            Self::Full => "full",
            Self::FullAnticorrelated => "full-anticorrelated",
            Self::DrawnLabels => "drawn-labels",
            Self::WithoutLeading => "without-leading",
            Self::LeadingAlone => "leading-alone",
            Self::NoNoise => "no-noise",
        }
    }

    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::WithoutReplacement => "all layers, without replacement",
            Self::WithReplacement => "all layers, with replacement",
            Self::LayerWithout => "mini-batches, without replacement",
            Self::LayerWith => "mini-batches, with replacement",
            Self::Isotropic => "Gaussian, isotropic",
            Self::Diagonal => "Gaussian, diagonal of C",
            Self::Full => "Gaussian, all of C",
            Self::FullAnticorrelated => "Gaussian, all of C, zero over an epoch",
            Self::DrawnLabels => "labels drawn by the network",
            Self::WithoutLeading => "noise without the leading components",
            Self::LeadingAlone => "noise on the leading components alone",
            Self::NoNoise => "no noise",
        }
    }
}

/// A row of `noise.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WindowRow {
    pub(crate) kind: Kind,
    /// The number of its order of mini-batches, or of its noise.
    pub(crate) order: usize,
    pub(crate) steps: usize,
    /// ψ with F of the curvature: along the window's own components, along the eigenvectors of the Hessian, and there as the exact
    /// formula has it.
    pub(crate) psi_components: Option<f64>,
    pub(crate) psi_hessian: Option<f64>,
    pub(crate) psi_expected: Option<f64>,
    /// γ of the noise of its steps, and of the noise that it was given.
    pub(crate) gamma: Option<f64>,
    pub(crate) gamma_expected: Option<f64>,
    /// σ_1²/σ_2².
    pub(crate) gap: Option<f64>,
    /// σ² over the exact formula along the eigenvectors of the range: 10, 50 and 90 % of them lie below.
    pub(crate) amplitude_low: Option<f64>,
    pub(crate) amplitude: Option<f64>,
    pub(crate) amplitude_high: Option<f64>,
    /// σ² beyond a line in time, of all weights together, and along the leading components of the run.
    pub(crate) variance: f64,
    pub(crate) leading_variance: f64,
    /// The training loss at its end, where the layer moved alone.
    pub(crate) train_loss: Option<f64>,
    /// Whether ψ along the eigenvectors, the amplitude and the training loss are among those of the mini-batches that it is compared
    /// with.
    pub(crate) psi_verdict: Option<NullVerdict>,
    pub(crate) amplitude_verdict: Option<NullVerdict>,
    pub(crate) loss_verdict: Option<NullVerdict>,
}

/// A row of `noise_directions.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DirectionRow {
    pub(crate) kind: Kind,
    /// Rank of the eigenvector of the Hessian.
    pub(crate) index: usize,
    pub(crate) curvature: f64,
    /// C of a mini-batch that it was given.
    pub(crate) noise: Option<f64>,
    /// Windows.
    pub(crate) windows: usize,
    /// Mean over the windows of σ² beyond a line in time, and its standard deviation.
    pub(crate) variance: f64,
    pub(crate) deviation: Option<f64>,
    /// σ² by the exact formula.
    pub(crate) expected: Option<f64>,
}

/// A row of `noise_learning.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LearningRow {
    pub(crate) kind: Kind,
    pub(crate) order: usize,
    pub(crate) step: usize,
    pub(crate) train_loss: f64,
    pub(crate) train_error: f64,
    pub(crate) test_loss: f64,
    pub(crate) test_error: f64,
    /// ‖w − w(0)‖.
    pub(crate) distance: f64,
    /// (w − w(0))·p_1, p_1 the first component of the run's window.
    pub(crate) along_first: f64,
}

/// The variance with replacement over that without, among the eigenvectors of some ranks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReplacementBand {
    pub(crate) first: usize,
    pub(crate) last: usize,
    /// Geometric mean of κ.
    pub(crate) curvature: f64,
    /// Over the orders.
    pub(crate) ratio: Estimate,
    /// By the exact formula.
    pub(crate) expected: f64,
}

/// All windows of a kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KindSummary {
    pub(crate) kind: Kind,
    pub(crate) windows: usize,
    pub(crate) psi_components: Option<Estimate>,
    pub(crate) psi_hessian: Option<Estimate>,
    pub(crate) psi_expected: Option<f64>,
    pub(crate) gamma: Option<Estimate>,
    pub(crate) gamma_expected: Option<f64>,
    pub(crate) gap: Option<Estimate>,
    pub(crate) amplitude: Option<Estimate>,
    /// Share of the leading components of the run in σ² of all weights.
    pub(crate) leading_share: Option<Estimate>,
    /// ln of the training loss at the end over that at the begin.
    pub(crate) learnt: Option<Estimate>,
    pub(crate) test_error: Option<Estimate>,
    pub(crate) test_loss: Option<Estimate>,
    pub(crate) distance: Option<Estimate>,
    pub(crate) along_first: Option<Estimate>,
    /// How many of its windows lie beyond what the mini-batches that they are compared with give; none without enough of these.
    pub(crate) psi_beyond: Option<usize>,
    pub(crate) amplitude_beyond: Option<usize>,
    pub(crate) loss_beyond: Option<usize>,
}

/// The numbers of the study that are no row of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NoiseReport {
    pub(crate) orders: usize,
    pub(crate) steps_per_epoch: usize,
    /// Steps of a window in which all layers move, and of one in which the layer moves alone.
    pub(crate) trained_steps: usize,
    pub(crate) alone_steps: usize,
    pub(crate) range: [usize; 2],
    pub(crate) projected: usize,
    /// The largest curvature at the checkpoint.
    pub(crate) largest_curvature: f64,
    /// κ_× = 3/(αM).
    pub(crate) kappa_crossover: f64,
    /// σ² with over without replacement where nothing curves, by the exact formula.
    pub(crate) flat_ratio: Option<f64>,
    pub(crate) bands: Vec<ReplacementBand>,
    /// κ at which the ratio has come half of the way from there to 1: by the exact formula at any κ, through the bands, and as measured
    /// through them; none where the bands do not come so far.
    pub(crate) half_way: Option<f64>,
    pub(crate) half_way_bands: Option<f64>,
    pub(crate) half_way_measured: Option<f64>,
    /// The training loss at the checkpoint.
    pub(crate) train_loss: f64,
    pub(crate) kinds: Vec<KindSummary>,
}

impl NoiseReport {
    /// The windows of a kind.
    pub(crate) fn of(&self, kind: Kind) -> Option<&KindSummary> {
        self.kinds.iter().find(|found| found.kind == kind)
    }
}

/// In words, a number a line.
impl fmt::Display for NoiseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  σ² with over without replacement, {} orders each, {} steps: measured | exact formula",
            self.orders, self.trained_steps
        )?;
        for band in &self.bands {
            writeln!(
                f,
                "  eigenvectors {}–{}, κ = {}: {} | {}",
                band.first,
                band.last,
                words::two_digits(band.curvature),
                words::estimate(&band.ratio),
                fixed(band.expected, 2)
            )?;
        }
        let kappa = |value: Option<f64>| value.map_or_else(|| "not reached".to_owned(), words::two_digits);
        writeln!(
            f,
            "  half of the way from {} to 1 at κ: {} | {}; λ_1 = {}",
            self.flat_ratio.map_or_else(|| "–".to_owned(), |ratio| fixed(ratio, 2)),
            kappa(self.half_way_measured),
            kappa(self.half_way),
            words::two_digits(self.largest_curvature)
        )?;
        let shown = |value: &Option<Estimate>| value.as_ref().map_or_else(|| "–".to_owned(), words::estimate);
        let exact = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| fixed(value, 2));
        for found in &self.kinds {
            writeln!(
                f,
                "  {}: ψ along H {} (exact {}), along its components {}; γ {} (given {}); gap {}; σ² over the formula {}{}",
                found.kind.words(),
                shown(&found.psi_hessian),
                exact(found.psi_expected),
                shown(&found.psi_components),
                shown(&found.gamma),
                exact(found.gamma_expected),
                shown(&found.gap),
                shown(&found.amplitude),
                found.learnt.as_ref().map_or_else(String::new, |learnt| format!(
                    "; ln of the loss {}",
                    words::estimate(learnt)
                ))
            )?;
        }
        Ok(())
    }
}
