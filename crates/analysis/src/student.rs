//! Student's distribution, for the intervals of a few values.

use std::f64::consts::FRAC_2_PI;

/// The t with P(|T| ≤ t) = 0.95.
pub(crate) fn t_97_5(degrees: usize) -> f64 {
    // 12.7 for one degree of freedom, less for more.
    let (mut low, mut high) = (1.0, 16.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if within(middle, degrees) < 0.95 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// P(|T| ≤ t) for a whole number of degrees of freedom ν, with θ = arctan(t/√ν) (Abramowitz & Stegun 26.7.3 and 26.7.4):
/// 2/π [θ + sin θ (cos θ + 2/3 cos³θ + …)] for odd ν, sin θ (1 + 1/2 cos²θ + 1·3/(2·4) cos⁴θ + …) for even ν.
fn within(t: f64, degrees: usize) -> f64 {
    let angle = (t / (degrees as f64).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let odd = degrees % 2 == 1;
    let (mut term, mut sum) = (if odd { cosine } else { 1.0 }, 0.0);
    for power in (degrees % 2..degrees.saturating_sub(1)).step_by(2) {
        sum += term;
        term *= cosine * cosine * (power + 1) as f64 / (power + 2) as f64;
    }
    if odd { FRAC_2_PI * (angle + sine * sum) } else { sine * sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_points_are_those_of_the_tables() {
        let table =
            [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (5, 2.5706), (9, 2.2622), (10, 2.2281)];
        for (degrees, expected) in table.into_iter().chain([(30, 2.0423), (120, 1.9799)]) {
            assert!((t_97_5(degrees) - expected).abs() < 1e-4, "{degrees}: {}", t_97_5(degrees));
        }
    }

    #[test]
    fn the_distribution_is_the_integral_of_its_density() {
        for degrees in [3, 4, 7, 8] {
            let nu = degrees as f64;
            let density = |t: f64| (1.0 + t * t / nu).powf(-0.5 * (nu + 1.0));
            let integral = |to: f64| -> f64 {
                let step = to / 200_000.0;
                (0..200_000).map(|place| density((f64::from(place) + 0.5) * step) * step).sum()
            };
            assert!((within(1.7, degrees) - integral(1.7) / integral(4000.0)).abs() < 1e-6, "{degrees}");
        }
    }
}
