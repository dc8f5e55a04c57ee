//! Pages beside the figures, such as a README, fed by the report: what stands between marks is written anew.

use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use askama::Template;
use varflat_files::{FileError, read_text, write_whole};
use varflat_run::error::Result;

use super::page::Page;
use crate::catalogue;
use crate::part::Tables;

/// What may stand between `<!-- NAME -->` and `<!-- /NAME -->`.
const BLOCKS: [&str; 7] =
    ["tally", "gallery", "list: studies", "list: figures", "list: claims", "list: files", "list: keys"];

#[derive(Template)]
#[template(path = "gallery.md", escape = "none")]
struct Gallery<'a> {
    page: &'a Page,
    /// From the file to the figures, with a slash at its end.
    folder: String,
}

/// A block of a text: its name, and where what stands between its marks begins and ends.
struct Block {
    name: &'static str,
    begin: usize,
    end: usize,
}

/// The blocks of a text, in order.
fn blocks(text: &str) -> Vec<Block> {
    let block = |&name: &&'static str| {
        let mark = format!("<!-- {name} -->");
        let begin = text.find(&mark)? + mark.len();
        let end = begin + text[begin..].find(&format!("<!-- /{name} -->"))?;
        Some(Block { name, begin, end })
    };
    let mut blocks: Vec<Block> = BLOCKS.iter().filter_map(block).collect();
    blocks.sort_by_key(|block| block.begin);
    blocks
}

fn marked(file: &Path) -> Result<(String, Vec<Block>)> {
    let text = read_text(file)?;
    let blocks = blocks(&text);
    if blocks.is_empty() {
        let problem = "it has no <!-- gallery --> followed by <!-- /gallery -->, nor <!-- tally --> with its end; write both where \
                       the gallery or the tally of the claims should stand";
        return Err(FileError::malformed(file, problem).into());
    }
    Ok((text, blocks))
}

/// Whether [`fill`] would find marks in a file: to be asked before anything is written.
///
/// # Errors
/// As [`fill`].
pub fn check(file: &Path) -> Result<()> {
    marked(file).map(drop)
}

/// Replace what stands between the marks of a file: the tally of the claims, the gallery of a figure folder, or lists of what there is.
///
/// # Errors
/// [`Error::File`](varflat_run::Error::File), also if there are no marks.
pub fn fill(file: &Path, figures: &Path) -> Result<()> {
    let (text, blocks) = marked(file)?;
    let page = Page::of(&Tables::of(figures))?;
    let mut fed = String::new();
    let mut from = 0;
    for Block { name, begin, end } in blocks {
        let new = match name {
            "tally" => format!("**{}**", page.tally),
            "gallery" => {
                let gallery = Gallery { page: &page, folder: way(file, figures)? };
                gallery.render().map_err(|error| FileError::malformed(file, error.to_string()))?
            }
            "list: studies" => catalogue::studies().markdown(),
            "list: figures" => catalogue::figures().markdown(),
            "list: claims" => catalogue::claims().markdown(),
            "list: files" => catalogue::files().markdown(),
            _ => catalogue::keys()?.markdown(),
        };
        fed += &format!("{}\n{}\n", &text[from..begin], new.trim_end());
        from = end;
    }
    fed += &text[from..];
    Ok(write_whole(file, |out| out.write_all(fed.as_bytes()))?)
}

/// The way from a file to a folder, with a slash at its end.
fn way(file: &Path, folder: &Path) -> Result<String> {
    let absolute = |path: &Path| path.canonicalize().map_err(FileError::reading(path));
    let (from, to) = (absolute(file)?, absolute(folder)?);
    let from: Vec<Component<'_>> = from.parent().unwrap_or(Path::new("")).components().collect();
    let to: Vec<Component<'_>> = to.components().collect();
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = std::iter::repeat_n(Component::ParentDir, from.len() - shared);
    let way: PathBuf = up.chain(to[shared..].iter().copied()).collect();
    Ok(way.iter().map(|part| format!("{}/", part.to_string_lossy())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_in_the_order_of_the_text() {
        let text =
            "a <!-- gallery -->old<!-- /gallery --> b <!-- tally -->\n<!-- /tally --> <!-- list: keys -->";
        let found: Vec<(&str, &str)> =
            blocks(text).iter().map(|block| (block.name, &text[block.begin..block.end])).collect();
        assert_eq!(found, [("gallery", "old"), ("tally", "\n")]);
    }

    #[test]
    fn the_way_to_a_folder_goes_up_where_it_must() {
        let root = tempfile::tempdir().unwrap();
        let pages = root.path().join("docs/src");
        let figures = root.path().join("figures");
        std::fs::create_dir_all(&pages).unwrap();
        std::fs::create_dir_all(&figures).unwrap();
        let file = |folder: &Path| {
            let file = folder.join("page.md");
            std::fs::write(&file, "").unwrap();
            file
        };
        assert_eq!(way(&file(root.path()), &figures).unwrap(), "figures/");
        assert_eq!(way(&file(&pages), &figures).unwrap(), "../../figures/");
    }
}
