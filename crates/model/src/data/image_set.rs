//! Labelled images in memory.

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
    /// The number of images.
    pub fn samples(&self) -> usize {
        self.labels.len()
    }

    /// Pixels of one image: rows × columns.
    pub fn pixels(&self) -> usize {
        self.rows * self.columns
    }

    /// The pixels of one image, `[pixels]`.
    ///
    /// # Panics
    /// If `sample >= samples()`, as a slice does.
    pub fn image(&self, sample: usize) -> &[f32] {
        let pixels = self.pixels();
        &self.images[sample * pixels..(sample + 1) * pixels]
    }

    /// The label of one image.
    ///
    /// # Panics
    /// If `sample >= samples()`, as a slice does.
    pub fn label(&self, sample: usize) -> u8 {
        self.labels[sample]
    }

    /// A copy of the first `samples` images; of all of them when there are fewer.
    pub fn first(&self, samples: usize) -> Self {
        let samples = samples.min(self.samples());
        Self {
            images: self.images[..samples * self.pixels()].to_vec(),
            labels: self.labels[..samples].to_vec(),
            rows: self.rows,
            columns: self.columns,
        }
    }

    /// A copy of the images whose label becomes another one by `of_label`; those of `None` are left out.
    pub fn relabelled(&self, of_label: impl Fn(u8) -> Option<u8>) -> Self {
        let mut chosen =
            Self { images: Vec::new(), labels: Vec::new(), rows: self.rows, columns: self.columns };
        for sample in 0..self.samples() {
            if let Some(label) = of_label(self.label(sample)) {
                chosen.images.extend_from_slice(self.image(sample));
                chosen.labels.push(label);
            }
        }
        chosen
    }
}

#[cfg(feature = "burn")]
impl burn_dataset::Dataset<ImageItem> for ImageSet {
    fn get(&self, index: usize) -> Result<ImageItem, burn_dataset::DatasetError> {
        Ok(ImageItem { image: self.image(index).to_vec(), label: self.label(index) })
    }

    fn len(&self) -> usize {
        self.samples()
    }
}
