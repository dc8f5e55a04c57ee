//! Claim 5: the landscape gets flatter with the index.

use varflat_analysis::{FlatnessStatus, Scaling};
use varflat_run::error::Result;
use varflat_run::stages::FlatnessRow;

use crate::part::{Certainty, Claim, Finding, Number, Tables, Verdict};
use crate::studies::headline::tables::{FLATNESS, SUMMARY, summary};
use crate::words::count;
use crate::words::fixed;

pub(super) const CLAIM: Claim = Claim {
    number: "5",
    statement: "The loss landscape gets flatter as i grows.",
    paper: &[("empirically, the landscape becomes flatter as the index increases", Certainty::Summary)],
    rule: "F_{i} ∝ i^{x} over all components but the first whose flatness was found. Reproduced if the 95 % interval of x lies above 0 and \
           the correlation of ln F and ln i is at least 0.9. Partly if the interval alone does.",
    figures: &["landscape", "flatness"],
    find,
};

fn verdict(law: &Scaling) -> Verdict {
    let rises = law.estimate().interval.is_some_and(|[low, _]| low > 0.0);
    Verdict::of(rises && law.r >= 0.9, rises)
}

fn find(tables: &Tables) -> Result<Option<Finding>> {
    if !tables.has(FLATNESS) {
        return Ok(None);
    }
    let rows: Vec<FlatnessRow> = tables.rows(FLATNESS)?;
    let found = || rows.iter().filter(|row| row.status == FlatnessStatus::Found);
    let law = summary(tables)?.map(|summary| summary.fit.flatness_growth);
    let Some(law) = law.flatten() else { return Ok(Some(Finding::of_older("varflat fit RUN"))) };
    let of = |row: Option<&FlatnessRow>| row.and_then(|row| row.flatness);
    let (first, second, last) = (
        of(found().find(|row| row.index == 1)),
        of(found().find(|row| row.index > 1)),
        of(found().next_back()),
    );
    let mut measured = Number::of_law("x in F_{i} ∝ i^{x}", &law, SUMMARY);
    measured.push(Number::new("correlation r", law.r, 3, SUMMARY));
    let ends = [
        ("F of the drift direction p_{1}", first),
        ("F of the component after it", second),
        ("F of the last component", last),
    ];
    measured
        .extend(ends.into_iter().filter_map(|(what, value)| Some(Number::new(what, value?, 2, FLATNESS))));
    let verdict = verdict(&law);
    let left_out = rows.len() - found().count();
    let summary = format!(
        "F grows with the index over {}{}.",
        count(law.n, "component"),
        if left_out > 0 {
            format!("; {} without a flatness left out", count(left_out, "component"))
        } else {
            String::new()
        }
    );
    let exception = match (first, second) {
        (Some(first), Some(second)) if first > second => format!(
            "The drift direction is an exception: with F = {} it is itself flat, flatter than the component after it ({}).",
            fixed(first, 2),
            fixed(second, 2)
        ),
        _ => String::new(),
    };
    let caveat = match verdict {
        Verdict::Reproduced | Verdict::NotMeasured => exception,
        Verdict::Partly => "The landscape gets flatter with the index only on the whole.".to_owned(),
        Verdict::Not => "The landscape does not get flatter with the index.".to_owned(),
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
            standard_error: 0.1,
            ln_prefactor: 0.0,
            r,
            n: 10,
            range: None,
            bend: None,
        };
        assert_eq!(verdict(&law(0.6, 0.95)), Verdict::Reproduced);
        assert_eq!(verdict(&law(0.6, 0.7)), Verdict::Partly);
        assert_eq!(verdict(&law(0.1, 0.95)), Verdict::Not);
        assert_eq!(verdict(&law(-0.6, -0.95)), Verdict::Not);
    }
}
