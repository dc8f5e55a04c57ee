//! The rows of the table, one file for each topic.

mod flatness;
mod grid;
mod headline;
mod losses;
mod pca;
mod recording;
mod step;

use anyhow::Result;
use ndarray::{Array2, ArrayView2};
use varflat_analysis::NEIGHBOURS;
use varflat_model::DenseLandscape;
use varflat_model::data::{Verify, load};

use crate::arguments::Topic;
use crate::bench::Bench;
use crate::directions::group;
use crate::row::Row;

pub(crate) use headline::THREADS as HEADLINE_THREADS;

/// Measure one topic.
pub(crate) fn measure(topic: Topic, bench: &Bench) -> Result<Vec<Row>> {
    match topic {
        Topic::Step => step::measure(bench),
        Topic::Recording => recording::measure(bench),
        Topic::Grid => grid::measure(bench),
        Topic::Losses => losses::measure(bench),
        Topic::Flatness => flatness::measure(bench),
        Topic::Pca => pca::measure(bench),
        Topic::Headline => headline::measure(bench),
        // Growth has tables of its own.
        Topic::Growth => Ok(Vec::new()),
    }
}

/// The landscape of the headline run around its w_0, and all principal directions.
fn landscape(bench: &Bench) -> Result<(DenseLandscape, Array2<f64>)> {
    let headline = bench.headline()?;
    let images = load(&bench.data, Verify::Listed)?.train;
    let landscape = DenseLandscape::new(&headline.centre()?, "hidden", &images)?;
    Ok((landscape, headline.directions()?))
}

/// Groups of 20 neighbouring directions, at so many places of the spectrum, `in_a_place` groups at each.
fn groups(directions: &Array2<f64>, places: usize, in_a_place: usize) -> Vec<ArrayView2<'_, f64>> {
    let available = directions.nrows();
    let length = (in_a_place * NEIGHBOURS).min(available);
    (0..places)
        .map(|place| place * (available - length) / (places - 1).max(1))
        .flat_map(|first| (first..first + length).step_by(NEIGHBOURS))
        .map(|first| group(directions, first))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_span_the_spectrum() {
        let directions = Array2::from_shape_fn((2500, 1), |(i, _)| i as f64);
        let starts: Vec<_> = groups(&directions, 3, 2).iter().map(|group| group[[0, 0]]).collect();
        assert_eq!(starts, [0.0, 20.0, 1230.0, 1250.0, 2460.0, 2480.0]);
        assert!(groups(&directions, 3, 2).iter().all(|group| group.nrows() == 20));
        let few = groups(&Array2::zeros((30, 1)), 2, 2).iter().map(ArrayView2::nrows).collect::<Vec<_>>();
        assert_eq!(few, [20, 10, 20, 10]);
    }
}
