//! Claim 2: the spectrum of variances.

use varflat_run::error::Result;

use crate::part::{Certainty, Claim, Finding, Number, Tables, Verdict, is_about};
use crate::studies::headline::tables::{SPECTRUM, SUMMARY, SpectrumRow, summary};
use crate::words::{fixed, pair};

pub(super) const CLAIM: Claim = Claim {
    number: "2",
    statement: "σ_{1}² stands apart by a gap; then σ_{i}² falls fast with i, so that few directions hold nearly all of the motion.",
    paper: &[
        ("a gap between σ_{1}² and σ_{2}²", Certainty::Summary),
        ("σ_{i}² ∝ i^{−γ}, γ ≈ 2 to 3 for i ≥ 20", Certainty::Abstract),
        ("the 35 components after the first hold ≈ 90 % of the rest", Certainty::Abstract),
    ],
    rule: "Reproduced if σ_{1}²/σ_{2}² is the largest ratio of neighbours among the first 50, the 95 % interval of γ lies between 2 and \
           3, and the share of the 35 components is 90 ± 5 %. Partly if the gap and one of the others hold.",
    figures: &["pca_spectrum"],
    find,
};

/// Components among which the gap has to be the largest.
const NEIGHBOURS: usize = 50;

fn verdict(variances: &[f64], gamma: Option<(f64, f64)>, share: Option<f64>) -> Verdict {
    let ratios: Vec<f64> = variances
        .windows(2)
        .take(NEIGHBOURS - 1)
        .filter(|pair| pair[1] > 0.0)
        .map(|pair| pair[0] / pair[1])
        .collect();
    let gap = ratios.first().is_some_and(|first| ratios.iter().all(|ratio| ratio <= first));
    let decay = gamma.is_some_and(|(low, high)| low >= 2.0 && high <= 3.0);
    let concentrated = share.is_some_and(|share| (0.85..=0.95).contains(&share));
    Verdict::of(gap && decay && concentrated, gap && (decay || concentrated))
}

fn find(tables: &Tables) -> Result<Option<Finding>> {
    let Some(summary) = summary(tables)? else { return Ok(None) };
    let rows: Vec<SpectrumRow> = tables.rows(SPECTRUM)?;
    let variances: Vec<f64> = rows.iter().map(|row| row.variance).collect();
    let fit = &summary.fit;
    let estimate = fit.gamma_estimate();
    let gamma = pair(estimate.as_ref().and_then(|gamma| gamma.interval));
    let verdict = verdict(&variances, gamma, fit.share_35);
    let mut measured =
        vec![Number { digits: 0, ..Number::of("gap σ_{1}²/σ_{2}²", &fit.gap_estimate(), SUMMARY) }];
    if let (Some(decay), Some(estimate)) = (fit.decay, &estimate) {
        let what = format!("γ over components {}–{}", decay.first, decay.last);
        measured.push(Number::of(what, estimate, SUMMARY));
    }
    if let Some(share) = fit.share_35 {
        measured.push(Number::new("share of the 35 components", 100.0 * share, 1, SUMMARY).unit(" %"));
    }
    let summary = format!(
        "The variance of the first component is {} times that of the second; the spectrum then falls by a power law.",
        fixed(fit.gap, 0)
    );
    let mut caveat = Vec::new();
    if verdict == Verdict::Not {
        caveat.push("The spectrum has not the paper’s shape.".to_owned());
    }
    if let Some(decay) = fit.decay.filter(|_| gamma.is_none_or(|(low, high)| low < 2.0 || high > 3.0)) {
        caveat.push(format!("γ = {} is not between 2 and 3.", fixed(decay.gamma, 2)));
    }
    if let Some(share) = fit.share_35.filter(|share| !is_about(*share, 0.9) || !(0.85..=0.95).contains(share))
    {
        caveat.push(format!(
            "The 35 components hold {} % of the rest, not about 90 %.",
            fixed(100.0 * share, 1)
        ));
    }
    Ok(Some(Finding { verdict, measured, summary, caveat: caveat.join(" ") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_can_be_reached() {
        let spectrum: Vec<f64> =
            std::iter::once(100.0).chain((2..100).map(|i| f64::from(i).powf(-2.5))).collect();
        let (inside, outside) = (Some((2.3, 2.6)), Some((1.9, 2.1)));
        assert_eq!(verdict(&spectrum, inside, Some(0.9)), Verdict::Reproduced);
        assert_eq!(verdict(&spectrum, outside, Some(0.9)), Verdict::Partly);
        assert_eq!(verdict(&spectrum, inside, Some(0.8)), Verdict::Partly);
        assert_eq!(verdict(&spectrum, None, None), Verdict::Not);
        // A larger step later: σ_1² does not stand apart.
        let mut stepped = spectrum.clone();
        stepped.iter_mut().skip(10).for_each(|variance| *variance *= 1e-4);
        assert_eq!(verdict(&stepped, inside, Some(0.9)), Verdict::Not);
    }
}
