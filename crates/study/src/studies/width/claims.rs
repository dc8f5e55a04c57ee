//! Claim 10: the width of the network hardly matters.

use varflat_analysis::Estimate;
use varflat_run::error::Result;

use super::measure::{WIDTHS, WidthReport, WidthRow};
use crate::part::{Certainty, Claim, Finding, Number, Tables, Verdict};
use crate::words::{estimate, fixed};

const TABLE: &str = "width.json";

pub(super) const CLAIMS: &[Claim] = &[CLAIM];

const CLAIM: Claim = Claim {
    number: "10",
    statement: "The number of relevant directions depends only weakly on the size of the network once it is over-parameterised; the solution \
                stays simple as the width grows.",
    paper: &[
        (
            "the dimension of the search space has only weak dependence on the network size",
            Certainty::Summary,
        ),
        (
            "the solution’s complexity does not grow with the number of parameters, and it generalises well",
            Certainty::Summary,
        ),
    ],
    rule: "n components hold 90 % of the variance of all but the first, n ∝ N^{s} for N weights. Reproduced if, over widths that span at least a \
           tenfold N, the 95 % interval of s lies below ¼ and that of the test error’s exponent does not lie above 0. Partly if the interval \
           of s lies below ½. Widths that did not settle decide nothing, nor do fewer than three.",
    figures: &["width"],
    find,
};

/// `span` is the ratio of the largest to the least N.
fn verdict(growth: &Estimate, test_error: &Estimate, span: f64) -> Verdict {
    let (Some([_, high]), Some([low, _])) = (growth.interval, test_error.interval) else {
        return Verdict::NotMeasured;
    };
    if span < 10.0 {
        return Verdict::NotMeasured;
    }
    Verdict::of(high < 0.25 && low <= 0.0, high < 0.5)
}

fn find(tables: &Tables) -> Result<Option<Finding>> {
    let Some(record) = tables.study::<WidthReport>("width")? else { return Ok(None) };
    let report = &record.report;
    let rows: Vec<WidthRow> = tables.rows(WIDTHS)?;
    let (Some(growth), Some(test_error)) = (&report.growth, &report.test_error) else {
        let summary =
            format!("Only {} of {} runs can be trusted: too few to decide.", report.trusted, report.runs);
        let (measured, caveat) = (Vec::new(), String::new());
        return Ok(Some(Finding { verdict: Verdict::NotMeasured, measured, summary, caveat }));
    };
    let [fewest, most] = report.weights;
    let verdict = verdict(growth, test_error, most as f64 / fewest as f64);
    let number = |what: &str, growth: &Estimate| Number::of(what, growth, TABLE);
    let first = rows.first().map(|row| row.group.clone());
    let trusted = || rows.iter().filter(|row| row.is_trusted() && Some(&row.group) == first.as_ref());
    let components = || trusted().filter_map(|row| row.components_rest).map(|n| n as f64);
    let ends = (components().reduce(f64::min), components().reduce(f64::max));
    let mut measured =
        vec![number("s in n ∝ N^{s}", growth), number("exponent of the test error", test_error)];
    if let (Some(least), Some(largest)) = ends {
        measured.push(Number::new(format!("least n, N = {fewest} to {most}"), least, 0, WIDTHS));
        measured.push(Number::new("largest n", largest, 0, WIDTHS));
    }
    if let Some(psi) = report.psi {
        measured.push(Number::new("least ψ", psi.least, 2, TABLE));
        measured.push(Number::new("largest ψ", psi.largest, 2, TABLE));
    }
    let [narrow, wide] = report.hidden;
    let summary = format!(
        "From H = {narrow} to {wide} the number of weights grows {}-fold; the number of components goes as N^{{s}} with s = {}.",
        fixed(most as f64 / fewest as f64, 0),
        estimate(growth)
    );
    let doubtful: Vec<String> = rows
        .iter()
        .filter(|row| !row.is_trusted() && Some(&row.group) == first.as_ref())
        .map(|row| format!("H = {} ({})", row.hidden, row.note))
        .collect();
    let caveat = match verdict {
        Verdict::Not => "The number of relevant directions grows with the network here.".to_owned(),
        Verdict::Partly => "The dependence is weaker than a square root, but not weak.".to_owned(),
        _ if doubtful.is_empty() => String::new(),
        _ => format!("Not trusted, and decide nothing: {}.", doubtful.join("; ")),
    };
    Ok(Some(Finding { verdict, measured, summary, caveat }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_can_be_reached() {
        // t = 2.0 for 60 points.
        let growth = |exponent: f64| Estimate::least_squares(exponent, 0.01, 62);
        let verdict = |growth: Estimate, error: Estimate, span| verdict(&growth, &error, span);
        assert_eq!(verdict(growth(0.02), growth(-0.1), 40.0), Verdict::Reproduced);
        assert_eq!(verdict(growth(0.02), growth(0.0), 40.0), Verdict::Reproduced);
        assert_eq!(verdict(growth(0.02), growth(0.1), 40.0), Verdict::Partly);
        assert_eq!(verdict(growth(0.24), growth(-0.1), 40.0), Verdict::Partly);
        assert_eq!(verdict(growth(0.6), growth(-0.1), 40.0), Verdict::Not);
        assert_eq!(verdict(growth(0.02), growth(-0.1), 5.0), Verdict::NotMeasured);
        assert_eq!(verdict(Estimate::without(0.02, "two runs"), growth(-0.1), 40.0), Verdict::NotMeasured);
    }
}
