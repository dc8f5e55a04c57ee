//! What stands beside a claim's numbers: what they would have been anyway.

use varflat_analysis::NullVerdict;
use varflat_run::error::Result;

use super::tables::Tables;

/// What the nulls say about some claims.
pub(crate) struct NullEntry {
    /// The claims, by their numbers.
    pub(crate) claims: &'static [&'static str],
    /// The numbers; `None` if they were not measured.
    pub(crate) find: fn(&Tables) -> Result<Option<NullFinding>>,
}

/// Numbers of a claim beside their null.
pub(crate) struct NullFinding {
    pub(crate) numbers: Vec<NullNumber>,
    /// What they mean, in a sentence or two.
    pub(crate) means: String,
}

/// A number, what the null gives for it, and whether it is one of those.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NullNumber {
    pub(crate) what: String,
    pub(crate) value: f64,
    /// Mean and standard deviation over the realisations of the null.
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
    pub(crate) verdict: NullVerdict,
    pub(crate) table: &'static str,
}

impl NullNumber {
    /// Decimals that show the second digit of the spread, and three digits of the value where the spread is none.
    fn digits(&self) -> usize {
        let scale = if self.deviation > 0.0 { self.deviation } else { 1e-2 * self.value.abs() };
        match scale > 0.0 && scale.is_finite() {
            true => (1.0 - scale.log10().floor()).clamp(0.0, 6.0) as usize,
            false => 2,
        }
    }

    pub(crate) fn value_shown(&self) -> String {
        varflat_plot::fixed(self.value, self.digits())
    }

    /// `4.116 ± 0.023`.
    pub(crate) fn null_shown(&self) -> String {
        let digits = self.digits();
        format!(
            "{} ± {}",
            varflat_plot::fixed(self.mean, digits),
            varflat_plot::fixed(self.deviation, digits)
        )
    }

    /// What is left beyond the null.
    pub(crate) fn left_shown(&self) -> String {
        varflat_plot::fixed(self.value - self.mean, self.digits())
    }
}

/// The verdict on all of them: beyond the null if any number is, as the null if all that are decidable are.
pub(crate) fn overall(numbers: &[NullNumber]) -> Option<NullVerdict> {
    let verdicts = || numbers.iter().map(|number| number.verdict);
    let any = |wanted: NullVerdict| verdicts().any(|verdict| verdict == wanted);
    if any(NullVerdict::BeyondTheNull) {
        Some(NullVerdict::BeyondTheNull)
    } else if any(NullVerdict::AsTheNull) {
        Some(NullVerdict::AsTheNull)
    } else {
        verdicts().next()
    }
}

/// What has to be said before the claims, from the tables of a part; `None` if these are not there.
pub(crate) type Opening = fn(&Tables) -> Result<Option<String>>;

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: f64, deviation: f64, verdict: NullVerdict) -> NullNumber {
        NullNumber { what: String::new(), value, mean: 4.116, deviation, verdict, table: "" }
    }

    #[test]
    fn numbers_are_shown_to_the_second_digit_of_their_spread() {
        let found = number(4.061, 0.023, NullVerdict::BeyondTheNull);
        assert_eq!(
            [found.value_shown(), found.null_shown(), found.left_shown()],
            ["4.061", "4.116 ± 0.023", "−0.055"]
        );
        assert_eq!(number(123.0, 0.0, NullVerdict::NotDecidable).value_shown(), "123");
        assert_eq!(number(f64::NAN, f64::NAN, NullVerdict::NotDecidable).digits(), 2);
    }

    #[test]
    fn one_number_beyond_the_null_decides_and_what_is_not_decidable_does_not() {
        use NullVerdict::{AsTheNull, BeyondTheNull, NotDecidable};
        let of = |verdicts: &[NullVerdict]| {
            overall(&verdicts.iter().map(|&verdict| number(1.0, 0.1, verdict)).collect::<Vec<_>>())
        };
        assert_eq!(of(&[AsTheNull, BeyondTheNull]), Some(BeyondTheNull));
        assert_eq!(of(&[NotDecidable, AsTheNull]), Some(AsTheNull));
        assert_eq!(of(&[NotDecidable]), Some(NotDecidable));
        assert_eq!(of(&[]), None);
    }
}
