//! Whether an exponent may be believed: the rules, and what is said where they are broken.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Within the window of a settled training the loss never rises to more than this many times an earlier value.
pub const MOST_RISE: f64 = 2.0;

/// Directions that the slope of a walk needs.
const FEWEST_DIRECTIONS: usize = 10;

/// x in σ² ∝ F^x in thermal equilibrium where the loss is a parabola: σ² = T/κ, F ∝ 1/√κ. …
const EQUILIBRIUM: f64 = 2.0;
/// … and how far a walk in an exact parabola may miss it.
const MOST_MISSED: f64 = 0.5;

/// Whether an exponent may be believed, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Nothing speaks against it.
    Trusted,
    /// The loss did not reach its threshold, or rose again within the window.
    NotSettled,
    /// The window holds too few independent samples for an interval.
    FewSamples,
    /// Too few directions can be judged, or have a flatness.
    FewDirections,
    /// Training diverged or died: there is no exponent.
    Failed,
}

/// What an exponent rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence<'a> {
    /// Whether the loss fell below its threshold.
    pub reached: bool,
    /// The threshold. Nothing falls below 0: such a training was meant to go on to its last epoch, and settles as its loss does.
    pub threshold: f64,
    /// The loss at the epoch ends of the window.
    pub losses: &'a [f64],
    /// Components in the fit, and those without a flatness.
    pub components: usize,
    /// See `components`.
    pub left_out: usize,
    /// Why the exponent has no interval, if it has none.
    pub missing: Option<&'a str>,
}

/// What x in σ² ∝ F^x of a walk in thermal equilibrium rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WalkEvidence<'a> {
    /// Directions that relaxed often enough.
    pub directions: usize,
    /// Why the exponent has no interval, if it has none.
    pub missing: Option<&'a str>,
    /// x of the same walk in the quadratic landscape, exactly +2, read along the same kind of directions.
    pub quadratic: Option<f64>,
}

/// What speaks against an exponent.
#[derive(Clone, Debug, PartialEq)]
pub enum Doubt {
    /// The loss ended above its threshold.
    NotReached {
        /// The last loss.
        last: f64,
        /// The threshold.
        threshold: f64,
    },
    /// The loss rose within the window, to so many times an earlier value.
    Rose {
        /// The largest ratio.
        fold: f64,
    },
    /// Most components have no flatness.
    MostlyCensored {
        /// How many have none.
        left_out: usize,
        /// How many there are.
        of: usize,
    },
    /// There is no interval.
    NoInterval {
        /// Why.
        reason: String,
    },
    /// Too few directions relaxed often enough.
    FewRelaxed {
        /// How many did.
        directions: usize,
    },
    /// The directions were selected by the fluctuations of a window that is too short: the exact answer is missed, too.
    SelectedByFluctuations {
        /// x in the quadratic landscape.
        quadratic: f64,
    },
}

impl WalkEvidence<'_> {
    /// The first thing that speaks against the exponent.
    ///
    /// Principal components of a finite walk are selected by its fluctuations, which steepens the slope. Where that already misses
    /// the exact answer in the quadratic landscape, the slope in the real one says nothing either.
    pub fn doubt(&self) -> Option<Doubt> {
        let missed = |x: &f64| (x - EQUILIBRIUM).abs() > MOST_MISSED;
        match *self {
            Self { directions, .. } if directions < FEWEST_DIRECTIONS => {
                Some(Doubt::FewRelaxed { directions })
            }
            Self { missing: Some(reason), .. } => Some(Doubt::NoInterval { reason: reason.to_owned() }),
            Self { quadratic, .. } => {
                quadratic.filter(missed).map(|quadratic| Doubt::SelectedByFluctuations { quadratic })
            }
        }
    }
}

impl Evidence<'_> {
    /// The first thing that speaks against the exponent.
    ///
    /// ```
    /// use varflat_analysis::{Doubt, Evidence, Trust};
    ///
    /// let settled = Evidence { reached: true, threshold: 1e-3, losses: &[2e-3, 1e-3], components: 170, left_out: 3, missing: None };
    /// assert_eq!(settled.doubt(), None);
    /// let risen = Evidence { losses: &[1e-3, 5e-3], ..settled }.doubt().unwrap();
    /// assert_eq!((risen.trust(), risen.to_string().as_str()), (Trust::NotSettled, "the loss rose 5.0-fold within the window"));
    /// ```
    pub fn doubt(&self) -> Option<Doubt> {
        let &Self { threshold, components, left_out, .. } = self;
        if !self.reached && threshold > 0.0 {
            return Some(Doubt::NotReached {
                last: self.losses.last().copied().unwrap_or(f64::NAN),
                threshold,
            });
        }
        let fold = largest_rise(self.losses);
        if fold > MOST_RISE {
            return Some(Doubt::Rose { fold });
        }
        if left_out > components {
            return Some(Doubt::MostlyCensored { left_out, of: left_out + components });
        }
        self.missing.map(|reason| Doubt::NoInterval { reason: reason.to_owned() })
    }
}

