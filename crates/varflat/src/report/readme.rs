//! The gallery of a README, fed by the report.

use std::io::Write as _;
use std::path::Path;

use askama::Template;
use varflat_files::{FileError, read_text, write_whole};

use super::page::Page;
use super::tables::Tables;
use crate::error::{Error, Remedy, Result};

const BEGIN: &str = "<!-- gallery -->";
const END: &str = "<!-- /gallery -->";

#[derive(Template)]
#[template(path = "gallery.md", escape = "none")]
struct Gallery<'a> {
    page: &'a Page,
    /// From the README to the figures, with a slash at its end.
    folder: String,
}

/// A README and where its gallery stands.
struct Marked {
    before: String,
    after: String,
    /// From the README to the figures, with a slash at its end.
    folder: String,
}

impl Marked {
    fn of(readme: &Path, figures: &Path) -> Result<Self> {
        let text = read_text(readme)?;
        let parts = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
        let Some((before, after)) = parts else {
            return Err(FileError::malformed(
                readme,
                format!("it has no {BEGIN} followed by {END}; write both where the gallery should stand"),
            )
            .into());
        };
        let absolute = |path: &Path| path.canonicalize().map_err(FileError::reading(path));
        let (home, below) = (absolute(readme)?, absolute(figures)?);
        let folder = home.parent().and_then(|home| below.strip_prefix(home).ok()).ok_or_else(|| {
            let problem = format!("{} does not lie below it", figures.display());
            Error::malformed(readme, problem, Remedy::OtherFigures)
        })?;
        let folder = folder.iter().map(|part| format!("{}/", part.to_string_lossy())).collect();
        Ok(Self { before: before.to_owned(), after: after.to_owned(), folder })
    }
}

/// Whether [`feed`] would know where to put the gallery: to be asked before anything is written.
///
/// # Errors
/// As [`feed`].
pub fn check(readme: &Path, figures: &Path) -> Result<()> {
    Marked::of(readme, figures).map(drop)
}

/// Replace what stands between `<!-- gallery -->` and `<!-- /gallery -->` in a README by the claims and figures of a folder below it.
///
/// # Errors
/// [`Error::File`], also if there are no marks; [`Error::Malformed`] if the folder does not lie below the README.
pub fn feed(readme: &Path, figures: &Path) -> Result<()> {
    let Marked { before, after, folder } = Marked::of(readme, figures)?;
    let page = Page::of(&Tables::of(figures))?;
    let gallery = Gallery { page: &page, folder }
        .render()
        .map_err(|error| FileError::malformed(readme, error.to_string()))?;
    Ok(write_whole(readme, |out| write!(out, "{before}{BEGIN}\n{}\n{END}{after}", gallery.trim_end()))?)
}
