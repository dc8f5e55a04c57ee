//! Claim 3: drift along p_1, diffusion along the others.

use varflat_run::error::Result;

use super::super::tables::{DriftReport, DriftRow, EXPONENTS};
use crate::part::{Certainty, Claim, Finding, Number, Tables, Verdict, is_about};
use crate::words::fixed;

pub(super) const CLAIM: Claim = Claim {
    number: "3",
    statement: "θ_{1} drifts persistently while θ_{2} is random; (θ_{49}, θ_{50}) diffuses.",
    paper: &[
        ("a dominant drifting component", Certainty::Summary),
        ("(θ_{1}, θ_{2}) and (θ_{49}, θ_{50}) drawn as trajectories", Certainty::DemoCode),
        ("drift in one, diffusion in the other", Certainty::Abstract),
    ],
    rule: "⟨Δθ²⟩ ∝ t^{x}: x = 2 is drift, x = 1 diffusion. Reproduced if x is within 25 % of 2 for θ_{1}, nearer to 1 than to 2 for θ_{2}, \
           and within 25 % of 1 for θ_{49} and θ_{50}, over the first range of lags that the window is long enough for. Partly if θ_{1} is \
           nearer to drift and the three others nearer to diffusion.",
    figures: &["trajectories", "drift"],
    find,
};

/// The components of the claim.
const COMPONENTS: [usize; 4] = [1, 2, 49, 50];
/// Between diffusion and drift.
const MIDDLE: f64 = 1.5;

fn verdict([first, second, others @ ..]: [f64; 4]) -> Verdict {
    let nearer = first > MIDDLE && second < MIDDLE && others.iter().all(|x| *x < MIDDLE);
    let close = is_about(first, 2.0) && others.iter().all(|x| is_about(*x, 1.0));
    Verdict::of(nearer && close, nearer)
}

fn find(tables: &Tables) -> Result<Option<Finding>> {
    let Some(record) = tables.study::<DriftReport>("drift")? else { return Ok(None) };
    let rows: Vec<DriftRow> = tables.rows(EXPONENTS)?;
    // A range of lags for which every component of the claim is there and trusted.
    let found = record.report.exponents.iter().find_map(|range| {
        let of = |index: usize| {
            let here = |row: &&DriftRow| {
                row.trusted
                    && row.index == index
                    && (row.shortest, row.longest) == (range.shortest, range.longest)
            };
            rows.iter().find(here)
        };
        Some((range, [of(1)?, of(2)?, of(49)?, of(50)?]))
    });
    let Some((range, rows)) = found else {
        let summary =
            format!("The window is too short, or the layer too small, for components {COMPONENTS:?}.");
        let (measured, caveat) = (Vec::new(), String::new());
        return Ok(Some(Finding { verdict: Verdict::NotMeasured, measured, summary, caveat }));
    };
    let measured = rows.map(|row| {
        let number = Number::new(format!("x of θ_{{{}}}", row.index), row.exponent, 2, EXPONENTS);
        number.within(row.low.zip(row.high))
    });
    let exponents = rows.map(|row| row.exponent);
    let verdict = verdict(exponents);
    let summary = format!(
        "Over lags of {} to {} steps the mean-square displacement of θ_{{1}} grows as t^{{{}}}, and as t^{{{}}} in the median of the other \
         components.",
        range.shortest,
        range.longest,
        fixed(range.first, 2),
        fixed(range.median_of_others, 2)
    );
    let caveat = match verdict {
        Verdict::Reproduced | Verdict::NotMeasured => String::new(),
        Verdict::Partly => "Drift and diffusion can be told apart, but the exponents are not those of pure drift and diffusion.".to_owned(),
        Verdict::Not => format!("Drift and diffusion cannot be told apart: x = {}.", exponents.map(|x| fixed(x, 2)).join(", ")),
    };
    Ok(Some(Finding { verdict, measured: measured.to_vec(), summary, caveat }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_can_be_reached() {
        assert_eq!(verdict([1.98, 1.1, 0.9, 0.8]), Verdict::Reproduced);
        assert_eq!(verdict([1.98, 1.4, 0.9, 0.8]), Verdict::Reproduced);
        assert_eq!(verdict([1.98, 1.1, 0.5, 0.8]), Verdict::Partly);
        assert_eq!(verdict([1.98, 1.6, 0.9, 0.8]), Verdict::Not);
        assert_eq!(verdict([1.2, 1.1, 0.9, 0.8]), Verdict::Not);
    }
}
