//! A loss of your own: any closure from weights to a number. Here a bowl whose curvatures are known, explored at a temperature, so
//! that equilibrium physics says what must come out: σ² ∝ F², that is ψ = −2.
//!
//! `cargo run --release -p varflat --example own_landscape`

use varflat::prelude::*;

/// L(w_0 + s·p) of any loss, around some weights w_0.
struct Around<F> {
    centre: Vec<f64>,
    loss: F,
}

impl<F: Fn(&[f64]) -> f64> Landscape for Around<F> {
    fn reference_loss(&self) -> f64 {
        (self.loss)(&self.centre)
    }

    fn losses(&self, direction: &[f64], offsets: &[f64]) -> varflat::Result<Vec<f64>> {
        let at = |s: f64| self.centre.iter().zip(direction).map(|(w, p)| w + s * p).collect::<Vec<f64>>();
        Ok(offsets.iter().map(|&s| (self.loss)(&at(s))).collect())
    }
}

/// κ_i = 2^−i.
fn curvature(weight: usize) -> f64 {
    0.5_f64.powi(weight as i32)
}

const WEIGHTS: usize = 8;
const LEAST_LOSS: f64 = 0.1;

fn main() -> varflat::Result<()> {
    let loss =
        |w: &[f64]| LEAST_LOSS + w.iter().enumerate().map(|(i, w)| 0.5 * curvature(i) * w * w).sum::<f64>();

    // Gradient descent with isotropic noise, w ← w − α∇L + √(2αT) ξ; what is recorded is an array [steps, weights].
    let (alpha, temperature, steps) = (0.1, 1e-4, 400_000);
    let mut noise = random::stream(1, random::Purpose::Langevin, 0);
    let mut w = [0.0; WEIGHTS];
    let window = Array2::from_shape_fn((steps, WEIGHTS), |(_, i)| {
        w[i] +=
            -alpha * curvature(i) * w[i] + f64::sqrt(2.0 * alpha * temperature) * random::normal(&mut noise);
        w[i]
    });

    let pca = principal_components(&window)?;
    let landscape = Around { centre: vec![0.0; WEIGHTS], loss };
    let relation = Relation::measure(&pca, &landscape, WEIGHTS)?;
    println!("  i         σ²          F   F along an axis");
    for component in relation.components() {
        // The flattest direction moves most: component i lies along axis WEIGHTS − i.
        let kappa = curvature(WEIGHTS - component.index);
        let expected = f64::sqrt(8.0 * (std::f64::consts::E - 1.0) * LEAST_LOSS / kappa);
        let flatness = component.flatness.unwrap_or(f64::NAN);
        println!("{:>3}   {:.2e}   {flatness:>8.4}   {expected:>8.4}", component.index, component.variance);
    }
    println!("ψ = {:.2}; −2 in equilibrium", relation.fit(1..=WEIGHTS)?.psi);
    Ok(())
}
