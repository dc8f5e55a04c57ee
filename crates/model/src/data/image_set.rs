//! Labelled images in memory.

use super::DataError;

/// Labelled images of one size; pixels are byte / 255, so from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageSet {
    /// `[samples, pixels]`, row-major.
    pub images: Vec<f32>,
    /// `[samples]`, classes counted from 0.
    pub labels: Vec<u8>,
    /// Rows of one image.
    pub rows: usize,
    /// Columns of one image.
    pub columns: usize,
}

/// One image and its label: an item of burn's `Dataset`.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageItem {
    /// `[pixels]`, row-major, from 0 to 1.
    pub image: Vec<f32>,
    /// The class, counted from 0.
    pub label: u8,
}

impl ImageSet {
    /// A set of these images, `[samples, rows · columns]` row-major, with their labels.
    ///
    /// ```
    /// use varflat_model::data::ImageSet;
    /// let set = ImageSet::new(vec![0.0, 0.5, 1.0, 0.0], vec![0, 1], [1, 2])?;
    /// assert_eq!(set.image(1)?, [1.0, 0.0]);
    /// assert!(ImageSet::new(vec![0.0; 7], vec![0, 1], [2, 2]).is_err());
    /// # Ok::<(), varflat_model::data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn new(images: Vec<f32>, labels: Vec<u8>, [rows, columns]: [usize; 2]) -> Result<Self, DataError> {
        let set = Self { images, labels, rows, columns };
        set.check()?;
        Ok(set)
    }

    /// Whether there is an image of rows × columns finite pixels for every label. Whatever takes a set asks this first: the fields
    /// are open.
    ///
    /// # Errors
    /// [`DataError::Set`], which says what does not fit.
    pub fn check(&self) -> Result<(), DataError> {
        let invalid = |problem: String| Err(DataError::Set { problem });
        let (rows, columns, samples) = (self.rows, self.columns, self.samples());
        if samples == 0 {
            return invalid("there is no image, or no label; at least one is needed".to_owned());
        }
        let pixels = rows.checked_mul(columns).filter(|pixels| *pixels > 0);
        let Some(pixels) = pixels else {
            return invalid(format!("images of {rows} × {columns} pixels are impossible"));
        };
        if pixels.checked_mul(samples) != Some(self.images.len()) {
            return invalid(format!(
                "{samples} labels ask for {samples} images of {rows} × {columns} pixels, but there are {} numbers for them",
                self.images.len()
            ));
        }
        match self.images.iter().position(|pixel| !pixel.is_finite()) {
            Some(place) => invalid(format!(
                "pixel {} of image {} is {}; every pixel must be a finite number",
                place % pixels,
                place / pixels,
                self.images[place]
            )),
            None => Ok(()),
        }
    }

    /// The number of images.
    pub fn samples(&self) -> usize {
        self.labels.len()
    }

    /// Rows and columns of an image.
    pub fn size(&self) -> [usize; 2] {
        [self.rows, self.columns]
    }

    /// Pixels of one image: rows × columns.
    pub fn pixels(&self) -> usize {
        self.rows.saturating_mul(self.columns)
    }

    /// The pixels of one image, `[pixels]`.
    ///
    /// # Errors
    /// [`DataError::Set`] if there is no such image.
    pub fn image(&self, sample: usize) -> Result<&[f32], DataError> {
        let first = sample.checked_mul(self.pixels());
        let end = first.and_then(|first| first.checked_add(self.pixels()));
        let found = first.zip(end).and_then(|(first, end)| self.images.get(first..end));
        found.filter(|_| sample < self.samples()).ok_or_else(|| self.missing(sample))
    }

    /// The label of one image.
    ///
    /// # Errors
    /// [`DataError::Set`] if there is no such image.
    pub fn label(&self, sample: usize) -> Result<u8, DataError> {
        self.labels.get(sample).copied().ok_or_else(|| self.missing(sample))
    }

    fn missing(&self, sample: usize) -> DataError {
        let samples = self.samples();
        DataError::Set { problem: format!("there is no image {sample}: there are {samples}, counted from 0") }
    }

    /// The pixels of one image of a set that has been [checked](Self::check).
    pub(crate) fn at(&self, sample: usize) -> &[f32] {
        &self.images[sample * self.pixels()..][..self.pixels()]
    }

    /// Every image with its label, in order.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&[f32], u8)> {
        self.images.chunks_exact(self.pixels().max(1)).zip(self.labels.iter().copied())
    }

    /// A copy of the first `samples` images.
    ///
    /// # Errors
    /// [`DataError::Set`] if there are fewer.
    pub fn first(&self, samples: usize) -> Result<Self, DataError> {
        self.check()?;
        if !(1..=self.samples()).contains(&samples) {
            let there = self.samples();
            let problem =
                format!("the first {samples} images were asked for; it must be 1 to {there}, all there are");
            return Err(DataError::Set { problem });
        }
        Ok(Self {
            images: self.images[..samples * self.pixels()].to_vec(),
            labels: self.labels[..samples].to_vec(),
            rows: self.rows,
            columns: self.columns,
        })
    }

    /// A copy of the images whose label becomes another one by `of_label`; those of `None` are left out.
    pub fn relabelled(&self, of_label: impl Fn(u8) -> Option<u8>) -> Self {
        let mut chosen =
            Self { images: Vec::new(), labels: Vec::new(), rows: self.rows, columns: self.columns };
        for (image, label) in self.each() {
            if let Some(label) = of_label(label) {
                chosen.images.extend_from_slice(image);
                chosen.labels.push(label);
            }
        }
        chosen
    }
}

#[cfg(feature = "burn")]
impl burn_dataset::Dataset<ImageItem> for ImageSet {
    fn get(&self, index: usize) -> Result<ImageItem, burn_dataset::DatasetError> {
        let image = self.image(index).map_err(burn_dataset::DatasetError::new)?.to_vec();
        Ok(ImageItem { image, label: self.label(index).map_err(burn_dataset::DatasetError::new)? })
    }

    fn len(&self) -> usize {
        self.samples()
    }
}
