//! Checks on a figure's data before anything is drawn.

use crate::PlotError;

/// Beyond this, differences and sums on a linear axis could overflow.
const LARGEST_ON_A_LINEAR_AXIS: f64 = 1e150;

pub(crate) fn not_empty<T>(field: &str, values: &[T]) -> Result<(), PlotError> {
    if values.is_empty() {
        return Err(PlotError::Empty { field: field.to_owned() });
    }
    Ok(())
}

pub(crate) fn same_length(
    field: &str,
    length: usize,
    reference: &str,
    expected: usize,
) -> Result<(), PlotError> {
    if length != expected {
        return Err(PlotError::LengthMismatch {
            field: field.to_owned(),
            length,
            reference: reference.to_owned(),
            expected,
        });
    }
    Ok(())
}

/// Finite, and small enough for a linear axis.
pub(crate) fn finite(field: &str, values: &[f64]) -> Result<(), PlotError> {
    match values.iter().position(|value| !value.is_finite() || value.abs() > LARGEST_ON_A_LINEAR_AXIS) {
        Some(index) => Err(PlotError::NotFinite { field: field.to_owned(), index, value: values[index] }),
        None => Ok(()),
    }
}

/// Finite and above zero, as a logarithmic axis needs.
pub(crate) fn positive(field: &str, values: &[f64]) -> Result<(), PlotError> {
    logarithmic(field, values, |value| value > 0.0)
}

/// Finite and not below zero, for a logarithmic axis with a mark for zero.
pub(crate) fn not_negative(field: &str, values: &[f64]) -> Result<(), PlotError> {
    logarithmic(field, values, |value| value >= 0.0)
}

fn logarithmic(field: &str, values: &[f64], allowed: impl Fn(f64) -> bool) -> Result<(), PlotError> {
    for (index, &value) in values.iter().enumerate() {
        let field = || field.to_owned();
        if !value.is_finite() {
            return Err(PlotError::NotFinite { field: field(), index, value });
        }
        if !allowed(value) {
            return Err(PlotError::NotPositive { field: field(), index, value });
        }
    }
    Ok(())
}
