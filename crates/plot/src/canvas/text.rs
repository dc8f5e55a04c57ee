//! Text on the canvas: how it is set, how wide it is, where it breaks.

use std::sync::OnceLock;

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, TextStyle};

use crate::PlotError;
use crate::canvas::units::UNITS_PER_PIXEL;
use crate::font::{FAMILY, FONT};

/// plotters writes a CSS font size of `size / 1.24`.
const PLOTTERS_SIZE: f64 = 1.24;

/// Makes the bundled font known to plotters, which measures text with it.
pub(crate) fn register_font() -> Result<(), PlotError> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let register = || plotters::style::register_font(FAMILY, FontStyle::Normal, FONT).is_ok();
    if *REGISTERED.get_or_init(register) {
        Ok(())
    } else {
        Err(PlotError::backend("the bundled font", "plotters cannot read it"))
    }
}

/// Text of so many pixels (CSS font size), to be placed by the given anchor.
pub(crate) fn plain(pixels: f64, colour: RGBColor, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    styled(pixels, FontStyle::Normal, colour, horizontal, vertical)
}

/// As [`plain`], bold. The document turns the weight into an outline (see `document::scaled`):
/// svg2pdf writes the fonts of a document with two in random order.
pub(crate) fn bold(pixels: f64, colour: RGBColor, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    styled(pixels, FontStyle::Bold, colour, horizontal, vertical)
}

fn styled(
    pixels: f64,
    style: FontStyle,
    colour: RGBColor,
    horizontal: HPos,
    vertical: VPos,
) -> TextStyle<'static> {
    let mut text = font(pixels, style).color(&colour.to_rgba());
    text.pos = Pos::new(horizontal, vertical);
    text
}

fn font(pixels: f64, style: FontStyle) -> FontDesc<'static> {
    FontDesc::new(FontFamily::Name(FAMILY), pixels * PLOTTERS_SIZE * UNITS_PER_PIXEL, style)
}

/// Width in pixels of a text of so many pixels. Slightly generous: plotters scales by the font's
/// line height, which for DejaVu Sans gives 6 % more than the drawn width.
pub(crate) fn width(content: &str, pixels: f64) -> f64 {
    // Tables are measured before their page is drawn: the first figure of a process must not differ.
    let measured = register_font().ok().and_then(|()| font(pixels, FontStyle::Normal).box_size(content).ok());
    match measured {
        Some((units, _)) => f64::from(units) / UNITS_PER_PIXEL,
        // Only without the font, with which no page is drawn; a rough width then.
        None => 0.6 * pixels * content.chars().count() as f64,
    }
}

/// Breaks a text into lines no wider than `room` pixels: where it breaks already, at spaces, and
/// within a word only when the word alone is too wide.
pub(crate) fn wrap(text: &str, pixels: f64, room: f64) -> Vec<String> {
    text.lines().flat_map(|line| wrap_line(line, pixels, room)).collect()
}

fn wrap_line(text: &str, pixels: f64, room: f64) -> Vec<String> {
    let fits = |line: &str| width(line, pixels) <= room;
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
    fn long_texts_break_at_spaces_and_long_words_within() {
        let lines = wrap("a rather long title for a narrow figure", 12.0, 100.0);
        assert!(lines.len() > 2);
        assert_eq!(lines.join(" "), "a rather long title for a narrow figure");
        let word = "x".repeat(200);
        let lines = wrap(&word, 12.0, 100.0);
        assert!(lines.iter().all(|line| width(line, 12.0) <= 100.0));
        assert_eq!(lines.concat(), word);
    }
}
