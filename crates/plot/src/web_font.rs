//! The bundled font for a web page: only the characters that the page shows.

use std::collections::BTreeSet;

use subsetter::{GlyphRemapper, subset};
use write_fonts::read::{FontRef, TableProvider};
use write_fonts::tables::cmap::Cmap;
use write_fonts::types::{GlyphId, Tag};
use write_fonts::{BuilderError, FontBuilder};

use crate::{PlotError, font};

/// DejaVu Sans as an OpenType file with the glyphs of `text` alone, for pages that show figures inline and may load nothing.
/// Characters that the font does not have are left to the browser. The same characters give the same bytes.
///
/// # Errors
/// [`PlotError::Backend`] when the font cannot be taken apart.
pub fn web_font(text: &str) -> Result<Vec<u8>, PlotError> {
    let wanted: BTreeSet<char> = text.chars().filter(|character| !character.is_control()).collect();
    let whole = FontRef::new(font::FONT).map_err(failed)?;
    let map = whole.cmap().map_err(failed)?;
    let mut remapper = GlyphRemapper::new();
    let mut mappings = Vec::new();
    for character in wanted {
        if let Some(glyph) = map.map_codepoint(character)
            && let Ok(old) = u16::try_from(glyph.to_u32())
        {
            mappings.push((character, GlyphId::new(u32::from(remapper.remap(old)))));
        }
    }
    let glyphs = subset(font::FONT, 0, &remapper).map_err(failed)?;
    // The subset is made for PDF, where neither of these is needed.
    let cmap = Cmap::from_mappings(mappings).map_err(failed)?;
    let metrics = Tag::new(b"OS/2");
    let mut builder = FontBuilder::new();
    builder.add_table(&cmap).map_err(|error: BuilderError| failed(error))?;
    if let Some(table) = whole.table_data(metrics) {
        builder.add_raw(metrics, table.as_bytes());
    }
    builder.copy_missing_tables(FontRef::new(&glyphs).map_err(failed)?);
    Ok(builder.build())
}

fn failed(error: impl std::fmt::Display) -> PlotError {
    PlotError::backend("the font of a page", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_of_a_page_has_its_characters_as_wide_as_they_were() {
        let text = "σ² ∝ F^−ψ, ⟨Δθ²⟩ 10⁻³ Wall";
        let bytes = web_font(text).unwrap();
        assert!(bytes.len() < 30_000, "{} bytes", bytes.len());
        let (part, whole) = (FontRef::new(&bytes).unwrap(), FontRef::new(font::FONT).unwrap());
        let advance = |font: &FontRef<'_>, character: char| {
            let glyph = font.cmap().unwrap().map_codepoint(character)?;
            font.hmtx().unwrap().advance(glyph)
        };
        for character in text.chars() {
            assert!(advance(&part, character).is_some(), "{character}");
            assert_eq!(advance(&part, character), advance(&whole, character), "{character}");
        }
        assert_eq!(advance(&part, 'Q'), None);
        assert_eq!(bytes, web_font("llaW10⁻³ σ² ∝ F^−ψ, ⟨Δθ²⟩").unwrap());
    }
}
