//! Where recorded weights go.

use crate::RecorderError;

/// One optimizer step of one parameter, as a sink sees it.
///
/// All slices are the parameter flattened row-major: a linear layer is `[d_in, d_out]`.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The optimizer step t, counted from 0.
    pub step: u64,
    /// The weights after the update, w(t+1).
    pub weights: &'a [f32],
    /// The weights before the update, w(t); there when some sink asked for them ([`Sink::wants_before`]).
    pub before: Option<&'a [f32]>,
    /// The gradient of the mini-batch loss that the optimizer was given, after clipping; there when some sink asked for it
    /// ([`Sink::wants_gradient`]).
    pub gradient: Option<&'a [f32]>,
    /// The learning rate α of this step.
    pub learning_rate: f64,
}

impl Step<'_> {
    /// Whether every weight is finite: whether their sum is, which is the same short of overflow (weights near 1e38 have diverged too).
    pub fn is_finite(&self) -> bool {
        // Eight sums at a time, because one would wait for each addition before the next.
        let (chunks, rest) = self.weights.as_chunks::<8>();
        let mut sums = [0.0f32; 8];
        for chunk in chunks {
            for (sum, weight) in sums.iter_mut().zip(chunk) {
                *sum += weight;
            }
        }
        (sums.iter().sum::<f32>() + rest.iter().sum::<f32>()).is_finite()
    }
}

/// A receiver of optimizer steps: a file, a running mean, a closure ([`from_fn`]).
///
/// Several sinks on one parameter: a tuple `(A, B)`, nested for more, a `Vec<S>` or an `Option<S>` is a sink too. Each member
/// is asked by itself whether it wants a step, and gets those only.
pub trait Sink: Send {
    /// Whether this step is recorded. A step that no sink wants costs no copy.
    fn wants(&self, _step: u64) -> bool {
        true
    }

    /// Whether recorded steps need the gradient: one more copy per step.
    fn wants_gradient(&self) -> bool {
        false
    }

    /// Whether recorded steps need the weights before the update: one more copy per step.
    fn wants_before(&self) -> bool {
        false
    }

    /// Takes one step.
    ///
    /// # Errors
    /// Whatever keeps the step from being recorded. The first error stops the recording (not the training): the training loop
    /// learns of it from [`SharedSink::check`](crate::SharedSink::check).
    fn record(&mut self, step: Step<'_>) -> Result<(), RecorderError>;
}

impl<S: Sink + ?Sized> Sink for Box<S> {
    fn wants(&self, step: u64) -> bool {
        (**self).wants(step)
    }

    fn wants_gradient(&self) -> bool {
        (**self).wants_gradient()
    }

    fn wants_before(&self) -> bool {
        (**self).wants_before()
    }

    fn record(&mut self, step: Step<'_>) -> Result<(), RecorderError> {
        (**self).record(step)
    }
}

impl<A: Sink, B: Sink> Sink for (A, B) {
    fn wants(&self, step: u64) -> bool {
        self.0.wants(step) || self.1.wants(step)
    }

    fn wants_gradient(&self) -> bool {
        self.0.wants_gradient() || self.1.wants_gradient()
    }

    fn wants_before(&self) -> bool {
        self.0.wants_before() || self.1.wants_before()
    }

    fn record(&mut self, step: Step<'_>) -> Result<(), RecorderError> {
        record_wanted(&mut self.0, step)?;
        record_wanted(&mut self.1, step)
    }
}

impl<S: Sink> Sink for Vec<S> {
    fn wants(&self, step: u64) -> bool {
        self.iter().any(|sink| sink.wants(step))
    }

    fn wants_gradient(&self) -> bool {
        self.iter().any(Sink::wants_gradient)
    }

    fn wants_before(&self) -> bool {
        self.iter().any(Sink::wants_before)
    }

    fn record(&mut self, step: Step<'_>) -> Result<(), RecorderError> {
        self.iter_mut().try_for_each(|sink| record_wanted(sink, step))
    }
}

impl<S: Sink> Sink for Option<S> {
    fn wants(&self, step: u64) -> bool {
        self.as_ref().is_some_and(|sink| sink.wants(step))
    }

    fn wants_gradient(&self) -> bool {
        self.as_ref().is_some_and(Sink::wants_gradient)
    }

    fn wants_before(&self) -> bool {
        self.as_ref().is_some_and(Sink::wants_before)
    }

    fn record(&mut self, step: Step<'_>) -> Result<(), RecorderError> {
        self.as_mut().map_or(Ok(()), |sink| sink.record(step))
    }
}

fn record_wanted(sink: &mut impl Sink, step: Step<'_>) -> Result<(), RecorderError> {
    if sink.wants(step.step) { sink.record(step) } else { Ok(()) }
}

/// A closure as a sink of every step.
///
/// ```
/// use varflat_recorder::{Sink, Step, from_fn};
///
/// let mut first_weight = Vec::new();
/// let mut sink = from_fn(|step| {
///     first_weight.push(step.weights[0]);
///     Ok(())
/// });
/// let weights = [0.5, -0.5];
/// sink.record(Step { step: 0, weights: &weights, before: None, gradient: None, learning_rate: 0.1 })?;
/// drop(sink);
/// assert_eq!(first_weight, [0.5]);
/// # Ok::<(), varflat_recorder::RecorderError>(())
/// ```
pub fn from_fn<F>(record: F) -> FnSink<F>
where
    F: FnMut(Step<'_>) -> Result<(), RecorderError> + Send,
{
    FnSink { record, gradient: false, before: false }
}

/// A closure as a sink: made by [`from_fn`].
pub struct FnSink<F> {
    record: F,
    gradient: bool,
    before: bool,
}

impl<F> FnSink<F> {
    /// Asks for [`Step::gradient`].
    pub fn with_gradient(mut self) -> Self {
        self.gradient = true;
        self
    }

    /// Asks for [`Step::before`].
    ///
    /// ```
    /// use varflat_recorder::from_fn;
    ///
    /// let mut longest = 0.0_f32;
    /// let sink = from_fn(|step| {
    ///     let moved = step.before.into_iter().flatten().zip(step.weights).map(|(before, after)| (after - before).powi(2));
    ///     longest = longest.max(moved.sum::<f32>().sqrt());
    ///     Ok(())
    /// })
    /// .with_before();
    /// # drop(sink);
    /// ```
    pub fn with_before(mut self) -> Self {
        self.before = true;
        self
    }
}

impl<F> Sink for FnSink<F>
where
    F: FnMut(Step<'_>) -> Result<(), RecorderError> + Send,
{
    fn wants_gradient(&self) -> bool {
        self.gradient
    }

    fn wants_before(&self) -> bool {
        self.before
    }

    fn record(&mut self, step: Step<'_>) -> Result<(), RecorderError> {
        (self.record)(step)
    }
}
