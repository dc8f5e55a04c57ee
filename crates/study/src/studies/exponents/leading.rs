//! The relation among the components in which most moves.

use varflat_analysis::LEADING;

use super::ExponentRow;
use crate::part::Number;

/// x of σ² ∝ F^x over these components of a run alone, called `what`; `table` is where the row is.
pub(crate) fn slope(row: &ExponentRow, what: &str, table: &'static str) -> Option<Number> {
    let [first, last] = LEADING;
    let what = format!("x of σ² ∝ F^{{x}} over components {first}–{last} alone, {what}");
    Some(Number::new(what, row.leading?, 2, table).about_line(row.leading_low.zip(row.leading_high)))
}

/// Slopes whose interval lies above 0: σ² rises with F.
pub(crate) fn rising(slopes: &[Number]) -> usize {
    slopes.iter().filter(|slope| slope.interval.is_some_and(|(low, _)| low > 0.0)).count()
}

/// The sentence about them, if there are any.
pub(crate) fn sentence(slopes: &[Number]) -> Option<String> {
    let ([first, last], rising) = (LEADING, rising(slopes));
    (rising > 0).then(|| {
        format!(
            "Over components {first}–{last} alone, in which most moves, σ² rises with F in {rising} of {} trusted runs at this loss: there the \
             relation is one of the many directions in which little moves.",
            slopes.len()
        )
    })
}
