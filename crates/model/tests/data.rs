//! Loading images and labels: the real MNIST, every error, and files nobody should have.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in tests, but not in their helpers")]

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use burn_dataset::Dataset;
use flate2::{Compression, write::GzEncoder};
use tempfile::TempDir;
use varflat_model::data::{
    Content, Data, DataError, DataSource, ImageItem, ImageSet, Verify, default_folder, find_mnist, load,
};

const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

/// The bytes of an IDX file of unsigned bytes.
fn idx(dimensions: &[u32], elements: &[u8]) -> Vec<u8> {
    let sizes: Vec<u8> = dimensions.iter().flat_map(|size| size.to_be_bytes()).collect();
    [&[0, 0, 8, dimensions.len() as u8], sizes.as_slice(), elements].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Three training and two test images of 2 × 2 pixels, labels 0 to 2.
fn small_files() -> BTreeMap<&'static str, Vec<u8>> {
    BTreeMap::from([
        (TRAIN_IMAGES, idx(&[3, 2, 2], &[0, 1, 2, 3, 100, 101, 102, 103, 252, 253, 254, 255])),
        (TRAIN_LABELS, idx(&[3], &[2, 0, 1])),
        (TEST_IMAGES, idx(&[2, 2, 2], &[9, 8, 7, 6, 5, 4, 3, 2])),
        (TEST_LABELS, idx(&[2], &[1, 0])),
    ])
}

