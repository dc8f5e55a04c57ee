//! The captions of the figures.

use varflat_run::error::Result;

use super::tables::{Found, RECORD, SurrogatesReport, words_of_drift};
use crate::part::Tables;

pub(super) fn spectra(tables: &Tables) -> Result<Option<String>> {
    let Some(Found { report }) = tables.json(RECORD)? else { return Ok(None) };
    Ok(Some(format!(
        "(a) σ² by rank of the window and of surrogates of it (mean; thin lines: the least and the largest of {} realisations), by the same code, \
         {}. (b) Variances of the window over the mean of each surrogate by rank. Phases: every component of the steps (or eigenvector of the \
         Hessian) keeps its power spectrum, and loses how it moves with the others. {} Shuffled: all steps in another order. Walk and white noise: \
         normal numbers whose steps have the covariance of the window’s.",
        report.realisations,
        words_of_drift(report.drift),
        orders(&report)
    )))
}

pub(super) fn numbers(tables: &Tables) -> Result<Option<String>> {
    let Some(Found { report }) = tables.json(RECORD)? else { return Ok(None) };
    Ok(Some(format!(
        "Numbers of surrogates over that of the window, which is 1: the mean of {} realisations and the 95 % interval of one further one, {}. As the \
         null: 1 lies in it, and the number says no more than what the surrogate keeps. β is the exponent of σ² ∝ (s²)^β, s² the variance of the steps \
         along the same direction.",
        report.realisations,
        words_of_drift(report.drift)
    )))
}

/// What the surrogates in other orders keep.
fn orders(report: &SurrogatesReport) -> String {
    let blocks = format!("Blocks: {} rows each stay together.", report.block);
    match report.steps_per_epoch {
        Some(rows) => {
            format!("Within epochs: steps in another order within each epoch of {rows} rows. {blocks}")
        }
        None => blocks,
    }
}
