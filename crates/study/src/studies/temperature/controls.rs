//! Controls beyond the paper.

use super::tables::TemperatureReport;
use crate::part::{Control, Number};
use crate::words::fixed;

pub(super) const CONTROLS: &[Control] = &[RESHUFFLING];

const RESHUFFLING: Control = Control {
    id: "control-reshuffling",
    question: "Is the noise white, or does reshuffling without replacement make it anti-correlated?",
    expected: "white noise has an integral time of ½ step; reshuffling M batches takes 1/M from every lag within an epoch (Kühn & Rosenow, \
               arXiv 2306.05300), nothing over an epoch but hardly anything from the few lags that a measured time sums",
    link: "https://arxiv.org/abs/2306.05300",
    figures: &["temperature"],
    find: |tables| {
        let Some(record) = tables.study::<TemperatureReport>("temperature")? else { return Ok(None) };
        let Some([sharp, flat]) = record.report.fixed_integral else { return Ok(None) };
        let number = |what: &str, time: f64| Number::new(what, time, 2, "temperature.json").unit(" steps");
        let [expected, error] = record.report.expected_integral();
        let mut measured = vec![
            number("integral time at fixed w, median of the first 50 components after p_{1}", sharp),
            number("the same of the last 50", flat),
        ];
        if record.report.uncorrelated_integral.is_some() {
            measured.push(number("integral time that reshuffling alone leaves", expected));
        }
        let means = format!(
            "In sharp directions the noise is close to white ({} steps). In flat ones its integral time is {} steps: {}.",
            fixed(sharp, 2),
            fixed(flat, 2),
            if flat < expected - 2.0 * error {
                "later batches take back part of what earlier ones did, more of it than reshuffling alone explains"
            } else {
                "no more anti-correlation than that of reshuffling is seen"
            }
        );
        Ok(Some((measured, means)))
    },
};
