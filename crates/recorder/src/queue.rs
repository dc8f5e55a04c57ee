//! The queue of rows that wait on a device until a block of them comes over.

use burn::tensor::{DType, Tensor, Transaction};

use crate::{
    RecorderError, Step,
    parameters::{as_slice, not_f32},
};

/// Most rows of a block.
const ROWS: usize = 256;

/// Most weights of a block: 32 MB of them.
const WEIGHTS: usize = 8 << 20;

/// One step of one parameter, still on the device.
pub(crate) struct Row {
    step: u64,
    learning_rate: f64,
    weights: Tensor<1>,
    before: Option<Tensor<1>>,
    gradient: Option<Tensor<1>>,
}

impl Row {
    pub(crate) fn new<const D: usize>(
        step: u64,
        learning_rate: f64,
        weights: Tensor<D>,
        before: Option<Tensor<D>>,
        gradient: Option<Tensor<D>>,
    ) -> Self {
        let flat = |tensor: Tensor<D>| tensor.flatten(0, D.saturating_sub(1));
        Self {
            step,
            learning_rate,
            weights: flat(weights),
            before: before.map(flat),
            gradient: gradient.map(flat),
        }
    }

    fn tensors(&self) -> impl Iterator<Item = &Tensor<1>> {
        std::iter::once(&self.weights).chain(&self.before).chain(&self.gradient)
    }
}

/// The rows that wait, and how often the device was waited for.
#[derive(Default)]
pub(crate) struct Queue {
    rows: Vec<Row>,
    weights: usize,
    transfers: u64,
}

impl Queue {
    /// Takes a row; says whether a block is full.
    pub(crate) fn push(&mut self, row: Row) -> bool {
        self.weights += row.tensors().map(|tensor| tensor.dims()[0]).sum::<usize>();
        self.rows.push(row);
        self.rows.len() >= ROWS || self.weights >= WEIGHTS
    }

    pub(crate) fn transfers(&self) -> u64 {
        self.transfers
    }

    /// Hands all rows over, in order: one wait for the device. The first error ends it, and the rows after it are dropped.
    pub(crate) fn flush(
        &mut self,
        mut record: impl FnMut(Step<'_>) -> Result<(), RecorderError>,
    ) -> Result<(), RecorderError> {
        let rows = std::mem::take(&mut self.rows);
        self.weights = 0;
        let tensors = || rows.iter().flat_map(Row::tensors);
        if let Some(tensor) = tensors().find(|tensor| tensor.dtype() != DType::F32) {
            return Err(not_f32(tensor));
        }
        if rows.is_empty() {
            return Ok(());
        }
        self.transfers += 1;
        let block = tensors().fold(Transaction::default(), |block, tensor| block.register(tensor.clone()));
        let backend =
            |error: burn::tensor::ExecutionError| RecorderError::Backend { reason: error.to_string() };
        let mut values = block.try_execute().map_err(backend)?.into_iter();
        let mut next = |there: bool| there.then(|| values.next()).flatten();
        for row in &rows {
            let weights = next(true);
            let before = next(row.before.is_some());
            let gradient = next(row.gradient.is_some());
            record(Step {
                step: row.step,
                weights: weights.as_ref().map(as_slice).transpose()?.unwrap_or(&[]),
                before: before.as_ref().map(as_slice).transpose()?,
                gradient: gradient.as_ref().map(as_slice).transpose()?,
                learning_rate: row.learning_rate,
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn row(step: u64, weights: [f32; 2], gradient: Option<[f32; 2]>) -> Row {
        let tensor = |values: [f32; 2]| Tensor::<2>::from_data([values], &Device::flex());
        Row::new(step, 0.5, tensor(weights), None, gradient.map(tensor))
    }

    #[test]
    fn rows_come_in_order_and_once() {
        let mut queue = Queue::default();
        assert!(!queue.push(row(3, [1.0, 2.0], None)));
        assert!(!queue.push(row(4, [3.0, 4.0], Some([5.0, 6.0]))));
        let mut seen = Vec::new();
        for _ in 0..2 {
            let flushed = queue.flush(|step| {
                seen.push((step.step, step.weights.to_vec(), step.gradient.map(<[f32]>::to_vec)));
                assert!(step.before.is_none() && step.learning_rate == 0.5);
                Ok(())
            });
            flushed.unwrap();
        }
        assert_eq!(seen, [(3, vec![1.0, 2.0], None), (4, vec![3.0, 4.0], Some(vec![5.0, 6.0]))]);
        assert_eq!(queue.transfers(), 1);
    }

    #[test]
    fn a_block_is_full_by_rows_or_by_weights() {
        let mut queue = Queue::default();
        let full = (0..ROWS as u64).position(|step| queue.push(row(step, [0.0; 2], None)));
        assert_eq!(full, Some(ROWS - 1));
        queue.flush(|_| Ok(())).unwrap();
        let wide = Row::new(0, 0.1, Tensor::<1>::zeros([WEIGHTS], &Device::flex()), None, None);
        assert!(queue.push(wide));
    }

    #[test]
    fn the_first_error_ends_the_block() {
        let mut queue = Queue::default();
        assert!((0..3).all(|step| !queue.push(row(step, [0.0; 2], None))));
        let mut calls = 0;
        let flushed = queue.flush(|step| {
            calls += 1;
            if step.step == 1 { Err(RecorderError::sink("full")) } else { Ok(()) }
        });
        assert_eq!((flushed.unwrap_err().to_string().as_str(), calls), ("full", 2));
        queue.flush(|_| Err(RecorderError::sink("nothing is left"))).unwrap();
    }
}
