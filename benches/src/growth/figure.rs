//! The curves as a figure.

use anyhow::Result;
use varflat_plot::{Figure, Growth, GrowthLine, GrowthPanel, GrowthSeries, growth};

use super::curve::{Curve, Measure};

/// One panel for each measure and size, times first.
pub(crate) fn figure(curves: &[Curve]) -> Result<Figure> {
    let mut panels: Vec<(Measure, &str, GrowthPanel)> = Vec::new();
    for measure in [Measure::Time, Measure::Memory] {
        for curve in curves.iter().filter(|curve| curve.measure == measure) {
            let known = panels.iter().position(|(of, size, _)| (*of, *size) == (measure, curve.size));
            let panel = known.unwrap_or_else(|| {
                panels.push((measure, curve.size, panel(measure, curve.size)));
                panels.len() - 1
            });
            panels[panel].2.series.push(series(curve));
        }
    }
    Ok(growth(&Growth { panels: panels.into_iter().map(|(_, _, panel)| panel).collect() })?)
}

fn panel(measure: Measure, size: &str) -> GrowthPanel {
    let cost = match measure {
        Measure::Time => "time (s)",
        Measure::Memory => "peak memory (MB)",
    };
    GrowthPanel { size: size.to_owned(), cost: cost.to_owned(), series: Vec::new() }
}

fn series(curve: &Curve) -> GrowthSeries {
    let unit: f64 = match curve.measure {
        Measure::Time => 1.0,
        Measure::Memory => 1e6,
    };
    GrowthSeries {
        name: curve.what.to_owned(),
        size: curve.points.iter().map(|point| point.0).collect(),
        cost: curve.points.iter().map(|point| point.1 / unit).collect(),
        line: curve.power().map(|power| GrowthLine {
            exponent: power.exponent,
            standard_error: power.standard_error,
            ln_prefactor: power.ln_prefactor - unit.ln(),
        }),
    }
}
