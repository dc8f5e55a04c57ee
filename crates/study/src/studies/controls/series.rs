//! Series of directions, as they are drawn.

use varflat_analysis::Basis;
use varflat_plot::{NullLook, NullSeries};

use super::tables::DirectionRow;

pub(in crate::studies) fn series(
    rows: &[DirectionRow],
    basis: Basis,
    (label, look): (&str, NullLook),
    of: impl Fn(&DirectionRow) -> Option<(f64, f64)>,
) -> NullSeries {
    let shown = |value: f64| value > 0.0 && value.is_finite();
    let positive = |point: &(f64, f64)| shown(point.0) && shown(point.1);
    let points = rows.iter().filter(|row| row.basis == basis).filter_map(of).filter(positive).collect();
    NullSeries { label: label.to_owned(), points, look }
}

/// Those that have points.
pub(in crate::studies) fn there(series: Vec<NullSeries>) -> Vec<NullSeries> {
    series.into_iter().filter(|series| !series.points.is_empty()).collect()
}
