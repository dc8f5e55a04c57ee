//! The captions of the figures.

use varflat_run::error::Result;

use super::measure::TemperatureStudy;
use super::tables::TemperatureReport;
use crate::part::Tables;
use crate::words::estimate;

pub(super) fn temperature(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<TemperatureReport>("temperature")? else { return Ok(None) };
    let report = &record.report;
    let law = report.temperature.map_or_else(String::new, |law| {
        format!(" (slope {} over {} directions; 95 % by least squares)", estimate(&law.estimate()), law.n)
    });
    Ok(Some(format!(
        "T_{{i}}(δθ) = (α/2)⟨(∂_{{δθ}}(L^{{μ}} − L))²⟩_{{μ}} with α = {}, over the {} mini-batches of {} that the window saw: at w_{{0}} against flatness{law}, \
                 and away from it along some directions. Then the 1/e and integral correlation times of θ_{{i}} and of the noise η, along the path and \
                 at fixed w_{{0}}; white noise has an integral time of ½ step.",
        report.learning_rate, report.batches, report.batch_size
    )))
}

pub(super) fn mini_batches(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<TemperatureReport>("temperature")? else { return Ok(None) };
    let study = record.study.settings::<TemperatureStudy>().map_or_else(
        || "L^{μ} of some mini-batches".to_owned(),
        |study| {
            let along: Vec<String> = study.mini_batches_along.iter().map(ToString::to_string).collect();
            format!("L^{{μ}} of {} mini-batches along components {}", study.mini_batches, along.join(" and "))
        },
    );
    Ok(Some(format!(
        "{study}, with the loss L of the full training set (thick), from 1.2 times one crossing of the level that defines F to 1.2 times the \
                 other; B = {}.",
        record.report.batch_size
    )))
}
