//! How much memory a run needs: the formulas of `docs/src/memory.md`.

mod there;

use varflat_model::Precision;
use varflat_model::data::Data;

use crate::error::{Error, Result};
use crate::experiment::{Components, Experiment, LangevinSection, PROJECTED, PcaSolver, Window};
use crate::stage::Stage;

/// The images of a run: all that its memory depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Images {
    /// Training images.
    pub train: usize,
    /// Test images.
    pub test: usize,
    /// Rows and columns of an image.
    pub size: [usize; 2],
    /// Classes.
    pub classes: usize,
}

impl Images {
    /// MNIST, and Fashion-MNIST.
    pub const MNIST: Self = Self { train: 60_000, test: 10_000, size: [28, 28], classes: 10 };

    /// Of loaded images.
    pub fn of(data: &Data) -> Self {
        let size = data.train.size();
        Self { train: data.train.samples(), test: data.test.samples(), size, classes: data.classes }
    }
}

/// The sizes that the memory of a run depends on.
///
/// ```
/// use varflat_run::Experiment;
/// use varflat_run::memory::{Demand, Images};
/// use varflat_run::run_folder::Stage;
///
/// let headline = Experiment::parse("name = 'headline'", "headline.toml", &[])?;
/// let demand = Demand::of(&headline, Images::MNIST, 2)?;
/// assert_eq!((demand.steps, demand.weights, demand.components), (12_000, 2500, 2500));
/// // The window is 120 MB; four f64 matrices of 2500 × 2500 are 200 MB, what their products copy 40 MB.
/// assert!(demand.bytes(Stage::Pca) < 360_000_000);
/// # Ok::<(), varflat_run::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// T, the rows of the window; the most there can be where all are kept.
    pub steps: usize,
    /// N, the weights of a row.
    pub weights: usize,
    /// K, the principal components found.
    pub components: usize,
    /// Whether they are all there are.
    pub all: bool,
    /// Who finds them.
    pub solver: PcaSolver,
    /// k, the last component that a fit looks at.
    pub fitted: usize,
    /// S, the time segments whose moments are kept.
    pub segments: usize,
    /// W, the weights and biases of the network.
    pub parameters: usize,
    /// E, the recorded steps of an epoch, or of everything where all are kept.
    pub epoch: usize,
    /// Inputs and outputs of the recorded layer.
    pub width: usize,
    /// Directions that a Langevin walk is confined to.
    pub dimensions: usize,
    /// The images.
    pub images: Images,
    /// Threads of the pool.
    pub threads: usize,
    /// The numbers that the training computes with.
    pub precision: Precision,
}

/// Bytes of the numbers that are held.
const SINGLE: u128 = size_of::<f32>() as u128;
const DOUBLE: u128 = size_of::<f64>() as u128;

/// The program itself: its code, the tables of its libraries, buffers of files.
const PROGRAM: u128 = 64 << 20;

/// What each thread holds for itself: its stack, buffers, blocks of a product.
const THREAD: u128 = 12 << 20;

/// Bytes for a pixel of all images while a training begins: the byte of the file, the f32, and position and value of those that are
/// not zero, half of them.
const PIXEL: u128 = 8;

/// The same of a training in f64, whose images are whole, and lie there twice while they are copied.
const PIXEL_IN_F64: u128 = 16;

/// Rows of a window that are in f64 at a time, and the most values of them.
const ROWS: u128 = 504;
const VALUES: u128 = ROWS * 16_384;

/// Rows of a factor that the library of products copies at a time.
const PANEL: u128 = 512;

/// Columns that the solver for the first components adds to its basis in a pass.
const PASS: u128 = 64;

/// Vectors of linfa's solver for each component, as long as the shorter side of the window.
const LINFA: u128 = 20;

