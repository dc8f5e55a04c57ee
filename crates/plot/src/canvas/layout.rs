//! Where the parts of a page are, in pixels from its upper left corner.

use crate::canvas::legend::Legend;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{AXIS_TEXT, LETTER_TEXT, TICK_TEXT};
use crate::canvas::{panel, text};

pub(crate) const MARGIN: f64 = 8.0;
pub(crate) const TITLE_ROW: f64 = 1.4 * AXIS_TEXT;
pub(crate) const BAR_WIDTH: f64 = 13.0;
const BETWEEN_PANELS: f64 = 24.0;
const HEADER_TO_DATA: f64 = 7.0;
const BESIDE_GAP: f64 = 14.0;
const BAR_GAP: f64 = 14.0;

/// The places of all parts, and the texts that are broken to fit theirs.
pub(crate) struct Layout {
    /// The title, line by line.
    pub(crate) title: Vec<String>,
    /// The legend that concerns every panel.
    pub(crate) shared: Legend,
    /// The legend of each panel.
    pub(crate) legends: Vec<Legend>,
    /// Panels in a row.
    pub(crate) columns: usize,
    pub(crate) across: Across,
    pub(crate) down: Down,
}

impl Layout {
    pub(crate) fn of(sheet: &Sheet, plans: &[Plan]) -> Self {
        let columns = sheet.columns.clamp(1, plans.len().max(1));
        let across = Across::of(sheet, plans, columns);
        // What concerns every panel stands above them, over the colour bar too.
        let above = across.width - MARGIN - across.left();
        let title = sheet.title.as_ref().map(|title| text::wrap(title, 1.1 * AXIS_TEXT, above));
        let title = title.unwrap_or_default();
        let shared = Legend::flow(&sheet.legend, above);
        let legends: Vec<_> = plans.iter().map(|plan| Legend::flow(&plan.legend, sheet.data.0)).collect();
        let top = MARGIN + TITLE_ROW * title.len() as f64 + shared.height();
        let down = Down::of(sheet, &legends, columns, top);
        Self { title, shared, legends, columns, across, down }
    }

    /// Top of the legend that concerns every panel.
    pub(crate) fn shared_top(&self) -> f64 {
        MARGIN + TITLE_ROW * self.title.len() as f64
    }

    /// Upper left corner of a panel's legend, which stands on the data.
    pub(crate) fn legend_corner(&self, number: usize) -> (f64, f64) {
        let height = self.legends[number].height();
        let (row, column) = (number / self.columns, number % self.columns);
        let top = self.down.rows[row] + self.down.headers[row] - HEADER_TO_DATA - height;
        (self.across.panel(column) + self.across.room, top)
    }
}

/// From left to right.
pub(crate) struct Across {
    /// Room left of each panel's data, for its labels.
    pub(crate) room: f64,
    /// Width of a panel with its labels.
    pub(crate) cell: f64,
    /// Room for the labels of the colour bar, where there is one.
    pub(crate) bar_room: Option<f64>,
    /// Width of the page.
    pub(crate) width: f64,
    /// Where the panels start: where the rows beside them end.
    start: f64,
    /// Where they end.
    end: f64,
}

impl Across {
    fn of(sheet: &Sheet, plans: &[Plan], columns: usize) -> Self {
        let room = plans.iter().map(|plan| panel::label_room(&plan.y, &plan.y_title)).fold(0.0, f64::max);
        let beside = |rows: &Legend, gap: f64| if rows.width() > 0.0 { rows.width() + gap } else { 0.0 };
        let start = MARGIN + beside(&sheet.left, 0.0);
        let cell = room + sheet.data.0;
        let end = start + (columns as f64 * cell + (columns - 1) as f64 * BETWEEN_PANELS);
        let bar_room = sheet.colours.as_ref().map(|scale| panel::label_room(&scale.axis, &scale.title));
        let right = match bar_room {
            Some(bar_room) => BAR_GAP + BAR_WIDTH + bar_room + MARGIN,
            None => MARGIN + last_label_overhang(plans).max(beside(&sheet.right, BESIDE_GAP)),
        };
        Self { room, cell, bar_room, width: (end + right).ceil(), start, end }
    }

    /// Left end of the title and of the legend that concerns every panel: that of the rows left of
    /// the panels or, without these, of the data.
    pub(crate) fn left(&self) -> f64 {
        if self.start > MARGIN { MARGIN } else { MARGIN + self.room }
    }

    /// Left end of the panels of a column.
    pub(crate) fn panel(&self, column: usize) -> f64 {
        self.start + column as f64 * (self.cell + BETWEEN_PANELS)
    }

    /// Left end of the colour bar.
    pub(crate) fn bar(&self) -> f64 {
        self.end + BAR_GAP
    }

    /// Left end of the rows right of the panels.
    pub(crate) fn beside(&self) -> f64 {
        self.end + BESIDE_GAP
    }
}

/// From top to bottom.
pub(crate) struct Down {
    /// Top of each row of panels.
    pub(crate) rows: Vec<f64>,
    /// Height of what stands above the data in each row.
    pub(crate) headers: Vec<f64>,
    /// Top of the data in the first row.
    pub(crate) data_top: f64,
    /// Height of the letter of a panel; 0 without letters.
    pub(crate) letter: f64,
    /// Height of a panel with its labels, below what stands above its data.
    pub(crate) cell: f64,
    /// Height of the page.
    pub(crate) height: f64,
}

impl Down {
    /// Of panels that start at `top`.
    fn of(sheet: &Sheet, legends: &[Legend], columns: usize, top: f64) -> Self {
        let letter = if legends.len() > 1 { 1.2 * LETTER_TEXT } else { 0.0 };
        let header = |row: &[Legend]| row.iter().map(Legend::height).fold(letter, f64::max) + HEADER_TO_DATA;
        let headers: Vec<f64> = legends.chunks(columns).map(header).collect();
        let cell = sheet.data.1 + panel::BOTTOM;
        let mut next = top;
        let row = |header: &f64| {
            let row = next;
            next += header + sheet.data.1 + panel::BOTTOM + BETWEEN_PANELS / 2.0;
            row
        };
        let rows = headers.iter().map(row).collect();
        let count = headers.len() as f64;
        let bottom = top + headers.iter().sum::<f64>() + count * cell + (count - 1.0) * BETWEEN_PANELS / 2.0;
        let data_top = top + headers.first().unwrap_or(&0.0);
        let height = (bottom.max(data_top + sheet.left.height().max(sheet.right.height())) + MARGIN).ceil();
        Self { rows, headers, data_top, letter, cell, height }
    }
}

/// How far half of the widest label at the end of a horizontal axis may stand out.
fn last_label_overhang(plans: &[Plan]) -> f64 {
    plans
        .iter()
        .filter_map(|plan| plan.x.labels().last())
        .map(|label| text::width(label, TICK_TEXT) / 2.0)
        .fold(0.0, f64::max)
}
