//! Figures of the variance–flatness analysis: one pure function for each, plain data in, an SVG
//! out, and PNG and PDF made from that SVG.
//!
//! ```
//! use varflat_plot::{FitLine, Point, VarianceFlatness, variance_flatness};
//!
//! // σ² = 10⁻⁵ F⁻⁴
//! let points = (1..=50)
//!     .map(|i| {
//!         let flatness = 0.5 * f64::from(i).powf(0.6);
//!         Point { index: i as usize, flatness, variance: 1e-5 * flatness.powi(-4), used_in_fit: i > 1 }
//!     })
//!     .collect();
//! let (psi, interval, bend) = (4.0, Some((3.96, 4.04)), None);
//! let (first, last, n, ln_prefactor, r) = (2, 50, 49, 1e-5_f64.ln(), -1.0);
//! let fit = FitLine { psi, interval, bend, ln_prefactor, r, first, last, n, censored: 0 };
//! let data = VarianceFlatness { points, fit: Some(fit), equilibrium: true, title: None };
//! let figure = variance_flatness(&data)?;
//! assert!(figure.svg().contains("ψ = 4.00 [3.96, 4.04]"));
//! // figure.save(Path::new("figures"), "variance_flatness")? writes .svg, .png and .pdf.
//! # Ok::<(), varflat_plot::PlotError>(())
//! ```
//!
//! Nothing is fitted or measured here: every number in a figure is in its data. Values are checked
//! before anything is drawn, and what a logarithmic axis cannot show is an error that names the
//! field, or has a mark of its own (errors of exactly 0, censored flatness). Text is set in the
//! bundled DejaVu Sans; system fonts are never used, so the same data give the same bytes
//! everywhere.

// A library neither prints nor exits.
#![deny(clippy::print_stdout, clippy::print_stderr, clippy::exit)]
#![deny(clippy::missing_errors_doc, clippy::too_many_lines)]

mod canvas;
mod check;
mod error;
mod figure;
mod figures;
mod font;
pub mod number;
mod png_text;
mod web_font;

pub use error::PlotError;
pub use figure::Figure;
pub use figures::by_size::{QuantitiesBySize, SizePanel, SizePoint, SizeSeries, quantities_by_size};
pub use figures::clouds::{Cloud, CloudPoint, VarianceFlatnessClouds, variance_flatness_clouds};
pub use figures::comparison::{
    Comparison, ComparisonLook, ComparisonPanel, ComparisonSeries, Scales, comparison,
};
pub use figures::drift::{DisplacementCurve, DriftFigure, TrainingCurve, drift};
pub use figures::estimates::{
    EstimateCurve, EstimateCurves, EstimatePanel, Level, NumberScale, estimate_curves,
};
pub use figures::flatness_by_index::{FlatnessByIndex, PointStatus, flatness_by_index};
pub use figures::forest::{Forest, ForestGroup, ForestReference, ForestRow, forest};
pub use figures::growth::{Growth, GrowthLine, GrowthPanel, GrowthSeries, growth};
pub use figures::landscape_profiles::{LandscapeProfiles, Profile, landscape_profiles};
pub use figures::learning_phases::{LearningPhases, learning_phases};
pub use figures::mini_batches::{MiniBatchDirection, MiniBatchFigure, mini_batch_losses};
pub use figures::null_panels::{NullGuide, NullLook, NullPanel, NullPanels, NullSeries, null_panels};
pub use figures::nulls::{NullFigure, nulls};
pub use figures::power_law_line::{PowerLawLine, SlopeGuide};
pub use figures::spectra::{BandSeries, SpectraFigure, spectra};
pub use figures::spectrum::{Spectrum, spectrum};
pub use figures::temperature::{CorrelationTimeSeries, TemperatureFigure, TemperatureProfile, temperature};
pub use figures::trade_off::{TradeOff, TradeOffCurve, TradeOffPanel, TradeOffPoint, trade_off};
pub use figures::trajectories::{Trajectories, TrajectoryPair, trajectories};
pub use figures::twins::{RoundedTwin, TwinFigure, twins};
pub use figures::variance_flatness::{FitLine, Point, VarianceFlatness, variance_flatness};
pub use number::{bend_decimals, by_range, ends, fixed, interval_decimals, with_bend, with_interval};
pub use web_font::web_font;
