//! The report on a figure folder: the paper's claims beside what was found, every figure with how it was made, settings, times, versions.
//!
//! It is made from the tables and figures of the folder alone, as `report.html`, one page that loads nothing, and as `report.md`.
//! What is not there is named with the command that measures it.

mod origin;
mod page;
mod pictures;
mod readme;
mod settings;
pub(crate) mod text;

use std::io::Write as _;
use std::path::Path;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use varflat_files::{FileError, write_whole};
use varflat_run::error::Result;

use self::page::Page;
use crate::figures;
use crate::part::{Tables, check_report};

pub use readme::{check as check_readme, fill};

pub use crate::part::{HTML, MARKDOWN};

#[derive(Template)]
#[template(path = "report.html")]
struct Html<'a> {
    page: &'a Page,
    font: String,
    style: &'static str,
    script: &'static str,
    /// SHA-256 of the script in base64: no other one may run in the page.
    script_sum: String,
}

#[derive(Template)]
#[template(path = "report.md", escape = "none")]
struct Markdown<'a> {
    page: &'a Page,
}

/// Write `report.html` and `report.md` into a figure folder, from its tables and figures.
///
/// # Errors
/// [`Error::File`](varflat_run::Error::File) if the folder is not there or cannot be written to, or a table is damaged;
/// [`Error::Malformed`](varflat_run::Error::Malformed) if it holds no tables, or a file is in the way that is no report of varflat's.
pub fn write(folder: &Path) -> Result<()> {
    figures::parts(folder)?;
    check_report(folder)?;
    let page = Page::of(&Tables::of(folder))?;
    let script = include_str!("../templates/report.js");
    let html = Html {
        font: pictures::font(page.pictures.iter().map(|figure| figure.svg.as_str()))?,
        page: &page,
        style: include_str!("../templates/report.css"),
        script,
        script_sum: STANDARD.encode(Sha256::digest(script)),
    };
    rendered(&folder.join(HTML), &html)?;
    rendered(&folder.join(MARKDOWN), &Markdown { page: &page })
}

/// Compute what would be written, without the pictures: how many claims there are.
///
/// # Errors
/// As [`write()`], of the tables alone.
pub fn read(folder: &Path) -> Result<usize> {
    Ok(Page::of(&Tables::of(folder))?.claims.len())
}

/// Where [`write()`] has written, in words.
pub fn written_in(folder: &Path) -> String {
    format!("report: {}\n", folder.join(HTML).display())
}

fn rendered(file: &Path, template: &impl Template) -> Result<()> {
    let text = template.render().map_err(|error| FileError::malformed(file, error.to_string()))?;
    Ok(write_whole(file, |out| out.write_all(text.as_bytes()))?)
}