fn folder_of<N: AsRef<Path>>(files: impl IntoIterator<Item = (N, Vec<u8>)>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// Writes a file anew: truncating one in place makes some file systems wait for the disk.
fn replace(file: &Path, bytes: &[u8]) {
    fs::remove_file(file).unwrap();
    fs::write(file, bytes).unwrap();
}

/// Loads the small files with one of them replaced.
fn load_with(name: &'static str, bytes: Vec<u8>) -> Result<Data, DataError> {
    let mut files = small_files();
    files.insert(name, bytes);
    load(folder_of(files).path(), Verify::Listed)
}

/// Asserts the error's variant and that its text names each of `says`.
macro_rules! assert_error {
    ($result:expr, $pattern:pat $(if $guard:expr)?, $($says:expr),+) => {{
        let error = $result.unwrap_err();
        assert!(matches!(error, $pattern $(if $guard)?), "{error:?}");
        let text = error.to_string();
        $(assert!(text.contains($says), "no {:?} in: {text}", $says);)+
        assert!(text.lines().count() <= 2, "{text}");
    }};
}

#[test]
fn mnist_is_the_mnist_of_1998() {
    let data = DataSource::Mnist.load(Verify::Listed).unwrap();
    let (train, test) = (&data.train, &data.test);
    assert_eq!((train.samples(), train.rows, train.columns), (60_000, 28, 28));
    assert_eq!((test.samples(), test.rows, test.columns), (10_000, 28, 28));
    assert_eq!((train.images.len(), test.images.len()), (60_000 * 784, 10_000 * 784));
    assert_eq!(data.classes, 10);
    assert_eq!(train.labels[..5], [5, 0, 4, 1, 9]);
    assert_eq!(test.labels[..5], [7, 2, 1, 0, 4]);

    let mut counts = [0; 10];
    for &label in &train.labels {
        counts[usize::from(label)] += 1;
    }
    assert_eq!(counts, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);

    let count = train.images.len() as f64;
    let mean = train.images.iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / count;
    let variance = train.images.iter().map(|&pixel| (f64::from(pixel) - mean).powi(2)).sum::<f64>() / count;
    assert!((mean - 0.1307).abs() < 5e-5, "{mean}");
    assert!((variance.sqrt() - 0.3081).abs() < 5e-5, "{}", variance.sqrt());

    let listed = fs::read_to_string(data.folder.join("SHA256SUMS")).unwrap();
    assert_eq!(data.checksums.len(), 4);
    for checksum in &data.checksums {
        assert!(listed.contains(&format!("{}  {}\n", checksum.sha256, checksum.file)), "{checksum:?}");
    }
}

#[test]
fn the_first_mnist_image_is_a_five() {
    let data = load(&default_folder().unwrap(), Verify::Skip).unwrap();
    let five = data.train.image(0).unwrap();
    // The first rows with ink in the first training image, as published with the files.
    assert!(five[..5 * 28 + 12].iter().all(|&pixel| pixel == 0.0));
    let row: Vec<u8> =
        five[5 * 28 + 12..5 * 28 + 24].iter().map(|&pixel| (pixel * 255.0).round() as u8).collect();
    assert_eq!(row, [3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127]);
}

#[test]
fn a_small_set_reads_back_exactly() {
    let folder = folder_of(small_files());
    let data = load(folder.path(), Verify::Listed).unwrap();
    assert_eq!((data.train.samples(), data.train.pixels(), data.classes), (3, 4, 3));
    assert_eq!(
        data.train.image(1).unwrap(),
        [100.0_f32 / 255.0, 101.0 / 255.0, 102.0 / 255.0, 103.0 / 255.0]
    );
    assert_eq!(data.train.image(2).unwrap()[3], 1.0);
    assert_eq!((data.train.label(0).unwrap(), data.test.label(1).unwrap()), (2, 0));
    assert_eq!(data.folder, folder.path());

    let item: ImageItem = data.test.get(1).unwrap();
    assert_eq!(item, ImageItem { image: data.test.image(1).unwrap().to_vec(), label: 0 });
    assert_eq!(Dataset::<ImageItem>::len(&data.test), 2);

    let two = data.train.first(2).unwrap();
    assert_eq!((two.samples(), two.images.as_slice()), (2, &data.train.images[..8]));
    for impossible in [0, 4, usize::MAX] {
        assert!(data.train.first(impossible).unwrap_err().to_string().contains("1 to 3"));
    }
}

#[test]
fn every_accepted_name_gives_the_same_data() {
    let sets = |data: Data| -> (ImageSet, ImageSet) { (data.train, data.test) };
    let plain = sets(load(folder_of(small_files()).path(), Verify::Listed).unwrap());
    for (name, separator) in [("gz", "-idx"), ("", ".idx"), ("gz", ".idx")] {
        let files = small_files().into_iter().map(|(file, bytes)| {
            let file = file.replace("-idx", separator);
            if name == "gz" { (format!("{file}.gz"), gzip(&bytes)) } else { (file, bytes) }
        });
        let folder = folder_of(files.collect::<Vec<_>>());
        assert_eq!(sets(load(folder.path(), Verify::Listed).unwrap()), plain, "{name} {separator}");
    }
    // What some browsers leave behind: unpacked, but still called .gz.
    let folder = folder_of(small_files().into_iter().map(|(file, bytes)| (format!("{file}.gz"), bytes)));
    assert_eq!(sets(load(folder.path(), Verify::Listed).unwrap()), plain);
}

#[test]
fn a_missing_folder_or_file_is_named_with_what_is_accepted() {
    let nowhere = PathBuf::from("no/such/folder");
    assert_error!(
        load(&nowhere, Verify::Listed),
        DataError::MissingFolder { .. },
        "no/such/folder",
        "data/mnist"
    );
    for (name, content) in [(TRAIN_LABELS, Content::Labels), (TEST_IMAGES, Content::Images)] {
        let folder = folder_of(small_files().into_iter().filter(|(file, _)| *file != name));
        assert_error!(
            load(folder.path(), Verify::Listed),
            DataError::MissingFile { content: found, .. } if found == content,
            name,
            &format!("{name}.gz"),
            &name.replace("-idx", ".idx")
        );
    }
}

#[test]
fn mislabelled_files_are_recognised() {
    let files = small_files();
    assert_error!(
        load_with(TRAIN_IMAGES, gzip(&files[TRAIN_LABELS])),
        DataError::Swapped { found: Content::Labels, expected: Content::Images, .. },
        TRAIN_IMAGES,
        "swapped"
    );
    assert_error!(
        load_with(TEST_LABELS, files[TEST_IMAGES].clone()),
        DataError::Swapped { found: Content::Images, expected: Content::Labels, .. },
        TEST_LABELS,
        "holds images, expected labels"
    );
}

#[test]
fn headers_that_are_not_those_of_images_or_labels_are_refused() {
    let page = b"<!DOCTYPE html>".to_vec();
    assert_error!(
        load_with(TEST_IMAGES, page),
        DataError::NotIdx { .. },
        TEST_IMAGES,
        "[3c, 21, 44, 4f]",
        "web page"
    );
    assert_error!(load_with(TEST_IMAGES, vec![]), DataError::NotIdx { .. }, "bytes []", "[00, 00, 08, 03]");

    let mut float = small_files()[TRAIN_IMAGES].clone();
    float[2] = 0x0d;
    assert_error!(
        load_with(TRAIN_IMAGES, float),
        DataError::ElementType { code: 0x0d, .. },
        "32-bit float",
        "0x08 (unsigned byte)"
    );

    let colour = idx(&[3, 2, 2, 3], &[0; 36]);
    assert_error!(
        load_with(TRAIN_IMAGES, colour),
        DataError::DimensionCount { found: 4, .. },
        TRAIN_IMAGES,
        "4 dimensions, expected 3"
    );
}

#[test]
fn payloads_shorter_or_longer_than_the_header_claims_are_refused() {
    for pack in [|bytes: &[u8]| bytes.to_vec(), gzip] {
        assert_error!(
            load_with(TRAIN_IMAGES, pack(&idx(&[3, 2, 2], &[0; 11]))),
            DataError::TruncatedPayload { found: 11, .. },
            TRAIN_IMAGES,
            "3 × 2 × 2 = 12 bytes",
            "11 follow"
        );
        assert_error!(
            load_with(TEST_LABELS, pack(&idx(&[2], &[0; 9]))),
            DataError::TrailingBytes { found: 3, .. },
            TEST_LABELS,
            "claims 2 bytes"
        );
        assert_error!(
            load_with(TRAIN_IMAGES, pack(&[0, 0, 8, 3, 0, 0, 0, 3, 0, 0])),
            DataError::TruncatedHeader { found: 10, expected: 16, .. },
            "10 bytes of 16"
        );
    }
}

#[test]
fn a_header_that_claims_2_to_the_96_bytes_allocates_nothing() {
    let claim = idx(&[u32::MAX, u32::MAX, u32::MAX], &[0; 5]);
    for bytes in [gzip(&claim), claim] {
        assert_error!(
            load_with(TRAIN_IMAGES, bytes),
            DataError::TruncatedPayload { found: 5, .. },
            "4294967295 × 4294967295 × 4294967295 = 79228162458924105385300197375"
        );
    }
}

#[test]
fn damaged_gzip_is_refused() {
    let sound = gzip(&small_files()[TRAIN_IMAGES]);
    let mut checksum = sound.clone();
    checksum[sound.len() - 8] ^= 1;
    assert_error!(load_with(TRAIN_IMAGES, checksum), DataError::CorruptGzip { .. }, TRAIN_IMAGES, "checksum");
    let garbage = [sound.as_slice(), b"garbage at the end"].concat();
    assert_error!(
        load_with(TRAIN_IMAGES, garbage),
        DataError::CorruptGzip { .. },
        TRAIN_IMAGES,
        "copy the file"
    );
    let short = sound[..sound.len() - 3].to_vec();
    assert_error!(load_with(TRAIN_IMAGES, short), DataError::TruncatedGzip { .. }, TRAIN_IMAGES, "cut short");
}

#[test]
fn sets_that_do_not_fit_together_are_refused() {
    assert_error!(
        load_with(TRAIN_LABELS, idx(&[2], &[0, 1])),
        DataError::CountMismatch { images: 3, labels: 2, .. },
        TRAIN_IMAGES,
        TRAIN_LABELS
    );
    for dimensions in [[0, 2, 2], [2, 0, 2], [0, u32::MAX, u32::MAX]] {
        assert_error!(
            load_with(TEST_IMAGES, idx(&dimensions, &[])),
            DataError::Empty { .. },
            TEST_IMAGES,
            "at least one"
        );
    }
    assert_error!(
        load_with(TEST_IMAGES, idx(&[2, 1, 4], &[0; 8])),
        DataError::SizeMismatch { train: (2, 2), test: (1, 4), .. },
        "2 × 2",
        "1 × 4"
    );
}

#[test]
fn classes_span_both_sets_and_must_fit_the_network() {
    let data = load_with(TEST_LABELS, idx(&[2], &[1, 255])).unwrap();
    assert_eq!(data.classes, 256);
    data.check_outputs(256).unwrap();
    assert_error!(
        data.check_outputs(10),
        DataError::LabelBeyondOutputs { sample: 1, label: 255, outputs: 10, classes: 256, .. },
        "sample 1 of the test set has label 255",
        "labels 0 to 9",
        "256 outputs"
    );
}

#[test]
fn listed_checksums_are_enforced_unless_skipped() {
    // SHA-256 of "abc" is FIPS 180-4's own example.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let load_listed = |list: &str, note: Option<&str>, verify| {
        let folder = folder_of(small_files());
        fs::write(folder.path().join("SHA256SUMS"), list).unwrap();
        if let Some(note) = note {
            fs::write(folder.path().join("note"), note).unwrap();
        }
        load(folder.path(), verify)
    };
    let list = format!("# comment\n\n{abc}  note\r\n{} *./note\n", abc.to_uppercase());
    load_listed(&list, Some("abc"), Verify::Listed).unwrap();
    assert_error!(
        load_listed(&list, Some("abd"), Verify::Listed),
        DataError::ChecksumMismatch { .. },
        "note has SHA-256 a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9",
        abc,
        "copy the file again"
    );
    assert_error!(
        load_listed(&list, None, Verify::Listed),
        DataError::ListedFileMissing { .. },
        "lists note",
        "restore"
    );
    let data_file = format!("{abc}  {TRAIN_IMAGES}\n");
    assert_error!(
        load_listed(&data_file, None, Verify::Listed),
        DataError::ChecksumMismatch { .. },
        TRAIN_IMAGES,
        abc
    );
    load_listed(&data_file, None, Verify::Skip).unwrap();

    for line in [
        "nonsense".to_string(),
        format!("{abc} note"),
        format!("{}  note", abc.replace('b', "g")),
        format!("{abc}  ../note"),
        format!("{abc}  /etc/hostname"),
        format!("{abc}  "),
        format!("{}é  note", &abc[..63]),
    ] {
        assert_error!(
            load_listed(&format!("# first\n{line}\n"), Some("abc"), Verify::Listed),
            DataError::ChecksumLine { line: 2, .. },
            "SHA256SUMS, line 2",
            "64 hexadecimal digits"
        );
    }
}

