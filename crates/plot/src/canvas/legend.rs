//! Legends: rows of marks with their meaning, always outside the data.

mod mark;

use plotters::style::text_anchor::{HPos, VPos};

use crate::PlotError;
use crate::canvas::style::{FAINT_INK, INK, LEGEND_TEXT};
use crate::canvas::text::{self, wrap};
use crate::canvas::units::{Area, units};

pub(crate) use mark::Mark;

/// Height of a row.
pub(crate) const ROW: f64 = 18.0;
const BETWEEN_ENTRIES: f64 = 18.0;

/// How an entry's text is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Emphasis {
    Plain,
    Bold,
    Faint,
}

/// A mark and its meaning.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    mark: Mark,
    text: String,
    emphasis: Emphasis,
}

impl Entry {
    pub(crate) fn new(mark: Mark, text: impl Into<String>) -> Self {
        Self { mark, text: text.into(), emphasis: Emphasis::Plain }
    }

    /// A text alone.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::new(Mark::Nothing, text)
    }

    pub(crate) fn bold(self) -> Self {
        Self { emphasis: Emphasis::Bold, ..self }
    }

    pub(crate) fn faint(self) -> Self {
        Self { emphasis: Emphasis::Faint, ..self }
    }

    /// Broken into lines no wider than `width` pixels, the mark on the first.
    pub(crate) fn lines(&self, width: f64) -> Vec<Self> {
        let mut lines = wrap(&self.text, LEGEND_TEXT, width - self.mark.indent());
        // A cell without text is one line too.
        lines.resize(lines.len().max(1), String::new());
        let mark = |number: usize| if number == 0 { self.mark } else { Mark::Space(self.mark.indent()) };
        let line = |(number, text)| Self { mark: mark(number), text, emphasis: self.emphasis };
        lines.into_iter().enumerate().map(line).collect()
    }

    fn width(&self) -> f64 {
        self.mark.indent() + text::width(&self.text, LEGEND_TEXT)
    }

    /// Draws with the left end and the middle of its height at these pixels.
    fn draw(&self, area: &Area<'_>, left: f64, middle: f64) -> Result<(), PlotError> {
        self.mark.draw(area, left, middle)?;
        if self.text.is_empty() {
            return Ok(());
        }
        let style = match self.emphasis {
            Emphasis::Plain => text::plain(LEGEND_TEXT, INK, HPos::Left, VPos::Center),
            Emphasis::Bold => text::bold(LEGEND_TEXT, INK, HPos::Left, VPos::Center),
            Emphasis::Faint => text::plain(LEGEND_TEXT, FAINT_INK, HPos::Left, VPos::Center),
        };
        area.draw_text(&self.text, &style, (units(left + self.mark.indent()), units(middle)))?;
        Ok(())
    }
}

/// Entries laid out in rows no wider than the space given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Legend {
    rows: Vec<Vec<(f64, Entry)>>,
}

impl Legend {
    pub(crate) fn flow(entries: &[Entry], width: f64) -> Self {
        let mut rows: Vec<Vec<(f64, Entry)>> = Vec::new();
        let mut end_of_row = f64::INFINITY;
        for entry in entries {
            let lines = entry.lines(width);
            let wrapped = lines.len() > 1;
            for (number, piece) in lines.into_iter().enumerate() {
                // A continuation starts its own row, under the text it continues.
                let fits = number == 0 && end_of_row + BETWEEN_ENTRIES + piece.width() <= width;
                let left = if fits { end_of_row + BETWEEN_ENTRIES } else { 0.0 };
                end_of_row = if number == 0 && !wrapped { left + piece.width() } else { f64::INFINITY };
                match rows.last_mut() {
                    Some(row) if fits => row.push((left, piece)),
                    _ => rows.push(vec![(left, piece)]),
                }
            }
        }
        Self { rows }
    }

    /// A table: the cells of each column below one another, as wide as the widest.
    pub(crate) fn table(rows: Vec<Vec<Entry>>) -> Self {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut left = 0.0;
        let mut offsets = Vec::new();
        for column in 0..columns {
            offsets.push(left);
            let cells = rows.iter().filter_map(|row| row.get(column));
            let widest = cells.map(Entry::width).fold(0.0, f64::max);
            left += if widest > 0.0 { widest + BETWEEN_ENTRIES } else { 0.0 };
        }
        let place = |row: Vec<Entry>| offsets.iter().copied().zip(row).collect();
        Self { rows: rows.into_iter().map(place).collect() }
    }

    /// Cells of several lines as rows of a [`Self::table`], the shorter ones filled up below. A row
    /// of empty cells is one line.
    pub(crate) fn row<const CELLS: usize>(cells: [Vec<Entry>; CELLS]) -> Vec<Vec<Entry>> {
        let lines = cells.iter().map(Vec::len).fold(1, usize::max);
        let line = |number: usize| {
            let entry = |cell: &Vec<Entry>| cell.get(number).cloned().unwrap_or_else(|| Entry::text(""));
            cells.iter().map(entry).collect()
        };
        (0..lines).map(line).collect()
    }

    pub(crate) fn height(&self) -> f64 {
        ROW * self.rows.len() as f64
    }

    pub(crate) fn width(&self) -> f64 {
        self.rows.iter().flatten().map(|(offset, entry)| offset + entry.width()).fold(0.0, f64::max)
    }

    /// Draws with the upper left corner at these pixels.
    pub(crate) fn draw(&self, area: &Area<'_>, left: f64, top: f64) -> Result<(), PlotError> {
        for (number, row) in self.rows.iter().enumerate() {
            let middle = top + ROW * (number as f64 + 0.5);
            for (offset, entry) in row {
                entry.draw(area, left + offset, middle)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_fill_rows_and_wrap() {
        let entries: Vec<_> =
            (0..6).map(|n| Entry::new(Mark::Line(INK), format!("entry number {n}"))).collect();
        assert_eq!(Legend::flow(&entries, 2000.0).rows.len(), 1);
        assert_eq!(Legend::flow(&entries, 300.0).rows.len(), 3);
        assert_eq!(Legend::flow(&[], 300.0).height(), 0.0);
    }

    #[test]
    fn the_columns_of_a_table_are_aligned() {
        let row = |first: &str, second: &str| vec![Entry::text(first), Entry::text(second)];
        let table = Legend::table(vec![row("a", "b"), row("a long cell", "d"), vec![Entry::text("")]]);
        assert_eq!(table.height(), 3.0 * ROW);
        assert_eq!(table.rows[0][1].0, table.rows[1][1].0);
        assert_eq!(table.rows[0][1].0, Entry::text("a long cell").width() + BETWEEN_ENTRIES);
        assert_eq!(
            table.width(),
            table.rows[0][1].0 + Entry::text("d").width().max(Entry::text("b").width())
        );
        assert_eq!(Legend::table(Vec::new()).width(), 0.0);
    }
}
