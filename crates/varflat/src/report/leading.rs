//! The relation among the components in which most moves.

use varflat_analysis::scaling;

use super::claims::Number;
use crate::study::exponents::PointRow;

/// The components of most variance after the first: about those that hold 90 % of it (claim 10).
const LEADING: [usize; 2] = [2, 40];

/// x of σ² ∝ F^x over these components of a run alone, called `what`; `table` is where the points are.
pub(crate) fn slope(points: &[PointRow], run: &str, what: &str, table: &'static str) -> Option<Number> {
    let [first, last] = LEADING;
    let leading = points
        .iter()
        .filter(|point| point.run == run && point.judged && (first..=last).contains(&point.index));
    let law = scaling(leading.map(|point| (point.flatness, point.variance))).ok()?;
    let what = format!("x of σ² ∝ F^{{x}} over components {first}–{last} alone, {what}");
    Some(Number::of(what, &law.estimate(), table))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_judged_leading_components_of_the_run_count() {
        let point = |run: &str, index: usize, slope: f64, judged: bool| {
            let flatness = index as f64;
            PointRow { run: run.to_owned(), index, flatness, variance: flatness.powf(slope), judged }
        };
        let mut points: Vec<PointRow> = (2..=40).map(|index| point("a", index, 3.0, true)).collect();
        points.extend((1..=90).map(|index| point("b", index, -4.0, true)));
        points.extend((41..=90).map(|index| point("a", index, -9.0, true)));
        points.push(point("a", 5, 70.0, false));
        let slopes = ["a", "b"].map(|run| slope(&points, run, run, "points.csv").unwrap());
        assert!((slopes[0].value - 3.0).abs() < 1e-9 && (slopes[1].value + 4.0).abs() < 1e-9);
        assert_eq!(rising(&slopes), 1);
        assert!(sentence(&slopes).unwrap().contains("1 of 2"));
        assert_eq!((sentence(&slopes[1..]), slope(&points, "c", "c", "")), (None, None));
    }
}
