//! The steps of a window in another order.

use ndarray::Array2;

use super::series::series_by_series;
use crate::{AnalysisError, WindowSource};

/// A window that begins where the given one does and takes its steps w(t + 1) − w(t) in another `order`, all coordinates in the same; it
/// ends where the given one ends.
///
/// What depends on the steps alone, their covariance and the way from the first row to the last, is kept; what depends on their order is not.
///
/// ```
/// use ndarray::array;
/// let window = array![[0.0_f32], [1.0], [3.0], [7.0]];
/// let other = varflat_analysis::surrogates::reordered_steps(&window, &[2, 0, 1])?;
/// assert_eq!(other, array![[0.0_f32], [4.0], [5.0], [7.0]]);
/// # Ok::<(), varflat_analysis::AnalysisError>(())
/// ```
///
/// # Errors
/// If the order is not one of the T − 1 steps, each once; the window is shorter than four rows, holds what is not finite or cannot be read.
pub fn reordered_steps(window: impl WindowSource, order: &[u32]) -> Result<Array2<f32>, AnalysisError> {
    let steps = window.steps();
    check(order, steps.saturating_sub(1))?;
    series_by_series(window, |_, series| {
        let old: Vec<f64> = series.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mut place = series[0];
        for (value, step) in series.iter_mut().skip(1).zip(order) {
            place += old[*step as usize];
            *value = place;
        }
    })
}

fn check(order: &[u32], steps: usize) -> Result<(), AnalysisError> {
    if order.len() != steps {
        return Err(AnalysisError::Shape {
            what: "the order of the steps",
            expected: steps,
            found: order.len(),
        });
    }
    let mut seen = vec![false; steps];
    for (index, step) in order.iter().enumerate() {
        match seen.get_mut(*step as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => {
                let reason = "a step that there is not, or that stands there twice";
                return Err(AnalysisError::Invalid { what: "the order of the steps", index, reason });
            }
        }
    }
    Ok(())
}

/// The `steps` of a window in another order: `shuffle` brings what it is given into a random one.
pub fn order_over_the_window(steps: usize, mut shuffle: impl FnMut(&mut [u32])) -> Vec<u32> {
    let mut order = numbers(steps);
    shuffle(&mut order);
    order
}

/// An order in which no step leaves its epoch of `per_epoch` steps. The last epoch ends with the last step but for `rest` ones, which belong to an
/// epoch that is not complete; so may do the first ones.
///
/// # Errors
/// If there are no two steps in an epoch, or no two of them among the `steps`: no order would be another one.
pub fn order_within_epochs(
    steps: usize,
    (per_epoch, rest): (usize, usize),
    mut shuffle: impl FnMut(&mut [u32]),
) -> Result<Vec<u32>, AnalysisError> {
    if per_epoch < 2 {
        return Err(per_epoch_of(per_epoch, "at least 2: an epoch of one step has one order"));
    }
    if per_epoch > steps {
        return Err(per_epoch_of(per_epoch, "at most the steps of the window: it holds no whole epoch"));
    }
    let mut order = numbers(steps);
    let (mut before, last) = order.split_at_mut(steps - rest.min(steps));
    shuffle(last);
    // From the end: a training ends with an epoch, and the weights before the first step of a window are not in it.
    while !before.is_empty() {
        let (others, epoch) = before.split_at_mut(before.len().saturating_sub(per_epoch));
        shuffle(epoch);
        before = others;
    }
    Ok(order)
}

fn per_epoch_of(value: usize, expected: &'static str) -> AnalysisError {
    AnalysisError::Parameter { name: "steps_per_epoch", value: value as f64, expected }
}

/// An order of blocks of `length` steps, each of which stays as it is; the last steps of a window that holds no whole number of blocks are
/// a shorter one.
///
/// # Errors
/// If a block has no steps, or there are no two of them.
pub fn order_of_blocks(
    steps: usize,
    length: usize,
    mut shuffle: impl FnMut(&mut [u32]),
) -> Result<Vec<u32>, AnalysisError> {
    if length == 0 || length >= steps {
        let (value, expected) = (length as f64, "at least 1, and less than the steps of the window");
        return Err(AnalysisError::Parameter { name: "block", value, expected });
    }
    let all = numbers(steps);
    let blocks: Vec<&[u32]> = all.chunks(length).collect();
    let mut order = numbers(blocks.len());
    shuffle(&mut order);
    Ok(order.into_iter().flat_map(|block| blocks[block as usize]).copied().collect())
}

fn numbers(count: usize) -> Vec<u32> {
    (0..count as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reverse(part: &mut [u32]) {
        part.reverse();
    }

    #[test]
    fn orders_by_hand() {
        assert_eq!(order_over_the_window(4, reverse), [3, 2, 1, 0]);
        // Eleven steps that end with an epoch of four: the first epoch has lost one.
        assert_eq!(order_within_epochs(11, (4, 0), reverse).unwrap(), [2, 1, 0, 6, 5, 4, 3, 10, 9, 8, 7]);
        assert_eq!(order_within_epochs(11, (4, 2), reverse).unwrap(), [0, 4, 3, 2, 1, 8, 7, 6, 5, 10, 9]);
        assert_eq!(order_of_blocks(7, 3, reverse).unwrap(), [6, 3, 4, 5, 0, 1, 2]);
    }

    #[test]
    fn what_is_no_order_is_refused() {
        let window = Array2::<f32>::zeros((5, 1));
        for order in [&[0, 1, 2][..], &[0, 1, 2, 2], &[0, 1, 2, 4]] {
            assert!(reordered_steps(&window, order).is_err(), "{order:?}");
        }
        assert!(order_within_epochs(10, (1, 0), reverse).is_err());
        assert!(order_within_epochs(10, (11, 0), reverse).is_err());
        assert!(order_of_blocks(10, 0, reverse).is_err() && order_of_blocks(10, 10, reverse).is_err());
    }
}