impl Demand {
    /// Of an experiment on these images.
    ///
    /// # Errors
    /// [`Error::Experiment`] if it records a layer that its network does not have.
    pub fn of(experiment: &Experiment, images: Images, threads: usize) -> Result<Self> {
        let shapes = experiment.model.shapes(images.size, images.classes)?;
        let recorded = &experiment.recorder.layer;
        let shape = shapes.iter().find(|(name, _)| name == recorded).map(|(_, shape)| shape);
        let shape = shape.ok_or_else(|| Error::Experiment {
            origin: experiment.name.clone(),
            problem: format!("recorder.layer = \"{recorded}\" is no layer of the network"),
        })?;
        let weights: usize = shape.iter().product();
        let every = experiment.recorder.every.max(1);
        let epoch = experiment.training.steps_per_epoch(experiment.data.samples.unwrap_or(images.train));
        let recorded = (epoch / every).max(1);
        let (steps, epoch) = match experiment.recorder.window {
            Window::Last(rows) => (rows as usize, recorded as usize),
            Window::All(_) => {
                let rows = (experiment.training.max_epochs * epoch).div_ceil(every) as usize;
                (rows, rows)
            }
        };
        let rank = weights.min(steps.saturating_sub(1));
        let (components, all) = match experiment.pca.components {
            Components::All(_) => (rank, true),
            Components::Some(count) => (count.min(rank), false),
        };
        let section = &experiment.landscape;
        let last = experiment.fit.last.unwrap_or(usize::MAX).min(section.last.unwrap_or(usize::MAX));
        Ok(Self {
            steps,
            weights,
            components,
            all,
            solver: experiment.pca.solver,
            fitted: components.min(last.max(experiment.fit.decay[1])),
            segments: steps.div_ceil(experiment.fit.segment(steps)),
            // With biases there is at most one more row to a layer.
            parameters: shapes
                .iter()
                .map(|(_, shape)| shape.iter().product::<usize>() + shape[shape.len() - 1])
                .sum(),
            epoch,
            width: shape.iter().sum(),
            dimensions: experiment.langevin.as_ref().and_then(LangevinSection::dimensions).unwrap_or(0),
            images,
            threads,
            precision: experiment.training.precision,
        })
    }

    /// The most bytes that a stage holds at a time.
    pub fn bytes(&self, stage: Stage) -> u64 {
        let own = match stage {
            Stage::Train => self.train(),
            Stage::Pca => self.pca(),
            Stage::Flatness => self.flatness(),
            Stage::Fit => self.fit(),
        };
        // Wide layers have more weights than fit into 64 bits once they are multiplied.
        u64::try_from(PROGRAM + THREAD * self.threads as u128 + own).unwrap_or(u64::MAX)
    }

    /// The most bytes that any stage holds.
    pub fn most(&self) -> u64 {
        Stage::ALL.into_iter().map(|stage| self.bytes(stage)).max().unwrap_or(0)
    }

    /// All pixels of all images.
    fn pixels(&self) -> u128 {
        let Images { train, test, size, .. } = self.images;
        (size[0] * size[1]) as u128 * (train + test) as u128
    }

    /// The images, the sums of ⟨w⟩_T over every stretch at whose start a window could begin (twice while they are saved), the
    /// network, its gradients and the optimizer's state, and of a walk the components of its start.
    fn train(&self) -> u128 {
        let sums = (self.steps / self.epoch + 2) as u128 * DOUBLE;
        let start = if self.dimensions > 0 { self.weights + self.dimensions } else { 0 };
        let (pixel, number) = match self.precision {
            Precision::F32 => (PIXEL, SINGLE),
            Precision::F64 => (PIXEL_IN_F64, DOUBLE),
        };
        pixel * self.pixels()
            + self.parameters as u128 * (2 * sums + 12 * number)
            + start as u128 * self.weights as u128 * DOUBLE
    }

    /// What is held of the window, the matrix of its shorter side, and the components.
    fn pca(&self) -> u128 {
        let (t, n, k) = (self.steps as u128, self.weights as u128, self.components as u128);
        let side = t.min(n);
        let wide = n > t;
        let block = |length: u128, others: u128| {
            let rows = if length <= VALUES / ROWS { ROWS } else { (VALUES / length / 12 * 12).max(12) };
            length * rows.min(others)
        };
        let in_rows = block(n, t) * (DOUBLE + SINGLE);
        let in_columns =
            if wide { block(t, n) * DOUBLE + VALUES.max(t * 12).min(t * n) * SINGLE } else { in_rows };
        let matrices = if self.solver == PcaSolver::Linfa {
            // The window as it is handed over, centred again, and its products with the eigenvectors.
            (2 * t * n + (LINFA * side + 2 * t.max(n)) * k) * DOUBLE + in_rows
        } else if self.all {
            (side * side * DOUBLE + in_columns).max(4 * side * side * DOUBLE)
        } else {
            (side * (3 * k + 12 * PASS) * DOUBLE + in_columns).min(4 * side * side * DOUBLE + in_columns)
        };
        let carried = if wide && self.solver == PcaSolver::Auto {
            (side * k * DOUBLE + in_columns).max(n * k * DOUBLE) + n * k * DOUBLE
        } else {
            0
        };
        // Those of all weights lie where the eigenvectors of the whole matrix were.
        let kept = if wide || !self.all { n * k } else { n * n } * DOUBLE;
        // While they are measured the moments are there twice; while they are projected on, those that are written out.
        let beside = (2 * self.moments()).max(n * k.min(PROJECTED as u128) * DOUBLE);
        // And the mean, its copy and the first row.
        matrices.max(carried).max(kept + in_rows + beside) + n * (2 * DOUBLE + SINGLE) + self.panels()
    }

