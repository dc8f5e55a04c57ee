//! What other noise says beside the claims.

use varflat_analysis::Estimate;

use super::tables::{Kind, KindSummary, NoiseReport};
use crate::part::{Control, Number};
use crate::words::{fixed, two_digits};

pub(super) const CONTROLS: &[Control] = &[REPLACEMENT, REPLACED, PROJECTED];

const TABLE: &str = "noise.json";

const REPLACEMENT: Control = Control {
    id: "control-replacement",
    question: "How much of the variance is that of drawing without replacement?",
    expected: "with replacement flat directions move more, by about 0.4 T/M beyond a line in time, and steep ones as much; between them the exact \
               formula",
    link: "",
    figures: &["noise_replacement"],
    find: |tables| {
        let Some(record) = tables.study::<NoiseReport>("noise")? else { return Ok(None) };
        let report = record.report;
        let mut measured = Vec::new();
        for band in &report.bands {
            let what = format!("σ² with over without, eigenvectors {}–{}", band.first, band.last);
            measured.push(Number {
                covers: format!("the mean over orders ({} each)", report.orders),
                ..Number::of(what, &band.ratio, TABLE)
            });
            measured.push(Number::new("by the exact formula", band.expected, 2, TABLE));
        }
        for kind in Kind::TRAINED {
            measured.extend(report.of(kind).and_then(|found| over_orders("gap", kind, found.gap.as_ref())));
        }
        let inside = report.bands.iter().filter(|band| {
            band.ratio.interval.is_some_and(|[low, high]| (low..=high).contains(&band.expected))
        });
        let half = match (report.half_way_measured, report.half_way) {
            (Some(measured), Some(exact)) => format!(
                "Half of the way to 1 is at κ = {}, where the formula puts it at {}.",
                two_digits(measured),
                two_digits(exact)
            ),
            (None, Some(exact)) => format!(
                "The formula puts half of the way to 1 at κ = {}, which the bands do not reach (λ₁ = {}).",
                two_digits(exact),
                two_digits(report.largest_curvature)
            ),
            _ => "The formula has no crossover here.".to_owned(),
        };
        let means = format!(
            "In {} of {} bands the interval of the ratio holds what the formula gives. {half}",
            inside.count(),
            report.bands.len()
        );
        Ok(Some((measured, means)))
    },
};

const REPLACED: Control = Control {
    id: "control-noise",
    question: "Does anything of the noise matter but its covariance and its order?",
    expected: "Gaussian noise with all of C, summing to zero over an epoch, moves the weights as mini-batches do; isotropic noise gives ψ = 0 in flat \
               directions; of labels that the network draws C·B = H and ψ = 2",
    link: "https://arxiv.org/abs/1803.00195",
    figures: &["noise"],
    find: |tables| {
        let Some(record) = tables.study::<NoiseReport>("noise")? else { return Ok(None) };
        let report = record.report;
        let mut measured = Vec::new();
        for kind in Kind::MINI_BATCHES.into_iter().chain(Kind::REPLACED) {
            let Some(found) = report.of(kind) else { continue };
            measured.extend(over_orders("ψ along H,", kind, found.psi_hessian.as_ref()));
            let exact = |what: &str, value: f64| Number::new(what, value, 2, TABLE);
            measured.extend(found.psi_expected.map(|psi| exact("by the exact formula", psi)));
            measured.extend(found.amplitude.as_ref().map(|over| exact("σ² over it, median", over.value)));
        }
        let told = |kind: Kind| report.of(kind).map_or_else(String::new, told_apart);
        let means = format!(
            "Gaussian noise with all of C {}; summing to zero over an epoch it {}. Isotropic noise {}, labels that the network draws {}. What is told \
             apart is ψ along the eigenvectors of the Hessian, and σ² over the formula there.",
            told(Kind::Full),
            told(Kind::FullAnticorrelated),
            told(Kind::Isotropic),
            told(Kind::DrawnLabels)
        );
        Ok(Some((measured, means)))
    },
};

