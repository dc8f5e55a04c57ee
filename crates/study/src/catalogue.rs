//! Lists of what there is, for people, scripts and the guide.

use crate::part::Part;
use crate::registry;
use crate::words::duration;
use varflat_run::artifacts::{FILES, Stage};
use varflat_run::error::Result;
use varflat_run::experiment;

/// A table of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Listing {
    /// In columns, for a terminal; the last column as wide as it is.
    pub fn text(&self) -> String {
        let wide = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(wide).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
        };
        self.rows.iter().map(line).collect()
    }

    /// As a table in Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let columns = self.columns.iter().map(|&column| column.to_owned()).collect();
        let rules = vec!["---".to_owned(); self.columns.len()];
        let rows = self.rows.iter().map(|row| row.iter().map(|cell| cell.replace('|', "\\|")).collect());
        [columns, rules].into_iter().chain(rows).map(line).collect()
    }

    /// As a list of objects in JSON.
    pub fn json(&self) -> String {
        let object = |row: &Vec<String>| -> serde_json::Map<String, serde_json::Value> {
            self.columns
                .iter()
                .map(|&column| column.to_owned())
                .zip(row.iter().cloned().map(Into::into))
                .collect()
        };
        let rows: Vec<_> = self.rows.iter().map(object).collect();
        format!("{:#}\n", serde_json::Value::from(rows))
    }
}

/// What `reproduce` makes: the run, then the studies.
pub fn studies() -> Listing {
    let row = |part: &Part| {
        let takes = part.reproduced.as_ref().map_or_else(String::new, |files| duration(files.seconds(false)));
        let figures: Vec<&str> = part.figures.iter().map(|figure| figure.name).collect();
        let tables: Vec<&str> = [part.record].into_iter().chain(part.tables.iter().copied()).collect();
        vec![part.name.to_owned(), part.about.to_owned(), takes, figures.join(", "), tables.join(", ")]
    };
    let columns = vec!["name", "what", "takes on two cores", "figures", "tables"];
    Listing { columns, rows: registry::reproduced().map(row).collect() }
}

/// Every figure, in the order of the report.
pub fn figures() -> Listing {
    let rows = registry::figures().map(|(part, figure)| {
        vec![figure.name.to_owned(), part.name.to_owned(), figure.title.to_owned(), figure.tables.join(", ")]
    });
    Listing { columns: vec!["name", "of", "title", "tables"], rows: rows.collect() }
}

/// The paper's claims, by their numbers.
pub fn claims() -> Listing {
    let rows = registry::claims().into_iter().map(|(part, claim)| {
        let number = claim.number.to_string();
        vec![
            number,
            part.name.to_owned(),
            plain(claim.statement),
            plain(claim.rule),
            claim.figures.join(", "),
        ]
    });
    Listing { columns: vec!["claim", "of", "statement", "rule", "figures"], rows: rows.collect() }
}

/// The files of a run folder.
pub fn files() -> Listing {
    let rows = FILES.iter().map(|file| {
        let stage = file.stage.map_or("", Stage::name);
        vec![file.name.to_owned(), stage.to_owned(), file.about.to_owned()]
    });
    Listing { columns: vec!["file", "stage", "what it holds"], rows: rows.collect() }
}

/// The keys of an experiment file.
///
/// # Errors
/// None that a file could cause.
pub fn keys() -> Result<Listing> {
    let rows = experiment::keys()?.into_iter().map(|key| vec![key.name, key.default.unwrap_or_default()]);
    Ok(Listing { columns: vec!["key", "default"], rows: rows.collect() })
}

/// The text of a claim without its markup: `_{i}` becomes `_i`.
fn plain(text: &str) -> String {
    text.replace("_{", "_").replace("^{", "^").replace('}', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_reads_in_three_ways() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let listing =
            Listing { columns: vec!["key", "default"], rows: vec![row(["a", "1"]), row(["long", "|x|"])] };
        assert_eq!(listing.text(), "a     1\nlong  |x|\n");
        assert_eq!(listing.markdown(), "| key | default |\n| --- | --- |\n| a | 1 |\n| long | \\|x\\| |\n");
        assert!(listing.json().contains("\"default\": \"|x|\""));
        assert_eq!(plain("T_{i} ∝ F_{i}^{x}"), "T_i ∝ F_i^x");
    }
}
