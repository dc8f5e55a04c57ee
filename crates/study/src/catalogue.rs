//! Lists of what there is, for people, scripts and the guide.

use varflat_run::artifacts::{FILES, Stage};
use varflat_run::error::Result;
use varflat_run::experiment;

use crate::part::Part;
use crate::registry;
use crate::report::text::Text;
use crate::words::duration;

/// What stands in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cell {
    /// Names of files, figures, keys.
    Names(Vec<String>),
    /// A sentence, in which `_{i}` and `^{x}` are indices.
    Words(String),
}

impl Cell {
    fn name(name: impl Into<String>) -> Self {
        Self::Names(vec![name.into()])
    }

    fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Names(names.into_iter().map(str::to_owned).collect())
    }

    fn words(words: impl Into<String>) -> Self {
        Self::Words(words.into())
    }

    fn plain(&self) -> String {
        match self {
            Self::Names(names) => names.join(", "),
            Self::Words(words) => words.replace("_{", "_").replace("^{", "^").replace('}', ""),
        }
    }

    fn markdown(&self) -> String {
        match self {
            Self::Names(names) => {
                let names = names.iter().filter(|name| !name.is_empty());
                names.map(|name| format!("`{}`", name.replace('|', "\\|"))).collect::<Vec<_>>().join(", ")
            }
            Self::Words(words) => Text::new(words).to_string(),
        }
    }
}

/// A table of names and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    columns: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Listing {
    /// In columns, for a terminal.
    pub fn text(&self) -> String {
        let rows: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(Cell::plain).collect()).collect();
        let wide = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(wide).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
        };
        rows.iter().map(line).collect()
    }

    /// As a table in Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let columns = self.columns.iter().map(|&column| column.to_owned()).collect();
        let rules = vec!["---".to_owned(); self.columns.len()];
        let rows = self.rows.iter().map(|row| row.iter().map(Cell::markdown).collect());
        [columns, rules].into_iter().chain(rows).map(line).collect()
    }

    /// As a list of objects in JSON; what are several names is a list.
    pub fn json(&self) -> String {
        let value = |cell: &Cell| match cell {
            Cell::Names(names) if names.len() != 1 => names.clone().into(),
            cell => serde_json::Value::from(cell.plain()),
        };
        let object = |row: &Vec<Cell>| -> serde_json::Map<String, serde_json::Value> {
            self.columns.iter().map(|&column| column.to_owned()).zip(row.iter().map(value)).collect()
        };
        let rows: Vec<_> = self.rows.iter().map(object).collect();
        format!("{:#}\n", serde_json::Value::from(rows))
    }
}

/// What `reproduce` makes: the run, then the studies.
pub fn studies() -> Listing {
    let row = |part: &Part| {
        let claims: Vec<String> = part.claims.iter().map(|claim| claim.number.to_owned()).collect();
        let takes = part.reproduced.as_ref().map_or_else(String::new, |files| duration(files.seconds(false)));
        vec![
            Cell::name(part.name),
            Cell::words(part.about),
            Cell::words(claims.join(", ")),
            Cell::words(takes),
            Cell::names(part.figures.iter().map(|figure| figure.name)),
            Cell::names([part.record].into_iter().chain(part.tables.iter().copied())),
        ]
    };
    let columns = vec!["name", "what", "claims", "time, two cores", "figures", "tables"];
    Listing { columns, rows: registry::reproduced().map(row).collect() }
}

/// Every figure, in the order of the report.
pub fn figures() -> Listing {
    let rows = registry::figures().map(|(part, figure)| {
        vec![
            Cell::name(figure.name),
            Cell::name(part.name),
            Cell::words(figure.title),
            Cell::names(figure.tables.iter().copied()),
        ]
    });
    Listing { columns: vec!["name", "of", "title", "tables"], rows: rows.collect() }
}

/// The paper's claims, by their numbers.
pub fn claims() -> Listing {
    let rows = registry::claims().into_iter().map(|(part, claim)| {
        vec![
            Cell::words(claim.number),
            Cell::name(part.name),
            Cell::words(claim.statement),
            Cell::words(claim.rule),
            Cell::names(claim.figures.iter().copied()),
        ]
    });
    Listing { columns: vec!["claim", "of", "statement", "rule", "figures"], rows: rows.collect() }
}

/// The files of a run folder.
pub fn files() -> Listing {
    let rows = FILES.iter().map(|file| {
        vec![Cell::name(file.name), Cell::name(file.stage.map_or("", Stage::name)), Cell::words(file.about)]
    });
    Listing { columns: vec!["file", "stage", "what it holds"], rows: rows.collect() }
}

/// The keys of an experiment file.
///
/// # Errors
/// None that a file could cause.
pub fn keys() -> Result<Listing> {
    let row = |key: experiment::Key| vec![Cell::name(key.name), Cell::name(key.default.unwrap_or_default())];
    Ok(Listing { columns: vec!["key", "default"], rows: experiment::keys()?.into_iter().map(row).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_reads_in_three_ways() {
        let row = |name: &str, words: &str| vec![Cell::name(name), Cell::words(words)];
        let columns = vec!["key", "what"];
        let listing = Listing { columns, rows: vec![row("a", "one"), row("long", "T_{i} ∝ F_{i}^{x}")] };
        assert_eq!(listing.text(), "a     one\nlong  T_i ∝ F_i^x\n");
        let last = "| `long` | T<sub>i</sub> ∝ F<sub>i</sub><sup>x</sup> |\n";
        assert_eq!(listing.markdown(), format!("| key | what |\n| --- | --- |\n| `a` | one |\n{last}"));
        assert!(listing.json().contains("\"what\": \"T_i ∝ F_i^x\""));
        assert_eq!(Cell::names(["a", "b|c"]).markdown(), "`a`, `b\\|c`");
    }
}
