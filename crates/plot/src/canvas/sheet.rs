//! The page of a figure: title, legends, a grid of panels, a colour bar.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{RGBColor, WHITE};

use crate::canvas::axis::Axis;
use crate::canvas::colour_scale::ColourScale;
use crate::canvas::legend::{Entry, Legend, wrap};
use crate::canvas::panel::{self, Panel, Side};
use crate::canvas::style::{AXIS_TEXT, INK, LETTER_TEXT, TICK_TEXT, units};
use crate::{Figure, PlotError, font};

const MARGIN: f64 = 8.0;
const BETWEEN_PANELS: f64 = 24.0;
const TITLE_ROW: f64 = 1.4 * AXIS_TEXT;
const HEADER_TO_DATA: f64 = 7.0;
const BESIDE_GAP: f64 = 14.0;
const BAR_GAP: f64 = 14.0;
const BAR_WIDTH: f64 = 13.0;

/// What one panel needs before it is drawn.
pub(crate) struct Plan {
    pub(crate) legend: Vec<Entry>,
    pub(crate) x: Axis,
    pub(crate) x_title: String,
    pub(crate) y: Axis,
    pub(crate) y_title: String,
}

/// The page. Panels are lettered when there are several.
#[derive(Default)]
pub(crate) struct Sheet {
    pub(crate) title: Option<String>,
    /// Entries that concern every panel.
    pub(crate) legend: Vec<Entry>,
    pub(crate) columns: usize,
    /// Width and height of each panel's data, in pixels.
    pub(crate) data: (f64, f64),
    pub(crate) colours: Option<ColourScale>,
    /// Rows left of the panels, from the top of the first one's data.
    pub(crate) left: Legend,
    /// Rows right of the panels.
    pub(crate) right: Legend,
}

impl Sheet {
    /// Lays the panels out, draws their axes and lets `paint` draw the data.
    pub(crate) fn draw(
        self,
        mut plans: Vec<Plan>,
        paint: impl FnOnce(&[Panel<'_>]) -> Result<(), PlotError>,
    ) -> Result<Figure, PlotError> {
        font::register()?;
        let (data_width, data_height) = self.data;
        let columns = self.columns.clamp(1, plans.len().max(1));
        let lettered = plans.len() > 1;

        for plan in &mut plans {
            let width_of = |label: &str| font::width(label, TICK_TEXT);
            plan.x = plan.x.clone().with_legible_labels(data_width, width_of);
            plan.y = plan.y.clone().with_legible_labels(data_height, |_| TICK_TEXT);
        }
        let room = plans.iter().map(|plan| panel::label_room(&plan.y, &plan.y_title)).fold(0.0, f64::max);
        let beside = |rows: &Legend, gap: f64| if rows.width() > 0.0 { rows.width() + gap } else { 0.0 };
        // The panels start where the rows beside them end.
        let start = MARGIN + beside(&self.left, 0.0);
        let cell = room + data_width;
        let block = columns as f64 * cell + (columns - 1) as f64 * BETWEEN_PANELS;
        let bar_room = self.colours.as_ref().map(|scale| panel::label_room(&scale.axis, &scale.title));
        let right = match bar_room {
            Some(bar_room) => BAR_GAP + BAR_WIDTH + bar_room + MARGIN,
            // Half of a label at the end of the axis.
            None => MARGIN + last_label_overhang(&plans).max(beside(&self.right, BESIDE_GAP)),
        };
        let width = (start + block + right).ceil();

        // What concerns every panel stands above them, over the colour bar too.
        let left = if start > MARGIN { MARGIN } else { MARGIN + room };
        let above = width - MARGIN - left;
        let title = match &self.title {
            Some(title) => wrap(title, 1.1 * AXIS_TEXT, above),
            None => Vec::new(),
        };
        let shared = Legend::flow(&self.legend, above);
        let legends: Vec<_> = plans.iter().map(|plan| Legend::flow(&plan.legend, data_width)).collect();
        let lowest_header = if lettered { 1.2 * LETTER_TEXT } else { 0.0 };
        let headers: Vec<f64> = legends
            .chunks(columns)
            .map(|row| row.iter().map(Legend::height).fold(lowest_header, f64::max) + HEADER_TO_DATA)
            .collect();
        let top = MARGIN + TITLE_ROW * title.len() as f64 + shared.height();
        let data_top = top + headers.first().unwrap_or(&0.0);
        let rows = headers.len() as f64;
        let bottom = top
            + headers.iter().sum::<f64>()
            + rows * (data_height + panel::BOTTOM)
            + (rows - 1.0) * BETWEEN_PANELS / 2.0;
        let height = (bottom.max(data_top + self.left.height().max(self.right.height())) + MARGIN).ceil();

        on_canvas(width, height, |root| {
            for (number, line) in title.iter().enumerate() {
                let style = font::bold(AXIS_TEXT, INK, HPos::Left, VPos::Center);
                let middle = MARGIN + TITLE_ROW * (number as f64 + 0.45);
                root.draw_text(line, &style, (units(left), units(middle)))?;
            }
            shared.draw(root, left, MARGIN + TITLE_ROW * title.len() as f64)?;
            self.left.draw(root, MARGIN, data_top)?;
            self.right.draw(root, start + block + BESIDE_GAP, data_top)?;

            let mut panels = Vec::new();
            let mut row_top = top;
            for (row, plans) in plans.chunks(columns).enumerate() {
                let header = headers[row];
                for (column, plan) in plans.iter().enumerate() {
                    let number = row * columns + column;
                    let cell_left = start + column as f64 * (cell + BETWEEN_PANELS);
                    if lettered {
                        let style = font::bold(LETTER_TEXT, INK, HPos::Left, VPos::Center);
                        let place = (units(cell_left), units(row_top + 0.5 * lowest_header));
                        root.draw_text(&letter(number), &style, place)?;
                    }
                    let legend = &legends[number];
                    let legend_top = row_top + header - HEADER_TO_DATA - legend.height();
                    legend.draw(root, cell_left + room, legend_top)?;
                    let area = part(root, (cell_left, row_top + header), (cell, data_height + panel::BOTTOM));
                    panels.push(Panel::open(
                        &area,
                        (plan.x.clone(), &plan.x.title(&plan.x_title)),
                        (plan.y.clone(), &plan.y.title(&plan.y_title)),
                        (Side::Left, room),
                    )?);
                }
                row_top += header + data_height + panel::BOTTOM + BETWEEN_PANELS / 2.0;
            }
            if let (Some(scale), Some(bar_room)) = (&self.colours, bar_room) {
                let corner = (start + block + BAR_GAP, data_top);
                let area = part(root, corner, (BAR_WIDTH + bar_room, data_height));
                let across = Axis::linear_between(0.0, 1.0).without_ticks();
                let up = (scale.axis.clone(), scale.axis.title(&scale.title));
                scale.fill(&Panel::open(&area, (across, ""), (up.0, &up.1), (Side::Right, bar_room))?)?;
            }
            paint(&panels)
        })
    }
}

/// How far half of the widest label at the end of a horizontal axis may stand out.
fn last_label_overhang(plans: &[Plan]) -> f64 {
    plans
        .iter()
        .filter_map(|plan| plan.x.labels().last())
        .map(|label| font::width(label, TICK_TEXT) / 2.0)
        .fold(0.0, f64::max)
}

/// a, b, … z, then numbers.
fn letter(number: usize) -> String {
    match u8::try_from(number) {
        Ok(n) if n < 26 => char::from(b'a' + n).to_string(),
        _ => (number + 1).to_string(),
    }
}

/// The part of the canvas with this upper left corner and size, in pixels.
fn part<'b>(
    root: &DrawingArea<SVGBackend<'b>, Shift>,
    corner: (f64, f64),
    size: (f64, f64),
) -> DrawingArea<SVGBackend<'b>, Shift> {
    root.clone().shrink((units(corner.0), units(corner.1)), (units(size.0), units(size.1)))
}