const PROJECTED: Control = Control {
    id: "control-search",
    question: "Is what moves most a search, or noise?",
    expected: "if a search, learning changes once the noise of the leading components is gone; if noise, it does not (Song, Ahn & Yun find that learning \
               goes on outside of the dominant directions)",
    link: "https://arxiv.org/abs/2405.16002",
    figures: &["noise_projected"],
    find: |tables| {
        let Some(record) = tables.study::<NoiseReport>("noise")? else { return Ok(None) };
        let report = record.report;
        let mut measured = Vec::new();
        for kind in [Kind::LayerWithout].into_iter().chain(Kind::PROJECTED) {
            let Some(found) = report.of(kind) else { continue };
            measured.extend(over_orders(
                "ln of the loss over that at the begin,",
                kind,
                found.learnt.as_ref(),
            ));
            measured.extend(over_orders("test loss,", kind, found.test_loss.as_ref()));
            measured.extend(over_orders("distance,", kind, found.distance.as_ref()));
            measured.extend(over_orders("drift along p_{1},", kind, found.along_first.as_ref()));
        }
        let means = match learnt_of(&report, Kind::LayerWithout) {
            Some(all) => format!(
                "Over {} steps ln L falls by {} with all of the noise. {} {} {} Judged is the loss at the end, beside the scatter over {} orders of \
                 mini-batches.",
                report.alone_steps,
                fixed(-all, 4),
                fall(&report, "Without the noise on the leading components", Kind::WithoutLeading, all),
                fall(&report, "With that noise alone", Kind::LeadingAlone, all),
                fall(&report, "Without any", Kind::NoNoise, all),
                report.orders
            ),
            None => String::new(),
        };
        Ok(Some((measured, means)))
    },
};

/// ln of the loss at the end of the windows of a kind over that at their begin.
fn learnt_of(report: &NoiseReport, kind: Kind) -> Option<f64> {
    report.of(kind)?.learnt.as_ref().map(|learnt| learnt.value)
}

/// How the loss falls with another noise, beside the fall with all of it.
fn fall(report: &NoiseReport, with: &str, kind: Kind, all: f64) -> String {
    let Some((found, learnt)) = report.of(kind).zip(learnt_of(report, kind)) else { return String::new() };
    let more = 100.0 * (learnt / all - 1.0);
    let than = if more < 0.0 { "less" } else { "more" };
    let told = match found.loss_beyond {
        Some(0) => "within the scatter",
        Some(_) => "beyond the scatter",
        None => "too few orders to tell",
    };
    format!("{with} it falls {} % {than} ({told}).", fixed(more.abs(), 2))
}

/// A number of a kind over its windows.
fn over_orders(what: &str, kind: Kind, estimate: Option<&Estimate>) -> Option<Number> {
    let estimate = estimate?;
    let found = Number::of(format!("{what} {}", kind.words()), estimate, TABLE);
    let covers = match estimate.interval {
        Some(_) => "the mean over orders".to_owned(),
        None => "no interval".to_owned(),
    };
    // A number without an interval keeps digits that tell it from others.
    let digits = if estimate.interval.is_none() && estimate.value.abs() < 1.0 { 4 } else { found.digits };
    Some(Number { covers, digits, ..found })
}

/// Whether windows of a kind are told from mini-batches.
fn told_apart(found: &KindSummary) -> String {
    let of = |what: &str, beyond: Option<usize>| match beyond {
        Some(0) => format!("{what} as mini-batches"),
        Some(_) => format!("{what} beyond mini-batches"),
        None => format!("{what} not decided"),
    };
    let psi =
        found.psi_hessian.as_ref().map_or_else(String::new, |psi| format!(" ({})", fixed(psi.value, 2)));
    format!("has {}{psi} and {}", of("ψ", found.psi_beyond), of("an amplitude", found.amplitude_beyond))
}
