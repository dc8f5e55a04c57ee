//! The SVG document of a canvas.

use plotters::backend::SVGBackend;
use plotters::drawing::IntoDrawingArea;
use plotters::style::{RGBColor, WHITE};

use crate::canvas::style::INK;
use crate::canvas::units::{Area, units};
use crate::{Figure, PlotError};

/// A white canvas of this width and height, in pixels, with what `paint` draws on it.
pub(crate) fn draw(
    (width, height): (f64, f64),
    paint: impl FnOnce(&Area<'_>) -> Result<(), PlotError>,
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
