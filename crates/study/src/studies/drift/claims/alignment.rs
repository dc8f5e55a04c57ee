//! Claim 4: the drift amplifies the weights.

use std::f64::consts::FRAC_1_SQRT_2;

use varflat_run::error::Result;

use super::super::tables::DriftReport;
use crate::part::{Certainty, Claim, Finding, Number, Tables, Verdict};
use crate::studies::headline::tables::{SPECTRUM, SpectrumRow};
use crate::words::fixed;

const TABLE: &str = "drift.json";

pub(super) const CLAIM: Claim = Claim {
    number: "4",
    statement: "p_{1} is aligned with w_{0} = ⟨w⟩_{T}: the drift amplifies the weights.",
    paper: &[
        ("p_{1} highly aligned with w_{0}, thereby amplifying the weights", Certainty::Summary),
        ("this may improve generalisation by a larger margin", Certainty::Summary),
    ],
    rule: "Reproduced if more than half of w_{0} lies along p_{1} (cos² > ½) and w·p_{1}, ‖w‖ and the margin all grow over the window. \
           Partly if p_{1} is aligned better than a random direction (|cos| > 3/√N) and w·p_{1} grows.",
    figures: &["drift"],
    find,
};

struct Alignment {
    cosine: f64,
    /// Weights of the layer.
    weights: f64,
    /// Growth of w·p_1, of ‖w‖ and of the margin, as ratios.
    along: f64,
    norm: f64,
    margin: f64,
}

impl Alignment {
    /// Whether more than half of the squared length of w_0 lies along p_1.
    fn is_most(&self) -> bool {
        self.cosine > FRAC_1_SQRT_2
    }

    fn verdict(&self) -> Verdict {
        let grows = self.along > 1.0;
        let all = self.is_most() && grows && self.norm > 1.0 && self.margin > 1.0;
        Verdict::of(all, grows && self.cosine > 3.0 / self.weights.sqrt())
    }
}

fn find(tables: &Tables) -> Result<Option<Finding>> {
    let Some(record) = tables.study::<DriftReport>("drift")? else { return Ok(None) };
    let report = &record.report;
    let spectrum: Vec<SpectrumRow> = match tables.has(SPECTRUM) {
        true => tables.rows(SPECTRUM)?,
        false => Vec::new(),
    };
    let found = Alignment {
        cosine: report.alignment,
        // Without the spectrum a single weight: then nothing counts as better than chance.
        weights: spectrum.len().max(1) as f64,
        along: report.along_growth,
        norm: report.norm_growth,
        margin: report.margin_growth,
    };
    let growth = |what: &str, ratio: f64| Number::new(what, 100.0 * (ratio - 1.0), 2, TABLE).unit(" %");
    let measured = vec![
        Number::new("|cos(p_{1}, w_{0})|", found.cosine, 3, TABLE),
        growth("growth of w·p_{1} over the window", found.along),
        growth("growth of ‖w‖", found.norm),
        growth("growth of the margin", found.margin),
    ];
    let verdict = found.verdict();
    let summary = format!(
        "{} than half of the squared length of w_{{0}} lies along p_{{1}}. Moving along p_{{1}} alone the margin grows by {} %.",
        if found.is_most() { "More" } else { "Less" },
        fixed(100.0 * (report.margin_along_growth - 1.0), 2)
    );
    let caveat = match verdict {
        Verdict::Reproduced | Verdict::NotMeasured => "",
        Verdict::Partly => {
            "p_{1} is aligned with w_{0}, but not highly, or the weights or the margin do not grow along."
        }
        Verdict::Not => "The drift does not amplify the weights here.",
    };
    Ok(Some(Finding { verdict, measured, summary, caveat: caveat.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_can_be_reached() {
        let verdict = |cosine, along, norm, margin| {
            Alignment { cosine, weights: 2500.0, along, norm, margin }.verdict()
        };
        assert_eq!(verdict(0.92, 1.002, 1.002, 1.003), Verdict::Reproduced);
        assert_eq!(verdict(0.6, 1.002, 1.002, 1.003), Verdict::Partly);
        assert_eq!(verdict(0.92, 1.002, 1.002, 0.99), Verdict::Partly);
        assert_eq!(verdict(0.05, 1.002, 1.002, 1.003), Verdict::Not);
        assert_eq!(verdict(0.92, 0.99, 0.99, 0.99), Verdict::Not);
    }
}
