//! The ticks of an axis.

/// Where an axis is marked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ticks {
    /// Values with a label, in ascending order.
    pub(crate) labelled: Vec<(f64, String)>,
    /// Values with a light grid line only.
    pub(crate) light: Vec<f64>,
}

impl Ticks {
    /// Takes the label from every second tick; zero keeps its own.
    pub(crate) fn thin(&mut self) {
        let labelled = std::mem::take(&mut self.labelled);
        let zero = labelled.iter().position(|(value, _)| *value == 0.0);
        let kept = zero.unwrap_or(0) % 2;
        for (number, tick) in labelled.into_iter().enumerate() {
            if number % 2 == kept {
                self.labelled.push(tick);
            } else {
                self.light.push(tick.0);
            }
        }
    }
}
