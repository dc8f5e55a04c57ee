//! Surrogates of a window, drawn from the one source of random numbers.

use ndarray::Array2;
use varflat_analysis::surrogates::{
    Drift, gaussian_walk, independent_phases, order_of_blocks, order_over_the_window, order_within_epochs,
    reordered_steps, white_noise,
};
use varflat_model::random::{Purpose, normal, shuffle, stream, uniform};
use varflat_run::error::{Error, Result};

use super::prepared::Prepared;
use super::tables::Surrogate;

/// The rows of an epoch, and those at the end of the window that belong to one that is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Epochs {
    pub(super) rows: usize,
    pub(super) rest: usize,
}

/// What surrogates are made of.
pub(super) struct Source {
    /// The window in the coordinates of its steps, and along the eigenvectors of the Hessian, without its drift in time.
    window: Array2<f32>,
    turned: Option<Array2<f32>>,
    drift: Drift,
    seed: u64,
    epochs: Option<Epochs>,
    block: usize,
}

impl Source {
    pub(super) fn of(
        prepared: &Prepared,
        drift: Drift,
        seed: u64,
        (epochs, block): (Option<Epochs>, usize),
    ) -> Result<Self> {
        // A curve in time goes before: phases, and steps in another order, would make motion of it. What moves along p_1 goes
        // afterwards, along that of the surrogate.
        let before = match drift {
            Drift::Line | Drift::Parabola => drift,
            Drift::None | Drift::First => Drift::None,
        };
        let window = before.taken_from(&prepared.window)?;
        let turned = prepared.hessian.as_ref().map(|hessian| hessian.turned(&window)).transpose()?;
        Ok(Self { window, turned, drift, seed, epochs, block })
    }

    /// A realisation of a surrogate, without its drift.
    pub(super) fn surrogate(&self, kind: Surrogate, number: usize) -> Result<Array2<f32>> {
        let made = self.drawn(kind, number)?;
        // Around its end a surrogate of random phases is as it is anywhere: a curve through it is motion.
        let has_none = match kind {
            Surrogate::Phases | Surrogate::HessianPhases => self.drift != Drift::First,
            _ => self.drift == Drift::None,
        };
        if has_none { Ok(made) } else { Ok(self.drift.taken_from(&made)?) }
    }

    fn drawn(&self, kind: Surrogate, number: usize) -> Result<Array2<f32>> {
        let index = ((kind as u64) << 56) + ((number as u64) << 32);
        let generator = |coordinate: usize| stream(self.seed, Purpose::Surrogates, index + coordinate as u64);
        let normals = |coordinate: usize, numbers: &mut [f64]| {
            let mut random = generator(coordinate);
            numbers.iter_mut().for_each(|number| *number = normal(&mut random));
        };
        let shares = |coordinate: usize, numbers: &mut [f64]| {
            let mut random = generator(coordinate);
            numbers.iter_mut().for_each(|number| *number = f64::from(uniform(&mut random)));
        };
        let mut random = generator(0);
        let mixed = |items: &mut [u32]| shuffle(&mut random, items);
        let (window, steps) = (&self.window, self.window.nrows() - 1);
        let unknown = |what: &str| Error::Experiment {
            origin: "surrogates".to_owned(),
            problem: format!("{what} is not known"),
        };
        let order = match kind {
            Surrogate::Phases => return Ok(independent_phases(window, shares)?),
            Surrogate::HessianPhases => {
                let turned = self.turned.as_ref().ok_or_else(|| unknown("the Hessian"))?;
                return Ok(independent_phases(turned, shares)?);
            }
            Surrogate::Walk => return Ok(gaussian_walk(window, normals)?),
            Surrogate::WhiteNoise => return Ok(white_noise(window, normals)?),
            Surrogate::WithinEpochs => {
                let epochs = self.epochs.ok_or_else(|| unknown("the length of an epoch"))?;
                order_within_epochs(steps, (epochs.rows, epochs.rest), mixed)?
            }
            Surrogate::Blocks => order_of_blocks(steps, self.block, mixed)?,
            Surrogate::Shuffled => order_over_the_window(steps, mixed),
        };
        Ok(reordered_steps(window, &order)?)
    }
}
