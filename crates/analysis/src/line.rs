//! Straight lines through points: least squares, whether the points bend, and the Theil–Sen median slope.

use crate::student::t_97_5;

/// Least-squares line y = intercept + slope·x.
pub(crate) struct Line {
    pub(crate) slope: f64,
    pub(crate) intercept: f64,
    /// √(Σ residual² / (n − 2)).
    pub(crate) scatter: f64,
    /// √(Σ residual² / (n − 2) / Σ (x − x̄)²).
    pub(crate) slope_standard_error: f64,
    /// Pearson correlation of x and y.
    pub(crate) r: f64,
}

/// Least spread of x, a logarithm, over which a slope is defined: a thousandth, ten times the tolerance to which a flatness is
/// found.
pub(crate) const LEAST_SPREAD: f64 = 1e-3;

/// Ordinary least squares; `None` where x spreads over no more than [`LEAST_SPREAD`], or there are fewer than 3 points.
pub(crate) fn least_squares(x: &[f64], y: &[f64]) -> Option<Line> {
    let n = x.len() as f64;
    if x.len() < 3 {
        return None;
    }
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (dx, dy) = (x - mean_x, y - mean_y);
        xx += dx * dx;
        xy += dx * dy;
        yy += dy * dy;
    }
    if spread(x) <= LEAST_SPREAD {
        return None;
    }
    let slope = xy / xx;
    let intercept = mean_y - slope * mean_x;
    let residual: f64 = x.iter().zip(y).map(|(x, y)| (y - mean_y - slope * (x - mean_x)).powi(2)).sum();
    Some(Line {
        slope,
        intercept,
        scatter: (residual / (n - 2.0)).sqrt(),
        slope_standard_error: (residual / (n - 2.0) / xx).sqrt(),
        r: if yy > 0.0 { xy / (xx * yy).sqrt() } else { 0.0 },
    })
}

/// From the least to the largest value.
fn spread(x: &[f64]) -> f64 {
    let (least, largest) =
        x.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
    largest - least
}

/// How much points bend: c in y = a + b(x − x̄) + c(x − x̄)² by least squares, and its standard error from the scatter about that
/// parabola. `None` for fewer than 4 points, or where fewer than 3 values of x differ.
pub(crate) fn curvature(x: &[f64], y: &[f64]) -> Option<(f64, f64)> {
    let line = least_squares(x, y)?;
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    // What of (x − x̄)² no straight line has; the slope of the residuals on it is c.
    let square: Vec<f64> = x.iter().map(|x| (x - mean).powi(2)).collect();
    let of_square = least_squares(x, &square)?;
    let bend: Vec<f64> =
        square.iter().zip(x).map(|(square, x)| square - of_square.intercept - of_square.slope * x).collect();
    let residual: Vec<f64> = y.iter().zip(x).map(|(y, x)| y - line.intercept - line.slope * x).collect();
    let bends: f64 = bend.iter().map(|bend| bend * bend).sum();
    if x.len() < 4 || bends.sqrt() <= LEAST_SPREAD * LEAST_SPREAD {
        return None;
    }
    let c = bend.iter().zip(&residual).map(|(bend, residual)| bend * residual).sum::<f64>() / bends;
    let left: f64 = bend.iter().zip(&residual).map(|(bend, residual)| (residual - c * bend).powi(2)).sum();
    Some((c, (left / (n - 3.0) / bends).sqrt()))
}

/// Whether points bend by more than their scatter explains (95 %): what [`curvature`] finds, and of how many points.
pub(crate) fn bends((curvature, standard_error): (f64, f64), points: usize) -> bool {
    points > 3 && curvature.abs() > t_97_5(points - 3) * standard_error
}

/// Parts of the range of x whose slopes are compared, and the fewest points that one needs.
const PARTS: usize = 3;
const FEWEST_POINTS: usize = 8;

/// Least and largest slope among three equal parts of the range of x; `None` where fewer than two of them have eight points.
pub(crate) fn range_of_slopes(x: &[f64], y: &[f64]) -> Option<[f64; 2]> {
    let slopes = local_slopes(x, y, PARTS, FEWEST_POINTS);
    let least = slopes.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = slopes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (slopes.len() > 1).then_some([least, largest])
}

/// The slopes of `parts` parts of equal length in x, of those with at least `fewest` points.
fn local_slopes(x: &[f64], y: &[f64], parts: usize, fewest: usize) -> Vec<f64> {
    let least = x.iter().copied().fold(f64::INFINITY, f64::min);
    let width = spread(x) / parts as f64;
    let part_of = |x: f64| (((x - least) / width) as usize).min(parts - 1);
    let slopes = (0..parts).filter_map(|part| {
        let points = x.iter().zip(y).filter(|(x, _)| part_of(**x) == part);
        let (x, y): (Vec<f64>, Vec<f64>) = points.unzip();
        least_squares(&x, &y).filter(|_| x.len() >= fewest)
    });
    slopes.map(|line| line.slope).collect()
}

