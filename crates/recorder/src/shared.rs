//! A sink held by the optimizer and by the training loop at once.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use crate::{RecorderError, Sink, Step};

/// A clonable handle on one sink, and the step counter of the parameter it records.
///
/// Optimizers are cloned and moved, and their `step` cannot return an error. So the optimizer feeds one clone of the handle
/// while the training loop keeps another, asks it [`check`](Self::check) each step and reads the sink through
/// [`with`](Self::with). All clones share one sink and one counter; a handle records one parameter only.
///
/// Where tensors lie in a GPU's memory the rows wait there and come over in blocks of 256 steps (fewer where they are large), so
/// that a step never waits for the device. Everything but [`check`](Self::check) and the counter of steps asks for the rows that
/// still wait first: nothing is ever missing from what one reads. An error is then known when its block has come.
pub struct SharedSink<S: Sink + ?Sized = dyn Sink> {
    shared: Arc<Shared<S>>,
}

impl<S: Sink + ?Sized> Clone for SharedSink<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

struct Shared<S: Sink + ?Sized> {
    /// Set after `error` is, so that `check` is one atomic load as long as all is well.
    failed: AtomicBool,
    error: Mutex<Option<RecorderError>>,
    first_step: u64,
    steps: AtomicU64,
    rows: AtomicU64,
    #[cfg(feature = "burn")]
    queue: Mutex<crate::queue::Queue>,
    sink: Mutex<S>,
}

/// What a step has to copy out for the sink.
#[cfg_attr(not(feature = "burn"), allow(dead_code))]
pub(crate) struct Request {
    pub(crate) step: u64,
    pub(crate) before: bool,
    pub(crate) gradient: bool,
}

impl<S: Sink> SharedSink<S> {
    /// Shares a sink; the next optimizer step is step 0.
    pub fn new(sink: S) -> Self {
        Self::starting_at(sink, 0)
    }

