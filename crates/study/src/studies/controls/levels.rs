//! F as it is measured, at several levels of the loss, along directions that come from anywhere.

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};
use varflat_analysis::{FlatnessSearch, ParamGuard};
use varflat_model::DenseLandscape;
use varflat_run::error::Result;
use varflat_run::experiment::Components;
use varflat_run::landscape::Landscape;

/// What to measure.
pub(in crate::studies) struct Levels<'a> {
    pub(in crate::studies) landscape: &'a DenseLandscape,
    /// Multiples of L_0, ascending.
    pub(in crate::studies) levels: Vec<f64>,
    pub(in crate::studies) radius: f64,
    /// Along which of the directions.
    pub(in crate::studies) selected: Components,
}

/// F at one level, along the directions where both crossings were found.
#[derive(Serialize, Deserialize)]
pub(in crate::studies) struct AtLevel {
    pub(in crate::studies) level: f64,
    /// (i, F), i counted from 1.
    pub(in crate::studies) flatness: Vec<(usize, f64)>,
}

impl Levels<'_> {
    /// Along `directions` `[k, weights]`, one a row, in these coordinates, one a row, or in those of the weights.
    pub(in crate::studies) fn along(
        &self,
        directions: &Array2<f64>,
        coordinates: Option<&Array2<f64>>,
    ) -> Result<Vec<AtLevel>> {
        let selected = self.selected.selected(directions.nrows());
        let places: Vec<usize> = selected.iter().map(|index| index - 1).collect();
        let lines = directions.select(Axis(0), &places);
        let lines = coordinates.map(|coordinates| lines.dot(coordinates)).unwrap_or(lines);
        let lines: Vec<Vec<f64>> = lines.rows().into_iter().map(|line| line.to_vec()).collect();
        let of_level = |&level: &f64| {
            let search = FlatnessSearch::params().factor(level).radius(self.radius).check()?;
            let found = self.landscape.flatness(&search, &lines)?;
            let each = selected.iter().zip(found);
            let flatness = each.filter_map(|(&index, found)| Some((index, found.flatness()?))).collect();
            Ok(AtLevel { level, flatness })
        };
        self.levels.iter().map(of_level).collect()
    }
}
