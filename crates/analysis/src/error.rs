//! What can go wrong in an analysis, and what to do about it.

use thiserror::Error;

/// Why an analysis could not be done: what, where, and what to do next.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AnalysisError {
    /// There is not enough memory.
    #[error(
        "{bytes} bytes of memory cannot be had; use a machine with more, raise the limit (`ulimit -v`), or find fewer components"
    )]
    Memory {
        /// What was asked for.
        bytes: usize,
    },
    /// A parameter outside its range.
    #[error("parameter `{name}` is {}, but must be {expected}", plain(*value))]
    Parameter {
        /// Name of the parameter, as its setter is called.
        name: &'static str,
        /// The value that was given.
        value: f64,
        /// The range it has to lie in.
        expected: &'static str,
    },
    /// A window with fewer than two steps has no variance.
    #[error(
        "the window holds {steps} step(s); a variance needs at least 2: record a longer window (an array is [steps, weights]; save \
         the transpose if it is the other way round)"
    )]
    WindowTooShort {
        /// Rows of the window.
        steps: usize,
    },
    /// A window without columns.
    #[error("the window holds no weights (0 columns): record a layer that has some")]
    NoWeights,
    /// A weight that is not a number, or infinite.
    #[error(
        "the weight at row {row}, column {column} of the window is {value} (both counted from 0): \
         training diverged; lower the learning rate or end the window earlier"
    )]
    NonFiniteWeight {
        /// Step within the window, from 0.
        row: usize,
        /// Weight, from 0.
        column: usize,
        /// The offending value.
        value: f64,
    },
    /// All rows of the window are the same.
    #[error(
        "all {steps} rows of the window are equal, so every variance is zero: either these weights did not move (frozen, or a \
         learning rate of zero), or one and the same array was kept at every step (append a copy: `w.copy()`, `w.clone()`), or \
         they moved by less than the file can hold (rounded to f32, f16 or bf16: save f64)"
    )]
    NoVariance {
        /// Rows of the window.
        steps: usize,
    },
    /// Rows that were never written, it seems.
    #[error("{}", unwritten(*first, *last, *steps, *zero))]
    UnwrittenRows {
        /// The first of them, from 0.
        first: usize,
        /// The last of them.
        last: usize,
        /// Rows of the window.
        steps: usize,
        /// Whether they are zeros, or all equal to one another.
        zero: bool,
    },
    /// Weights whose variances are no numbers of f64.
    #[error(
        "the weights move by {largest:e} at most, and the squares of that are out of the range of f64: multiply the array by a power \
         of ten first (variances by its square)"
    )]
    Scale {
        /// max |w(t) − w(0)|.
        largest: f64,
    },
    /// An array whose shape does not fit the others.
    #[error("{what} has length {found}, but {expected} is needed")]
    Shape {
        /// Which array, and along which axis.
        what: &'static str,
        /// The length that fits.
        expected: usize,
        /// The length it has.
        found: usize,
    },
    /// An array whose values are not what they claim to be.
    #[error("{what} is wrong at index {index}: {reason}")]
    Invalid {
        /// Which array.
        what: &'static str,
        /// Where, from 0.
        index: usize,
        /// What is wrong there.
        reason: &'static str,
    },
    /// More components than a window of this shape has.
    #[error("{requested} components were asked for, but there are only {available}")]
    TooManyComponents {
        /// Components asked for.
        requested: usize,
        /// Components that exist: min(weights, steps − 1), or those that were kept.
        available: usize,
    },
    /// The dense eigen-solver did not converge.
    #[error("the eigen-decomposition of the {size} × {size} matrix did not converge")]
    Eigen {
        /// Side of the matrix.
        size: usize,
    },
    /// The iterative solver did not converge.
    #[error(
        "the top-k solver found {found} of {requested} components in {passes} passes over the window: \
         ask for fewer, or use `Solver::Covariance` or `Solver::Gram`"
    )]
    TopKIncomplete {
        /// Components asked for.
        requested: usize,
        /// Components found.
        found: usize,
        /// Passes over the window.
        passes: usize,
    },
    /// linfa's solver did not converge, or left out components.
    #[error(
        "linfa found {found} of {requested} components: it leaves out variances under 2e-10 of the first, and may not converge \
         where neighbours are close to each other or {requested} is no small part of all; ask for fewer, or use `Solver::TopK` (pca.solver = \"auto\")"
    )]
    LinfaIncomplete {
        /// Components asked for.
        requested: usize,
        /// The first of them that are eigenvectors.
        found: usize,
    },
    /// A window that `Solver::Auto` does not decompose in full.
    #[error(
        "all components of a window of {steps} steps × {weights} weights would take hours and many \
         gigabytes: use `Solver::TopK(k)` for the first k, or insist with `Solver::Covariance` \
         (fewer weights) or `Solver::Gram` (fewer steps)"
    )]
    TooLarge {
        /// Steps of the window.
        steps: usize,
        /// Weights of the window.
        weights: usize,
    },
    /// A block of the window that could not be read.
    #[error(transparent)]
    Source(Box<dyn std::error::Error + Send + Sync>),
    /// An error of linfa itself.
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
    /// An error of linfa's own principal component analysis.
    #[error(transparent)]
    LinfaPca(#[from] linfa_reduction::ReductionError),
    /// A reference loss L_0 that has no logarithm.
    #[error(
        "the reference loss L_0 is {loss}; it must be positive and finite, because flatness is \
         where the loss reaches a multiple of it"
    )]
    ReferenceLoss {
        /// The given L_0.
        loss: f64,
    },
    /// The loss is above the level however small the offset.
    #[error(
        "the loss at offset {offset:e} is {loss:e}, already above the level {level:e}: {}", above(*loss, *level)
    )]
    ReferenceMismatch {
        /// Smallest offset tried.
        offset: f64,
        /// Loss there.
        loss: f64,
        /// The level, factor·L_0.
        level: f64,
    },
    /// The loss function answered with the wrong number of values.
    #[error("the loss function was asked for {asked} offsets and returned {returned} losses")]
    LossCount {
        /// Offsets asked for.
        asked: usize,
        /// Losses returned.
        returned: usize,
    },
    /// Too few points for a line with an error.
    #[error(
        "{points} point(s) are left for the fit and at least 3 are needed: {}",
        too_few(*points, *censored, *under_floor)
    )]
    TooFewPoints {
        /// Points left.
        points: usize,
        /// Components of the range without a flatness.
        censored: usize,
        /// Components of the range whose variance is not trusted.
        under_floor: usize,
    },
    /// Too few lags for a line with an error.
    #[error(
        "{lags} lag(s) lie between {shortest} and {longest}, and a slope needs at least 3: widen the \
         range of lags, or measure more of them"
    )]
    TooFewLags {
        /// Lags in the range.
        lags: usize,
        /// Shortest lag of the range, in steps.
        shortest: usize,
        /// Longest lag of the range, in steps.
        longest: usize,
    },
    /// All abscissae are the same.
    #[error("all {points} values of {what} are equal, so no slope is defined")]
    NoSpread {
        /// The abscissa.
        what: &'static str,
        /// Number of points.
        points: usize,
    },
    /// A value whose logarithm is needed is not positive and finite.
    #[error("{what} of component {index} is {value:e}; its logarithm needs a positive finite value")]
    NonPositive {
        /// The quantity.
        what: &'static str,
        /// The component, from 1.
        index: usize,
        /// Its value.
        value: f64,
    },
    /// A range of components that does not exist.
    #[error("components {first} to {last} were asked for, but the spectrum has {available}")]
    Range {
        /// First component, from 1.
        first: usize,
        /// Last component, from 1.
        last: usize,
        /// Components there are.
        available: usize,
    },
    /// Too few blocks to resample.
    #[error(
        "the window makes {blocks} blocks of {block} rows, and an interval over time needs {needed}: shorten the block \
         (fit.block), or record a longer window (recorder.window)"
    )]
    TooFewBlocks {
        /// Blocks in the window.
        blocks: usize,
        /// Steps in a block.
        block: usize,
        /// Fewest blocks accepted.
        needed: usize,
    },
    /// A word that names no status.
    #[error("`{word}` is not a flatness status; one of found, not_monotone, censored is")]
    UnknownStatus {
        /// The word.
        word: String,
    },
}

