//! Claim 6b: the relation among the few directions that carry the motion.

use varflat_run::error::Result;

use crate::part::{Certainty, Claim, Finding, Number, Tables, Verdict, is_about};
use crate::studies::exponents::{ExponentRow, leading};
use crate::studies::grid::measure::{EXPONENTS, GridReport};
use crate::words::count;

pub(super) const CLAIM: Claim = Claim {
    number: "6b",
    statement: "The same among the few directions that carry nearly all of the motion.",
    paper: &[("σ_{i}² ∝ F_{i}^{−ψ} for every i, ψ ≈ 4", Certainty::Summary)],
    rule: "ψ over components 2 to 40 alone, which hold about 90 % of the variance after the first. Reproduced if it is within 25 % of 4 in every trusted run of the \
           grid. Partly if its 95 % interval lies above 0 in all of them: the relation is inverse there, too. Fewer than three trusted \
           runs, or fewer than half, decide nothing.",
    figures: &["grid"],
    find,
};

/// x of σ² ∝ F^x and the upper end of its interval.
type Slope = (f64, Option<f64>);

fn verdict(slopes: &[Slope], runs: usize) -> Verdict {
    if slopes.len() < 3 || 2 * slopes.len() < runs {
        return Verdict::NotMeasured;
    }
    let all = slopes.iter().all(|&(slope, _)| is_about(-slope, 4.0));
    Verdict::of(all, slopes.iter().all(|&(_, high)| high.is_some_and(|high| high < 0.0)))
}

fn find(tables: &Tables) -> Result<Option<Finding>> {
    if tables.study::<GridReport>("grid")?.is_none() {
        return Ok(None);
    }
    let rows: Vec<ExponentRow> = tables.rows(EXPONENTS)?;
    let measured: Vec<Number> = rows
        .iter()
        .filter(|row| row.is_trusted())
        .filter_map(|row| leading::slope(row, &row.run, EXPONENTS))
        .collect();
    let slopes: Vec<Slope> =
        measured.iter().map(|slope| (slope.value, slope.interval.map(|(_, high)| high))).collect();
    let verdict = verdict(&slopes, rows.len());
    let summary = match verdict {
        Verdict::NotMeasured => {
            format!(
                "Only {} of {} can be trusted: too few to decide.",
                slopes.len(),
                count(rows.len(), "run")
            )
        }
        _ => leading::sentence(&measured)
            .unwrap_or_else(|| "In none of the trusted runs σ² rises with F there.".to_owned()),
    };
    let caveat = match verdict {
        Verdict::Not => "Among the directions that carry the motion the relation is not the inverse one.",
        Verdict::Partly => "It is inverse there, but not with the exponent of the paper.",
        _ => "",
    };
    Ok(Some(Finding { verdict, measured, summary, caveat: caveat.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_can_be_reached() {
        let steep: Slope = (-4.2, Some(-3.9));
        assert_eq!(verdict(&[steep; 3], 4), Verdict::Reproduced);
        assert_eq!(verdict(&[steep, steep, (-2.0, Some(-1.5))], 4), Verdict::Partly);
        assert_eq!(verdict(&[steep, steep, (-2.0, Some(0.1))], 4), Verdict::Not);
        assert_eq!(verdict(&[steep, steep, (-2.0, None)], 4), Verdict::Not);
        assert_eq!(verdict(&[steep; 2], 2), Verdict::NotMeasured);
        assert_eq!(verdict(&[steep; 3], 7), Verdict::NotMeasured);
    }

    /// The rule names the components that the slopes are of.
    #[test]
    fn the_rule_is_about_the_leading_components() {
        let [first, last] = varflat_analysis::LEADING;
        assert!(CLAIM.rule.contains(&format!("components {first} to {last} ")), "{}", CLAIM.rule);
    }
}
