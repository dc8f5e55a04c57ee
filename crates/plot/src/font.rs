//! The bundled font: DejaVu Sans. System fonts are never used.

use std::sync::{Arc, LazyLock, OnceLock};

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, TextStyle, register_font};
use resvg::usvg::{Options, fontdb::Database};

use crate::PlotError;
use crate::canvas::style::UNITS_PER_PIXEL;

/// Written into the SVG; a viewer without DejaVu Sans falls back to its own sans-serif.
const FAMILY: &str = "DejaVu Sans, sans-serif";

pub(crate) static FONT: &[u8] = include_bytes!("../fonts/DejaVuSans.ttf");

/// plotters writes a CSS font size of `size / 1.24`.
const PLOTTERS_SIZE: f64 = 1.24;

/// Makes the font known to plotters, which measures text with it.
pub(crate) fn register() -> Result<(), PlotError> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let registered = REGISTERED.get_or_init(|| register_font(FAMILY, FontStyle::Normal, FONT).is_ok());
    if *registered { Ok(()) } else { Err(PlotError::backend("the bundled font", "plotters cannot read it")) }
}

/// Options with which usvg reads a figure: the bundled font and nothing else.
pub(crate) fn usvg_options() -> Options<'static> {
    static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
        let mut fonts = Database::new();
        fonts.load_font_data(FONT.to_vec());
        fonts.set_sans_serif_family("DejaVu Sans");
        Arc::new(fonts)
    });
    Options { fontdb: Arc::clone(&FONTS), ..Options::default() }
}

/// Text of so many pixels (CSS font size), to be placed by the given anchor.
pub(crate) fn text(pixels: f64, colour: RGBColor, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    styled(pixels, FontStyle::Normal, colour, horizontal, vertical)
}

/// As [`text`], bold. The page turns the weight into an outline (see `sheet::scaled`): svg2pdf
/// writes the fonts of a document with two in random order.
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
    let size = pixels * PLOTTERS_SIZE * UNITS_PER_PIXEL;
    let mut text = FontDesc::new(FontFamily::Name(FAMILY), size, style).color(&colour.to_rgba());
    text.pos = Pos::new(horizontal, vertical);
    text
}

/// Width in pixels of a text of so many pixels. Slightly generous: plotters scales by the font's
/// line height, which for DejaVu Sans gives 6 % more than the drawn width.
pub(crate) fn width(content: &str, pixels: f64) -> f64 {
    let font =
        FontDesc::new(FontFamily::Name(FAMILY), pixels * PLOTTERS_SIZE * UNITS_PER_PIXEL, FontStyle::Normal);
    match font.box_size(content) {
        Ok((units, _)) => f64::from(units) / UNITS_PER_PIXEL,
        // Only before `register`; a rough width then.
        Err(_) => 0.6 * pixels * content.chars().count() as f64,
    }
}
