//! A measured number beside what a null hypothesis gives.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Spread;
use crate::student::t_97_5;

/// Realisations of a null hypothesis that a verdict needs.
pub const FEWEST_REALISATIONS: usize = 5;

/// A number, what realisations of a null hypothesis give for it, and whether it is one of these.
///
/// Of a null whose numbers are normal, one further realisation lies within mean ± t s √(1 + 1/n) in 95 % of cases, with s their standard
/// deviation and t Student's of n − 1 degrees of freedom: the prediction interval. A number in it says nothing that the null does
/// not say.
///
/// ```
/// use varflat_analysis::{AgainstNull, NullVerdict};
/// let realisations = [4.10, 4.11, 4.09, 4.12, 4.10];
/// assert_eq!(AgainstNull::of(4.11, &realisations).verdict, NullVerdict::AsTheNull);
/// assert_eq!(AgainstNull::of(3.2, &realisations).verdict, NullVerdict::BeyondTheNull);
/// assert_eq!(AgainstNull::of(3.2, &realisations[..4]).verdict, NullVerdict::NotDecidable);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AgainstNull {
    /// What was measured.
    pub value: f64,
    /// The null's numbers; none where it has fewer than two.
    pub null: Option<Spread>,
    /// Ends of the prediction interval.
    pub interval: Option<[f64; 2]>,
    /// Whether the number is one of these.
    pub verdict: NullVerdict,
}

/// Whether a number is one of those that a null hypothesis gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NullVerdict {
    /// It lies within the prediction interval.
    AsTheNull,
    /// It lies outside.
    BeyondTheNull,
    /// There are too few realisations, or the number is none.
    NotDecidable,
}

impl AgainstNull {
    /// Of a number and realisations of the null, of which those that are not finite do not count.
    pub fn of(value: f64, realisations: &[f64]) -> Self {
        let finite: Vec<f64> = realisations.iter().copied().filter(|x| x.is_finite()).collect();
        let null = Spread::of(&finite);
        let interval = null.filter(|null| null.n >= FEWEST_REALISATIONS).map(|null| {
            let n = null.n as f64;
            let half = t_97_5(null.n - 1) * null.standard_deviation * (1.0 + 1.0 / n).sqrt();
            [null.mean - half, null.mean + half]
        });
        let verdict = match interval {
            Some([low, high]) if value.is_finite() => {
                if (low..=high).contains(&value) {
                    NullVerdict::AsTheNull
                } else {
                    NullVerdict::BeyondTheNull
                }
            }
            _ => NullVerdict::NotDecidable,
        };
        Self { value, null, interval, verdict }
    }

    /// What is left of the number beyond the mean of the null.
    pub fn left(&self) -> Option<f64> {
        self.null.map(|null| self.value - null.mean)
    }
}

impl fmt::Display for NullVerdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AsTheNull => "as the null",
            Self::BeyondTheNull => "beyond the null",
            Self::NotDecidable => "not decidable",
        })
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha12Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;

    /// One further realisation is called beyond its null in 5 % of cases, whatever their number.
    #[test]
    fn a_realisation_of_the_null_is_mostly_called_one() {
        let mut random = ChaCha12Rng::seed_from_u64(2);
        // Twelve uniform numbers: normal to what is needed here.
        let mut draw = || (0..12).map(|_| f64::from(random.next_u32()) / 2f64.powi(32)).sum::<f64>();
        for n in [5, 20] {
            let trials = 4000;
            let beyond = (0..trials)
                .filter(|_| {
                    let null: Vec<f64> = (0..n).map(|_| draw()).collect();
                    AgainstNull::of(draw(), &null).verdict == NullVerdict::BeyondTheNull
                })
                .count();
            let share = beyond as f64 / f64::from(trials);
            assert!((share - 0.05).abs() < 0.012, "{n}: {share}");
        }
    }

    #[test]
    fn what_cannot_be_judged_is_not() {
        assert_eq!(AgainstNull::of(f64::NAN, &[1.0; 9]).verdict, NullVerdict::NotDecidable);
        let few = AgainstNull::of(1.0, &[1.0, f64::NAN, 2.0, 3.0, 4.0]);
        assert_eq!((few.verdict, few.null.unwrap().n, few.interval), (NullVerdict::NotDecidable, 4, None));
        assert_eq!(few.left(), Some(-1.5));
        assert_eq!(AgainstNull::of(1.0, &[]).left(), None);
    }
}
