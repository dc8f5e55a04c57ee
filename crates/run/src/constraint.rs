//! Landscape-dependent constraints (LDC): what a network has learnt, held along the directions in which its loss is sharp.

use varflat_analysis::{DirectionFlatness, FlatnessSearch, ParamGuard, TrajectoryPca};
use varflat_model::{Classifier, Constraint};

use crate::error::{Error, Result};
use crate::landscape::{Landscape, component};

/// The constraint Σ_i F_i^(−m) [(w − w_1)·p_i]² on the parameter at `path`, around the weights w_1 of `network`.
///
/// p_i are the first `components` principal components of its motion while it learnt, F_i the flatness along them in `landscape`, at
/// the paper's level e·L_0; m is `exponent`. Directions without a flatness (the loss crosses the level nowhere within the radius of the
/// search) are left free. λ is [`Constraint::scaled`].
///
/// Feng & Tu (PNAS 2021) propose such constraints against catastrophic forgetting; exponent 2 is our choice.
///
/// ```
/// use burn::module::Module;
/// use varflat_analysis::{ParamGuard, TrajectoryPca};
/// use varflat_model::{Mlp, MlpConfig, ModuleLandscape, ResidentSet, Trainer, TrainingConfig, data, device};
/// use varflat_run::constraint::landscape_constraint;
/// use varflat_run::record::record;
///
/// # let images = |odd: usize| data::ImageSet {
/// #     images: (0..800).map(|n| ((n * n + odd * n) % 7) as f32 / 7.0).collect(),
/// #     labels: (0..200).map(|n| ((n + odd * (n / 3)) % 2) as u8).collect(),
/// #     rows: 2,
/// #     columns: 2,
/// # };
/// # let (first, second) = (images(0), images(1));
/// let device = device::open(None)?;
/// let network = Mlp::new(&MlpConfig::new(4, vec![6, 6], 2).initial(1)?, &device.device)?;
/// let training = TrainingConfig { batch_size: 10, max_epochs: 5, loss_below: 0.0, ..TrainingConfig::default() };
///
/// // Task 1, recorded for 100 further steps.
/// let set = ResidentSet::new(&first, 2, &device)?;
/// let recorded = record(network, "hidden.weight", &training, 1, (&set, &set), 100)?;
/// let pca = TrajectoryPca::params().check()?.fit_source(&recorded.window)?;
/// let landscape = ModuleLandscape::new(&recorded.last, "hidden.weight", &set)?;
/// let constraint = landscape_constraint(&recorded.last, "hidden.weight", &pca, &landscape, 5, 2.0)?;
///
/// // Task 2, held by it.
/// let set = ResidentSet::new(&second, 2, &device)?;
/// let network = recorded.last.clone().train();
/// let mut trainer = Trainer::new(network, training.sgd().into(), &training, 1, &set, &set)?
///     .with_constraints(vec![constraint.scaled(0.1)])?;
/// (0..100).for_each(|_| trainer.step());
/// # assert!(trainer.measure()?.train_loss.is_finite() && constraint.count() > 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// For no components or an exponent that is no finite number, if the network has no such parameter, the components are not of its size,
/// or the landscape cannot be measured.
pub fn landscape_constraint(
    network: &impl Classifier,
    path: &str,
    pca: &TrajectoryPca,
    landscape: &impl Landscape,
    components: usize,
    exponent: f64,
) -> Result<Constraint> {
    if components == 0 || !exponent.is_finite() {
        let problem = format!("{components} components with exponent {exponent} make no constraint");
        return Err(Error::Experiment { origin: "landscape_constraint".to_owned(), problem });
    }
    let centre = varflat_recorder::weights(network, path)?;
    let components = components.min(pca.components().nrows());
    let found = flatness(pca, landscape, components)?;
    of_flatness(path, centre, pca, &found, exponent)
}

/// F_i of the first components.
///
/// # Errors
/// If the landscape cannot be measured.
pub fn flatness(
    pca: &TrajectoryPca,
    landscape: &impl Landscape,
    components: usize,
) -> Result<Vec<Option<f64>>> {
    let directions: Vec<Vec<f64>> = (1..=components).map(|index| component(pca, index)).collect();
    let found = landscape.flatness(&FlatnessSearch::params().check()?, &directions)?;
    Ok(found.iter().map(DirectionFlatness::flatness).collect())
}

/// k_i = F_i^(−m) along as many components as there are flatnesses; 0 where there is none.
///
/// # Errors
/// As of [`Constraint::along`].
pub fn of_flatness(
    path: &str,
    centre: Vec<f32>,
    pca: &TrajectoryPca,
    flatness: &[Option<f64>],
    exponent: f64,
) -> Result<Constraint> {
    let stiffness: Vec<f64> =
        flatness.iter().map(|found| found.map_or(0.0, |flatness| flatness.powf(-exponent))).collect();
    let directions: Vec<f64> =
        pca.components().rows().into_iter().take(flatness.len()).flatten().copied().collect();
    Constraint::along(path, centre, &directions, &stiffness).map_err(Error::from)
}
