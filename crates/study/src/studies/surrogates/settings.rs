//! What is asked of surrogates.

use serde::{Deserialize, Serialize};
use varflat_analysis::surrogates::Drift;

use super::tables::Surrogate;

/// `[study.surrogates]`: how many surrogates of which kinds, and what is read from them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurrogatesStudy {
    /// Realisations of each kind.
    pub realisations: usize,
    /// First and last direction of each exponent, counted from 1.
    pub ranges: Vec<[usize; 2]>,
    /// Components whose correlation time is taken, counted from 1.
    pub times: Vec<usize>,
    /// What is taken away from the window and from its surrogates; the window alone is read with all of them.
    #[serde(default = "line")]
    pub drift: Drift,
    /// The kinds. With the phases of the Hessian's eigenvectors comes ψ.
    #[serde(default = "all_kinds")]
    pub kinds: Vec<Surrogate>,
    /// So many rows at the end of the window, where not all of them are looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<usize>,
    /// Rows of an epoch, where the run does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps_per_epoch: Option<usize>,
    /// Rows of a block whose steps stay together: an epoch, or a twentieth of the window, where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<usize>,
}

const fn line() -> Drift {
    Drift::Line
}

fn all_kinds() -> Vec<Surrogate> {
    Surrogate::ALL.to_vec()
}

impl SurrogatesStudy {
    /// What a window with so many components has room for: the usual ranges and ranks as far as they go.
    pub fn suited(components: usize, realisations: usize) -> Self {
        let ranges = [[2, 50], [10, 500], [2, 500]].into_iter().filter(|[_, last]| *last <= components);
        let mut ranges: Vec<[usize; 2]> = ranges.collect();
        if ranges.is_empty() {
            ranges.push([2.min(components), components.max(1)]);
        }
        let times = [1, 2, 3, 5, 10, 20, 50, 100, 200, 500];
        Self {
            realisations,
            ranges,
            times: times.into_iter().filter(|index| *index <= components.max(1)).collect(),
            drift: line(),
            kinds: all_kinds(),
            rows: None,
            steps_per_epoch: None,
            block: None,
        }
    }

    /// How many rows of so many are looked at.
    pub(crate) fn looked_at(&self, steps: usize) -> usize {
        self.rows.map_or(steps, |rows| rows.min(steps))
    }

    /// The last component that is looked at, beside `decay`.
    pub(super) fn last(&self, decay: usize) -> usize {
        let ranges = self.ranges.iter().map(|range| range[1]);
        ranges.chain(self.times.iter().copied()).fold(decay.max(36), usize::max)
    }
}