impl Doubt {
    /// What becomes of the exponent.
    pub fn trust(&self) -> Trust {
        match self {
            Self::NotReached { .. } | Self::Rose { .. } => Trust::NotSettled,
            Self::MostlyCensored { .. } | Self::FewRelaxed { .. } => Trust::FewDirections,
            Self::NoInterval { .. } | Self::SelectedByFluctuations { .. } => Trust::FewSamples,
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReached { last, threshold } => {
                write!(formatter, "loss {last:.1e} did not reach {threshold:.0e}")
            }
            Self::Rose { fold } => write!(formatter, "the loss rose {fold:.1}-fold within the window"),
            Self::MostlyCensored { left_out, of } => {
                write!(formatter, "{left_out} of {of} components have no flatness")
            }
            Self::NoInterval { reason } => write!(formatter, "no interval: {reason}"),
            Self::FewRelaxed { directions } => {
                write!(formatter, "only {directions} directions relaxed often enough")
            }
            Self::SelectedByFluctuations { quadratic } => {
                write!(formatter, "window too short: the bowl, exact +2, gives {quadratic:+.1}")
            }
        }
    }
}

/// The largest ratio of a loss to an earlier one; 1 if none rises.
pub fn largest_rise(losses: &[f64]) -> f64 {
    let mut lowest = f64::INFINITY;
    let mut rise: f64 = 1.0;
    for &loss in losses {
        rise = rise.max(loss / lowest);
        lowest = lowest.min(loss);
    }
    rise
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_rise_is_to_any_earlier_loss() {
        assert_eq!(largest_rise(&[8.0, 4.0, 2.0]), 1.0);
        assert_eq!(largest_rise(&[4.0, 2.0, 3.0, 5.0, 4.0]), 2.5);
        assert_eq!(largest_rise(&[]), 1.0);
    }

    #[test]
    fn the_first_doubt_counts() {
        let good = Evidence {
            reached: true,
            threshold: 1e-3,
            losses: &[1e-3],
            components: 9,
            left_out: 9,
            missing: None,
        };
        assert_eq!(good.doubt(), None);
        let found = |evidence: Evidence<'_>| {
            let doubt = evidence.doubt().unwrap();
            (doubt.trust(), doubt.to_string())
        };
        let censored = Evidence { left_out: 10, missing: Some("two blocks"), ..good };
        assert_eq!(
            found(censored),
            (Trust::FewDirections, "10 of 19 components have no flatness".to_owned())
        );
        let short = Evidence { missing: Some("two blocks"), ..good };
        assert_eq!(found(short), (Trust::FewSamples, "no interval: two blocks".to_owned()));
        let slow = Evidence { reached: false, losses: &[1.0, 0.25], ..censored };
        assert_eq!(found(slow), (Trust::NotSettled, "loss 2.5e-1 did not reach 1e-3".to_owned()));
        // A training that was to go on to its end settles as its loss does.
        assert_eq!(Evidence { reached: false, threshold: 0.0, ..good }.doubt(), None);
        let nothing = Evidence { reached: false, losses: &[], ..good };
        assert!(matches!(nothing.doubt(), Some(Doubt::NotReached { last, .. }) if last.is_nan()));
    }

    #[test]
    fn a_walk_that_misses_the_exact_answer_is_not_trusted() {
        let good = WalkEvidence { directions: 10, missing: None, quadratic: Some(2.4) };
        assert_eq!(good.doubt(), None);
        assert_eq!(WalkEvidence { quadratic: None, ..good }.doubt(), None);
        let found = |evidence: WalkEvidence<'_>| {
            let doubt = evidence.doubt().unwrap();
            (doubt.trust(), doubt.to_string())
        };
        let missed = WalkEvidence { quadratic: Some(2.7), ..good };
        let words = "window too short: the bowl, exact +2, gives +2.7".to_owned();
        assert_eq!(found(missed), (Trust::FewSamples, words));
        assert_eq!(
            found(WalkEvidence { missing: Some("two blocks"), ..missed }).1,
            "no interval: two blocks"
        );
        let few = WalkEvidence { directions: 9, ..missed };
        let words = "only 9 directions relaxed often enough".to_owned();
        assert_eq!(found(few), (Trust::FewDirections, words));
    }

    #[test]
    fn tables_keep_their_words() {
        let words = |trust: Trust| serde_json::to_string(&trust).unwrap();
        assert_eq!(words(Trust::NotSettled), "\"not_settled\"");
        assert_eq!(words(Trust::FewDirections), "\"few_directions\"");
    }
}
