//! The analysis of a trajectory of weights: from a recorded window to ψ in σ² ∝ F^(−ψ).
//!
//! The steps are those of Feng & Tu, "The inverse variance–flatness relation in stochastic gradient
//! descent is critical for finding flat minima", PNAS 118(9) e2015617118 (2021):
//!
//! 1. [`TrajectoryPca`]: principal components p_i and variances σ_i² of a window of weights;
//! 2. [`FlatnessSearch`]: flatness F_i of the loss landscape along each p_i;
//! 3. [`PowerLaw`]: the exponent ψ of σ_i² ∝ F_i^(−ψ); [`Replicates`] have its interval over time, as an [`Estimate`];
//! 4. [`spectrum`]: gap, decay and shares of the variances;
//! 5. [`surrogates`]: what the window would look like if a property of it were all there is;
//! 6. [`temperature`], [`Correlator`] and [`mean_square_displacement`]: the noise that drives the weights, how long it and they
//!    remember, and whether they drift or diffuse.
//!
//! The crate knows no network, no files and has no randomness of its own: weights come in as an
//! array `[steps, weights]`, the landscape as a function of offsets, random numbers as a generator.
//!
//! # Example
//!
//! Weights that fluctuate with variances 4, 1 and 1/4 in a quadratic landscape whose curvatures are 1, 2 and 4:
//! F ∝ κ^(−1/2) and σ² ∝ κ^(−1), so that σ² ∝ F², that is ψ = −2, as in thermal equilibrium.
//!
//! ```
//! use ndarray::Array2;
//! use varflat_analysis::{Component, DatasetBase, Fit, FlatnessSearch, ParamGuard, PowerLaw, TrajectoryPca};
//!
//! let curvature = [1.0, 2.0, 4.0];
//! let window = Array2::from_shape_fn((64, 3), |(t, i)| {
//!     let phase = std::f64::consts::TAU * (t * (i + 1)) as f64 / 64.0;
//!     (phase.sin() / f64::sqrt(curvature[i])) as f32
//! });
//! let pca = TrajectoryPca::params().fit(&DatasetBase::from(window.view()))?;
//!
//! let search = FlatnessSearch::params().check()?;
//! let mut components = Vec::new();
//! for (i, direction) in pca.components().rows().into_iter().enumerate() {
//!     let loss = |s: f64| 0.1 + (0..3).map(|n| 0.5 * curvature[n] * (s * direction[n]).powi(2)).sum::<f64>();
//!     let measured = search.measure(0.1, 1.0, |offsets| offsets.iter().map(|&s| loss(s)).collect())?;
//!     components.push(Component {
//!         index: i + 1,
//!         variance: pca.variance()[i],
//!         flatness: measured.flatness(),
//!         trusted: pca.trusted(i),
//!     });
//! }
//! let law = PowerLaw::params().skip_first(0).fit(&components)?;
//! assert!((law.psi + 2.0).abs() < 1e-3);
//! # Ok::<(), varflat_analysis::AnalysisError>(())
//! ```

// A library neither prints nor exits.
#![deny(clippy::print_stdout, clippy::print_stderr, clippy::exit)]
#![deny(clippy::too_many_lines, clippy::missing_errors_doc)]

mod activity;
mod bases;
mod bootstrap;
mod correlation;
mod crossing;
mod curvature;
mod detrended;
mod displacement;
mod error;
mod estimate;
mod flatness;
mod fluctuation;
mod growth;
mod jackknife;
mod leading;
mod line;
mod memory;
mod mini_batches;
mod noise_shape;
mod null;
mod path_noise;
mod pca;
mod phases;
mod points;
mod power_law;
mod quadratic;
mod rank_correlation;
mod replay;
mod scaling;
pub mod spectrum;
mod spread;
mod student;
pub mod surrogates;
mod temperature;
mod trend;
mod trust;
mod twins;

pub use activity::{Activity, stiffness_of_stillness};
pub use bases::{Alignment, Along, Basis, Frame, View, form_rounding};
pub use bootstrap::Interval;
pub use correlation::{ComponentTimes, CorrelationTimes, Correlator, among_neighbours, correlation_times};
pub use crossing::crossing;
pub use curvature::{PrincipalCurvatures, along_directions};
pub use displacement::{
    DisplacementEstimate, displacement_exponent, logarithmic_lags, mean_square_displacement,
};
pub use error::AnalysisError;
pub use estimate::{Estimate, Method, median};
pub use flatness::{
    DirectionFlatness, FlatnessSearch, FlatnessSearchParams, FlatnessStatus, NEIGHBOURS, Side,
    curvature_of_crossings, flatness_of_curvature, flatness_of_neighbours,
};
pub use fluctuation::fluctuation_dissipation;
pub use growth::growth;
pub use jackknife::Replicates;
pub use leading::{LEADING, leading_exponent};
pub use memory::{Memory, Remembers};
pub use mini_batches::{MiniBatchProfiles, MiniBatchScatter};
pub use noise_shape::{NoiseShape, anticorrelate};
pub use null::{AgainstNull, FEWEST_REALISATIONS, NullVerdict};
pub use path_noise::PathNoise;
pub use pca::{
    DirectionVariance, GeneratedRows, SegmentMoments, Solver, TrajectoryPca, TrajectoryPcaParams,
    TrajectoryPcaValidParams, Weight, WindowDifference, WindowPart, WindowSource, WindowSteps, check_rows,
    drift_per_step, project, variances_along,
};
pub use phases::Phases;
pub use points::Component;
pub use power_law::{PowerLaw, PowerLawParams, PowerLawValidParams};
pub use quadratic::{QuadraticDirection, Sampling};
pub use rank_correlation::{kendall, spearman};
pub use replay::Replay;
pub use scaling::{Scaling, scaling};
pub use spread::{Spread, quantile};
pub use temperature::{
    points_between, reshuffled_correlation, reshuffled_integral_time, temperature, temperature_along,
};
pub use trend::detrend;
pub use trust::{Doubt, Evidence, MOST_RISE, Trust, WalkEvidence, largest_rise};
pub use twins::{accumulated_rounding, added_by_rounding, agree_up_to, holds_from};

// linfa's grammar, so that a caller needs no dependency on linfa of its own.
pub use linfa::traits::{Fit, Transformer};
pub use linfa::{DatasetBase, ParamGuard};
