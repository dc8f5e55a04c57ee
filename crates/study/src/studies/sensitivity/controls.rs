//! Controls beyond the paper.

use super::measure::{EXPONENTS, RANGES, RangeRow, SensitivityReport};
use crate::part::{Control, Number};
use crate::studies::exponents::ExponentRow;
use crate::words::fixed;

pub(super) const CONTROLS: &[Control] = &[DEFINITION];

const DEFINITION: Control = Control {
    id: "control-definitions",
    question: "Does ψ depend on how it is defined?",
    expected: "insensitive to the level that defines F (Zhang et al., arXiv 2305.15850)",
    link: "https://arxiv.org/abs/2305.15850",
    figures: &["sensitivity"],
    find: |tables| {
        let Some(record) = tables.study::<SensitivityReport>("sensitivity")? else { return Ok(None) };
        let rows: Vec<ExponentRow> = tables.rows(EXPONENTS)?;
        let ranges: Vec<RangeRow> = tables.rows(RANGES)?;
        let mut measured: Vec<Number> = ranges
            .iter()
            .map(|row| {
                Number::new(format!("ψ, components {}–{}", row.first, row.last), row.psi, 2, RANGES)
                    .within(row.low.zip(row.high))
            })
            .collect();
        let mut groups: Vec<&str> = rows.iter().map(|row| row.group.as_str()).collect();
        groups.dedup();
        for group in groups {
            let psi =
                || rows.iter().filter(|row| row.group == group && row.is_trusted()).filter_map(|row| row.psi);
            let (Some(least), Some(largest)) = (psi().reduce(f64::min), psi().reduce(f64::max)) else {
                continue;
            };
            if psi().count() == 1 {
                measured.push(Number::new(format!("{group}: ψ"), least, 2, EXPONENTS));
            } else {
                measured.push(Number::new(format!("{group}: least ψ"), least, 2, EXPONENTS));
                measured.push(Number::new("and largest ψ", largest, 2, EXPONENTS));
            }
        }
        let SensitivityReport { least, largest } = record.report;
        let means = format!(
            "By its definition alone ψ of one training lies between {} and {}. A ψ without the range of its fit and the length of its window \
             says little beyond its first digit.",
            fixed(least, 2),
            fixed(largest, 2)
        );
        Ok(Some((measured, means)))
    },
};
