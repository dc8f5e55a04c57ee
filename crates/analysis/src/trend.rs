//! A straight line in time, taken away.

/// What is left of a series beyond its least-squares line in time, of which the mean is a part: what does not drift.
///
/// ```
/// let mut series = vec![1.0, 3.0, 5.0, 6.0];
/// varflat_analysis::detrend(&mut series);
/// for (left, exact) in series.iter().zip([-0.2, 0.1, 0.4, -0.3]) {
///     assert!((left - exact as f64).abs() < 1e-12);
/// }
/// ```
pub fn detrend(series: &mut [f64]) {
    let steps = series.len() as f64;
    let (middle, mean) = (0.5 * (steps - 1.0), series.iter().sum::<f64>() / steps);
    let times = || (0..).map(|t: usize| t as f64 - middle);
    let (mut products, mut squares) = (0.0, 0.0);
    for (value, time) in series.iter().zip(times()) {
        products += time * (value - mean);
        squares += time * time;
    }
    let slope = if squares > 0.0 { products / squares } else { 0.0 };
    series.iter_mut().zip(times()).for_each(|(value, time)| *value -= mean + slope * time);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_leaves_nothing_and_what_is_even_in_time_stays() {
        let mut line: Vec<f64> = (0..50).map(|t| 3.0 - 0.2 * f64::from(t)).collect();
        detrend(&mut line);
        assert!(line.iter().all(|left| left.abs() < 1e-12));
        let even = |t: i32| f64::from((t - 10).abs() % 3) - 1.0;
        let mut both: Vec<f64> = (0..21).map(|t| even(t) + 7.0 * f64::from(t)).collect();
        detrend(&mut both);
        let mean = (0..21).map(even).sum::<f64>() / 21.0;
        assert!(both.iter().zip(0..).all(|(left, t)| (left - even(t) + mean).abs() < 1e-11));
        detrend(&mut []);
        let mut one = [4.0];
        detrend(&mut one);
        assert_eq!(one, [0.0]);
    }
}
