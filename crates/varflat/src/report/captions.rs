//! What each figure is called and how it was made, with numbers from the tables.
//!
//! A further figure is one more [`Caption`] in one of these lists.

mod beyond;
mod run;
mod studies;

use super::tables::Tables;
use crate::error::Result;

/// The words of a figure.
pub(crate) struct Caption {
    /// Its file, without an ending.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// The part of `reproduce` that makes it.
    pub(crate) part: &'static str,
    /// The tables that it is drawn from.
    pub(crate) tables: &'static [&'static str],
    /// How it was made; `None` if the tables that say so are not there.
    pub(crate) text: fn(&Tables) -> Result<Option<String>>,
}

/// In the order of the page.
pub(crate) fn all() -> impl Iterator<Item = &'static Caption> {
    run::CAPTIONS.iter().chain(studies::CAPTIONS).chain(beyond::CAPTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The committed figure folder holds the tables of every figure there is.
    #[test]
    fn every_figure_that_can_be_drawn_has_a_caption() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../figures");
        let mut count = 0;
        for (table, figures) in crate::figures::DRAWN {
            if !folder.join(table).exists() {
                continue;
            }
            for (name, _) in figures {
                count += 1;
                let caption = all().find(|caption| caption.name == *name);
                let caption = caption.unwrap_or_else(|| panic!("report/captions has no caption for {name}"));
                let text = (caption.text)(&Tables::of(&folder)).unwrap().unwrap();
                assert!(text.len() > 80 && !text.contains("NaN"), "{name}: {text}");
                caption
                    .tables
                    .iter()
                    .for_each(|table| assert!(folder.join(table).exists(), "{name}: {table}"));
                assert!(crate::reproduce::names().contains(&caption.part), "{name}: {}", caption.part);
            }
        }
        assert!(count >= 14, "only {count} figures were looked at");
    }
}
