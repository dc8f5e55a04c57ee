//! The loss along principal components, drawn.

use varflat_analysis::{FlatnessSearch, ParamGuard, TrajectoryPca};
use varflat_plot::{Figure, LandscapeProfiles, Profile};
use varflat_run::landscape::{Landscape, component, profile_offsets};
use varflat_run::{Error, Result};

/// Draws L_i(δθ) along some principal components, numbered from 1, with the crossings that bound the flatness F_i.
///
/// # Errors
/// If there is no such component, and as [`Landscape::flatness`].
pub fn profiles(landscape: &impl Landscape, pca: &TrajectoryPca, components: &[usize]) -> Result<Figure> {
    let search = FlatnessSearch::params().check()?;
    let there = pca.components().nrows();
    if let Some(missing) = components.iter().find(|index| !(1..=there).contains(*index)) {
        let problem = format!("there is no component {missing}: they are 1 to {there}");
        return Err(Error::Experiment { origin: "profiles".to_owned(), problem });
    }
    let directions: Vec<Vec<f64>> = components.iter().map(|&index| component(pca, index)).collect();
    let found = landscape.flatness(&search, &directions)?;
    let drawn = components.iter().zip(&directions).zip(found).map(|((&index, direction), found)| {
        let (left, right) = (found.left.crossing(), found.right.crossing());
        let offset = profile_offsets(left.unwrap_or(-1.0), right.unwrap_or(1.0));
        Ok(Profile { index, loss: landscape.losses(direction, &offset)?, offset, left, right })
    });
    let profiles = drawn.collect::<Result<_>>()?;
    let (reference_loss, factor) = (landscape.reference_loss(), std::f64::consts::E);
    Ok(varflat_plot::landscape_profiles(&LandscapeProfiles { reference_loss, factor, profiles })?)
}
