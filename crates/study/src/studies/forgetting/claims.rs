//! Claim 11: constraints along the landscape reduce forgetting.

use varflat_analysis::Estimate;
use varflat_run::error::Result;

use super::method::{Kind, Method};
use super::report::{ForgettingReport, MethodReport, SetupReport};
use super::settings::ForgettingStudy;
use crate::part::{Certainty, Claim, Finding, Number, Tables, Verdict};
use crate::words::fixed;

const TABLE: &str = "forgetting.json";

pub(super) const CLAIMS: &[Claim] = &[CLAIM];

const CLAIM: Claim = Claim {
    number: "11",
    statement: "Landscape-dependent constraints (LDC) reduce catastrophic forgetting.",
    paper: &[("LDC reduce catastrophic forgetting", Certainty::Abstract)],
    rule: "The mean test error of two tasks after the second, LDC (of a number of components fixed beforehand) minus no constraint, seed by seed, each \
           at the strength with the least training error. Reproduced if the 95 % interval of the difference lies below 0 in every set-up: with one output layer for all tasks, and with one \
           for each. Partly if in one of them. (The tasks and set-ups are ours: the paper’s could not be read.)",
    figures: &["forgetting", "forgetting_constraints", "forgetting_sequence"],
    find,
};

/// `differences` are the upper ends of the intervals, one a set-up.
fn verdict(differences: &[f64]) -> Verdict {
    if differences.is_empty() {
        return Verdict::NotMeasured;
    }
    let lower = |difference: &f64| *difference < 0.0;
    Verdict::of(differences.iter().all(lower), differences.iter().any(lower))
}

/// LDC minus no constraint.
fn reduction(setup: &SetupReport) -> Option<&Estimate> {
    let none = Method::NONE.label();
    setup.differences.iter().find(|difference| difference.from == none).map(|found| &found.mean_error)
}

fn percent(what: String, error: &Estimate) -> Number {
    Number::of(what, &error.clone().times(100.0), TABLE).unit(" %")
}

/// Whether it is the LDC that is compared with the others.
fn is_shown(study: &ForgettingStudy, method: &MethodReport) -> bool {
    method.method == Kind::Ldc
        && method.exponent == Some(study.exponent)
        && method.components == Some(study.shown)
}

/// Methods to name: those that the study compares, and LDC with the most components.
fn is_named(study: &ForgettingStudy, method: &MethodReport) -> bool {
    match method.method {
        Kind::Ldc => {
            let most = study.components.iter().copied().max();
            is_shown(study, method) || (method.exponent == Some(study.exponent) && method.components == most)
        }
        Kind::Ewc => method.weights.is_none(),
        // They have a control of their own.
        Kind::Ppap | Kind::Activity => false,
        Kind::None | Kind::L2 | Kind::Joint => true,
    }
}

fn name(method: &MethodReport) -> String {
    match (method.method, method.components) {
        (Kind::L2, _) => "L2 to w_{1}".to_owned(),
        (Kind::Ldc, Some(components)) => format!("LDC, {components} a layer"),
        _ => method.name.clone(),
    }
}

fn find(tables: &Tables) -> Result<Option<Finding>> {
    let Some(record) = tables.study::<ForgettingReport>("forgetting")? else { return Ok(None) };
    let Some(study) = &record.study.settings::<ForgettingStudy>() else { return Ok(None) };
    let setups = &record.report.setups;
    let mut measured = Vec::new();
    let (mut sentences, mut against) = (Vec::new(), Vec::new());
    for setup in setups {
        let words = setup.heads.words();
        if let Some(difference) = reduction(setup) {
            measured.push(percent(format!("LDC minus no constraint, {words}"), difference));
            if difference.high().is_none_or(|high| high >= 0.0) {
                against.push(format!("with {words} the reduction is not significant"));
            }
        }
        for method in setup.methods.iter().filter(|method| is_named(study, method)) {
            let what = format!("{}, {} constraints, {words}", name(method), fixed(method.constraints, 0));
            measured.push(percent(what, &method.mean_error));
        }
        let error = |wanted: fn(&ForgettingStudy, &MethodReport) -> bool| {
            let found = setup.methods.iter().find(|method| wanted(study, method));
            found.map(|method| fixed(100.0 * method.mean_error.value, 1))
        };
        if let (Some(none), Some(ldc)) = (error(|_, method| method.method == Kind::None), error(is_shown)) {
            sentences.push(format!(
                "With {words} the mean error of both tasks is {none} % without a constraint and {ldc} % with {} LDC a layer.",
                study.shown
            ));
        }
    }
    let differences: Vec<f64> = setups.iter().filter_map(reduction).filter_map(Estimate::high).collect();
    let verdict = verdict(&differences);
    let caveat = match against.as_slice() {
        [] => String::new(),
        _ => format!("But {}.", against.join("; and ")),
    };
    Ok(Some(Finding { verdict, measured, summary: sentences.join(" "), caveat }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_can_be_reached() {
        assert_eq!(verdict(&[-0.05, -0.01]), Verdict::Reproduced);
        assert_eq!(verdict(&[-0.05, 0.01]), Verdict::Partly);
        assert_eq!(verdict(&[0.05, 0.01]), Verdict::Not);
        assert_eq!(verdict(&[]), Verdict::NotMeasured);
    }
}
