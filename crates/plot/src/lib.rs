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
//!         let variance = 1e-5 * flatness.powi(-4);
//!         Point { index: i as usize, flatness, variance, used_in_fit: i > 1 }
//!     })
//!     .collect();
//! let fit = FitLine {
//!     psi: 4.0,
//!     standard_error: 0.02,
//!     interval: Some((3.96, 4.04)),
//!     ln_prefactor: 1e-5_f64.ln(),
//!     r: -1.0,
//!     first: 2,
//!     last: 50,
//!     n: 49,
//! };
//! let figure = variance_flatness(&VarianceFlatness {
//!     points,
//!     fit: Some(fit),
//!     equilibrium: true,
//!     title: None,
//! })?;
//! assert!(figure.svg().contains("ψ = 4.000 ± 0.020"));
//! // figure.save(Path::new("figures"), "variance_flatness")? writes .svg, .png and .pdf.
//! # Ok::<(), varflat_plot::PlotError>(())
//! ```
//!
//! Nothing is fitted or measured here: every number in a figure is in its data. Values are checked
//! before anything is drawn, and what a logarithmic axis cannot show is an error that names the
//! field, or has a mark of its own (errors of exactly 0, censored flatness). Text is set in the
//! bundled DejaVu Sans; system fonts are never used, so the same data give the same bytes
//! everywhere.

mod axis;
mod check;
mod clip;
mod colour_scale;
mod decades;
mod error;
mod figure;
mod flatness_by_index;
mod font;
mod growth;
mod landscape_profiles;
mod learning_phases;
mod legend;
mod linear;
mod marks;
mod number;
mod panel;
mod sheet;
mod spectrum;
mod style;
mod trajectories;
mod variance_flatness;

pub use error::PlotError;
pub use figure::Figure;
pub use flatness_by_index::{FlatnessByIndex, PointStatus, flatness_by_index};
pub use growth::{Growth, GrowthLine, GrowthPanel, GrowthSeries, growth};
pub use landscape_profiles::{LandscapeProfiles, Profile, landscape_profiles};
pub use learning_phases::{LearningPhases, learning_phases};
pub use spectrum::{DecayLine, Spectrum, spectrum};
pub use trajectories::{Trajectories, TrajectoryPair, trajectories};
pub use variance_flatness::{FitLine, Point, VarianceFlatness, variance_flatness};
