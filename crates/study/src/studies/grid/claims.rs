//! Claim 6: the inverse variance–flatness relation, over all directions and among the few that carry the motion.

use varflat_analysis::Scaling;
use varflat_run::error::Result;

use super::measure::{EXPONENTS, GridReport};
use crate::part::{Certainty, Claim, Finding, Number, Tables, Verdict, is_about};
use crate::studies::exponents::ExponentRow;
use crate::studies::headline::tables::{SUMMARY, summary};
use crate::words::count;
use crate::words::fixed;

mod few;

pub(super) const CLAIMS: &[Claim] = &[MANY, few::CLAIM];

const MANY: Claim = Claim {
    number: "6a",
    statement: "σ_{i}² ∝ F_{i}^{−ψ}: the weights move least where the loss is flattest, for every batch size and learning rate. Over all \
                directions, nearly all of which little moves along.",
    paper: &[("ψ ≈ 4 for MNIST, regardless of B and α", Certainty::Summary)],
    rule: "Reproduced if in the headline run and in every trusted run of the grid ψ is within 25 % of 4 (3 to 5) and the correlation r of \
           ln σ² and ln F is below −0.9. Partly if the 95 % interval of ψ lies above 0 in all of them: the relation is inverse. Trusted are \
           runs that settled, with windows long enough for an interval; fewer than half of the runs, or fewer than three, decide nothing.",
    figures: &["variance_flatness", "grid", "grid_exponents"],
    find,
};

/// ψ, the lower end of its interval, and r.
type Exponent = (f64, f64, f64);

fn verdict(trusted: &[Exponent], runs: usize) -> Verdict {
    // The first is the headline run, which is none of the grid.
    let of_grid = trusted.len().saturating_sub(1);
    if of_grid < 3 || 2 * of_grid < runs {
        return Verdict::NotMeasured;
    }
    let all = trusted.iter().all(|&(psi, _, r)| is_about(psi, 4.0) && r < -0.9);
    Verdict::of(all, trusted.iter().all(|&(_, low, _)| low > 0.0))
}

fn find(tables: &Tables) -> Result<Option<Finding>> {
    let Some(summary) = summary(tables)? else { return Ok(None) };
    let fit = &summary.fit;
    let psi = fit.psi_estimate();
    let [first, last] = fit.range;
    let what = format!("ψ of the headline run, components {first}–{last}");
    let mut measured = Number::of_exponent(what, &psi, fit.bend(), SUMMARY);
    measured.push(Number::new("its correlation r", fit.r, 3, SUMMARY));
    let Some(record) = tables.study::<GridReport>("grid")? else {
        let summary = "“For every B and α” needs the grid of runs.".to_owned();
        return Ok(Some(Finding { verdict: Verdict::NotMeasured, measured, summary, caveat: String::new() }));
    };
    let rows: Vec<ExponentRow> = tables.rows(EXPONENTS)?;
    let trusted: Vec<&ExponentRow> = rows.iter().filter(|row| row.is_trusted()).collect();
    let mut exponents: Vec<Exponent> =
        vec![(fit.psi, psi.interval.map_or(f64::NEG_INFINITY, |[low, _]| low), fit.r)];
    exponents.extend(trusted.iter().filter_map(|row| Some((row.psi?, row.low?, row.r?))));
    let few = fit.mostly_censored();
    let verdict = if few.is_some() { Verdict::NotMeasured } else { verdict(&exponents, rows.len()) };
    let psi = || trusted.iter().filter_map(|row| row.psi);
    measured.push(Number::new(
        format!("trusted runs, of {}", rows.len()),
        trusted.len() as f64,
        0,
        EXPONENTS,
    ));
    if let Some(spread) = record.report.psi {
        let what = format!("mean ψ of these (standard deviation {})", fixed(spread.standard_deviation, 2));
        measured.push(Number::new(what, spread.mean, 2, "grid.json"));
        measured.push(Number::new("least ψ of these", spread.least, 2, EXPONENTS));
        measured.push(Number::new("largest ψ of these", spread.largest, 2, EXPONENTS));
    }
    let summary = match (verdict, few) {
        (Verdict::NotMeasured, Some(few)) => format!("In the headline run {few}."),
        (Verdict::NotMeasured, None) => {
            format!(
                "Only {} of {} can be trusted: too few to decide.",
                trusted.len(),
                count(rows.len(), "run")
            )
        }
        _ => format!(
            "In the headline run and in all of {} of the grid the relation is inverse, ψ from {} to {}.",
            count(trusted.len(), "trusted run"),
            fixed(psi().fold(fit.psi, f64::min), 2),
            fixed(psi().fold(fit.psi, f64::max), 2)
        ),
    };
    let caveat = if verdict == Verdict::NotMeasured {
        String::new()
    } else {
        limits(record.report.against_ratio.as_ref(), &rows, &mut measured)
    };
    Ok(Some(Finding { verdict, measured, summary, caveat }))
}

/// What "regardless of B and α" leaves out: how ψ depends on α/B, and the runs that are not trusted.
fn limits(against_ratio: Option<&Scaling>, rows: &[ExponentRow], measured: &mut Vec<Number>) -> String {
    let mut sentences = Vec::new();
    if let Some(law) = against_ratio {
        let estimate = law.estimate();
        measured.push(Number::of("x in ψ ∝ (α/B)^{x} among these", &estimate, "grid.json"));
        if estimate.interval.is_some_and(|[low, high]| low > 0.0 || high < 0.0) {
            let way = if law.exponent > 0.0 { "grows" } else { "falls" };
            sentences.push(format!("ψ is not the same for every B and α: it {way} with α/B."));
        }
    }
    let doubtful: Vec<&ExponentRow> = rows.iter().filter(|row| !row.is_trusted()).collect();
    if !doubtful.is_empty() {
        let psi = || doubtful.iter().filter_map(|row| row.psi);
        let values = match (psi().reduce(f64::min), psi().reduce(f64::max)) {
            (Some(least), Some(largest)) => {
                format!(" (their ψ, for what it is worth: {} to {})", fixed(least, 2), fixed(largest, 2))
            }
            _ => String::new(),
        };
        sentences.push(format!(
            "{} did not settle, or had too short a window for an interval, and {} nothing here{values}.",
            count(doubtful.len(), "run"),
            if doubtful.len() == 1 { "decides" } else { "decide" }
        ));
    }
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_can_be_reached() {
        let good: Exponent = (4.4, 4.3, -0.98);
        assert_eq!(verdict(&[good; 4], 3), Verdict::Reproduced);
        assert_eq!(verdict(&[good, good, good, (5.2, 5.0, -0.98)], 3), Verdict::Partly);
        assert_eq!(verdict(&[good, good, good, (4.0, 3.9, -0.85)], 3), Verdict::Partly);
        assert_eq!(verdict(&[good, good, good, (0.3, -0.1, -0.2)], 3), Verdict::Not);
        // The headline itself counts.
        assert_eq!(verdict(&[(2.0, 1.9, -0.98), good, good, good], 3), Verdict::Partly);
        assert_eq!(verdict(&[good; 3], 2), Verdict::NotMeasured);
        assert_eq!(verdict(&[good; 4], 7), Verdict::NotMeasured);
    }
}