    /// Shares a sink; the next optimizer step is `step`: for a training resumed after `step` steps.
    pub fn starting_at(sink: S, step: u64) -> Self {
        let shared = Shared {
            failed: AtomicBool::new(false),
            error: Mutex::new(None),
            first_step: step,
            steps: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            #[cfg(feature = "burn")]
            queue: Mutex::default(),
            sink: Mutex::new(sink),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The same handle with the sink's type forgotten.
    pub fn erased(&self) -> SharedSink
    where
        S: 'static,
    {
        let shared: Arc<Shared<S>> = Arc::clone(&self.shared);
        SharedSink { shared }
    }
}

impl<S: Sink + ?Sized> SharedSink<S> {
    /// The first error of the recording, if there was one. One atomic load when there was none: ask it every step.
    ///
    /// # Errors
    /// Whatever stopped the recording. The training itself went on.
    pub fn check(&self) -> Result<(), RecorderError> {
        if !self.shared.failed.load(Ordering::Acquire) {
            return Ok(());
        }
        let error = lock(&self.shared.error).clone();
        Err(error.unwrap_or(RecorderError::SinkPanicked))
    }

    /// The number of optimizer steps seen by this handle, recorded or not.
    pub fn steps_seen(&self) -> u64 {
        self.shared.steps.load(Ordering::Relaxed)
    }

    /// The number of steps that the sink took.
    pub fn rows(&self) -> u64 {
        self.flush();
        self.shared.rows.load(Ordering::Relaxed)
    }

    /// The step that the next optimizer step will be.
    pub fn next_step(&self) -> u64 {
        self.shared.first_step + self.steps_seen()
    }

    /// Checks that every one of `steps` optimizer steps passed through this handle, without an error.
    ///
    /// # Errors
    /// [`RecorderError::MissedSteps`] when not: the parameter got no gradient, or another optimizer was stepped. Otherwise as
    /// [`check`](Self::check).
    pub fn check_steps(&self, steps: u64) -> Result<(), RecorderError> {
        self.flush();
        self.check()?;
        let seen = self.steps_seen();
        if seen == steps { Ok(()) } else { Err(RecorderError::MissedSteps { expected: steps, seen }) }
    }

    /// Reads or changes the sink between two steps.
    pub fn with<T>(&self, action: impl FnOnce(&mut S) -> T) -> T {
        self.flush();
        action(&mut lock(&self.shared.sink))
    }

    /// Counts an optimizer step and says what it has to copy out: `None` when the sink does not want it.
    #[cfg_attr(not(feature = "burn"), allow(dead_code))]
    pub(crate) fn begin(&self) -> Option<Request> {
        let step = self.shared.first_step + self.shared.steps.fetch_add(1, Ordering::Relaxed);
        if self.shared.failed.load(Ordering::Acquire) {
            return None;
        }
        let Ok(sink) = self.shared.sink.lock() else {
            self.fail(RecorderError::SinkPanicked);
            return None;
        };
        sink.wants(step).then(|| Request {
            step,
            before: sink.wants_before(),
            gradient: sink.wants_gradient(),
        })
    }

    /// How often a block of rows was waited for: never where tensors lie in the host's memory.
    #[cfg(feature = "burn")]
    pub fn transfers(&self) -> u64 {
        lock(&self.shared.queue).transfers()
    }

    /// Keeps a row that is still on its device.
    #[cfg(feature = "burn")]
    pub(crate) fn wait_for(&self, row: crate::queue::Row) {
        if lock(&self.shared.queue).push(row) {
            self.flush();
        }
    }

    /// Hands over the rows that wait on the device.
    fn flush(&self) {
        #[cfg(feature = "burn")]
        {
            let flushed = lock(&self.shared.queue).flush(|step| {
                self.record(step);
                self.check()
            });
            if let Err(error) = flushed {
                self.fail(error);
            }
        }
    }

    /// Hands a step to the sink.
    #[cfg_attr(not(feature = "burn"), allow(dead_code))]
    pub(crate) fn record(&self, step: Step<'_>) {
        match lock(&self.shared.sink).record(step) {
            Ok(()) => {
                self.shared.rows.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => self.fail(error),
        }
    }

    /// Keeps the first error and stops the recording.
    #[cfg_attr(not(feature = "burn"), allow(dead_code))]
    pub(crate) fn fail(&self, error: RecorderError) {
        lock(&self.shared.error).get_or_insert(error);
        self.shared.failed.store(true, Ordering::Release);
    }
}

/// A panic in a sink must not take the training's own thread down at the next step.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::from_fn;

    fn step(step: u64) -> Step<'static> {
        Step { step, weights: &[1.0], before: None, gradient: None, learning_rate: 0.1 }
    }

    fn drive(sink: &SharedSink) {
        if let Some(request) = sink.begin() {
            sink.record(step(request.step));
        }
    }

    #[test]
    fn the_first_error_is_kept_and_stops_the_recording() {
        let mut calls = 0;
        let sink = SharedSink::new(from_fn(move |step| {
            calls += 1;
            if step.step == 1 { Err(RecorderError::sink(format!("call {calls}"))) } else { Ok(()) }
        }));
        let erased = sink.erased();
        for _ in 0..4 {
            drive(&erased);
        }
        assert_eq!((sink.steps_seen(), sink.rows()), (4, 1));
        for _ in 0..2 {
            assert_eq!(sink.check().unwrap_err().to_string(), "call 2");
        }
        assert_eq!(sink.check_steps(4).unwrap_err().to_string(), "call 2");
    }

    #[test]
    fn a_panicking_sink_is_an_error_not_a_second_panic() {
        let sink = SharedSink::new(from_fn(|_| panic!("inside the sink")));
        let erased = sink.erased();
        assert!(std::thread::spawn(move || drive(&erased)).join().is_err());
        drive(&sink.erased());
        assert!(matches!(sink.check(), Err(RecorderError::SinkPanicked)));
    }

    #[test]
    fn the_counter_starts_where_it_is_told_to() {
        let mut seen = Vec::new();
        let sink = SharedSink::starting_at(
            from_fn(move |step| {
                seen.push(step.step);
                if seen == [7] || seen == [7, 8] {
                    Ok(())
                } else {
                    Err(RecorderError::sink(format!("{seen:?}")))
                }
            }),
            7,
        );
        drive(&sink.erased());
        drive(&sink.erased());
        sink.check_steps(2).unwrap();
        assert_eq!(sink.next_step(), 9);
        assert!(matches!(sink.check_steps(3), Err(RecorderError::MissedSteps { expected: 3, seen: 2 })));
    }

    #[test]
    fn a_tuple_gives_each_sink_the_steps_it_wants() {
        struct Even(Vec<u64>);
        impl Sink for Even {
            fn wants(&self, step: u64) -> bool {
                step.is_multiple_of(2)
            }
            fn record(&mut self, step: Step<'_>) -> Result<(), RecorderError> {
                self.0.push(step.step);
                Ok(())
            }
        }
        struct Third(Vec<u64>);
        impl Sink for Third {
            fn wants(&self, step: u64) -> bool {
                step.is_multiple_of(3)
            }
            fn wants_gradient(&self) -> bool {
                true
            }
            fn record(&mut self, step: Step<'_>) -> Result<(), RecorderError> {
                self.0.push(step.step);
                Ok(())
            }
        }
        let sink = SharedSink::new((Even(Vec::new()), vec![Some(Third(Vec::new())), None]));
        for _ in 0..7 {
            drive(&sink.erased());
        }
        assert_eq!(sink.rows(), 5); // 0, 2, 3, 4, 6
        assert!(sink.with(|sinks| sinks.wants_gradient()));
        sink.with(|(even, third)| {
            assert_eq!(even.0, [0, 2, 4, 6]);
            assert_eq!(third[0].as_ref().unwrap().0, [0, 3, 6]);
        });
    }
}
