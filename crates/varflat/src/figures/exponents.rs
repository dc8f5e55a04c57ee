//! What the figures of many exponents share.

use varflat_plot::{ForestGroup, ForestReference, ForestRow};

use crate::study::exponents::ExponentRow;

/// The paper's exponent, to compare with.
pub(super) fn paper() -> ForestReference {
    ForestReference { value: 4.0, text: "ψ ≈ 4 (Feng & Tu 2021)".to_owned() }
}

/// The exponents in the groups of the table, each named by `label`; those that do not exist are named in the second list.
pub(super) fn groups(
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

/// A sentence about what has no exponent, if there is any.
pub(super) fn without(missing: &[String]) -> String {
    if missing.is_empty() { String::new() } else { format!("; no exponent: {}", missing.join("; ")) }
}
