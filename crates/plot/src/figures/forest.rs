//! Estimates with their intervals, one below the other.

use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Legend, Mark, ROW};
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{BLUE, DATA_LINE, GREY, INK, LIGHT_GRID, MARK_RADIUS};
use crate::number::{ends, fixed, interval_decimals, significant};
use crate::{Figure, PlotError, check};

/// Longer names and notes are broken into lines.
const NAME_COLUMN: f64 = 250.0;
const NOTE_COLUMN: f64 = 300.0;

/// One estimate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForestRow {
    /// What was estimated, at the left.
    pub label: String,
    /// The estimate.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// Whether it may be believed; drawn hollow and grey otherwise.
    pub trusted: bool,
    /// What is to be said of it, at the right, such as why it is not trusted.
    pub note: Option<String>,
}

/// Estimates that belong together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ForestGroup {
    /// What they have in common, above them.
    pub title: String,
    /// The estimates.
    pub rows: Vec<ForestRow>,
}

/// A value to compare with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForestReference {
    /// The value.
    pub value: f64,
    /// What it is, in the legend, such as `ψ = 4 (the paper)`.
    pub text: String,
}

/// Estimates of one quantity in groups.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Forest {
    /// The groups, from top to bottom.
    pub groups: Vec<ForestGroup>,
    /// What is estimated, with its unit: the title of the axis, such as `ψ`.
    pub quantity: String,
    /// A value to compare with, dashed.
    pub reference: Option<ForestReference>,
    /// A line above the figure.
    pub title: Option<String>,
}

/// Draws a forest plot: every estimate a point with its interval on a common axis, its name at the
/// left, its numbers and its note at the right. The height grows with the number of rows.
///
/// # Errors
/// [`PlotError`] when there is no group, a group has no row, or a value is not finite.
pub fn forest(data: &Forest) -> Result<Figure, PlotError> {
    check(data)?;
    let rows = || data.groups.iter().flat_map(|group| &group.rows);
    let table = Table::of(data);
    let lines = table.left.len() as f64;

    let ends = rows().filter_map(|row| row.interval).flat_map(|(low, high)| [low, high]);
    let reference = data.reference.iter().map(|reference| reference.value);
    let plan = Plan {
        legend: Vec::new(),
        x: Axis::linear(rows().map(|row| row.value).chain(ends).chain(reference)),
        x_title: data.quantity.clone(),
        y: Axis::linear_between(0.0, lines).without_ticks(),
        y_title: String::new(),
    };
    let mut legend = Vec::new();
    if let Some(reference) = &data.reference {
        legend.push(Entry::new(Mark::Dashes(INK), &reference.text));
    }
    if rows().any(|row| !row.trusted) {
        legend.push(Entry::new(Mark::Dot(BLUE), "trusted"));
        legend.push(Entry::new(Mark::Ring(GREY), "not trusted"));
    }
    let heights: Vec<f64> = table.depths.iter().map(|depth| lines - depth).collect();
    let sheet = Sheet {
        title: data.title.clone(),
        legend,
        columns: 1,
        data: (300.0, ROW * lines),
        left: Legend::table(table.left),
        right: Legend::table(table.right),
        ..Sheet::default()
    };
    sheet.draw(vec![plan], |panels| {
        for panel in panels {
            let (left, right) = panel.x_ends();
            for height in &heights {
                panel.line(&[(left, *height), (right, *height)], LIGHT_GRID, DATA_LINE)?;
            }
            if let Some(reference) = &data.reference {
                let value = reference.value;
                panel.dashes(&[(value, 0.0), (value, lines)], INK, 1.0)?;
            }
            for (row, &height) in rows().zip(&heights) {
                let colour = if row.trusted { BLUE } else { GREY };
                if let Some((low, high)) = row.interval {
                    panel.line(&[(low, height), (high, height)], colour, DATA_LINE)?;
                }
                if row.trusted {
                    panel.dot((row.value, height), MARK_RADIUS, colour)?;
                } else {
                    panel.ring((row.value, height), 0.9 * MARK_RADIUS, colour)?;
                }
            }
        }
        Ok(())
    })
}

