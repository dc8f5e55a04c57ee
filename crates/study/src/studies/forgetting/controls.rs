//! What the paper does not claim: the opposite premise, that what moves most is free.

use super::method::Kind;
use super::report::{ForgettingReport, SetupReport};
use super::same_accuracy::SameAccuracy;
use super::weight_rows::LayerReport;
use crate::part::{Control, Number};

const TABLE: &str = "forgetting.json";

pub(super) const CONTROLS: &[Control] = &[ACTIVITY];

const ACTIVITY: Control = Control {
    id: "control-ppap",
    question: "Are the weights that move most on the plateau the sharp ones or the free ones?",
    expected: "the free ones, to be let go while others are held (PPAP: Mashiach, Glickman & Tirer, arXiv 2507.08736); the sharp ones, to be held, if the \
               paper’s relation is true of single weights: both cannot be right",
    link: "https://arxiv.org/abs/2507.08736",
    figures: &["forgetting_weights", "forgetting"],
    find: |tables| {
        let Some(record) = tables.study::<ForgettingReport>("forgetting")? else { return Ok(None) };
        let ForgettingReport { setups, weights, .. } = &record.report;
        if weights.is_empty() {
            return Ok(None);
        }
        let mut measured: Vec<Number> = weights.iter().flat_map(of_layer).collect();
        measured.extend(setups.iter().flat_map(of_setup));
        let sentences = setups.iter().filter_map(sentence);
        let means = std::iter::once(premise(weights)).chain(sentences).collect::<Vec<_>>().join(" ");
        Ok(Some((measured, means)))
    },
};

fn of_layer(layer: &LayerReport) -> Vec<Number> {
    let name = &layer.layer;
    let number = |what: String, found: &Option<_>| found.as_ref().map(|found| Number::of(what, found, TABLE));
    [
        number(format!("rank correlation of σ_{{j}}² with H_{{jj}}, {name} layer"), &layer.spearman),
        number(format!("x in σ_{{j}}² ∝ H_{{jj}}^{{x}}, {name} layer"), &layer.exponent),
        number(format!("γ in S_{{jj}} ∝ H_{{jj}}^{{γ}}, {name} layer"), &layer.noise_exponent),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of_setup(setup: &SetupReport) -> Vec<Number> {
    let number = |found: &SameAccuracy| {
        let what = format!("error of task 1 with task 2 learnt, {}, {}", found.name, setup.heads.words());
        Number::of(what, &found.task_1_error.clone().times(100.0), TABLE).unit(" %")
    };
    setup.at_same_accuracy.iter().map(number).collect()
}

/// Whose premise the weights follow.
fn premise(layers: &[LayerReport]) -> String {
    let ends: Option<Vec<(f64, f64)>> = layers
        .iter()
        .map(|layer| {
            let found = layer.spearman.as_ref()?;
            found.low().zip(found.high())
        })
        .collect();
    let text = match ends {
        Some(ends) if ends.iter().all(|(low, _)| *low > 0.0) => {
            "In every layer the weights that move most have the most curvature: plateau variance is a sign of sharpness here, not of freedom."
        }
        Some(ends) if ends.iter().all(|(_, high)| *high < 0.0) => {
            "In every layer the weights that move most have the least curvature: plateau variance is a sign of freedom here, not of sharpness."
        }
        Some(_) => {
            "The layers do not agree on whether the weights that move most have the most or the least curvature."
        }
        None => "There is no interval to decide it by.",
    };
    text.to_owned()
}

/// Which of the two forgets less, and what the opposite stiffness on the same axes makes of it.
fn sentence(setup: &SetupReport) -> Option<String> {
    let against = |kind: Kind| {
        let found = setup.at_same_accuracy.iter().find(|found| found.method == kind)?;
        let difference = found.minus_ldc.as_ref()?;
        Some(match (difference.low(), difference.high()) {
            (Some(low), _) if low > 0.0 => "forgets more than LDC",
            (_, Some(high)) if high < 0.0 => "forgets less than LDC",
            _ => "cannot be told from LDC",
        })
    };
    let (ppap, activity) = (against(Kind::Ppap)?, against(Kind::Activity)?);
    Some(format!(
        "With {} and task 2 learnt equally well, holding the weights that move least (the premise of PPAP, in a form of ours) {ppap}; holding those that move \
         most, with the same variances, {activity}.",
        setup.heads.words()
    ))
}

#[cfg(test)]
mod tests {
    use varflat_analysis::Estimate;

    use super::*;
    use crate::studies::forgetting::Heads;

    fn layer(correlations: &[f64]) -> LayerReport {
        LayerReport {
            layer: "hidden".to_owned(),
            weights: 9,
            still: 0.0,
            used: 9.0,
            spearman: Estimate::mean(correlations),
            kendall: None,
            exponent: None,
            spearman_of_all: None,
            spearman_with_drift: None,
            exponent_with_drift: None,
            spearman_with_noise: None,
            noise_exponent: None,
        }
    }

    #[test]
    fn every_premise_can_come_out() {
        let (sharp, free) = (layer(&[0.8, 0.9, 0.85]), layer(&[-0.8, -0.9, -0.85]));
        let of = |layers: &[LayerReport]| premise(layers);
        assert!(of(&[sharp.clone(), sharp.clone()]).contains("a sign of sharpness"));
        assert!(of(std::slice::from_ref(&free)).contains("a sign of freedom"));
        assert!(of(&[sharp, free]).contains("do not agree"));
        assert!(of(&[layer(&[0.8, 0.9])]).contains("no interval"));
    }

    #[test]
    fn every_comparison_can_come_out() {
        let setup = |ppap: &[f64], activity: &[f64]| {
            let at = |method: Kind, differences: &[f64]| SameAccuracy {
                name: String::new(),
                method,
                task_1_error: Estimate::mean(&[0.1]).unwrap(),
                task_2_error: Estimate::mean(&[0.1]).unwrap(),
                minus_ldc: Estimate::mean(differences),
            };
            SetupReport {
                heads: Heads::Own,
                task_1_error_before: Estimate::mean(&[0.1]).unwrap(),
                methods: Vec::new(),
                differences: Vec::new(),
                at_same_accuracy: vec![at(Kind::Ppap, ppap), at(Kind::Activity, activity)],
                sequence: Vec::new(),
            }
        };
        let (more, less, same) = ([0.1, 0.11, 0.12], [-0.1, -0.11, -0.12], [-0.1, 0.0, 0.12]);
        let text = sentence(&setup(&more, &less)).unwrap();
        assert!(
            text.contains("of ours) forgets more than LDC")
                && text.contains("variances, forgets less than LDC")
        );
        assert!(sentence(&setup(&same, &more)).unwrap().contains("of ours) cannot be told from LDC"));
    }
}
