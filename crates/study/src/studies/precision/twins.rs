//! The twins: one more window of the training, and what is read of it.

use burn::module::{Module, ParamGroup};
use burn::optim::ModuleOptimizer;
use ndarray::Array2;
use varflat_analysis::{
    AnalysisError, TrajectoryPca, Weight, WindowDifference, WindowSource, variances_along,
};
use varflat_files::write_csv;
use varflat_model::data::Data;
use varflat_model::device::{self, Backend, OpenDevice};
use varflat_model::{
    DenseLandscape, DenseLayer, DenseNetwork, Mlp, Precision, ResidentSet, RoundedAbout, Trainer,
    TrainingConfig, in_f64,
};
use varflat_run::artifacts::TRAJECTORY;
use varflat_run::context::Progress;
use varflat_run::error::Result;
use varflat_run::experiment::{Centre, Components};
use varflat_run::landscape::{Landscape, component};
use varflat_run::run_folder::RunFolder;
use varflat_run::stages;

use super::beside::{Reading, components, twin};
use super::settings::PrecisionStudy;
use super::tables::{COMPONENTS, PrecisionReport};
use crate::studies::cached;
use crate::studies::context::StudyContext;

/// Steps in f32 that one in f64 takes as long as, and that the components and the flatness of a window do.
const SLOWER: u64 = 6;
const ANALYSIS: u64 = 100_000;

/// The state that the twins begin with, and what they are trained with.
struct Start<'a> {
    work: &'a StudyContext<'a>,
    run: &'a RunFolder,
    /// Directions whose flatness is measured.
    directions: usize,
    data: Data,
    device: OpenDevice,
    network: DenseNetwork,
    step: u64,
    rows: usize,
    bar: Box<dyn Progress>,
}

/// The numbers that a twin is trained in, and its rows kept.
trait Kept: Weight {
    const PRECISION: Precision;
    /// Steps of the bar for one of the training.
    const COST: u64;
    fn of(weight: f64) -> Self;
}

impl Kept for f32 {
    const PRECISION: Precision = Precision::F32;
    const COST: u64 = 1;
    fn of(weight: f64) -> Self {
        weight as f32
    }
}

impl Kept for f64 {
    const PRECISION: Precision = Precision::F64;
    const COST: u64 = SLOWER;
    fn of(weight: f64) -> Self {
        weight
    }
}

/// What a twin leaves in memory.
struct Twin<W> {
    /// `[steps, weights]`.
    window: Array2<W>,
    pca: TrajectoryPca,
}

/// The twins, those that were done before an interruption among them, beside each other.
pub(super) fn measure(study: &PrecisionStudy, work: &StudyContext<'_>) -> Result<PrecisionReport> {
    let start = Start::of(study, work)?;
    let source = start.run.record()?;
    let key = |constant: Option<f64>| (constant, study.directions, source.clone());
    let share = 1.0 / (study.constants.len() + 1) as f64;
    // Every other twin is held against the one in f64: made when it is first asked for.
    let mut exact: Option<Twin<f64>> = None;
    let of_exact = cached::or_make(work, key(None), "twin-f64.json", || {
        let (twin, reading) = start.twin(0.0)?;
        exact = Some(twin);
        Ok(reading)
    })?;
    work.advance(share);
    let (mut rows, mut twins) = (Vec::new(), Vec::new());
    for (number, &constant) in study.constants.iter().enumerate() {
        let name = format!("twin-f32-{number}.json");
        let reading = cached::or_make(work, key(Some(constant)), &name, || {
            let there = match exact.take() {
                Some(there) => there,
                None => start.twin(0.0)?.0,
            };
            let exact = exact.insert(there);
            let (rounded, reading): (Twin<f32>, _) = start.twin(constant)?;
            let difference = WindowDifference::new(&rounded.window, &exact.window)?;
            let along = variances_along(&difference, exact.pca.components().view())?;
            Ok(Reading { difference: along.iter().map(|along| along.variance).collect(), ..reading })
        })?;
        let of_twin = components(constant, &reading, &of_exact, start.rows);
        twins.push(twin(&start.run.experiment().fit, (constant, &reading), &of_exact, &of_twin));
        rows.extend(of_twin);
        work.advance(share);
    }
    write_csv(&work.file(COMPONENTS), &rows)?;
    Ok(PrecisionReport {
        from_step: start.step,
        rows: start.rows,
        components: of_exact.variance.len(),
        train_loss: of_exact.train_loss,
        twins,
    })
}

