//! A run beside its nulls: the relation, the ratio of variances, amplitudes without a free constant, and the equilibrium ratio.

use serde::{Deserialize, Serialize};

use crate::figures::null_panels::{NullGuide, NullPanel, NullPanels, NullSeries, null_panels};
use crate::{Figure, PlotError};

/// What a run and its nulls give.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NullFigure {
    /// (F, σ²) of the run and its nulls.
    pub relation: Vec<NullSeries>,
    /// (i, σ²/σ² of the null) by rank.
    pub ratio: Vec<NullSeries>,
    /// (σ² by the exact formula, σ² as measured).
    pub amplitude: Vec<NullSeries>,
    /// (κ, R = σ²κ/T), the formula among them.
    pub equilibrium: Vec<NullSeries>,
    /// A line above the figure.
    pub title: Option<String>,
}

/// Draws (a) σ² against F of the run and its nulls, (b) the ratio of their variances by rank, with 1 dashed, (c) σ² against what the exact
/// formula gives, with the diagonal dashed, and (d) the equilibrium ratio R against κ, with the 1 of equilibrium dashed.
///
/// # Errors
/// [`PlotError`] when a panel or a series is empty, or a value is not positive and finite: all axes are logarithmic.
pub fn nulls(data: &NullFigure) -> Result<Figure, PlotError> {
    let panel = |series: &[NullSeries], guide, (x_title, y_title): (&str, &str)| NullPanel {
        x_title: x_title.to_owned(),
        y_title: y_title.to_owned(),
        series: series.to_vec(),
        guide,
        linear: false,
    };
    let level = |text: &str| Some(NullGuide::Level(1.0, text.to_owned()));
    let diagonal = Some(NullGuide::Diagonal("no free constant".to_owned()));
    null_panels(&NullPanels {
        panels: vec![
            panel(&data.relation, None, ("flatness F, parabola of κ", "variance σ²")),
            panel(&data.ratio, level("no difference"), ("rank i", "σ² / σ² of the replay")),
            panel(&data.amplitude, diagonal, ("σ² by the formula", "σ² measured")),
            panel(&data.equilibrium, level("equilibrium"), ("curvature κ", "R = σ²κ/T")),
        ],
        columns: 2,
        title: data.title.clone(),
    })
}
