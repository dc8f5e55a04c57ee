//! What the figures of many exponents share.

use varflat_plot::{
    Cloud, Figure, Forest, ForestGroup, ForestReference, ForestRow, SlopeGuide, VarianceFlatnessClouds,
};
use varflat_run::error::Result;

use crate::studies::exponents::{ExponentRow, PointRow};

/// The paper's exponent, to compare with.
pub(crate) fn paper() -> ForestReference {
    ForestReference { value: 4.0, text: "ψ ≈ 4 (Feng & Tu 2021)".to_owned() }
}

/// Exponents in groups beside the paper's.
pub(crate) fn forest(groups: Vec<ForestGroup>, title: String) -> Result<Figure> {
    let (quantity, reference) = ("ψ".to_owned(), Some(paper()));
    Ok(varflat_plot::forest(&Forest { groups, quantity, reference, title: Some(title) })?)
}

/// The exponents in the groups of the table, each named by `label`; those that do not exist are named in the second list.
pub(crate) fn groups(
    rows: &[ExponentRow],
    label: impl Fn(&ExponentRow) -> String,
) -> (Vec<ForestGroup>, Vec<String>) {
    let mut groups: Vec<ForestGroup> = Vec::new();
    let mut missing = Vec::new();
    for row in rows {
        let Some(value) = row.psi else {
            missing.push(format!("{}, {}", row.group, label(row)));
            continue;
        };
        if groups.last().is_none_or(|group| group.title != row.group) {
            groups.push(ForestGroup { title: row.group.clone(), rows: Vec::new() });
        }
        if let Some(group) = groups.last_mut() {
            group.rows.push(ForestRow {
                label: label(row),
                value,
                interval: row.low.zip(row.high),
                trusted: row.is_trusted(),
                note: (!row.note.is_empty()).then(|| row.note.clone()),
            });
        }
    }
    (groups, missing)
}

/// The points of runs whose exponent is trusted, of every setting those of the first.
pub(crate) fn clouds(
    rows: &[ExponentRow],
    points: &[PointRow],
    settings: impl Fn(&ExponentRow) -> String,
) -> Result<Figure> {
    let mut series: Vec<Cloud> = Vec::new();
    // Where nothing is trusted, what there is, is still worth seeing.
    let any = rows.iter().any(ExponentRow::is_trusted);
    for row in rows.iter().filter(|row| if any { row.is_trusted() } else { row.psi.is_some() }) {
        let label = settings(row);
        if series.iter().any(|cloud| cloud.label == label) {
            continue;
        }
        let of_run = points.iter().filter(|point| point.run == row.run);
        series.push(Cloud { label, points: of_run.map(PointRow::drawn).collect(), line: None });
    }
    Ok(varflat_plot::variance_flatness_clouds(&VarianceFlatnessClouds {
        series,
        guide: Some(SlopeGuide { slope: -4.0, text: "slope −4".to_owned() }),
        title: None,
    })?)
}

/// A sentence about what has no exponent, if there is any.
pub(crate) fn without(missing: &[String]) -> String {
    if missing.is_empty() { String::new() } else { format!("; no exponent: {}", missing.join("; ")) }
}