fn unwritten(first: usize, last: usize, steps: usize, zero: bool) -> String {
    let count = last + 1 - first;
    let (which, kept) = match (first, last + 1 == steps) {
        (_, true) => {
            (format!("the last {count} of {steps} rows"), format!("[:{}]", first + usize::from(!zero)))
        }
        (0, _) => (format!("the first {count} of {steps} rows"), format!("[{}:]", last + usize::from(zero))),
        _ => (
            format!("rows {first} to {last} of {steps} (from 0)"),
            format!("[{}:]", last + usize::from(zero)),
        ),
    };
    let question = if zero {
        "are zeros: were they never written?"
    } else {
        "are equal: were they never written, or were the weights frozen?"
    };
    let advice = match (first, last + 1 == steps) {
        (0, _) | (_, true) => "Analyse the others alone",
        _ => "A window has no gap: analyse what is before them or after them alone",
    };
    format!("{which} {question} {advice}: `np.save(\"cut.npy\", np.load(FILE){kept})`")
}

/// A number with no zeros that say nothing: `2`, `0.05`, `1e308`.
fn plain(value: f64) -> String {
    let text = format!("{value:?}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Why a loss is above the level at the smallest offset.
fn above(loss: f64, level: f64) -> &'static str {
    if !loss.is_finite() {
        "it is no finite number there: the loss function overflows, or the network holds no finite weights"
    } else if level < f64::EPSILON * loss {
        "L_0 is 0 but for rounding, and the loss leaves it within an offset that cannot be told from 0: \
         flatness needs an L_0 above 0, from a training that ended earlier"
    } else {
        "L_0 was not measured at the point that the offsets start from"
    }
}

/// What took the points of a fit away, and what brings them back.
fn too_few(points: usize, censored: usize, under_floor: usize) -> String {
    let range = points + censored + under_floor;
    let mut causes = Vec::new();
    if censored > 0 {
        causes.push(format!(
            "{censored} of its {range} components have no flatness, because the loss does not reach the level on \
             both sides within the radius, or not monotonically (raise landscape.radius, or lower landscape.factor)"
        ));
    }
    if under_floor > 0 {
        causes.push(format!(
            "{under_floor} of its {range} components have a variance under the numerical floor, because the weights \
             hardly move along them (record a longer window, or an earlier one: raise training.loss_below)"
        ));
    }
    if range < 3 {
        causes.push(format!(
            "the range holds {range} measured component(s) (widen it: fit.skip_first, fit.last, \
             landscape.components, or a longer recorder.window)"
        ));
    }
    causes.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(points: usize, censored: usize, under_floor: usize) -> String {
        AnalysisError::TooFewPoints { points, censored, under_floor }.to_string()
    }

    #[test]
    fn what_took_the_points_away_is_named_with_its_own_remedy() {
        let censored = message(1, 60, 0);
        assert!(censored.contains("60 of its 61 components") && censored.contains("landscape.radius"));
        assert!(!censored.contains("floor") && !censored.contains("widen"), "{censored}");
        let rounded = message(0, 0, 9);
        assert!(rounded.contains("9 of its 9") && rounded.contains("longer window"), "{rounded}");
        assert!(!rounded.contains("radius"), "{rounded}");
        let narrow = message(2, 0, 0);
        assert!(narrow.contains("holds 2 measured") && narrow.contains("widen it"), "{narrow}");
        let both = message(2, 1, 4);
        assert!(both.contains("1 of its 7") && both.contains("4 of its 7"), "{both}");
    }

    #[test]
    fn numbers_are_written_as_people_do() {
        let error = AnalysisError::Parameter { name: "radius", value: 1e308, expected: "less" };
        assert_eq!(error.to_string(), "parameter `radius` is 1e308, but must be less");
        assert_eq!([2.0, 0.05].map(plain), ["2", "0.05"]);
    }
}
