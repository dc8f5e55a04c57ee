//! Quadratic constraints that keep a network near weights it has learnt: LDC, EWC and L2-to-w_1 in one form.

mod apply;
mod on_host;

use std::sync::{Arc, OnceLock};

use burn::tensor::Tensor;

use crate::dense::NetworkError;

/// Most by which directions may fail to be orthonormal, |p_i·p_j − δ_ij|.
const ORTHONORMAL: f32 = 1e-4;

/// The penalty Σ_i k_i [(w − w_1)·p_i]² on one parameter w of a burn module, with stiffness k_i ≥ 0 around the centre w_1.
///
/// The directions p_i are orthonormal ([`along`](Self::along)), or the weights themselves ([`diagonal`](Self::diagonal)):
///
/// | | directions | stiffness |
/// |---|---|---|
/// | landscape-dependent constraints (LDC) | principal components of task 1 | k_i = λ F_i^(−m), F_i the flatness, m = 2 |
/// | elastic weight consolidation (EWC, arXiv 1612.00796) | weights | k_j = λ F_jj, F the Fisher information; the authors write λ/2 |
/// | L2 | weights | k_j = λ |
///
/// It is a regulariser for any training: add [`penalty`](Self::penalty) to a loss, or its gradient to others
/// ([`add_gradients`](Self::add_gradients)), or take an implicit step after that of the optimizer ([`relax`](Self::relax)).
/// A gradient step of learning rate α diverges where α k_i > 1; the implicit step never does.
///
/// ```
/// use burn::tensor::Tensor;
/// use varflat_model::{Constraint, Mlp, MlpConfig, device};
/// let device = device::open(None)?;
/// let network = Mlp::new(&MlpConfig::new(4, vec![3, 3], 2).initial(1)?, &device.autodiff())?;
/// let constraint = Constraint::diagonal("hidden.weight", vec![0.0; 9], vec![2.0; 9])?;
/// let loss = constraint.penalty(&network)?; // + your own
/// let gradients = loss.backward();
/// let relaxed = constraint.relax(network, 0.1)?; // every weight divided by 1 + 2·0.1·2
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Constraint {
    path: String,
    /// w_1 and the directions, shared by clones.
    place: Arc<Place>,
    stiffness: Vec<f32>,
}

#[derive(Debug)]
struct Place {
    /// w_1, flattened row-major.
    centre: Vec<f32>,
    /// `[constraints, weights]`; `None` where they are the weights themselves.
    directions: Option<Vec<f32>>,
    /// Both where the parameter is, made when first needed there.
    tensors: OnceLock<(Tensor<1>, Option<Tensor<2>>)>,
}

impl Constraint {
    /// Constraints along orthonormal `directions`, `[constraints, weights]` row-major, of the parameter at `path`
    /// (`hidden.weight`, say) around `centre` w_1, flattened row-major. Those of stiffness 0 are left out.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when lengths disagree, a number is not finite, a stiffness is negative, or the directions are not
    /// orthonormal.
    pub fn along(
        path: &str,
        centre: Vec<f32>,
        directions: &[f64],
        stiffness: &[f64],
    ) -> Result<Self, NetworkError> {
        let invalid = |problem: String| NetworkError::Shape { layer: path.to_owned(), problem };
        let weights = centre.len();
        if directions.len() != stiffness.len() * weights {
            return Err(invalid(format!(
                "{} directions of {weights} weights have {} entries, but there are {}",
                stiffness.len(),
                stiffness.len() * weights,
                directions.len()
            )));
        }
        check(&centre, stiffness).map_err(&invalid)?;
        let acting = directions.chunks_exact(weights.max(1)).zip(stiffness).filter(|(_, k)| **k > 0.0);
        let (mut rows, mut kept) = (Vec::new(), Vec::new());
        for (direction, &k) in acting {
            rows.extend(direction.iter().map(|&entry| entry as f32));
            kept.push(k as f32);
        }
        if let Some((one, other)) = on_host::not_orthonormal(&rows, weights, ORTHONORMAL) {
            return Err(invalid(format!("directions {} and {} are not orthonormal", one + 1, other + 1)));
        }
        Ok(Self::new(path, centre, Some(rows), kept))
    }

    /// A constraint on every single weight of the parameter at `path` around `centre` w_1, both flattened row-major.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when lengths disagree, a number is not finite, or a stiffness is negative.
    pub fn diagonal(path: &str, centre: Vec<f32>, stiffness: Vec<f64>) -> Result<Self, NetworkError> {
        let invalid = |problem: String| NetworkError::Shape { layer: path.to_owned(), problem };
        if stiffness.len() != centre.len() {
            let (k, w) = (stiffness.len(), centre.len());
            return Err(invalid(format!(
                "{w} weights need as many numbers for their stiffness, but there are {k}"
            )));
        }
        check(&centre, &stiffness).map_err(invalid)?;
        Ok(Self::new(path, centre, None, stiffness.into_iter().map(|k| k as f32).collect()))
    }

    fn new(path: &str, centre: Vec<f32>, directions: Option<Vec<f32>>, stiffness: Vec<f32>) -> Self {
        let place = Arc::new(Place { centre, directions, tensors: OnceLock::new() });
        Self { path: path.to_owned(), place, stiffness }
    }

    /// The parameter's path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// How many directions, or weights, are held: those whose stiffness is not zero.
    pub fn count(&self) -> usize {
        self.stiffness.iter().filter(|k| **k > 0.0).count()
    }

    /// The largest k_i; 0 if nothing is held.
    pub fn largest(&self) -> f64 {
        f64::from(self.stiffness.iter().copied().fold(0.0, f32::max))
    }

    /// The same constraints `factor` times as stiff: λ where k_i was written without it. Directions are shared, not copied.
    pub fn scaled(&self, factor: f64) -> Self {
        let stiffness = self.stiffness.iter().map(|&k| (f64::from(k) * factor) as f32).collect();
        Self { stiffness, ..self.clone() }
    }

    /// All of `constraints`, of which only the `count` stiffest hold: at equal stiffness those that come first.
    pub fn stiffest(constraints: &[Self], count: usize) -> Vec<Self> {
        let mut all: Vec<(usize, usize)> = Vec::new();
        for (of, constraint) in constraints.iter().enumerate() {
            all.extend((0..constraint.stiffness.len()).map(|place| (of, place)));
        }
        let k = |&(of, place): &(usize, usize)| constraints[of].stiffness[place];
        all.sort_by(|one, other| k(other).total_cmp(&k(one)));
        let mut kept: Vec<Self> = constraints.to_vec();
        for &(of, place) in all.iter().skip(count) {
            kept[of].stiffness[place] = 0.0;
        }
        kept
    }
}

/// The complaint about numbers that make no constraint.
fn check(centre: &[f32], stiffness: &[f64]) -> Result<(), String> {
    if let Some(place) = centre.iter().position(|w| !w.is_finite()) {
        return Err(format!("weight {} of the centre is not finite", place + 1));
    }
    match stiffness.iter().position(|k| !(*k >= 0.0 && (*k as f32).is_finite())) {
        Some(place) => Err(format!(
            "stiffness {} is {}; it must be finite and not negative",
            place + 1,
            stiffness[place]
        )),
        None => Ok(()),
    }
}
