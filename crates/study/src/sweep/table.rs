//! A tidy table whose columns are not known beforehand: one for every key that varies.

use std::path::Path;

use serde::Serialize;
use varflat_files::{FileError, write_whole};
use varflat_run::error::Result;
use varflat_run::experiment::shown;

use super::point::Point;

/// Columns of equal length; an empty text is a missing value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) columns: Vec<(String, Vec<String>)>,
}

impl Table {
    /// `index`, `point`, and a column for every key that any of them changes; a point that does not change it has that of its experiment.
    pub(super) fn of_points<'a>(points: impl Iterator<Item = &'a Point> + Clone) -> Self {
        let column =
            |name: &str, of: &dyn Fn(&Point) -> String| (name.to_owned(), points.clone().map(of).collect());
        let mut columns = vec![
            column("index", &|point| point.index.to_string()),
            column("point", &|point| point.name.clone()),
        ];
        let mut keys: Vec<&str> = Vec::new();
        for change in points.clone().flat_map(|point| &point.changes) {
            if !keys.contains(&change.key.as_str()) {
                keys.push(&change.key);
            }
        }
        for key in keys {
            columns.push(column(key, &|point| match point.value(key) {
                Some(toml::Value::String(text)) => text,
                Some(value) => shown(&value),
                None => String::new(),
            }));
        }
        Self { columns }
    }

    /// One column for every field of the rows.
    pub(super) fn of<T: Serialize>(path: &Path, rows: &[T]) -> Result<Self> {
        let damaged = |error: csv::Error| FileError::malformed(path, error.to_string());
        let mut writer = csv::Writer::from_writer(Vec::new());
        rows.iter().try_for_each(|row| writer.serialize(row)).map_err(damaged)?;
        let bytes = writer.into_inner().map_err(|error| FileError::malformed(path, error.to_string()))?;
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let names = reader.headers().map_err(damaged)?.clone();
        let mut columns: Vec<(String, Vec<String>)> =
            names.iter().map(|name| (name.to_owned(), Vec::new())).collect();
        for record in reader.records() {
            let record = record.map_err(damaged)?;
            for ((_, column), value) in columns.iter_mut().zip(record.iter()) {
                column.push(value.to_owned());
            }
        }
        Ok(Self { columns })
    }

    /// These columns and then those of another table, of equal length.
    pub(super) fn beside(mut self, other: Self) -> Self {
        self.columns.extend(other.columns);
        self
    }

    /// The same without these columns.
    pub(super) fn without(mut self, names: &[&str]) -> Self {
        self.columns.retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }

    fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, values)| values.len())
    }

    /// As CSV, numbers with every digit they have.
    pub(super) fn csv(&self, out: impl std::io::Write) -> std::io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(self.columns.iter().map(|(name, _)| name)).map_err(std::io::Error::other)?;
        for row in 0..self.rows() {
            writer
                .write_record(self.columns.iter().map(|(_, values)| &values[row]))
                .map_err(std::io::Error::other)?;
        }
        writer.flush()
    }

    pub(super) fn write_csv(&self, path: &Path) -> Result<()> {
        Ok(write_whole(path, |out| self.csv(out))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_rows_go_beside_each_other() {
        #[derive(Serialize)]
        struct Row {
            psi: f64,
            note: Option<&'static str>,
        }
        let rows = [Row { psi: 0.1, note: Some("a, \"b\"") }, Row { psi: 1e-7, note: None }];
        let column = |name: &str, values: [&str; 2]| (name.to_owned(), values.map(str::to_owned).to_vec());
        let keys = Table { columns: vec![column("index", ["0", "1"]), column("seed", ["5", "6"])] };
        let table = keys.without(&["seed"]).beside(Table::of("rows.csv".as_ref(), &rows).unwrap());
        let mut csv = Vec::new();
        table.csv(&mut csv).unwrap();
        assert_eq!(String::from_utf8(csv).unwrap(), "index,psi,note\n0,0.1,\"a, \"\"b\"\"\"\n1,1e-7,\n");
    }
}
