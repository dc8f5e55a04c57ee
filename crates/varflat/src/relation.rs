//! The variance–flatness relation of a run, or of a trajectory from anywhere.

use std::ops::RangeInclusive;

use varflat_analysis::{
    Component, Estimate, FlatnessSearch, ParamGuard, PowerLaw, TrajectoryPca, WindowSource,
};
use varflat_plot::{Figure, FitLine, Point, VarianceFlatness};
use varflat_run::error::{Error, Result};
use varflat_run::experiment::Components;
use varflat_run::landscape::{Landscape, component};
use varflat_run::run_folder::{RunFolder, Stage};
use varflat_run::stages::{self, Uncertainty};
use varflat_study::words::pair;

/// The principal components of recorded weights `[steps, weights]`, all of them, with the variances along them: of an array, or of
/// a [`RecordedWindow`](varflat_run::RecordedWindow), which may be larger than memory.
///
/// [`TrajectoryPca::params`] has the choices; this takes the defaults and needs no type to be named.
///
/// # Errors
/// As [`TrajectoryPca`]'s fit: a window too small, one that holds something else than numbers, or a file that cannot be read.
pub fn principal_components(window: impl WindowSource) -> Result<TrajectoryPca> {
    Ok(TrajectoryPca::params().check()?.fit_source(window)?)
}

/// σ_i² and F_i of each principal component: what ψ in σ_i² ∝ F_i^−ψ is fitted to.
///
/// ```
/// use varflat::prelude::*;
///
/// let components = (1..=50).map(|index| {
///     let flatness = 0.1 * index as f64;
///     Component { index, variance: 1e-6 * flatness.powi(-4), flatness: Some(flatness), trusted: true }
/// });
/// let relation = Relation::new(components.collect());
/// let law = relation.fit(2..=50)?;
/// assert!((law.psi - 4.0).abs() < 1e-9);
/// let figure = relation.figure(&law)?;
/// # assert!(figure.svg().contains("svg"));
/// # Ok::<(), varflat::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    components: Vec<Component>,
}

impl Relation {
    /// The relation of these components.
    pub fn new(components: Vec<Component>) -> Self {
        Self { components }
    }

    /// That of a run whose landscape has been measured.
    ///
    /// # Errors
    /// [`Error::StageMissing`] if it has not, and reading errors.
    pub fn of(run: &RunFolder) -> Result<Self> {
        run.require(Stage::Flatness)?;
        Ok(Self::new(stages::read_components(run)?))
    }

    /// Measures the flatness along `components` of the principal components, at the paper's level e·L_0: the first 50, then
    /// evenly spaced ones.
    ///
    /// (All there are where more are asked for.)
    ///
    /// # Errors
    /// For no components, if the directions do not fit the landscape, or a loss cannot be had.
    pub fn measure(pca: &TrajectoryPca, landscape: &impl Landscape, components: usize) -> Result<Self> {
        if components == 0 {
            let problem = "0 components make no relation: ask for one at least".to_owned();
            return Err(Error::Experiment { origin: "Relation::measure".to_owned(), problem });
        }
        let selected = Components::Some(components).selected(pca.variance().len());
        let directions: Vec<Vec<f64>> = selected.iter().map(|&index| component(pca, index)).collect();
        let found = landscape.flatness(&FlatnessSearch::params().check()?, &directions)?;
        let components = selected.into_iter().zip(found).map(|(index, found)| Component {
            index,
            variance: pca.variance()[index - 1],
            flatness: found.flatness(),
            trusted: pca.trusted(index - 1),
        });
        Ok(Self::new(components.collect()))
    }

    /// The components, from the first.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// ψ by least squares of ln σ² on ln F, over the components whose index is in `range`.
    ///
    /// # Errors
    /// If the range has fewer than three components, or fewer than three of it have a flatness and a variance that is trusted.
    pub fn fit(&self, range: RangeInclusive<usize>) -> Result<PowerLaw> {
        let (first, last) = ((*range.start()).max(1), *range.end());
        if last.saturating_sub(first) < 2 {
            let problem = format!(
                "the range {range:?} has fewer than three components to fit: give first..=last, counted from 1, with last at least \
                 first + 2"
            );
            return Err(Error::Experiment { origin: "Relation::fit".to_owned(), problem });
        }
        Ok(PowerLaw::params().skip_first(first - 1).last(Some(last)).fit(&self.components)?)
    }

    /// ψ over this range with its 95 % interval over other windows of the same training: a jackknife over blocks of at least `block`
    /// rows of `window`, from which `pca` is, the components found again in each. Where the window cannot know, the interval is
    /// missing, and the estimate says why: fewer than five blocks, or blocks shorter than two correlation times.
    ///
    /// ```
    /// use varflat::prelude::*;
    ///
    /// // Noise without memory, σ_i² ∝ i^−4 along the axes, in a bowl with F_i ∝ i.
    /// let mut state = 1u64;
    /// let mut noise = || {
    ///     (0..12).map(|_| {
    ///         state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    ///         (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    ///     }).sum::<f32>()
    /// };
    /// let window = ndarray::Array2::from_shape_fn((2000, 20), |(_, i)| noise() * ((i + 1) as f32).powi(-2));
    /// let pca = principal_components(&window)?;
    /// let components = (1..=20).map(|index| Component {
    ///     index,
    ///     variance: pca.variance()[index - 1],
    ///     flatness: Some(index as f64),
    ///     trusted: pca.trusted(index - 1),
    /// });
    /// let psi = Relation::new(components.collect()).estimate(2..=20, &pca, &window, 200)?;
    /// let [low, high] = psi.interval.unwrap();
    /// assert!(low < psi.value && psi.value < high && (psi.value - 4.0).abs() < 0.1);
    /// # Ok::<(), varflat::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`fit`](Self::fit); or if the window is another than that of `pca`, or cannot be read.
    pub fn estimate(
        &self,
        range: RangeInclusive<usize>,
        pca: &TrajectoryPca,
        window: impl WindowSource,
        block: usize,
    ) -> Result<Estimate> {
        let first = (*range.start()).max(1);
        let params = PowerLaw::params().skip_first(first - 1).last(Some(*range.end()));
        let law = params.fit(&self.components)?;
        let uncertainty = Uncertainty::of_components(pca, window, block, law.first..=law.last)?;
        Ok(stages::psi(&params, &law, &self.components, &uncertainty))
    }

    /// The log–log figure, with a fitted law and the equilibrium slope for comparison.
    ///
    /// # Errors
    /// If there is no point to draw.
    pub fn figure(&self, law: &PowerLaw) -> Result<Figure> {
        let fitted = law.first..=law.last;
        let points =
            self.components.iter().filter(|component| component.variance > 0.0).filter_map(|component| {
                Some(Point {
                    index: component.index,
                    flatness: component.flatness?,
                    variance: component.variance,
                    used_in_fit: component.trusted && fitted.contains(&component.index),
                })
            });
        Ok(varflat_plot::variance_flatness(&VarianceFlatness {
            points: points.collect(),
            fit: Some(FitLine {
                psi: law.psi,
                interval: None,
                bend: pair(law.bend()),
                ln_prefactor: law.ln_prefactor,
                r: law.r,
                first: law.first,
                last: law.last,
                n: law.n,
                censored: law.censored,
            }),
            equilibrium: true,
            title: None,
        })?)
    }
}
