//! Claim 8: the noise and its temperature.

use varflat_analysis::Scaling;
use varflat_run::error::Result;

use super::super::tables::TemperatureReport;
use crate::part::{Certainty, Claim, Finding, Number, Tables, Verdict};
use crate::words::fixed;

const TABLE: &str = "temperature.json";

pub(super) const CLAIM: Claim = Claim {
    number: "8",
    statement: "The noise of SGD depends on the landscape: its temperature T_{i} is larger in sharp directions, and its correlation time \
                falls with flatness too.",
    paper: &[
        ("T_{i} is large in sharper directions", Certainty::Summary),
        ("the noise’s correlation time falls with flatness", Certainty::Abstract),
    ],
    rule: "T_{i}(0) ∝ F_{i}^{x} and, for the 1/e time of the noise η along the path, τ_{i} ∝ F_{i}^{y}. Reproduced if the 95 % intervals of x and \
           y lie below 0, T follows its law with r below −0.9, and τ is longer than one step in the sharp directions (median of components \
           2–51): below one step there is no memory that could fall. Partly if the part on T alone holds.",
    figures: &["temperature"],
    find,
};

fn verdict(temperature: &Scaling, noise: Option<&Scaling>, sharp_time: Option<f64>) -> Verdict {
    let falls = |law: &Scaling| law.estimate().interval.is_some_and(|[_, high]| high < 0.0);
    let strength = falls(temperature) && temperature.r < -0.9;
    let memory = noise.is_some_and(falls) && sharp_time.is_some_and(|time| time > 1.0);
    Verdict::of(strength && memory, strength)
}

fn find(tables: &Tables) -> Result<Option<Finding>> {
    let Some(record) = tables.study::<TemperatureReport>("temperature")? else { return Ok(None) };
    let report = &record.report;
    let Some(temperature) = &report.temperature else { return Ok(None) };
    if let Some(not_t) = &report.caveat {
        let (measured, summary, caveat) = (Vec::new(), format!("{not_t}."), String::new());
        return Ok(Some(Finding { verdict: Verdict::NotMeasured, measured, summary, caveat }));
    }
    let noise = report.path.as_ref().or(report.fixed.as_ref());
    let sharp_time = report.sharp_one_over_e;
    let verdict = verdict(temperature, noise, sharp_time);
    let law = |what: &str, law: &Scaling| Number::of_law(what, law, TABLE);
    let mut measured = law("x in T_{i}(0) ∝ F_{i}^{x}", temperature);
    measured.push(Number::new("its correlation r", temperature.r, 3, TABLE));
    measured.extend(
        report.temperature_ranges.iter().flat_map(|range| {
            law(&format!("x over components {}–{}", range.first, range.last), &range.scaling)
        }),
    );
    measured.extend(noise.iter().flat_map(|noise| law("y in the 1/e time of η ∝ F_{i}^{y}", noise)));
    measured.extend(
        sharp_time.map(|time| Number::new("this time in sharp directions", time, 2, TABLE).unit(" steps")),
    );
    measured.extend(report.theta.iter().flat_map(|theta| law("the same exponent for θ_{i} itself", theta)));
    let summary = format!(
        "The temperature falls with flatness over {} directions of {} mini-batches’ noise.",
        temperature.n, report.batches
    );
    let caveat = match (verdict, sharp_time) {
        (Verdict::Not, _) => "The temperature does not fall with flatness by a law.".to_owned(),
        (Verdict::Partly, Some(time)) if time <= 1.0 => format!(
            "The noise has no memory that could fall with flatness: its 1/e time is {} steps even in sharp directions. What has a \
             correlation time that falls with flatness is θ_{{i}}, the motion itself.",
            fixed(time, 2)
        ),
        (Verdict::Partly, _) => "The noise’s correlation time does not fall with flatness.".to_owned(),
        _ => String::new(),
    };
    Ok(Some(Finding { verdict, measured, summary, caveat }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_can_be_reached() {
        let law = |exponent, r| Scaling {
            exponent,
            standard_error: 0.05,
            ln_prefactor: 0.0,
            r,
            n: 10,
            range: None,
            bend: None,
        };
        let (steep, flat, wild) = (law(-3.3, -0.98), law(-0.02, -0.98), law(-3.3, -0.5));
        assert_eq!(verdict(&steep, Some(&steep), Some(20.0)), Verdict::Reproduced);
        assert_eq!(verdict(&steep, Some(&steep), Some(0.6)), Verdict::Partly);
        assert_eq!(verdict(&steep, Some(&flat), Some(20.0)), Verdict::Partly);
        assert_eq!(verdict(&steep, None, None), Verdict::Partly);
        assert_eq!(verdict(&flat, Some(&steep), Some(20.0)), Verdict::Not);
        assert_eq!(verdict(&wild, Some(&steep), Some(20.0)), Verdict::Not);
    }
}
