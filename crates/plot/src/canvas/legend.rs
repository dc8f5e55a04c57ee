//! Legends: rows of marks with their meaning, always outside the data.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use crate::canvas::marks::{self, Shape};
use crate::canvas::style::{
    AXIS_LINE, DATA_LINE, FAINT_INK, INK, LEGEND_TEXT, MARK_RADIUS, POINT_RADIUS, units,
};
use crate::{PlotError, font};

/// Height of a row.
pub(crate) const ROW: f64 = 18.0;
const BETWEEN_ENTRIES: f64 = 18.0;
const MARK_TO_TEXT: f64 = 6.0;

/// What stands before an entry's text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mark {
    Nothing,
    /// Room as wide as the mark of the line above and its gap, in pixels.
    Space(f64),
    Line(RGBColor),
    Dashes(RGBColor),
    Dot(RGBColor),
    Ring(RGBColor),
    Diamond(RGBColor),
    ArrowUp(RGBColor),
    Shade(RGBColor),
    /// How a series looks.
    Series(RGBColor, Shape),
}

impl Mark {
    fn width(self) -> f64 {
        match self {
            Self::Nothing => 0.0,
            Self::Space(width) => width,
            Self::Line(_) | Self::Dashes(_) | Self::Shade(_) => 22.0,
            Self::Dot(_) | Self::Ring(_) | Self::Diamond(_) | Self::ArrowUp(_) | Self::Series(..) => 9.0,
        }
    }

    fn indent(self) -> f64 {
        match self {
            Self::Nothing => 0.0,
            Self::Space(width) => width,
            mark => mark.width() + MARK_TO_TEXT,
        }
    }
}

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
        self.mark.indent() + font::width(&self.text, LEGEND_TEXT)
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
    pub(crate) fn draw(
        &self,
        root: &DrawingArea<SVGBackend<'_>, Shift>,
        left: f64,
        top: f64,
    ) -> Result<(), PlotError> {
        for (number, row) in self.rows.iter().enumerate() {
            let middle = top + ROW * (number as f64 + 0.5);
            for (offset, entry) in row {
                draw_mark(root, entry.mark, left + offset, middle)?;
                let style = match entry.emphasis {
                    Emphasis::Plain => font::text(LEGEND_TEXT, INK, HPos::Left, VPos::Center),
                    Emphasis::Bold => font::bold(LEGEND_TEXT, INK, HPos::Left, VPos::Center),
                    Emphasis::Faint => font::text(LEGEND_TEXT, FAINT_INK, HPos::Left, VPos::Center),
                };
                let corner = (units(left + offset + entry.mark.indent()), units(middle));
                if !entry.text.is_empty() {
                    root.draw_text(&entry.text, &style, corner)?;
                }
            }
        }
        Ok(())
    }
}

fn draw_mark(
    root: &DrawingArea<SVGBackend<'_>, Shift>,
    mark: Mark,
    left: f64,
    middle: f64,
) -> Result<(), PlotError> {
    let width = mark.width();
    let centre = (units(left + width / 2.0), units(middle));
    let line = |from: f64, to: f64, colour: RGBColor| {
        let ends =
            vec![(units(left + from * width), units(middle)), (units(left + to * width), units(middle))];
        root.draw(&PathElement::new(ends, colour.stroke_width(units(DATA_LINE) as u32)))
    };
    match mark {
        Mark::Nothing | Mark::Space(_) => {}
        Mark::Line(colour) => line(0.0, 1.0, colour)?,
        Mark::Dashes(colour) => {
            line(0.0, 0.4, colour)?;
            line(0.6, 1.0, colour)?;
        }
        Mark::Dot(colour) => root.draw(&Circle::new(centre, units(MARK_RADIUS * 0.85), colour.filled()))?,
        Mark::Ring(colour) => {
            let style = colour.stroke_width(units(AXIS_LINE) as u32);
            root.draw(&Circle::new(centre, units(POINT_RADIUS * 1.2), style))?;
        }
        Mark::Series(colour, shape) => match shape.outline(centre, 0.85 * MARK_RADIUS) {
            None => draw_mark(root, Mark::Dot(colour), left, middle)?,
            Some(outline) => root.draw(&Polygon::new(outline, colour))?,
        },
        Mark::Diamond(colour) => root.draw(&Polygon::new(marks::diamond(centre, MARK_RADIUS), colour))?,
        Mark::ArrowUp(colour) => root.draw(&Polygon::new(marks::arrow_up(centre, MARK_RADIUS), colour))?,
        Mark::Shade(colour) => {
            let corners = [(units(left), units(middle - 5.0)), (units(left + width), units(middle + 5.0))];
            root.draw(&Rectangle::new(corners, colour.filled()))?;
        }
    }
    Ok(())
}

/// Breaks a text into lines no wider than `width` pixels: where it breaks already, at spaces, and
/// within a word only when the word alone is too wide.
pub(crate) fn wrap(text: &str, pixels: f64, width: f64) -> Vec<String> {
    text.lines().flat_map(|line| wrap_line(line, pixels, width)).collect()
}

fn wrap_line(text: &str, pixels: f64, width: f64) -> Vec<String> {
    let fits = |line: &str| font::width(line, pixels) <= width;
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        for (number, part) in split_wide_word(word, &fits).into_iter().enumerate() {
            let line = lines.last_mut().map(std::mem::take).unwrap_or_default();
            let separator = if line.is_empty() || number > 0 { "" } else { " " };
            let longer = format!("{line}{separator}{part}");
            lines.pop();
            if line.is_empty() || fits(&longer) {
                lines.push(longer);
            } else {
                lines.push(line);
                lines.push(part);
            }
        }
    }
    lines
}

fn split_wide_word(word: &str, fits: &impl Fn(&str) -> bool) -> Vec<String> {
    if fits(word) {
        return vec![word.to_owned()];
    }
    let mut parts = vec![String::new()];
    for c in word.chars() {
        let longer = parts.last().map(|part| format!("{part}{c}")).unwrap_or_default();
        match parts.last_mut() {
            Some(part) if part.is_empty() || fits(&longer) => *part = longer,
            _ => parts.push(c.to_string()),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_fill_rows_and_wrap() {
        font::register().unwrap();
        let entries: Vec<_> =
            (0..6).map(|n| Entry::new(Mark::Line(INK), format!("entry number {n}"))).collect();
        assert_eq!(Legend::flow(&entries, 2000.0).rows.len(), 1);
        assert_eq!(Legend::flow(&entries, 300.0).rows.len(), 3);
        assert_eq!(Legend::flow(&[], 300.0).height(), 0.0);
    }

    #[test]
    fn the_columns_of_a_table_are_aligned() {
        font::register().unwrap();
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

    #[test]
    fn long_texts_break_at_spaces_and_long_words_within() {
        font::register().unwrap();
        let lines = wrap("a rather long title for a narrow figure", 12.0, 100.0);
        assert!(lines.len() > 2);
        assert_eq!(lines.join(" "), "a rather long title for a narrow figure");
        let word = "x".repeat(200);
        let lines = wrap(&word, 12.0, 100.0);
        assert!(lines.iter().all(|line| font::width(line, 12.0) <= 100.0));
        assert_eq!(lines.concat(), word);
    }
}
