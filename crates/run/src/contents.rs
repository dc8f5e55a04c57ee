//! What the results of the stages hold, and how they are read and written; a file for each.

mod fit;
mod flatness;
pub(crate) mod jackknife;
pub(crate) mod landscape;
pub(crate) mod pca;

pub use fit::FitReport;
pub(crate) use fit::OLDER;
pub use flatness::FlatnessRow;
pub use landscape::{ProfileTable, Profiles};
