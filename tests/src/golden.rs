//! Golden tables: what a fixed small run writes, held against what it wrote when the table was committed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::table;

/// Rows of a table that are kept; of a longer one every so many.
const KEPT: usize = 30;

/// How far a number may be off.
const TOLERANCE: f64 = 1e-2;

/// The golden tables were written by a processor with this widest vector. Vectors of other widths round sums differently, and what a
/// training makes of that is no error: there only columns and numbers of rows are checked.
const WRITTEN_WITH: &str = "avx512f";

/// The widest vector of this processor that the kernels know.
fn widest() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if std::is_x86_feature_detected!("avx512f") {
            return "avx512f";
        }
        if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
            return "avx2";
        }
    }
    "other"
}

/// Checks a table against `golden/NAME.csv`: its columns, its number of rows, words and whole numbers exactly, other numbers within one
/// per cent (on a processor like that which wrote them). Notes are in words with numbers, and left out. `VARFLAT_GOLDEN=write` writes the golden tables anew.
///
/// # Panics
/// If the table is not the golden one.
pub fn assert_golden(name: &str, file: &Path) {
    let now = thinned(file);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(format!("{name}.csv"));
    if std::env::var("VARFLAT_GOLDEN").is_ok_and(|what| what == "write") {
        write(&golden, &now);
    }
    let then = table(&golden);
    assert_eq!(now.0, then.0, "{name}: columns");
    assert_eq!(now.1.len(), then.1.len(), "{name}: rows");
    if widest() != WRITTEN_WITH {
        return;
    }
    for (number, (now_row, then_row)) in now.1.iter().zip(&then.1).enumerate() {
        for (column, (is, was)) in now.0.iter().zip(now_row.iter().zip(then_row)) {
            assert!(column == "note" || same(is, was), "{name}, row {number}, {column}: {is}, not {was}");
        }
    }
}

/// The table with its number of rows as a first row, and no more rows than are kept.
fn thinned(file: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let (header, rows) = table(file);
    let mut count = vec![String::new(); header.len()];
    count[0] = format!("{} rows", rows.len());
    let every = rows.len().div_ceil(KEPT).max(1);
    (header, std::iter::once(count).chain(rows.into_iter().step_by(every)).collect())
}

fn same(is: &str, was: &str) -> bool {
    if is == was {
        return true;
    }
    let numbers = is.parse::<f64>().ok().zip(was.parse::<f64>().ok());
    let whole = [is, was].iter().all(|text| text.parse::<i64>().is_ok());
    numbers.is_some_and(|(is, was)| !whole && (is - was).abs() <= TOLERANCE * was.abs())
}

fn write(golden: &PathBuf, (header, rows): &(Vec<String>, Vec<Vec<String>>)) {
    fs::create_dir_all(golden.parent().unwrap()).unwrap();
    let mut writer = csv::Writer::from_path(golden).unwrap();
    writer.write_record(header).unwrap();
    rows.iter().for_each(|row| writer.write_record(row).unwrap());
    writer.flush().unwrap();
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn numbers_may_be_off_by_a_per_cent_and_words_not() {
        assert!(same("1.005", "1.0") && same("-2e-9", "-2.01e-9") && same("found", "found") && same("", ""));
        assert!(!same("1.02", "1.0") && !same("3", "4") && !same("found", "censored") && !same("", "1.0"));
    }
}
