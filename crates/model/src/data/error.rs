//! What can be wrong with a data folder, and what to do about it.

use std::{io, path::PathBuf};

use super::idx::{Content, element_type, shape};

/// Why a data folder could not be found or loaded: which file, what is in it, what should be, and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// No folder with a set of this name where it is looked for.
    #[error("found no folder of {set}; looked for {}\n{}", paths(looked_in), remedy(set))]
    SetNotFound {
        /// The set.
        set: &'static str,
        /// Every folder tried, in order.
        looked_in: Vec<PathBuf>,
    },

    /// The data folder does not exist or is not a folder.
    #[error("{} is not a folder; name the folder that holds the four IDX files (such as data/mnist)", folder.display())]
    MissingFolder {
        /// The path given.
        folder: PathBuf,
    },

    /// One of the four files is missing.
    #[error("{} has no file with the {set} {content}; put one there under any of the names {}", folder.display(), accepted.join(", "))]
    MissingFile {
        /// The data folder.
        folder: PathBuf,
        /// `training` or `test`.
        set: &'static str,
        /// Images or labels.
        content: Content,
        /// The file names accepted.
        accepted: Vec<String>,
    },

    /// The operating system did not let the file be read.
    #[error("cannot read {}: {cause}; check the path and its permissions", file.display())]
    Unreadable {
        /// The file or folder.
        file: PathBuf,
        /// The operating system's answer.
        cause: io::Error,
    },

    /// A gzip stream that ends too early.
    #[error("{} is cut short: its gzip stream ends early ({bytes} bytes stored); copy the file again from its source", file.display())]
    TruncatedGzip {
        /// The file.
        file: PathBuf,
        /// Its size as stored, in bytes.
        bytes: usize,
    },

    /// A gzip stream that does not decode, or fails its own CRC.
    #[error("{} is damaged: {cause}; expected one sound gzip stream: copy the file again from its source", file.display())]
    CorruptGzip {
        /// The file.
        file: PathBuf,
        /// What the decoder found.
        cause: io::Error,
    },

    /// The first two bytes are not those of an IDX file.
    #[error("{} is not an IDX file: it starts with the bytes {found:02x?}, expected {:02x?} for {expected}; \
             copy the file again (a web page saved under this name is a usual cause)", file.display(), expected.magic())]
    NotIdx {
        /// The file.
        file: PathBuf,
        /// Its first bytes, at most four.
        found: Vec<u8>,
        /// The content expected.
        expected: Content,
    },

    /// Labels where images belong, or images where labels belong.
    #[error("{} holds {found}, expected {expected}: the images and labels files seem to be swapped; rename them", file.display())]
    Swapped {
        /// The file.
        file: PathBuf,
        /// The content found.
        found: Content,
        /// The content expected.
        expected: Content,
    },

    /// Elements that are not unsigned bytes.
    #[error("{} holds elements of type {code:#04x} ({}), expected 0x08 (unsigned byte); convert it to unsigned bytes",
            file.display(), element_type(*code))]
    ElementType {
        /// The file.
        file: PathBuf,
        /// The IDX type code found.
        code: u8,
    },

    /// A number of dimensions that fits neither images nor labels.
    #[error("{} has {found} dimensions, expected {} for {expected}; \
             images are [samples, rows, columns], labels [samples]", file.display(), expected.dimensions())]
    DimensionCount {
        /// The file.
        file: PathBuf,
        /// The number of dimensions found.
        found: u8,
        /// The content expected.
        expected: Content,
    },

    /// A file that ends inside its header.
    #[error("{} ends inside its IDX header: it holds {found} bytes of {expected}; copy the file again from its source", file.display())]
    TruncatedHeader {
        /// The file.
        file: PathBuf,
        /// Bytes found.
        found: usize,
        /// Bytes of a whole header.
        expected: usize,
    },

    /// Fewer elements than the header claims.
    #[error("{} is cut short: its header claims {} bytes, {found} follow it; copy the file again from its source",
            file.display(), shape(dimensions))]
    TruncatedPayload {
        /// The file.
        file: PathBuf,
        /// The dimensions claimed.
        dimensions: Vec<u32>,
        /// Bytes found after the header.
        found: usize,
    },

    /// More elements than the header claims.
    #[error("{} is too long: its header claims {} bytes, at least {found} follow it; copy the file again from its source",
            file.display(), shape(dimensions))]
    TrailingBytes {
        /// The file.
        file: PathBuf,
        /// The dimensions claimed.
        dimensions: Vec<u32>,
        /// Bytes read after the header; reading stops one byte past the claim.
        found: usize,
    },

    /// More elements than are loaded into memory.
    #[error("{} holds {} bytes, more than the {limit} that are loaded into memory; keep fewer images in it",
            file.display(), shape(dimensions))]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// The dimensions claimed.
        dimensions: Vec<u32>,
        /// The most bytes of one file that are loaded.
        limit: u64,
    },

    /// No images, or images without pixels.
    #[error("{} is empty: its header claims {} bytes; expected at least one image of at least one pixel",
            file.display(), shape(dimensions))]
    Empty {
        /// The images file.
        file: PathBuf,
        /// The dimensions claimed.
        dimensions: Vec<u32>,
    },

    /// Images and labels that are not one to one.
    #[error("{} holds {images} images, but {} holds {labels} labels; use two files of the same set",
            images_file.display(), labels_file.display())]
    CountMismatch {
        /// The images file.
        images_file: PathBuf,
        /// The number of images.
        images: usize,
        /// The labels file.
        labels_file: PathBuf,
        /// The number of labels.
        labels: usize,
    },

    /// Training and test images of different sizes.
    #[error("{}: the training images have {} × {} pixels, the test images {} × {}; use two sets of one size",
            folder.display(), train.0, train.1, test.0, test.1)]
    SizeMismatch {
        /// The data folder.
        folder: PathBuf,
        /// Rows and columns of the training images.
        train: (usize, usize),
        /// Rows and columns of the test images.
        test: (usize, usize),
    },

    /// A label without a network output.
    #[error("{}: sample {sample} of the {set} set has label {label}, but the network has {outputs} outputs (labels 0 to {}); \
             give the network {classes} outputs or check the labels file", folder.display(), outputs.saturating_sub(1))]
    LabelBeyondOutputs {
        /// The data folder.
        folder: PathBuf,
        /// `training` or `test`.
        set: &'static str,
        /// The first such sample, counted from 0.
        sample: usize,
        /// Its label.
        label: u8,
        /// The outputs of the network.
        outputs: usize,
        /// The number of classes in the data.
        classes: usize,
    },

    /// Files of known sets that do not belong together.
    #[error("{}: the {} are those of {}, but the {} are those of {}; put the four files of one set into a folder of their own",
            folder.display(), files[0], sets[0], files[1], sets[1])]
    Mixture {
        /// The data folder.
        folder: PathBuf,
        /// What two of the files are there for.
        files: [&'static str; 2],
        /// What they are.
        sets: [String; 2],
    },

    /// A training set of one class.
    #[error("{}: all {samples} training images have the label {label}, so that there is nothing to tell apart; is the set sorted by \
             class? Shuffle it, or take more of it (data.samples)", folder.display())]
    OneClass {
        /// The data folder.
        folder: PathBuf,
        /// The label.
        label: u8,
        /// How many images have it.
        samples: usize,
    },

    /// Images, labels or indices that do not fit together.
    #[error("a set of images: {problem}")]
    Set {
        /// What does not fit.
        problem: String,
    },

    /// A line of SHA256SUMS that is not a digest and a file name.
    #[error("{}, line {line}: cannot read {text:?}; expected 64 hexadecimal digits, two spaces and the name of a file in \
             this folder, as sha256sum writes them", file.display())]
    ChecksumLine {
        /// The list of checksums.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// Its text.
        text: String,
    },

    /// A file that SHA256SUMS lists is not in the folder.
    #[error("{} lists {name}, which is not in the folder; restore that file or remove its line", list.display())]
    ListedFileMissing {
        /// The list of checksums.
        list: PathBuf,
        /// The file listed.
        name: String,
    },

    /// A file that is not the one SHA256SUMS was made from.
    #[error("{} has SHA-256 {found}, expected {expected} from SHA256SUMS; \
             copy the file again from its source, or update SHA256SUMS if the change is meant", file.display())]
    ChecksumMismatch {
        /// The file.
        file: PathBuf,
        /// The digest in SHA256SUMS.
        expected: String,
        /// The digest of the file as stored.
        found: String,
    },
}

fn remedy(set: &str) -> &'static str {
    if set == super::folder::FASHION_MNIST {
        "install it (Debian: apt-get install dataset-fashion-mnist), or put its four IDX files into one of these folders"
    } else {
        "run from inside the project, or name the folder that holds the four IDX files"
    }
}

fn paths(folders: &[PathBuf]) -> String {
    let shown: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    shown.join(", ")
}
