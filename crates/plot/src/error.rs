//! What can go wrong while a figure is checked, drawn, converted or saved.

use plotters::drawing::DrawingAreaErrorKind;
use varflat_files::FileError;

/// Why a figure could not be drawn or saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// A field that needs at least one value has none.
    #[error("`{field}` is empty: give at least one value")]
    Empty {
        /// The field, as written in the figure's data.
        field: String,
    },
    /// Two fields that describe the same points differ in length.
    #[error("`{field}` has {length} values and `{reference}` has {expected}: give both one value per point")]
    LengthMismatch {
        /// The field with the unexpected length.
        field: String,
        /// Its length.
        length: usize,
        /// The field it is compared with.
        reference: String,
        /// The length of that one.
        expected: usize,
    },
    /// A value is infinite, not a number, or so large that an axis cannot span it.
    #[error("`{field}[{index}]` is {value}, which no axis can show: leave the point out or mend it")]
    NotFinite {
        /// The field, as written in the figure's data.
        field: String,
        /// Position of the value in the field (0 for a single number).
        index: usize,
        /// The value.
        value: f64,
    },
    /// A value on a logarithmic axis is zero or negative.
    #[error(
        "`{field}[{index}]` is {value}, but its axis is logarithmic: leave the point out or mark it as not measured"
    )]
    NotPositive {
        /// The field, as written in the figure's data.
        field: String,
        /// Position of the value in the field (0 for a single number).
        index: usize,
        /// The value.
        value: f64,
    },
    /// A resolution that gives no image, or one too large to hold in memory.
    #[error(
        "a PNG at scale {scale} would be {width:.0} × {height:.0} pixels: choose a scale that gives 1 to 16384 a side"
    )]
    Scale {
        /// The scale asked for.
        scale: f32,
        /// The image's width in pixels.
        width: f32,
        /// The image's height in pixels.
        height: f32,
    },
    /// A figure's file name that is empty or names a folder.
    #[error("`{name}` is not a file name: give one without `/` or `\\`, and the folder separately")]
    Name {
        /// The name given.
        name: String,
    },
    /// plotters, resvg or svg2pdf refused.
    #[error("drawing failed in {stage}: {reason}")]
    Backend {
        /// The step that failed.
        stage: &'static str,
        /// What the library said.
        reason: String,
    },
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}

impl PlotError {
    pub(crate) fn backend(stage: &'static str, reason: impl ToString) -> Self {
        Self::Backend { stage, reason: reason.to_string() }
    }
}

impl From<DrawingAreaErrorKind<std::io::Error>> for PlotError {
    fn from(error: DrawingAreaErrorKind<std::io::Error>) -> Self {
        Self::backend("plotters", error)
    }
}
