//! The tables in CSV.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::growth::Curve;

/// A line of `growth.csv`.
#[derive(Serialize)]
pub(super) struct Point<'a> {
    measure: &'a str,
    what: &'a str,
    against: &'a str,
    size: f64,
    /// Seconds, or bytes.
    cost: f64,
}

/// A line of `growth_exponents.csv`: cost = exp(ln_prefactor)·size^exponent.
#[derive(Serialize)]
pub(super) struct Exponent<'a> {
    measure: &'a str,
    what: &'a str,
    against: &'a str,
    smallest: f64,
    largest: f64,
    exponent: f64,
    standard_error: f64,
    ln_prefactor: f64,
}

pub(super) fn points(curves: &[Curve]) -> Vec<Point<'_>> {
    let points = |curve: &Curve| curve.points.clone();
    curves
        .iter()
        .flat_map(|curve| points(curve).into_iter().map(move |point| (curve, point)))
        .map(|(curve, (size, cost))| Point {
            measure: curve.measure.name(),
            what: curve.what,
            against: curve.size,
            size,
            cost,
        })
        .collect()
}

pub(super) fn exponents(curves: &[Curve]) -> Vec<Exponent<'_>> {
    curves
        .iter()
        .filter_map(|curve| {
            let power = curve.power()?;
            Some(Exponent {
                measure: curve.measure.name(),
                what: curve.what,
                against: curve.size,
                smallest: curve.points.first()?.0,
                largest: curve.points.last()?.0,
                exponent: power.exponent,
                standard_error: power.standard_error,
                ln_prefactor: power.ln_prefactor,
            })
        })
        .collect()
}

pub(super) fn write(path: &Path, lines: &[impl Serialize]) -> Result<()> {
    let told = || format!("cannot write {}", path.display());
    let mut writer = csv::Writer::from_path(path).with_context(told)?;
    for line in lines {
        writer.serialize(line).with_context(told)?;
    }
    writer.flush().with_context(told)
}
