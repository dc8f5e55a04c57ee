//! The stages of a run, and what they leave to each other.

/// A stage of a run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Training and recording.
    Train,
    /// Principal components.
    Pca,
    /// Flatness along them.
    Flatness,
    /// The exponents.
    Fit,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 4] = [Self::Train, Self::Pca, Self::Flatness, Self::Fit];

    /// The name of the subcommand.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Pca => "pca",
            Self::Flatness => "flatness",
            Self::Fit => "fit",
        }
    }

    /// Sections of an experiment that may change when this stage is done again, because no stage before it uses them; of a training none.
    const fn sections(self) -> &'static [&'static str] {
        match self {
            Self::Train => &[],
            Self::Pca => &["pca.", "landscape.", "fit."],
            Self::Flatness => &["landscape.", "fit."],
            Self::Fit => &["fit."],
        }
    }

    /// Whether the stages before this one are the same for two experiments that differ in these keys.
    pub(crate) fn leaves_earlier_stages(self, differences: &[String]) -> bool {
        differences.iter().all(|key| self.sections().iter().any(|section| key.starts_with(section)))
    }
}