fn on_canvas(
    width: f64,
    height: f64,
    paint: impl FnOnce(&DrawingArea<SVGBackend<'_>, Shift>) -> Result<(), PlotError>,
) -> Result<Figure, PlotError> {
    let (across, down) = (units(width) as u32, units(height) as u32);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (across, down)).into_drawing_area();
        root.fill(&WHITE)?;
        paint(&root)?;
        root.present()?;
    }
    Ok(Figure::new(scaled(&svg, (width, height), (across, down))?))
}

/// Gives the document its size in pixels (plotters only knows canvas units), rounds the corners of
/// lines, and drops the attributes that repeat SVG's defaults.
fn scaled(svg: &str, (width, height): (f64, f64), (across, down): (u32, u32)) -> Result<String, PlotError> {
    let namespace = "xmlns=\"http://www.w3.org/2000/svg\"";
    let opening =
        format!("<svg width=\"{across}\" height=\"{down}\" viewBox=\"0 0 {across} {down}\" {namespace}>");
    let RGBColor(red, green, blue) = INK;
    let bold = format!(" stroke=\"rgb({red},{green},{blue})\" stroke-width=\"{}\"", units(0.7));
    let body = svg
        .strip_prefix(&opening)
        .ok_or_else(|| PlotError::backend("plotters", "its SVG does not open as expected"))?
        .replace(" opacity=\"1\"", "")
        .replace(" stroke=\"none\" stroke-width=\"1\"", "")
        .replace(" stroke=\"none\"/>", "/>")
        .replace(" \"/>", "\"/>")
        // Bold by outline: one font in every document.
        .replace(" font-weight=\"bold\"", &bold)
        // Half of a digit's height; what `ex` means differs between viewers.
        .replace(" dy=\"0.5ex\"", " dy=\"0.36em\"");
    Ok(format!(
        "<svg {namespace} width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {across} {down}\" stroke-linejoin=\"round\">{body}"
    ))
}
