//! Claim 9: the ensemble of mini-batch losses.

use varflat_analysis::{Estimate, MiniBatchScatter};
use varflat_run::error::Result;

use super::super::tables::TemperatureReport;
use crate::part::{Certainty, Claim, Finding, Number, Tables, Verdict};
use crate::words::fixed;

pub(super) const CLAIM: Claim = Claim {
    number: "9",
    statement: "The mini-batch losses L^{μ} are an ensemble whose profiles scatter around L more in sharp directions.",
    paper: &[(
        "an ensemble of mini-batch loss functions, with more scatter in sharper directions",
        Certainty::Abstract,
    )],
    rule: "s is the standard deviation over mini-batches of L^{μ}(δθ) − L^{μ}(0), root mean square of both sides, at the largest δθ that \
           is measured in all directions. Reproduced if the 95 % interval of the ratio of s, sharpest to flattest direction, lies above 1. \
           Partly if it holds 1 but the ratio is above 1.",
    figures: &["temperature_mini_batches"],
    find,
};

/// The study's report.
const TABLE: &str = "temperature.json";

fn verdict(ratio: &Estimate) -> Verdict {
    Verdict::of(ratio.low().is_some_and(|low| low > 1.0), ratio.value > 1.0)
}

fn find(tables: &Tables) -> Result<Option<Finding>> {
    let Some(record) = tables.study::<TemperatureReport>("temperature")? else { return Ok(None) };
    let Some(found) = record.report.mini_batches else {
        let summary = "Two directions and two mini-batches at least are needed, and the number in temperature.json, which older versions did \
                    not write.";
        let (measured, caveat) = (Vec::new(), String::new());
        return Ok(Some(Finding {
            verdict: Verdict::NotMeasured,
            measured,
            summary: summary.to_owned(),
            caveat,
        }));
    };
    let MiniBatchScatter { sharp, flat, displacement, batches, ratio } = found;
    let verdict = verdict(&ratio);
    let measured = vec![
        Number::of(format!("ratio of s, component {sharp} to {flat}"), &ratio, TABLE),
        Number::new("at a displacement δθ of", displacement, 3, TABLE),
    ];
    let summary = format!(
        "The losses of {batches} mini-batches scatter {} times as much along component {sharp} as along the flatter component {flat}.",
        fixed(ratio.value, 1),
    );
    let caveat = match verdict {
        Verdict::Partly => "More scatter in the sharp direction is not beyond chance.".to_owned(),
        Verdict::Not => "The losses do not scatter more in the sharp direction.".to_owned(),
        _ => String::new(),
    };
    Ok(Some(Finding { verdict, measured, summary, caveat }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_can_be_reached() {
        let verdict = |ratio: f64| verdict(&Estimate::ratio_of_deviations(ratio, 60));
        assert_eq!(verdict(2.0), Verdict::Reproduced);
        assert_eq!(verdict(1.05), Verdict::Partly);
        assert_eq!(verdict(0.5), Verdict::Not);
    }
}
