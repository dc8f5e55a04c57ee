//! The ticks of an axis.

/// Where an axis is marked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ticks {
    /// Values with a label, in ascending order.
    pub(crate) labelled: Vec<(f64, String)>,
    /// Values with a light grid line only.
    pub(crate) light: Vec<f64>,
}
