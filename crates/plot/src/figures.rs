//! The figures: a file for each, plain data in, a drawing out.
//!
//! Each file has the data, public and without methods, then the one function that checks and draws them.
//! `power_law_line` holds what several of them draw.

pub(crate) mod by_size;
pub(crate) mod clouds;
pub(crate) mod comparison;
pub(crate) mod drift;
pub(crate) mod estimates;
pub(crate) mod flatness_by_index;
pub(crate) mod forest;
pub(crate) mod growth;
pub(crate) mod landscape_profiles;
pub(crate) mod learning_phases;
pub(crate) mod mini_batches;
pub(crate) mod null_panels;
pub(crate) mod nulls;
pub(crate) mod power_law_line;
pub(crate) mod spectra;
pub(crate) mod spectrum;
pub(crate) mod temperature;
pub(crate) mod trade_off;
pub(crate) mod trajectories;
pub(crate) mod twins;
pub(crate) mod variance_flatness;
