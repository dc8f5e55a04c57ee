//! Claim 7: what equilibrium would look like.

use varflat_run::error::Result;

use super::figures::label;
use super::tables::{EXPONENTS, LangevinReport, Reading, WalkRow};
use crate::part::{Certainty, Claim, Finding, Number, Tables, Verdict, is_about};
use crate::words::fixed;

pub(super) const CLAIMS: &[Claim] = &[CLAIM];

const CLAIM: Claim = Claim {
    number: "7",
    statement: "It contradicts equilibrium, where P ∝ exp(−L/T) makes σ_{i}² ∝ F_{i}^{2}: a slope of +2, of the opposite sign.",
    paper: &[("in equilibrium σ² ∝ T·F² (the summary prints σ), against −ψ ≈ −4 of SGD", Certainty::Summary)],
    rule: "Reproduced if the 95 % interval of SGD’s slope lies below 0, and every trusted walk in equilibrium on the same loss, read along \
           the eigenvectors of its Hessian, has a slope within 25 % of +2. Partly if these slopes’ intervals lie above 0. (Components of \
           a finite walk are chosen by its fluctuations, which steepens their slope: those readings are controls below.)",
    figures: &["langevin", "langevin_exponents"],
    find,
};

/// `sgd` is the interval of SGD's slope, `walks` each slope with the lower end of its interval.
fn verdict(sgd: (f64, f64), walks: &[(f64, f64)]) -> Verdict {
    if walks.is_empty() {
        return Verdict::NotMeasured;
    }
    let opposite = sgd.1 < 0.0 && walks.iter().all(|&(_, low)| low > 0.0);
    Verdict::of(opposite && walks.iter().all(|&(slope, _)| is_about(slope, 2.0)), opposite)
}

fn find(tables: &Tables) -> Result<Option<Finding>> {
    let Some(record) = tables.study::<LangevinReport>("langevin")? else { return Ok(None) };
    let rows: Vec<WalkRow> = tables.rows(EXPONENTS)?;
    let report = &record.report;
    let slope = report.sgd();
    let Some([low, high]) = slope.interval else {
        let measured = Number::of_exponent("slope of SGD", &slope, report.sgd_bend, "langevin.json");
        let summary = format!("The slope of SGD has {}.", slope.about());
        return Ok(Some(Finding { verdict: Verdict::NotMeasured, measured, summary, caveat: String::new() }));
    };
    let sgd = (low, high);
    let mut measured = Number::of_exponent("slope of SGD", &slope, report.sgd_bend, "langevin.json");
    let digits = measured[0].digits.min(2);
    let (mut walks, mut short) = (Vec::new(), 0);
    for row in rows.iter().filter(|row| row.is_trusted() && row.reading == Reading::Hessian) {
        if let (Some(slope), Some(low), Some(high)) = (row.slope, row.low, row.high) {
            walks.push((slope, low));
            short += usize::from(high < 2.0);
            let what = format!("equilibrium at {}", label(row));
            measured.push(Number::new(what, slope, 2, EXPONENTS).within(Some((low, high))));
        }
    }
    let verdict = verdict(sgd, &walks);
    let summary = match verdict {
        Verdict::NotMeasured => {
            "No walk along the eigenvectors can be trusted: too few directions relaxed often enough."
                .to_owned()
        }
        Verdict::Not => "The slopes of SGD and of equilibrium do not have opposite signs.".to_owned(),
        _ => format!(
            "The sign turns: {} for SGD, {} to {} in equilibrium.",
            fixed(report.sgd_slope, digits),
            fixed(walks.iter().map(|walk| walk.0).fold(f64::INFINITY, f64::min), 2),
            fixed(walks.iter().map(|walk| walk.0).fold(f64::NEG_INFINITY, f64::max), 2)
        ),
    };
    let caveat = match verdict {
        Verdict::NotMeasured => String::new(),
        Verdict::Not => summary.clone(),
        _ if short > 0 => format!(
            "{short} of {} slopes lie below +2 by more than their interval: as far out as the level that defines F the loss is no parabola, \
             for which +2 is exact.",
            walks.len()
        ),
        _ => String::new(),
    };
    Ok(Some(Finding { verdict, measured, summary, caveat }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_can_be_reached() {
        let sgd = (-4.5, -4.4);
        assert_eq!(verdict(sgd, &[(1.7, 1.6), (2.1, 1.8)]), Verdict::Reproduced);
        assert_eq!(verdict(sgd, &[(1.7, 1.6), (2.6, 2.3)]), Verdict::Partly);
        assert_eq!(verdict(sgd, &[(1.7, 1.6), (0.2, -0.1)]), Verdict::Not);
        assert_eq!(verdict((-0.1, 0.2), &[(1.9, 1.8)]), Verdict::Not);
        assert_eq!(verdict(sgd, &[]), Verdict::NotMeasured);
    }
}
