//! F as it is measured, at several levels of the loss, along directions that come from anywhere.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use varflat_analysis::{FlatnessSearch, ParamGuard};
use varflat_model::DenseLandscape;
use varflat_run::error::Result;
use varflat_run::experiment::Components;
use varflat_run::landscape::Landscape;

/// What to measure.
pub(super) struct Levels<'a> {
    pub(super) landscape: &'a DenseLandscape,
    /// Multiples of L_0, ascending.
    pub(super) levels: Vec<f64>,
    pub(super) radius: f64,
    /// Along which of the directions.
    pub(super) selected: Components,
}

/// F at one level, along the directions where both crossings were found.
#[derive(Serialize, Deserialize)]
pub(super) struct AtLevel {
    pub(super) level: f64,
    /// (i, F), i counted from 1.
    pub(super) flatness: Vec<(usize, f64)>,
}

impl Levels<'_> {
    /// Along `directions` `[k, weights]`, one a row.
    pub(super) fn along(&self, directions: &Array2<f64>) -> Result<Vec<AtLevel>> {
        let selected = self.selected.selected(directions.nrows());
        let lines: Vec<Vec<f64>> = selected.iter().map(|index| directions.row(index - 1).to_vec()).collect();
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
