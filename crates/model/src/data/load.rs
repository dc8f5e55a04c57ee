//! Four files in, one checked data set out.

use std::path::{Path, PathBuf};

use varflat_files::sha256;

use super::{
    Content, DataError, FileChecksum, ImageSet, Verify, checksum,
    folder::{Half, Stored, read_stored},
    idx,
    known::{self, Known},
};

/// A training and a test set of one image size, and where they came from.
#[derive(Debug, Clone)]
pub struct Data {
    /// The training set.
    pub train: ImageSet,
    /// The test set.
    pub test: ImageSet,
    /// SHA-256 of the four files as stored: training images and labels, test images and labels.
    pub checksums: Vec<FileChecksum>,
    /// The folder they were read from.
    pub folder: PathBuf,
    /// The largest label of both sets + 1.
    pub classes: usize,
    /// The name of the set, where the content of all four files is known: `MNIST` or `Fashion-MNIST`.
    pub known: Option<&'static str>,
}

impl Data {
    /// Holds every label against the number of network outputs.
    ///
    /// # Errors
    /// [`DataError::LabelBeyondOutputs`] with the first sample whose label is `outputs` or more.
    pub fn check_outputs(&self, outputs: usize) -> Result<(), DataError> {
        for (half, set) in [(Half::Train, &self.train), (Half::Test, &self.test)] {
            if let Some((sample, &label)) =
                set.labels.iter().enumerate().find(|(_, label)| usize::from(**label) >= outputs)
            {
                return Err(DataError::LabelBeyondOutputs {
                    folder: self.folder.clone(),
                    set: half.name(),
                    sample,
                    label,
                    outputs,
                    classes: self.classes,
                });
            }
        }
        Ok(())
    }
}

/// Loads the four IDX files of a folder, gzip-compressed or plain.
///
/// Accepted names are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`, each with or without `.gz` and with `-` or `.` before `idx`; where several are there,
/// `.gz` comes before plain and `-` before `.`. Pixels become byte / 255.
///
/// # Errors
/// A [`DataError`] that names the file, what was found, what was expected and what to do. Nothing is allocated on a
/// header's word, and no file content panics. [`DataError::Mixture`] where files are recognised, by their content, as ones that do not
/// belong together.
pub fn load(folder: &Path, verify: Verify) -> Result<Data, DataError> {
    if !folder.is_dir() {
        return Err(DataError::MissingFolder { folder: folder.into() });
    }
    let train = [
        read_stored(folder, Half::Train, Content::Images)?,
        read_stored(folder, Half::Train, Content::Labels)?,
    ];
    let test = [
        read_stored(folder, Half::Test, Content::Images)?,
        read_stored(folder, Half::Test, Content::Labels)?,
    ];

    let checksums: Vec<FileChecksum> = train
        .iter()
        .chain(&test)
        .map(|stored| FileChecksum { file: stored.name.clone(), sha256: sha256(&[&stored.bytes]) })
        .collect();
    // Before decoding: a file that is not the listed one explains every later complaint about its content.
    if verify == Verify::Listed {
        checksum::verify_listed(folder, &checksums)?;
    }

    let ((train, of_train), (test, of_test)) = (image_set(&train)?, image_set(&test)?);
    let known = known::name(folder, [of_train[0], of_train[1], of_test[0], of_test[1]])?;
    if (train.rows, train.columns) != (test.rows, test.columns) {
        return Err(DataError::SizeMismatch {
            folder: folder.into(),
            train: (train.rows, train.columns),
            test: (test.rows, test.columns),
        });
    }
    let largest = train.labels.iter().chain(&test.labels).max();
    let classes = largest.map_or(0, |&label| usize::from(label) + 1);
    Ok(Data { train, test, checksums, folder: folder.into(), classes, known })
}

/// The images and labels of a half, and which known files they are.
fn image_set([images, labels]: &[Stored; 2]) -> Result<(ImageSet, [Option<Known>; 2]), DataError> {
    let pixels = idx::images(&images.bytes, &images.path)?;
    let classes = idx::labels(&labels.bytes, &labels.path)?;
    let [samples, rows, columns] = pixels.dimensions;
    if pixels.elements.is_empty() {
        return Err(DataError::Empty { file: images.path.clone(), dimensions: pixels.dimensions.into() });
    }
    if samples as usize != classes.elements.len() {
        return Err(DataError::CountMismatch {
            images_file: images.path.clone(),
            images: samples as usize,
            labels_file: labels.path.clone(),
            labels: classes.elements.len(),
        });
    }
    let known = [known::recognise(&pixels, Content::Images), known::recognise(&classes, Content::Labels)];
    let set = ImageSet {
        images: pixels.elements.iter().map(|&pixel| f32::from(pixel) / 255.0).collect(),
        labels: classes.elements,
        rows: rows as usize,
        columns: columns as usize,
    };
    Ok((set, known))
}
