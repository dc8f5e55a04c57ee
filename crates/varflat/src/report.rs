//! The report on a figure folder: the paper's claims beside what was found, every figure with how it was made, settings, times, versions.
//!
//! It is made from the tables and figures of the folder alone, as `report.html`, one page that loads nothing, and as `report.md`.
//! What is not there is named with the command that measures it.

mod captions;
mod claims;
mod controls;
mod leading;
mod page;
mod pictures;
mod readme;
mod settings;
mod tables;
mod text;

use std::io::Write as _;
use std::path::Path;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use varflat_files::{FileError, read_bytes, write_whole};

use self::page::Page;
use self::tables::Tables;
use crate::error::Result;
use crate::figures;

pub use readme::{check as check_readme, feed};
pub(crate) use text::{count, duration};

/// The page.
pub const HTML: &str = "report.html";
/// The same for reading beside code.
pub const MARKDOWN: &str = "report.md";

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
/// [`Error::File`](crate::Error::File) if the folder is not there or cannot be written to, or a table is damaged;
/// [`Error::Malformed`](crate::Error::Malformed) if it holds no tables, or a file is in the way that is no report of varflat's.
pub fn write(folder: &Path) -> Result<()> {
    figures::records(folder)?;
    check_own(folder)?;
    let page = Page::of(&Tables::of(folder))?;
    let script = include_str!("../templates/report.js");
    let html = Html {
        font: pictures::font(&page.pictures)?,
        page: &page,
        style: include_str!("../templates/report.css"),
        script,
        script_sum: STANDARD.encode(Sha256::digest(script)),
    };
    rendered(&folder.join(HTML), &html)?;
    rendered(&folder.join(MARKDOWN), &Markdown { page: &page })
}

/// Refuse to replace a `report.html` or `report.md` that varflat did not write. All of them say what they hold beside what.
pub(crate) fn check_own(folder: &Path) -> Result<()> {
    for (name, marks) in OURS {
        let file = folder.join(name);
        if !file.exists() {
            continue;
        }
        let bytes = if file.is_file() { read_bytes(&file)? } else { b"a folder".to_vec() };
        let text = String::from_utf8_lossy(&bytes);
        if !text.is_empty() && !marks.iter().all(|mark| text.contains(mark)) {
            return Err(figures::foreign(&file));
        }
    }
    Ok(())
}

/// What every report holds, from the first version on.
const OURS: [(&str, [&str; 2]); 2] = [
    (HTML, ["<!DOCTYPE html>", "<code>varflat</code> measured"]),
    (MARKDOWN, ["# The inverse variance–flatness relation", "what varflat measured"]),
];

/// Compute what would be written, without the pictures: how many claims there are.
pub(crate) fn read(folder: &Path) -> Result<usize> {
    Ok(Page::of(&Tables::of(folder))?.claims.len())
}

/// Where [`write()`] has written, in words.
pub(crate) fn written_in(folder: &Path) -> String {
    format!("report: {}\n", folder.join(HTML).display())
}

fn rendered(file: &Path, template: &impl Template) -> Result<()> {
    let text = template.render().map_err(|error| FileError::malformed(file, error.to_string()))?;
    Ok(write_whole(file, |out| out.write_all(text.as_bytes()))?)
}
