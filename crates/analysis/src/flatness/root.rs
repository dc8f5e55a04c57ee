//! Bracketing root finder of Chandrupatla, Advances in Engineering Software 28, 145 (1997):
//! inverse quadratic interpolation where it is safe, bisection elsewhere; never leaves the bracket.

/// A point (x, f(x)).
pub(super) type Point = (f64, f64);

/// A root of f between `a` and `b`, where f has opposite signs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bracket {
    a: Point,
    b: Point,
    /// A third point to interpolate through.
    c: Point,
}

impl Bracket {
    /// A bracket between `a` and `b`, with a third point from outside.
    pub(super) fn new(a: Point, b: Point, c: Point) -> Self {
        Self { a, b, c }
    }

    /// The next x to evaluate; `None` once the bracket is narrower than `tolerance`·|x|.
    pub(super) fn next(&self, tolerance: f64) -> Option<f64> {
        let ((a, fa), (b, fb)) = (self.a, self.b);
        let best = if fa.abs() < fb.abs() { a } else { b };
        let width = (b - a).abs();
        if fa == 0.0 || fb == 0.0 || width <= tolerance * best.abs() {
            return None;
        }
        // Half a tolerance from an end that is already good enough, so that the bracket closes.
        let margin = (0.5 * tolerance * best.abs() / width).min(0.5);
        Some(a + self.fraction().clamp(margin, 1.0 - margin) * (b - a))
    }

    /// Takes f at the x that [`next`](Self::next) asked for.
    pub(super) fn update(&mut self, point: Point) {
        if (point.1 >= 0.0) == (self.a.1 >= 0.0) {
            self.c = self.a;
        } else {
            self.c = self.b;
            self.b = self.a;
        }
        self.a = point;
    }

    /// The root by linear interpolation in the last bracket.
    pub(super) fn root(&self) -> f64 {
        let ((a, fa), (b, fb)) = (self.a, self.b);
        let fraction = fa / (fa - fb);
        if fraction.is_finite() { a + fraction * (b - a) } else { 0.5 * (a + b) }
    }

    /// The end where f < 0 and the end where f ≥ 0.
    pub(super) fn ends(&self) -> (Point, Point) {
        if self.a.1 < 0.0 { (self.a, self.b) } else { (self.b, self.a) }
    }

    /// Where in [a, b] to look next, as a fraction of the way from a to b.
    fn fraction(&self) -> f64 {
        let ((a, fa), (b, fb), (c, fc)) = (self.a, self.b, self.c);
        let xi = (a - b) / (c - b);
        let phi = (fa - fb) / (fc - fb);
        // Written so that infinite values, which make NaN here, bisect.
        let monotone = phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi;
        let interpolated =
            fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb);
        if monotone && interpolated.is_finite() { interpolated } else { 0.5 }
    }
}
