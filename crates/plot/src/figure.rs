//! A finished figure and the three formats it is kept in.

use std::io::Write as _;
use std::path::Path;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::Tree;
use varflat_files::{make_folder, write_whole};

use crate::{PlotError, font, png_text};

/// Scale of the PNG that [`Figure::save`] writes.
const SAVED_SCALE: f32 = 2.0;

const LARGEST_SIDE: f32 = 16_384.0;

/// A figure: an SVG document, from which PNG and PDF are made.
///
/// In an evcxr notebook a figure that ends a cell is shown inline.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    svg: String,
    metadata: Option<String>,
}

impl Figure {
    pub(crate) fn new(svg: String) -> Self {
        Self { svg, metadata: None }
    }

    /// The figure as an SVG document. The same data give the same bytes.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// The same figure with a text about where it comes from: the `<metadata>` of the SVG, which nobody sees, and a chunk of
    /// the PNG (`iTXt`, under the keyword `Provenance`). The PDF has none.
    pub fn with_metadata(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if let Some(end) = self.svg.find('>') {
            self.svg.insert_str(end + 1, &format!("\n<metadata>{}</metadata>", escaped(&text)));
        }
        self.metadata = Some(text);
        self
    }

    /// The figure as a PNG with `scale` pixels to each CSS pixel (1/96 inch).
    ///
    /// # Errors
    /// [`PlotError::Scale`] when a side would have no pixel or more than 16384.
    pub fn png(&self, scale: f32) -> Result<Vec<u8>, PlotError> {
        let tree = self.tree()?;
        let (width, height) = (tree.size().width() * scale, tree.size().height() * scale);
        let allowed = 1.0..=LARGEST_SIDE;
        if !(allowed.contains(&width) && allowed.contains(&height)) {
            return Err(PlotError::Scale { scale, width, height });
        }
        let mut image = Pixmap::new(width.round() as u32, height.round() as u32).ok_or(PlotError::Scale {
            scale,
            width,
            height,
        })?;
        resvg::render(&tree, Transform::from_scale(scale, scale), &mut image.as_mut());
        let png = image.encode_png().map_err(|error| PlotError::backend("PNG encoding", error))?;
        Ok(match &self.metadata {
            Some(text) => png_text::with_text(&png, "Provenance", text),
            None => png,
        })
    }

    /// The figure as a one-page PDF of the same physical size, its text selectable.
    ///
    /// # Errors
    /// [`PlotError::Backend`] when svg2pdf refuses.
    pub fn pdf(&self) -> Result<Vec<u8>, PlotError> {
        let options = svg2pdf::ConversionOptions::default();
        let page = svg2pdf::PageOptions { dpi: 96.0 };
        svg2pdf::to_pdf(&self.tree()?, options, page).map_err(|error| PlotError::backend("svg2pdf", error))
    }

    /// Writes `name.svg`, `name.png` (at scale 2) and `name.pdf` into `folder`, which is made when
    /// missing. Each file appears whole or not at all: it is written beside its place and renamed.
    ///
    /// # Errors
    /// [`PlotError::Name`] when `name` is empty or names a folder, [`PlotError::File`] with the path
    /// when a file cannot be written, and the errors of [`Self::png`] and [`Self::pdf`].
    pub fn save(&self, folder: &Path, name: &str) -> Result<(), PlotError> {
        if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\\']) {
            return Err(PlotError::Name { name: name.to_owned() });
        }
        let (png, pdf) = (self.png(SAVED_SCALE)?, self.pdf()?);
        make_folder(folder)?;
        for (extension, bytes) in [("svg", self.svg.as_bytes()), ("png", &png), ("pdf", &pdf)] {
            write_whole(&folder.join(format!("{name}.{extension}")), |file| file.write_all(bytes))?;
        }
        Ok(())
    }

    /// Shows the figure inline in an evcxr notebook, which calls this by its name.
    #[allow(clippy::print_stdout)] // that is how evcxr takes it
    pub fn evcxr_display(&self) {
        println!("EVCXR_BEGIN_CONTENT text/html\n{}\nEVCXR_END_CONTENT", self.svg);
    }

    fn tree(&self) -> Result<Tree, PlotError> {
        Tree::from_str(&self.svg, &font::usvg_options()).map_err(|error| PlotError::backend("usvg", error))
    }
}

/// A text as it stands between tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