#[test]
fn every_truncation_is_an_error() {
    for (name, bytes) in small_files() {
        for bytes in [gzip(&bytes), bytes] {
            let folder = folder_of(small_files());
            for length in 0..bytes.len() {
                replace(&folder.path().join(name), &bytes[..length]);
                let error = load(folder.path(), Verify::Listed).unwrap_err().to_string();
                assert!(error.contains(name), "{length} bytes: {error}");
            }
        }
    }
}

/// Each bit of a byte alone, and all of them.
const FLIPS: [u8; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 255];

#[test]
fn no_changed_byte_panics_and_gzip_hides_none() {
    let sound = load(folder_of(small_files()).path(), Verify::Listed).unwrap();
    for (name, plain) in small_files() {
        let folder = folder_of(small_files());
        let load_changed = |bytes: &[u8], position: usize, flip: u8| {
            let mut bytes = bytes.to_vec();
            bytes[position] ^= flip;
            replace(&folder.path().join(name), &bytes);
            load(folder.path(), Verify::Listed)
        };
        for position in 0..plain.len() {
            for flip in FLIPS {
                let _ = load_changed(&plain, position, flip);
            }
        }
        let packed = gzip(&plain);
        for position in 0..packed.len() {
            for flip in FLIPS {
                // The gzip header has bytes without meaning here (time, system); the rest is covered by the CRC.
                if let Ok(data) = load_changed(&packed, position, flip) {
                    assert_eq!(
                        (&data.train, &data.test),
                        (&sound.train, &sound.test),
                        "{name} {position} {flip}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_source_reads_back_from_its_text() {
    for (text, source) in [
        ("mnist", DataSource::Mnist),
        ("fashion-mnist", DataSource::FashionMnist),
        ("./mnist", DataSource::Folder("./mnist".into())),
    ] {
        assert_eq!(text.parse::<DataSource>(), Ok(source.clone()));
        assert_eq!(source.to_string(), text);
        assert_eq!(
            serde_json::from_str::<DataSource>(&serde_json::to_string(&source).unwrap()).unwrap(),
            source
        );
    }
}

#[test]
fn mnist_is_found_from_outside_the_project() {
    let elsewhere = tempfile::tempdir().unwrap();
    assert!(find_mnist(elsewhere.path()).unwrap().join(format!("{TRAIN_IMAGES}.gz")).is_file());
}

#[test]
fn relabelled_images_keep_their_order_and_take_their_new_labels() {
    let set = ImageSet {
        images: vec![0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
        labels: vec![2, 7, 1, 2],
        rows: 1,
        columns: 2,
    };
    let pair =
        set.relabelled(|label| [7, 2].iter().position(|digit| *digit == label).map(|place| place as u8));
    assert_eq!(pair.labels, [1, 0, 1]);
    assert_eq!(pair.images, [0.0, 0.1, 0.2, 0.3, 0.6, 0.7]);
    assert_eq!((pair.rows, pair.columns), (1, 2));
    assert_eq!(set.relabelled(|_| None).samples(), 0);
}
