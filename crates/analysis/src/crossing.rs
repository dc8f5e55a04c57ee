//! Where a curve comes to a level.

/// x at which a curve through points (x, y), in ascending order of x > 0, first comes to `level`: on straight lines in ln x between
/// neighbours. `None` where it never does; points that are not finite are left out.
///
/// ```
/// let falling = [(1.0, 4.0), (10.0, 4.0), (1000.0, 2.0)];
/// let found = varflat_analysis::crossing(falling, 3.0).unwrap();
/// assert!((found - 100.0).abs() < 1e-9);
/// assert_eq!(varflat_analysis::crossing(falling, 1.0), None);
/// ```
pub fn crossing(points: impl IntoIterator<Item = (f64, f64)>, level: f64) -> Option<f64> {
    let finite = |(x, y): &(f64, f64)| *x > 0.0 && x.is_finite() && y.is_finite();
    let points: Vec<(f64, f64)> = points.into_iter().filter(finite).collect();
    points.windows(2).find_map(|pair| {
        let [(x, y), (next_x, next_y)] = [pair[0], pair[1]];
        let (from, to) = (y - level, next_y - level);
        if from == 0.0 {
            return Some(x);
        }
        if from * to > 0.0 {
            return None;
        }
        Some((x.ln() + from / (from - to) * (next_x.ln() - x.ln())).exp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_crossing_is_found_either_way() {
        let at = |points: &[(f64, f64)], level| crossing(points.iter().copied(), level);
        let e = std::f64::consts::E;
        let found = at(&[(1.0, 0.0), (e, 1.0), (e * e, -1.0)], 0.5).unwrap();
        assert!((found - e.sqrt()).abs() < 1e-12);
        assert_eq!(at(&[(1.0, 2.0), (2.0, 1.0)], 2.0), Some(1.0));
        assert!((at(&[(1.0, 2.0), (2.0, f64::NAN), (3.0, 1.0)], 1.0).unwrap() - 3.0).abs() < 1e-12);
        assert_eq!((at(&[(1.0, 2.0)], 2.0), at(&[], 2.0)), (None, None));
    }
}
