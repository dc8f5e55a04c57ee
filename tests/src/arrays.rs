//! Arrays and tables of a run folder, read with nothing but ndarray-npy and csv.

use std::fs::File;
use std::path::Path;

use ndarray::{Array, Dimension};
use ndarray_npy::{NpzReader, ReadNpyExt, ReadableElement};

/// An npy file of a known type and number of dimensions.
#[track_caller]
pub fn npy<T: ReadableElement, D: Dimension>(path: &Path) -> Array<T, D> {
    Array::read_npy(File::open(path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// An array of an npz file, of a known type and number of dimensions.
#[track_caller]
pub fn npz<T: ReadableElement, D: Dimension>(path: &Path, name: &str) -> Array<T, D> {
    let mut npz = NpzReader::new(File::open(path).unwrap()).unwrap();
    npz.by_name(name).unwrap_or_else(|error| panic!("{name} in {}: {error}", path.display()))
}

/// Names of the arrays in an npz file, in order.
pub fn npz_names(path: &Path) -> Vec<String> {
    NpzReader::new(File::open(path).unwrap()).unwrap().names().unwrap()
}

/// Header and cells of a CSV file.
pub fn table(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let own = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
    let header = own(reader.headers().unwrap());
    (header, reader.records().map(|record| own(&record.unwrap())).collect())
}

/// The rows of `metrics.csv`: epoch, step, training loss and error, test loss and error.
pub fn metrics(run: &Path) -> Vec<[f64; 6]> {
    let (header, rows) = table(&run.join("metrics.csv"));
    assert_eq!(header, ["epoch", "step", "train_loss", "train_error", "test_loss", "test_error"]);
    rows.into_iter()
        .map(|row| {
            let numbers: Vec<f64> = row.iter().map(|cell| cell.parse().unwrap()).collect();
            numbers.try_into().unwrap()
        })
        .collect()
}