impl<'a> Start<'a> {
    fn of(study: &PrecisionStudy, work: &'a StudyContext<'a>) -> Result<Self> {
        let run = work.source()?;
        // f64 is at home on the CPU alone; a check has seen that there is such a backend.
        let asked = Backend::choose(work.context.device)?;
        let mut on_host = [asked].into_iter().chain(Backend::compiled());
        let backend = on_host.find(|backend| *backend != Backend::Wgpu).unwrap_or(asked);
        let device = device::open(Some(backend.name()))?;
        device.check_precision(Precision::F64)?;
        let rows = run.read(&TRAJECTORY)?.steps();
        let steps = rows as u64 * run.experiment().recorder.every;
        let all = (SLOWER * steps + ANALYSIS) + study.constants.len() as u64 * (steps + ANALYSIS);
        Ok(Self {
            work,
            run,
            directions: study.directions,
            data: stages::load_data(run)?,
            device,
            network: stages::centre(run, Centre::Final)?,
            step: run.record()?.steps,
            rows,
            bar: work.context.bar("precision", all),
        })
    }

    /// A window of the training in these numbers, the recorded weights rounded about a constant; and what is read of it.
    fn twin<W: Kept>(&self, constant: f64) -> Result<(Twin<W>, Reading)> {
        let experiment = self.run.experiment();
        let (window, mean, train_loss) = self.trained::<W>(constant)?;
        self.work.context.go_on("precision")?;
        let pca = stages::decomposed(experiment, &window)?;
        let layer = &experiment.recorder.layer;
        let landscape = DenseLandscape::new(&mean, layer, &self.data.train)?;
        let selected = Components::Some(self.directions).selected(pca.variance().len());
        let directions: Vec<Vec<f64>> = selected.iter().map(|&index| component(&pca, index)).collect();
        let found = Landscape::flatness(&landscape, &stages::search(&experiment.landscape)?, &directions)?;
        let rows = stages::rows_of(&selected, &pca, &found).into_iter();
        self.bar.inc(ANALYSIS);
        let reading = Reading {
            variance: pca.variance().to_vec(),
            rounding: pca.rounding().to_vec(),
            floor: pca.floor(),
            train_loss,
            flatness: rows.map(|row| (row.index, row.flatness.filter(|_| row.is_found()))).collect(),
            difference: Vec::new(),
        };
        Ok((Twin { window, pca }, reading))
    }

    /// The rows, the mean of every layer over them, and the loss at the end.
    fn trained<W: Kept>(&self, constant: f64) -> Result<(Array2<W>, DenseNetwork, f64)> {
        let experiment = self.run.experiment();
        let training = TrainingConfig { precision: W::PRECISION, ..experiment.training.clone() };
        let (data, every) = (&self.data, experiment.recorder.every);
        let set = ResidentSet::new(&data.train, data.classes, &self.device)?.in_precision(W::PRECISION)?;
        // Rounded to f32, whatever the run was trained in: both twins begin with the same weights.
        let network = Mlp::new(&self.network, &self.device.device)?;
        let network = if W::PRECISION == Precision::F64 { in_f64(network) } else { network };
        let rounded = RoundedAbout::new(training.sgd(), constant);
        let recorded = ParamGroup::from_path(experiment.recorder.parameter());
        let optimizer = ModuleOptimizer::from(training.sgd()).with_group(recorded, rounded, None);
        let trainer = Trainer::new(network.train(), optimizer, &training, experiment.seed, &set, &set)?;
        let mut trainer = trainer.resume_at(self.step);

        let place = self.network.position(&experiment.recorder.layer)?;
        let weights = self.network.layers()[place].weight.len();
        let mut window: Vec<W> = Vec::new();
        let numbers = self.rows.saturating_mul(weights);
        if window.try_reserve_exact(numbers).is_err() {
            return Err(AnalysisError::Memory { bytes: numbers.saturating_mul(size_of::<W>()) }.into());
        }
        let mut sums: Option<Vec<DenseLayer>> = None;
        while window.len() < numbers {
            self.work.context.go_on("precision")?;
            let step = trainer.steps();
            trainer.step();
            self.bar.inc(W::COST);
            if step.is_multiple_of(every) {
                let now = trainer.network().to_dense()?;
                window.extend(now.layers()[place].weight.iter().map(|weight| W::of(weight + constant)));
                match &mut sums {
                    None => sums = Some(now.layers().to_vec()),
                    Some(sums) => sums.iter_mut().zip(now.layers()).for_each(|(sum, layer)| add(sum, layer)),
                }
            }
        }
        // A training that diverged is an error here, not a spectrum later.
        let train_loss = trainer.measure()?.train_loss;
        let mut means = sums.unwrap_or_default();
        means.iter_mut().for_each(|mean| divide(mean, self.rows as f64));
        let window = Array2::from_shape_vec((self.rows, weights), window)?;
        Ok((window, DenseNetwork::new(means)?, train_loss))
    }
}

/// All numbers of a layer.
fn numbers(layer: &mut DenseLayer) -> impl Iterator<Item = &mut f64> {
    layer.weight.iter_mut().chain(layer.bias.iter_mut().flatten())
}

fn add(sum: &mut DenseLayer, layer: &DenseLayer) {
    let others = layer.weight.iter().chain(layer.bias.iter().flatten());
    numbers(sum).zip(others).for_each(|(sum, number)| *sum += number);
}

fn divide(sum: &mut DenseLayer, by: f64) {
    numbers(sum).for_each(|sum| *sum /= by);
}