/// Median of the slopes of all pairs with different x (Theil 1950, Sen 1968), exact, 8·n²/2 bytes.
pub(crate) fn theil_sen(x: &[f64], y: &[f64]) -> Option<f64> {
    let mut slopes: Vec<f64> = (0..x.len())
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .filter(|&(i, j)| x[i] != x[j])
        .map(|(i, j)| (y[i] - y[j]) / (x[i] - x[j]))
        .collect();
    if slopes.is_empty() {
        return None;
    }
    let middle = slopes.len() / 2;
    let even = slopes.len().is_multiple_of(2);
    let (below, &mut upper, _) = slopes.select_nth_unstable_by(middle, f64::total_cmp);
    if !even {
        return Some(upper);
    }
    let lower = below.iter().copied().max_by(f64::total_cmp)?;
    Some(0.5 * (lower + upper))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn least_squares_on_a_hand_computed_case() {
        // x̄ = 2.5, ȳ = 3.5, Sxx = 5, Sxy = 7, Syy = 13, residual 3.2.
        let line = least_squares(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 4.0, 6.0]);
        let line = line.unwrap();
        assert!((line.slope - 1.6).abs() < 1e-14);
        assert!((line.intercept + 0.5).abs() < 1e-14);
        assert!((line.slope_standard_error - (0.2_f64 / 2.0 / 5.0).sqrt()).abs() < 1e-14);
        assert!((line.r - 8.0 / 65.0_f64.sqrt()).abs() < 1e-14);
    }

    #[test]
    fn equal_abscissae_have_no_slope() {
        assert!(least_squares(&[0.1; 7], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]).is_none());
        assert!(theil_sen(&[0.1; 3], &[1.0, 2.0, 3.0]).is_none());
    }

    #[test]
    fn abscissae_that_agree_to_their_tolerance_have_no_slope() {
        let x: Vec<f64> = (0..9).map(|i| 0.3 + 1e-12 * f64::from(i)).collect();
        let y: Vec<f64> = (0..9).map(|i| f64::from(i % 3)).collect();
        assert!(least_squares(&x, &y).is_none());
        let x: Vec<f64> = x.iter().enumerate().map(|(i, x)| x + 9e-5 * i as f64).collect();
        assert!(least_squares(&x, &y).is_none());
    }

    #[test]
    fn a_parabola_bends_and_a_line_does_not() {
        let x: Vec<f64> = (0..40).map(|i| 0.1 * f64::from(i)).collect();
        let y: Vec<f64> = x.iter().map(|x| 1.0 - 2.0 * x + 0.7 * x * x).collect();
        let (c, error) = curvature(&x, &y).unwrap();
        assert!((c - 0.7).abs() < 1e-12 && error < 1e-12, "{c} {error}");
        let slopes = local_slopes(&x, &y, 3, 10);
        assert!(slopes.len() == 3 && slopes.is_sorted(), "{slopes:?}");
        // d/dx at the middle of the second third, whose points are 1.3 to 2.5.
        assert!((slopes[1] - (-2.0 + 1.4 * 1.9)).abs() < 1e-9, "{slopes:?}");
        // Noise of ±1 about a line: c is within its error of nothing.
        let y: Vec<f64> =
            x.iter().enumerate().map(|(i, x)| 3.0 * x + f64::from(i as i32 * 7919 % 13 - 6)).collect();
        let (c, error) = curvature(&x, &y).unwrap();
        assert!(c.abs() < 2.0 * error, "{c} {error}");
        assert_eq!(curvature(&x[..3], &y[..3]), None);
    }

    #[test]
    fn theil_sen_ignores_a_quarter_of_outliers() {
        let x: Vec<f64> = (0..101).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|x| if *x < 25.0 { 1e4 } else { 3.0 - 4.0 * x }).collect();
        assert!((theil_sen(&x, &y).unwrap() + 4.0).abs() < 1e-9);
        assert!((least_squares(&x, &y).unwrap().slope + 4.0).abs() > 10.0);
    }

    proptest! {
        #[test]
        fn theil_sen_equals_the_sorted_median(points in prop::collection::vec((-5.0..5.0_f64, -5.0..5.0_f64), 3..30)) {
            let (x, y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
            let mut slopes = Vec::new();
            for i in 0..x.len() {
                for j in i + 1..x.len() {
                    if x[i] != x[j] {
                        slopes.push((y[j] - y[i]) / (x[j] - x[i]));
                    }
                }
            }
            slopes.sort_by(f64::total_cmp);
            let n = slopes.len();
            let median = 0.5 * (slopes[(n - 1) / 2] + slopes[n / 2]);
            prop_assert_eq!(theil_sen(&x, &y), Some(median));
        }

        #[test]
        fn least_squares_recovers_a_line(slope in -9.0..9.0_f64, intercept in -9.0..9.0_f64, shift in -3.0..3.0_f64) {
            let x: Vec<f64> = (0..20).map(|i| shift + 0.3 * f64::from(i)).collect();
            let y: Vec<f64> = x.iter().map(|x| intercept + slope * x).collect();
            let line = least_squares(&x, &y).unwrap();
            prop_assert!((line.slope - slope).abs() < 1e-12);
            prop_assert!((line.intercept - intercept).abs() < 1e-11);
            prop_assert!(line.slope_standard_error < 1e-12);
        }
    }
}