    /// What products of matrices copy of both factors, in every thread: as much as the last cache holds of either.
    fn panels(&self) -> u128 {
        let copied = PANEL * (self.weights + self.components) as u128 * DOUBLE;
        self.threads as u128 * copied.min(2 * u128::from(there::last_cache()))
    }

    /// Σθ and Σθ² of each segment and component.
    fn moments(&self) -> u128 {
        2 * self.segments as u128 * self.components as u128 * DOUBLE
    }

    /// `pca.npz` as it is read.
    fn decomposition(&self) -> u128 {
        self.components as u128 * self.weights as u128 * DOUBLE + 2 * self.moments()
    }

    /// The components and, while blocks are left out one after the other, the directions projected on, a block of rows and their
    /// projections (three times), two matrices of the fitted components, and the projections that tell how long they remember.
    fn fit(&self) -> u128 {
        let (n, k) = (self.weights as u128, self.fitted as u128);
        let rows = ROWS.min(VALUES / n.max(1)).max(12);
        let projected = self.steps as u128 * self.components.min(PROJECTED) as u128;
        let left_out = n * k * DOUBLE + rows * (n * (DOUBLE + SINGLE) + 3 * k * DOUBLE) + 2 * k * k * DOUBLE;
        self.decomposition() + left_out + 2 * projected * DOUBLE
    }

    /// The images as they are loaded, the activations before and after the layer that moves (twice while they are sorted), a further
    /// set of outputs for each thread, and the components.
    fn flatness(&self) -> u128 {
        let activations = self.width as u128 * self.images.train as u128 * SINGLE;
        (SINGLE + 1) * self.pixels() + (2 + self.threads as u128) * activations + self.decomposition()
    }
}

/// Refuse an experiment for which there is not enough memory, before anything is computed.
///
/// # Errors
/// [`Error::Experiment`] names the keys, the bytes needed and what there is.
pub(crate) fn check(experiment: &Experiment, images: Images) -> Result<()> {
    let demand = Demand::of(experiment, images, rayon::current_num_threads())?;
    let needed = Stage::ALL.into_iter().max_by_key(|stage| demand.bytes(*stage)).map(|stage| {
        let bytes = demand.bytes(stage);
        (stage, bytes)
    });
    match (needed, there::there()) {
        (Some((stage, bytes)), Some(there)) if bytes > there.bytes => Err(Error::Experiment {
            origin: experiment.name.clone(),
            problem: format!(
                "{} needs {} of memory in the stage `{}`, more than the {} that {}: {}, or use a machine with more",
                experiment.model.widths(),
                size(bytes),
                stage.name(),
                size(there.bytes),
                there.what,
                match stage {
                    Stage::Train => "lower the widths",
                    _ =>
                        "lower the widths, recorder.window or pca.components, or record another recorder.layer",
                }
            ),
        }),
        _ => Ok(()),
    }
}

/// What is there instead of so many bytes, in words, where that is less: `5.2 GB of memory, more than the 4.0 GB that this machine has`.
pub fn lacking(bytes: u64) -> Option<String> {
    let there = there::there().filter(|there| bytes > there.bytes)?;
    Some(format!("{} of memory, more than the {} that {}", size(bytes), size(there.bytes), there.what))
}

/// A number of bytes as people say it.
fn size(bytes: u64) -> String {
    match bytes {
        ..1_000_000_000 => format!("{} MB", bytes.div_ceil(1_000_000)),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
