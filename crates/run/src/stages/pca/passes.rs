//! The passes that a principal component analysis makes over its window, and how far they have come.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::ArrayView2;
use varflat_analysis::{AnalysisError, Solver, WindowSource};

use crate::context::{Context, Progress};
use crate::recorded::{RecordedWindow, source};

/// Passes of the solver for the first components, as a rule, and the vectors it takes on in each.
const TOP_K_PASSES: u64 = 12;
const TOP_K_BLOCK: u64 = 64;
/// Iterations of linfa's solver, as a rule; it holds the window, and reads nothing.
const LINFA_ITERATIONS: u64 = 60;

/// A window that moves a progress bar as it is read, and ends the reading when the user asks to stop.
pub(super) struct Watched<'a> {
    window: &'a RecordedWindow,
    passes: Vec<Pass>,
    /// Weights read so far, in all passes.
    read: AtomicU64,
    context: &'a Context<'a>,
    bar: Box<dyn Progress>,
}

/// One pass over the window, in multiply-adds.
struct Pass {
    /// What is done with the blocks as they are read.
    work: u64,
    /// What is done when the pass is over.
    after: u64,
}

impl<'a> Watched<'a> {
    /// For a decomposition, and the projections on `projected` of its components.
    pub(super) fn new(
        window: &'a RecordedWindow,
        solver: Solver,
        projected: usize,
        context: &'a Context<'a>,
    ) -> Self {
        let (steps, weights) = (window.steps() as u64, window.weights() as u64);
        let (size, all) = (steps.min(weights), steps * weights);
        let pass = |work: u64, after: u64| Pass { work: all.saturating_mul(work), after };
        let eigen = size.saturating_mul(size).saturating_mul(12 * size);
        let mut passes = vec![pass(4, 0)];
        let found = match solver {
            Solver::TopK(count) => {
                // How many it takes depends on the spectrum.
                passes.extend((0..TOP_K_PASSES).map(|_| pass(4 * TOP_K_BLOCK, 0)));
                count as u64
            }
            Solver::Linfa(count) => {
                let count = count as u64;
                passes
                    .extend([pass(1, all.saturating_mul(4 * LINFA_ITERATIONS * count)), pass(4 * count, 0)]);
                count
            }
            _ => {
                passes.push(pass(size, eigen));
                size
            }
        };
        if weights > steps && !matches!(solver, Solver::Linfa(_)) {
            // The eigenvectors in time are carried over to the weights, and made orthogonal.
            passes.push(pass(2 * found, all.saturating_mul(8 * found)));
        }
        passes.extend([pass(2 * found, 0), pass(2 * projected as u64, 0)]);
        let total = passes.iter().map(|pass| pass.work.saturating_add(pass.after)).sum();
        Self { window, passes, read: AtomicU64::new(0), context, bar: context.bar("pca", total) }
    }

    /// The work done when so many weights have been read, over all passes.
    fn done(&self, read: u64) -> u64 {
        let all = (self.steps() * self.weights()) as u64;
        let (whole, part) = ((read / all) as usize, read % all);
        let before: u64 = self.passes.iter().take(whole).map(|pass| pass.work + pass.after).sum();
        let now = self.passes.get(whole).map_or(0.0, |pass| pass.work as f64 * (part as f64 / all as f64));
        before + now as u64
    }
}

impl Watched<'_> {
    /// Moves the bar by a block.
    fn tell(&self, rows: &Range<usize>, columns: &Range<usize>) -> Result<(), AnalysisError> {
        self.context.go_on("pca").map_err(source)?;
        let weights = (rows.len() * columns.len()) as u64;
        self.bar.set_position(self.done(self.read.fetch_add(weights, Ordering::Relaxed)));
        Ok(())
    }
}

impl WindowSource for Watched<'_> {
    fn steps(&self) -> usize {
        self.window.steps()
    }

    fn weights(&self) -> usize {
        self.window.weights()
    }

    fn block<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f32>,
    ) -> Result<ArrayView2<'a, f32>, AnalysisError> {
        self.tell(&rows, &columns)?;
        self.window.block(rows, columns, buffer)
    }

    fn is_f64(&self) -> bool {
        self.window.is_f64()
    }

    fn block_f64<'a>(
        &'a self,
        rows: Range<usize>,
        columns: Range<usize>,
        buffer: &'a mut Vec<f64>,
    ) -> Result<ArrayView2<'a, f64>, AnalysisError> {
        self.tell(&rows, &columns)?;
        self.window.block_f64(rows, columns, buffer)
    }
}
