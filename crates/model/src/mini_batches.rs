//! Mini-batches on a line: their losses and slopes beside those of the whole set.

use crate::batches::RecordedBatches;
use crate::dense::NetworkError;
use crate::moving_layer::MovingLayer;

/// Losses and slopes at a point w_0 + s·p of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct MiniBatchesOnLine {
    /// L.
    pub loss: f64,
    /// ∂L/∂s.
    pub slope: f64,
    /// L^μ of every mini-batch.
    pub losses: Vec<f64>,
    /// ∂L^μ/∂s of every mini-batch.
    pub slopes: Vec<f64>,
}

impl MiniBatchesOnLine {
    /// At the offset s along a direction p of the moving layer's weights.
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when the direction has another number of entries than the layer has weights.
    pub fn at(
        layer: &MovingLayer,
        batches: &RecordedBatches,
        direction: &[f64],
        offset: f64,
    ) -> Result<Self, NetworkError> {
        let samples = layer.along(direction, offset)?;
        let (loss, slope): (Vec<f64>, Vec<f64>) =
            samples.iter().map(|sample| (sample.loss, sample.slope)).unzip();
        let (losses, slopes) = (batches.means(&loss), batches.means(&slope));
        Ok(Self { loss: mean(&loss), slope: mean(&slope), losses, slopes })
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ImageSet;
    use crate::{MlpConfig, Shuffle};

    #[test]
    fn an_epoch_of_mini_batches_is_the_whole_set_and_slopes_are_those_of_losses() {
        let network = MlpConfig::new(4, vec![3, 3], 2).initial(1).unwrap();
        let images: Vec<f32> = (0..24).map(|pixel| (pixel * 7 % 11) as f32 / 11.0).collect();
        let images = ImageSet { images, labels: vec![0, 1, 1, 0, 1, 0], rows: 2, columns: 2 };
        let layer = MovingLayer::new(&network, "hidden", &images).unwrap();
        // One epoch of three batches of two, each sample once.
        let batches = RecordedBatches::of(5, Shuffle::Epoch, 6, 2, 0..3);
        let direction: Vec<f64> = (0..9).map(|n| if n % 2 == 0 { 0.4 } else { -0.3 }).collect();
        let at = |offset: f64| MiniBatchesOnLine::at(&layer, &batches, &direction, offset).unwrap();
        let (here, after, before) = (at(0.3), at(0.31), at(0.29));
        assert_eq!((here.losses.len(), here.slopes.len()), (3, 3));
        assert!(
            (mean(&here.losses) - here.loss).abs() < 1e-12 && (mean(&here.slopes) - here.slope).abs() < 1e-12
        );
        assert!((here.slope - (after.loss - before.loss) / 0.02).abs() < 1e-4, "{here:?}");
        for batch in 0..3 {
            let difference = (after.losses[batch] - before.losses[batch]) / 0.02;
            assert!((here.slopes[batch] - difference).abs() < 1e-4, "{batch}: {here:?}");
        }
        assert!(MiniBatchesOnLine::at(&layer, &batches, &direction[..3], 0.0).is_err());
    }
}