fn check(data: &Forest) -> Result<(), PlotError> {
    check::not_empty("groups", &data.groups)?;
    for (number, group) in data.groups.iter().enumerate() {
        let field = format!("groups[{number}].rows");
        check::not_empty(&field, &group.rows)?;
        for (number, row) in group.rows.iter().enumerate() {
            check::finite(&format!("{field}[{number}].value"), &[row.value])?;
            if let Some((low, high)) = row.interval {
                check::finite(&format!("{field}[{number}].interval"), &[low, high])?;
            }
        }
    }
    if let Some(reference) = &data.reference {
        check::finite("reference.value", &[reference.value])?;
    }
    Ok(())
}

/// The texts on both sides of the points, line by line, and how many lines down each estimate is.
#[derive(Default)]
struct Table {
    left: Vec<Vec<Entry>>,
    right: Vec<Vec<Entry>>,
    depths: Vec<f64>,
}

impl Table {
    fn of(data: &Forest) -> Self {
        let mut table = Self::default();
        let decimals = decimals(data);
        for (number, group) in data.groups.iter().enumerate() {
            if number > 0 {
                table.add([Vec::new(), Vec::new(), Vec::new()]);
            }
            if !group.title.is_empty() {
                let title = Entry::text(&group.title).bold().lines(NAME_COLUMN);
                table.add([title, Vec::new(), Vec::new()]);
            }
            for row in &group.rows {
                table.depths.push(table.left.len() as f64 + 0.5);
                let shade = |entry: Entry| if row.trusted { entry } else { entry.faint() };
                let cells = [row.label.as_str(), &numbers(row, decimals), row.note.as_deref().unwrap_or("")];
                let cell = |(text, width)| shade(Entry::text(text)).lines(width);
                let [label, numbers, note] = cells;
                table.add([(label, NAME_COLUMN), (numbers, NAME_COLUMN), (note, NOTE_COLUMN)].map(cell));
            }
        }
        table
    }

    fn add(&mut self, cells: [Vec<Entry>; 3]) {
        for mut line in Legend::row(cells) {
            self.right.push(line.split_off(1));
            self.left.push(line);
        }
    }
}

/// Decimals that most intervals allow.
fn decimals(data: &Forest) -> Option<usize> {
    let rows = data.groups.iter().flat_map(|group| &group.rows);
    let mut decimals: Vec<_> =
        rows.filter_map(|row| Some(interval_decimals(row.value, row.interval?))).collect();
    decimals.sort_unstable();
    decimals.get(decimals.len() / 2).copied()
}

/// `4.48 [4.40, 4.56]`.
fn numbers(row: &ForestRow, decimals: Option<usize>) -> String {
    let number = |value: f64| match decimals {
        Some(decimals) if value.abs() < 1e6 => fixed(value, decimals),
        _ => significant(value, 3),
    };
    match (row.interval, decimals) {
        (Some(_), Some(decimals)) if row.value.abs() < 1e6 => {
            format!("{} {}", number(row.value), ends(row.interval, decimals))
        }
        (Some((low, high)), _) => format!("{} [{}, {}]", number(row.value), number(low), number(high)),
        (None, _) => number(row.value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_decimals_of_most_intervals() {
        let row = |value: f64, half: f64| {
            let interval = (half > 0.0).then_some((value - half, value + half));
            ForestRow { label: String::new(), value, interval, trusted: true, note: None }
        };
        let rows = vec![row(4.4812, 0.07), row(4.2, 0.0), row(-1.0, 3.0), row(3.9, 0.05), row(1e9, 1e9)];
        let data = Forest { groups: vec![ForestGroup { rows, ..Default::default() }], ..Default::default() };
        let texts: Vec<_> = data.groups[0].rows.iter().map(|row| numbers(row, decimals(&data))).collect();
        assert_eq!(texts[0], "4.48 [4.41, 4.56]");
        assert_eq!(texts[1], "4.20");
        assert_eq!(texts[2], "−1.00 [−4.00, 2.00]");
        assert_eq!(texts[4], "1.00×10⁹ [0.00, 2.00×10⁹]");
        assert_eq!(numbers(&row(4.4812, 0.0), None), "4.48");
    }
}
