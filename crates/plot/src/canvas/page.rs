//! Draws a page: what a sheet asks for, where its layout has it.

use plotters::style::text_anchor::{HPos, VPos};

use crate::canvas::axis::Axis;
use crate::canvas::colour_scale::ColourScale;
use crate::canvas::layout::{BAR_WIDTH, Layout, MARGIN, TITLE_ROW};
use crate::canvas::panel::{Panel, Side};
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{AXIS_TEXT, INK, LETTER_TEXT};
use crate::canvas::units::{Area, part, units};
use crate::canvas::{document, text};
use crate::{Figure, PlotError};

impl Sheet {
    /// Lays the panels out, draws their axes and lets `paint` draw the data.
    pub(crate) fn draw(
        self,
        plans: Vec<Plan>,
        paint: impl FnOnce(&[Panel<'_>]) -> Result<(), PlotError>,
    ) -> Result<Figure, PlotError> {
        text::register_font()?;
        let plans: Vec<Plan> = plans.into_iter().map(|plan| plan.legible(self.data)).collect();
        let layout = Layout::of(&self, &plans);
        let size = (layout.across.width, layout.down.height);
        document::draw(size, |page| {
            draw_title(page, &layout)?;
            layout.shared.draw(page, layout.across.left(), layout.shared_top())?;
            self.left.draw(page, MARGIN, layout.down.data_top)?;
            self.right.draw(page, layout.across.beside(), layout.down.data_top)?;
            let open = |(number, plan)| open_panel(page, &layout, number, plan);
            let panels = plans.iter().enumerate().map(open).collect::<Result<Vec<_>, _>>()?;
            if let (Some(scale), Some(room)) = (&self.colours, layout.across.bar_room) {
                let corner = (layout.across.bar(), layout.down.data_top);
                let area = part(page, corner, (BAR_WIDTH + room, self.data.1));
                draw_bar(&area, scale, room)?;
            }
            paint(&panels)
        })
    }
}

fn draw_title(page: &Area<'_>, layout: &Layout) -> Result<(), PlotError> {
    for (number, line) in layout.title.iter().enumerate() {
        let style = text::bold(AXIS_TEXT, INK, HPos::Left, VPos::Center);
        let middle = MARGIN + TITLE_ROW * (number as f64 + 0.45);
        page.draw_text(line, &style, (units(layout.across.left()), units(middle)))?;
    }
    Ok(())
}

/// Draws a panel's letter, legend and axes.
fn open_panel<'b>(
    page: &Area<'b>,
    layout: &Layout,
    number: usize,
    plan: &Plan,
) -> Result<Panel<'b>, PlotError> {
    let (across, down) = (&layout.across, &layout.down);
    let row = number / layout.columns;
    let (left, top) = (across.panel(number % layout.columns), down.rows[row]);
    if down.letter > 0.0 {
        let style = text::bold(LETTER_TEXT, INK, HPos::Left, VPos::Center);
        page.draw_text(&letter(number), &style, (units(left), units(top + 0.5 * down.letter)))?;
    }
    let (legend_left, legend_top) = layout.legend_corner(number);
    layout.legends[number].draw(page, legend_left, legend_top)?;
    Panel::open(
        &part(page, (left, top + down.headers[row]), (across.cell, down.cell)),
        (plan.x.clone(), &plan.x.title(&plan.x_title)),
        (plan.y.clone(), &plan.y.title(&plan.y_title)),
        (Side::Left, across.room),
    )
}

/// a, b, … z, then numbers.
fn letter(number: usize) -> String {
    match u8::try_from(number) {
        Ok(n) if n < 26 => char::from(b'a' + n).to_string(),
        _ => (number + 1).to_string(),
    }
}

/// Draws the bar that explains a colour scale, with so much room for its labels.
fn draw_bar(area: &Area<'_>, scale: &ColourScale, room: f64) -> Result<(), PlotError> {
    let across = Axis::linear_between(0.0, 1.0).without_ticks();
    let title = scale.axis.title(&scale.title);
    scale.fill(&Panel::open(area, (across, ""), (scale.axis.clone(), &title), (Side::Right, room))?)
}
