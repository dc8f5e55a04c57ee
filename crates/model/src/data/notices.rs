//! What deserves a word about the images before they are learnt.

use std::collections::{BTreeMap, HashMap, hash_map::DefaultHasher};
use std::hash::{Hash, Hasher};

use super::{Data, DataError, ImageSet};

/// How many times as many images a class may have as another without a word.
const BALANCED: usize = 10;

/// Identical images with several labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contradictions {
    /// Images that another one with the same pixels and another label contradicts.
    pub images: usize,
    /// The least mean cross-entropy that any network can have on the set, in nats: Σ n_y ln(n/n_y) over the labels of each group of
    /// identical images, divided by the number of all images.
    pub least_loss: f64,
}

impl ImageSet {
    /// The images that no network can get right, because others with the same pixels have another label.
    ///
    /// ```
    /// use varflat_model::data::ImageSet;
    /// let set = ImageSet::new(vec![0.5, 0.5, 0.1], vec![0, 1, 1], [1, 1])?;
    /// let found = set.contradictions();
    /// assert_eq!(found.images, 2);
    /// assert!((found.least_loss - 2.0 * 2f64.ln() / 3.0).abs() < 1e-12);
    /// # Ok::<(), varflat_model::data::DataError>(())
    /// ```
    pub fn contradictions(&self) -> Contradictions {
        let mut groups: HashMap<u64, Vec<(&[f32], u8)>> = HashMap::new();
        for (image, label) in self.each() {
            let mut hasher = DefaultHasher::new();
            image.iter().for_each(|pixel| pixel.to_bits().hash(&mut hasher));
            groups.entry(hasher.finish()).or_default().push((image, label));
        }
        // In the order of the labels, so that the sum is the same on every machine.
        let mut groups: Vec<Vec<(&[f32], u8)>> =
            groups.into_values().filter(|group| group.len() > 1).collect();
        groups.sort_by(|one, other| one[0].0.partial_cmp(other[0].0).unwrap_or(std::cmp::Ordering::Equal));
        let (mut images, mut sum) = (0, 0.0);
        for group in groups {
            let mut of_label: BTreeMap<u8, usize> = BTreeMap::new();
            // Two images of one hash are the same in all but one case of 10¹⁹.
            let same = group.iter().filter(|(image, _)| *image == group[0].0);
            same.for_each(|(_, label)| *of_label.entry(*label).or_default() += 1);
            let all: usize = of_label.values().sum();
            if of_label.len() > 1 {
                images += all;
                sum += of_label.values().map(|&n| n as f64 * (all as f64 / n as f64).ln()).sum::<f64>();
            }
        }
        Contradictions { images, least_loss: sum / self.samples().max(1) as f64 }
    }

    /// The number of images of each class that has any.
    fn counts(&self) -> BTreeMap<u8, usize> {
        let mut counts = BTreeMap::new();
        self.labels.iter().for_each(|label| *counts.entry(*label).or_default() += 1);
        counts
    }
}

impl Data {
    /// Refuses a training set of one class.
    ///
    /// # Errors
    /// [`DataError::OneClass`].
    pub fn check_classes(&self) -> Result<(), DataError> {
        let counts = self.train.counts();
        match counts.first_key_value() {
            Some((&label, &samples)) if counts.len() == 1 => {
                Err(DataError::OneClass { folder: self.folder.clone(), label, samples })
            }
            _ => Ok(()),
        }
    }

    /// What is odd about the images, a sentence each: classes that are tested but not learnt or hardly there, identical images with
    /// two labels that keep the training loss above `loss_below`.
    pub fn notices(&self, loss_below: f64) -> Vec<String> {
        let (train, test) = (self.train.counts(), self.test.counts());
        let mut notices = Vec::new();
        let missing: Vec<String> =
            test.keys().filter(|label| !train.contains_key(label)).map(u8::to_string).collect();
        if !missing.is_empty() {
            notices.push(format!(
                "no training image has the label {}, which test images have ({} of {} classes are learnt): is the set sorted by class?",
                missing.join(", "),
                train.len(),
                self.classes
            ));
        }
        let (least, most) = (train.iter().min_by_key(|(_, n)| **n), train.iter().max_by_key(|(_, n)| **n));
        if let (Some((rare, &few)), Some((common, &many))) = (least, most)
            && many > few.saturating_mul(BALANCED)
        {
            notices.push(format!(
                "the classes are unbalanced: {many} training images have the label {common}, {few} the label {rare}"
            ));
        }
        let found = self.train.contradictions();
        if found.least_loss > 0.0 && found.least_loss >= loss_below && loss_below > 0.0 {
            notices.push(format!(
                "{} training images have the same pixels as another one with another label, so that no network has a training loss \
                 below {:.3e}: training.loss_below = {loss_below:e} cannot be reached",
                found.images, found.least_loss
            ));
        }
        notices
    }
}
