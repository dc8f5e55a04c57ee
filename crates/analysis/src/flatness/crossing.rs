//! The crossing between two offsets, by inverse interpolation that never leaves the bracket.

/// A point (s, f(s)).
pub(super) type Point = (f64, f64);

/// What to do next about a bracketed crossing.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// Evaluate f here.
    Ask(Vec<f64>),
    /// The crossing, known well enough.
    Root(f64),
}

/// Narrows the bracket between the inner point `a`, where f < 0, and the outer point `b`, where f ≥ 0.
///
/// `around` holds what is known near them. `halve` asks for the middle: the remedy where interpolation has not helped.
pub(super) fn next(a: Point, b: Point, around: &[Point], tolerance: f64, halve: bool) -> Next {
    let width = b.0 - a.0;
    let best = if -a.1 < b.1 { a.0 } else { b.0 };
    if width <= tolerance * best || b.1 == 0.0 {
        return Next::Root(line(a, b));
    }
    let inside = |s: &f64| a.0 < *s && *s < b.0;
    let Some((root, error)) = interpolate(around).filter(|(root, _)| !halve && inside(root)) else {
        return Next::Ask(vec![0.5 * (a.0 + b.0)]);
    };
    // Two orders of interpolation that agree this well, in a bracket this narrow, need no further proof.
    if error < 0.1 * tolerance * root && width < 0.25 * root && b.1.is_finite() {
        return Next::Root(root);
    }
    let error = error.max(0.45 * tolerance * root);
    let pair: Vec<f64> = [root - error, root + error].into_iter().filter(inside).collect();
    Next::Ask(if pair.is_empty() { vec![root] } else { pair })
}

/// The root on the straight line between two points.
fn line((a, fa): Point, (b, fb): Point) -> f64 {
    let fraction = fa / (fa - fb);
    if fraction.is_finite() { a + fraction * (b - a) } else { 0.5 * (a + b) }
}

/// The root of f through the four points nearest to it, and how far that of one point less lies from it.
///
/// Interpolates s² as a polynomial in f: around a minimum, f is a smooth function of s². `None` unless f rises
/// with s throughout.
fn interpolate(around: &[Point]) -> Option<(f64, f64)> {
    let mut points: Vec<Point> = around.iter().copied().filter(|point| point.1.is_finite()).collect();
    // The second opinion is that without the farthest one.
    points.sort_by(|p, q| p.1.abs().total_cmp(&q.1.abs()));
    points.truncate(4);
    let rises = |p: &Point, q: &Point| (p.0 < q.0) == (p.1 < q.1) && p.1 != q.1;
    let monotone = points.iter().enumerate().all(|(n, p)| points[..n].iter().all(|q| rises(p, q)));
    if points.len() < 3 || !monotone {
        return None;
    }
    let square = |points: &[Point]| -> f64 {
        let weight = |n: usize| -> f64 {
            let others = points.iter().enumerate().filter(|(other, _)| *other != n);
            others.map(|(_, other)| other.1 / (other.1 - points[n].1)).product()
        };
        points.iter().enumerate().map(|(n, point)| weight(n) * point.0 * point.0).sum()
    };
    let (root, second) = (square(&points).sqrt(), square(&points[..points.len() - 1]).sqrt());
    (root - second).is_finite().then_some((root, (root - second).abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quadratic_wall_needs_two_pairs_at_most() {
        let f = |s: f64| (1.0 + 3.0 * s * s).ln() - 1.0;
        let exact = ((std::f64::consts::E - 1.0) / 3.0).sqrt();
        let mut points = [0.0, 0.25, 0.5, 1.0].map(|s| (s, f(s))).to_vec();
        for pairs in 0.. {
            points.sort_by(|p, q| p.0.total_cmp(&q.0));
            let outer = points.iter().position(|point| point.1 >= 0.0).unwrap();
            match next(points[outer - 1], points[outer], &points, 1e-4, false) {
                Next::Ask(offsets) => points.extend(offsets.into_iter().map(|s| (s, f(s)))),
                Next::Root(root) => {
                    assert!((root / exact - 1.0).abs() < 1e-5, "{root} {exact}");
                    assert!((1..=2).contains(&pairs), "{pairs}");
                    break;
                }
            }
        }
    }

    #[test]
    fn what_does_not_rise_is_halved() {
        let points = [(0.0, -1.0), (1.0, -1.5), (2.0, -0.5), (4.0, f64::INFINITY)];
        assert_eq!(next(points[2], points[3], &points[..2], 1e-4, false), Next::Ask(vec![3.0]));
        let rising = [(0.0, -1.0), (1.0, -0.5), (2.0, 1.0)];
        assert_eq!(next(rising[1], rising[2], &rising, 1e-4, true), Next::Ask(vec![1.5]));
    }

    #[test]
    fn a_crossing_into_nothing_is_no_root() {
        let points = [(0.9, -0.1), (0.95, -0.05), (0.99, -0.01), (1.01, f64::INFINITY)];
        assert!(matches!(next(points[2], points[3], &points, 1e-4, false), Next::Ask(_)));
    }
}
