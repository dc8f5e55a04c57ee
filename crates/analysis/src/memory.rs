//! Whether blocks of time are independent of each other: how long each coordinate of a window is remembered.

use std::ops::RangeInclusive;

use ndarray::ArrayView2;

use crate::jackknife::FEWEST_BLOCKS;
use crate::{AnalysisError, Correlator};

/// A block has to be this many times as long as the 1/e time of what varies, so that blocks are independent.
pub(crate) const INDEPENDENT: f64 = 2.0;

/// Share of the components that may remember longer.
const EXCEPTED: f64 = 0.05;

/// The 1/e times of the coordinates θ_i(t) of one window, counted from 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory {
    /// In rows; `None` where the autocorrelation does not fall to 1/e.
    one_over_e: Vec<Option<f64>>,
    steps: usize,
}

impl Memory {
    /// Of coordinates `[T, k]`. One that does not move remembers nothing.
    ///
    /// # Errors
    /// If the window is shorter than 4 rows, or a value is not finite.
    pub fn of(theta: ArrayView2<'_, f64>) -> Result<Self, AnalysisError> {
        let steps = theta.nrows();
        let mut correlator = Correlator::new(steps)?;
        let times =
            theta.columns().into_iter().map(|series| match correlator.times(&series.to_vec(), steps - 1) {
                Ok(times) => Ok(times.one_over_e),
                Err(AnalysisError::NoVariance { .. }) => Ok(Some(0.0)),
                Err(error) => Err(error),
            });
        Ok(Self { one_over_e: times.collect::<Result<_, _>>()?, steps })
    }

    /// Whether blocks of so many rows are independent: whether the components in a range (those of them that were looked at) forget
    /// within half a block. One in twenty need not, which weighs little in what rests on all of them; of the others the one that
    /// remembers longest is returned if it remembers for too long.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use varflat_analysis::Memory;
    /// // A sine forgets within a quarter of its period of 400 rows.
    /// let theta = Array2::from_shape_fn((4000, 2), |(t, i)| (t as f64 / 400.0 * (i + 1) as f64 * 6.2832).sin());
    /// let memory = Memory::of(theta.view())?;
    /// assert_eq!(memory.longer_than_half(500, 1..=2), None);
    /// assert_eq!(memory.longer_than_half(100, 1..=2).unwrap().component, 1);
    /// let block = memory.independent_block(100, 1..=2);
    /// assert!(block > 100 && memory.longer_than_half(block, 1..=2).is_none());
    /// # Ok::<(), varflat_analysis::AnalysisError>(())
    /// ```
    pub fn longer_than_half(&self, rows: usize, components: RangeInclusive<usize>) -> Option<Remembers> {
        let rows_of = |time: Option<f64>| time.unwrap_or(f64::INFINITY);
        let looked_at = (1..).zip(&self.one_over_e);
        let mut within: Vec<(usize, Option<f64>)> =
            looked_at.filter(|(i, _)| components.contains(i)).map(|(i, time)| (i, *time)).collect();
        within.sort_by(|(_, a), (_, b)| rows_of(*b).total_cmp(&rows_of(*a)));
        let excepted = (EXCEPTED * within.len() as f64) as usize;
        let &(component, one_over_e) = within.get(excepted)?;
        let long = INDEPENDENT * rows_of(one_over_e) > rows as f64;
        long.then_some(Remembers { component, one_over_e, window: self.steps })
    }

    /// Rows of a block: `least` or, where components of the range remember for more than half of that, twice the longest 1/e time,
    /// as far as the window holds five of such blocks.
    pub fn independent_block(&self, least: usize, components: RangeInclusive<usize>) -> usize {
        let longest = self.longer_than_half(least, components).and_then(|remembers| remembers.one_over_e);
        let block = longest.map_or(least, |time| (INDEPENDENT * time).ceil() as usize);
        if self.steps / block.max(1) >= FEWEST_BLOCKS { block } else { least }
    }
}

/// A component that remembers for too long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Remembers {
    /// Counted from 1.
    pub component: usize,
    /// Its 1/e time in rows; `None` where the autocorrelation does not fall to 1/e.
    pub one_over_e: Option<f64>,
    /// Rows of the window.
    pub window: usize,
}
