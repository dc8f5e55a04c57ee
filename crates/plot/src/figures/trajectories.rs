//! The weights' path, projected on pairs of principal components.

use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::colour_scale::ColourScale;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{INK, MARK_RADIUS, VERMILLION};
use crate::number::subscript;
use crate::{Figure, PlotError, check};

/// A path drawn with more points than this looks the same.
const MOST_POINTS: usize = 2400;
/// Stretches of one colour along a path.
const COLOURS: usize = 80;
const PATH_LINE: f64 = 0.8;

/// The projections of the weights on two principal components, step by step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrajectoryPair {
    /// Number of the component drawn across, counted from 1.
    pub x_index: usize,
    /// Number of the component drawn upwards.
    pub y_index: usize,
    /// θ of the first component, `[steps]`.
    pub x: Vec<f64>,
    /// θ of the second component, `[steps]`.
    pub y: Vec<f64>,
}

/// One panel for each pair of components.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trajectories {
    /// The pairs, such as (θ₁, θ₂) and (θ₄₉, θ₅₀).
    pub pairs: Vec<TrajectoryPair>,
    /// Steps from the first point to the last, for the colour bar; without it points are counted.
    pub window_steps: Option<f64>,
}

/// Draws each pair's path through the window, coloured from its first step to its last.
///
/// Long paths are thinned to every n-th step (at most 2400 points).
///
/// # Errors
/// [`PlotError`] when there is no pair, a pair is empty, of two lengths or not finite, or the number of steps is not positive.
pub fn trajectories(data: &Trajectories) -> Result<Figure, PlotError> {
    check::not_empty("pairs", &data.pairs)?;
    for (number, pair) in data.pairs.iter().enumerate() {
        let (x, y) = (format!("pairs[{number}].x"), format!("pairs[{number}].y"));
        check::not_empty(&x, &pair.x)?;
        check::same_length(&y, pair.y.len(), &x, pair.x.len())?;
        check::finite(&x, &pair.x)?;
        check::finite(&y, &pair.y)?;
    }

    if let Some(steps) = data.window_steps {
        check::positive("window_steps", &[steps])?;
    }
    let points = data.pairs[0].x.len();
    let same = data.pairs.iter().all(|pair| pair.x.len() == points);
    let counted = same.then_some((points - 1).max(1) as f64);
    let (last, title) = match data.window_steps.or(counted) {
        Some(steps) => (steps, "step in the window"),
        None => (1.0, "share of the window"),
    };
    let colours = ColourScale { axis: Axis::linear_between(0.0, last), title: title.to_owned() };
    let plans = data
        .pairs
        .iter()
        .map(|pair| Plan {
            legend: Vec::new(),
            x: Axis::linear(pair.x.iter().copied()),
            x_title: format!("θ{}", subscript(pair.x_index)),
            y: Axis::linear(pair.y.iter().copied()),
            y_title: format!("θ{}", subscript(pair.y_index)),
        })
        .collect();
    let sheet = Sheet {
        legend: vec![
            Entry::new(Mark::Dot(INK), "first step"),
            Entry::new(Mark::Diamond(VERMILLION), "last step"),
        ],
        columns: 2,
        data: (285.0, 270.0),
        colours: Some(colours.clone()),
        ..Sheet::default()
    };
    sheet.draw(plans, |panels| {
        for (panel, pair) in panels.iter().zip(&data.pairs) {
            let path = thinned(&pair.x, &pair.y);
            let segments = path.len().saturating_sub(1);
            let stretch = segments.div_ceil(COLOURS).max(1);
            for start in (0..segments).step_by(stretch) {
                let end = (start + stretch).min(segments);
                let share = (start + end) as f64 / (2 * segments) as f64;
                panel.line(&path[start..=end], colours.colour(share * last), PATH_LINE)?;
            }
            if let (Some(first), Some(end)) = (path.first(), path.last()) {
                panel.dot(*first, MARK_RADIUS, INK)?;
                panel.diamond(*end, VERMILLION)?;
            }
        }
        Ok(())
    })
}

/// Every n-th point and the last, at most [`MOST_POINTS`] and one.
fn thinned(x: &[f64], y: &[f64]) -> Vec<(f64, f64)> {
    let stride = x.len().div_ceil(MOST_POINTS).max(1);
    let last = x.len().saturating_sub(1);
    x.iter()
        .copied()
        .zip(y.iter().copied())
        .enumerate()
        .filter(|(step, _)| step % stride == 0 || *step == last)
        .map(|(_, point)| point)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_both_ends() {
        let steps: Vec<f64> = (0..12_000).map(f64::from).collect();
        let path = thinned(&steps, &steps);
        assert!(path.len() <= MOST_POINTS + 1);
        assert_eq!(path[0], (0.0, 0.0));
        assert_eq!(path[1], (5.0, 5.0));
        assert_eq!(path[path.len() - 1], (11_999.0, 11_999.0));
        assert_eq!(thinned(&[1.0], &[2.0]), [(1.0, 2.0)]);
    }
}
