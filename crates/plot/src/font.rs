//! The bundled font: DejaVu Sans. System fonts are never used.

use std::sync::{Arc, LazyLock};

use resvg::usvg::{Options, fontdb::Database};

/// Written into the SVG; a viewer without DejaVu Sans falls back to its own sans-serif.
pub(crate) const FAMILY: &str = "DejaVu Sans, sans-serif";

pub(crate) static FONT: &[u8] = include_bytes!("../fonts/DejaVuSans.ttf");

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
