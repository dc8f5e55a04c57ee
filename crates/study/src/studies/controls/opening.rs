//! How much of ψ is what, in plain words.

use varflat_analysis::Basis::{self, Components};
use varflat_run::error::Result;

use super::tables::{ControlsReport, NUMBERS, NumberRow, Quantity};
use crate::part::Tables;
use crate::words::fixed;

/// The paragraph before the claims: ψ of the run over its widest range, taken apart.
pub(super) fn opening(tables: &Tables) -> Result<Option<String>> {
    let Some(record) = tables.study::<ControlsReport>("controls")? else { return Ok(None) };
    let rows: Vec<NumberRow> = tables.rows(NUMBERS)?;
    Ok(Parts::of(&rows, &record.report).map(|parts| parts.words()))
}

/// ψ over one range, under one definition after the other.
struct Parts {
    first: usize,
    last: usize,
    replays: usize,
    /// With F as it was measured, and with F of the curvature.
    measured: Option<f64>,
    own: f64,
    /// Of replays, and of noise alone.
    replay: f64,
    alone: Option<f64>,
    /// Least and largest along directions that were not chosen by the variance.
    others: Option<[f64; 2]>,
}

impl Parts {
    fn of(rows: &[NumberRow], report: &ControlsReport) -> Option<Self> {
        let psi = || rows.iter().filter(|row| row.quantity == Quantity::Psi);
        let last = psi().filter(|row| row.first == 2).map(|row| row.last).max()?;
        let here = |basis: Basis, level: Option<f64>| {
            psi().find(|row| (row.basis, row.level, row.first, row.last) == (basis, level, 2, last))
        };
        let own = here(Components, None)?;
        let others: Vec<f64> = psi()
            .filter(|row| {
                row.basis != Components && row.level.is_none() && (row.first, row.last) == (2, last)
            })
            .filter_map(|row| row.value)
            .collect();
        let least = others.iter().copied().reduce(f64::min);
        Some(Self {
            first: 2,
            last,
            replays: own.replays,
            measured: report.level.and_then(|level| here(Components, Some(level))?.value),
            own: own.value?,
            replay: own.replay_mean?,
            alone: own.noise_mean,
            others: least
                .zip(others.iter().copied().reduce(f64::max))
                .map(|(least, largest)| [least, largest]),
        })
    }

    fn words(&self) -> String {
        let two = |value: f64| fixed(value, 2);
        let mut sentences = Vec::new();
        let headline = self.measured.unwrap_or(self.own);
        sentences.push(format!(
            "How much of ψ is physics? ψ = {} over components {}–{}.",
            two(headline),
            self.first,
            self.last
        ));
        if let Some([least, largest]) = self.others {
            sentences.push(format!(
                "Along directions that were not chosen by the variance it is {} to {}: that is the noise of mini-batches, whose variance follows the \
                 curvature, summed up over an epoch in a frozen parabola.",
                two(least),
                two(largest)
            ));
        }
        let alone = self.alone.map_or_else(String::new, |alone| {
            format!(", and of frozen noise without any landscape {}", two(alone))
        });
        sentences.push(format!(
            "Principal components, which are chosen by the variance, raise it to {} with F from the curvature; those of frozen noise in a frozen \
             parabola give {} ({} replays){alone}.",
            two(self.own),
            two(self.replay),
            self.replays
        ));
        if let Some(measured) = self.measured {
            sentences.push(format!(
                "{} more comes from measuring F at its level, where the loss is not its parabola.",
                two(measured - self.own)
            ));
        }
        sentences.push(format!(
            "What remains of ψ beyond the null, for the path and a landscape that changes along it, is {}.",
            two(self.own - self.replay)
        ));
        sentences.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_add_up_in_words() {
        let parts = Parts {
            first: 2,
            last: 2498,
            replays: 20,
            measured: Some(4.46),
            own: 3.47,
            replay: 3.52,
            alone: Some(3.53),
            others: Some([1.88, 2.61]),
        };
        let words = parts.words();
        for number in ["4.46", "3.47", "3.52", "3.53", "1.88 to 2.61", "0.99 more", "−0.05"] {
            assert!(words.contains(number), "{number}: {words}");
        }
    }
}
