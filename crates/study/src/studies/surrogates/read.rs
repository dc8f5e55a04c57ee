//! The window beside its surrogates: the same reading of each, kept one by one.

use std::path::Path;

use serde::{Deserialize, Serialize};
use varflat_analysis::surrogates::{Drift, NumbersOf, WindowNumbers};
use varflat_analysis::{Basis, Spread};
use varflat_files::write_csv;
use varflat_run::context::Context;
use varflat_run::error::Result;

use super::draw::{Epochs, Source};
use super::prepared::Prepared;
use super::said::is_told;
use super::settings::SurrogatesStudy;
use super::tables::{Key, NUMBERS, NumberRow, Quantity, SPECTRA, SpectrumRow, Surrogate, SurrogatesReport};
use crate::studies::cached::kept;

/// The bases of exponents.
const BASES: [Basis; 3] = [Basis::Components, Basis::Steps, Basis::Halves];

/// Where the work is done, and who is told.
pub(crate) struct Work<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) folder: &'a Path,
    pub(crate) force: bool,
    /// The share that one more reading is.
    pub(crate) advance: &'a dyn Fn(f64),
    /// What tells the window apart from any other.
    pub(crate) source: String,
    pub(crate) seed: u64,
}

/// What is asked of the window, with all that is known of it.
pub(super) struct Asked<'a> {
    pub(super) settings: &'a SurrogatesStudy,
    /// Rows and weights of the window.
    pub(super) shape: (usize, usize),
    /// First and last component of the rank exponent.
    pub(super) decay: [usize; 2],
    pub(super) epochs: Option<Epochs>,
    pub(super) block: usize,
    pub(super) kinds: Vec<Surrogate>,
    pub(super) left_out: Vec<String>,
}

/// All that a reading depends on.
#[derive(Serialize, Deserialize, PartialEq)]
struct Of {
    source: String,
    seed: u64,
    drift: Drift,
    surrogate: Option<(Surrogate, usize)>,
    /// Rows and weights that are looked at.
    shape: (usize, usize),
    decay: [usize; 2],
    ranges: Vec<[usize; 2]>,
    times: Vec<usize>,
    /// Rows of an epoch, those behind the last, and rows of a block, where the surrogate has any.
    rows: Option<(usize, usize, usize)>,
    with_curvature: bool,
}

impl Asked<'_> {
    /// Which numbers are read of a window in the coordinates of the steps.
    fn numbers<'n>(&'n self, prepared: &'n Prepared) -> NumbersOf<'n> {
        NumbersOf {
            decay: self.decay,
            ranges: &self.settings.ranges,
            times: &self.settings.times,
            floor: prepared.floor,
            step_floor: prepared.step_floor,
            step_directions: None,
            hessian: prepared.hessian.as_ref().map(|hessian| hessian.inside.view()),
        }
    }

    fn of(
        &self,
        work: &Work<'_>,
        prepared: &Prepared,
        drift: Drift,
        surrogate: Option<(Surrogate, usize)>,
    ) -> Of {
        let epochs = self.epochs.map_or((0, 0), |epochs| (epochs.rows, epochs.rest));
        let rows = match surrogate.map(|(kind, _)| kind) {
            Some(Surrogate::WithinEpochs) => Some((epochs.0, epochs.1, 0)),
            Some(Surrogate::Blocks) => Some((0, 0, self.block)),
            _ => None,
        };
        Of {
            source: work.source.clone(),
            seed: work.seed,
            drift,
            surrogate,
            shape: self.shape,
            decay: self.decay,
            ranges: self.settings.ranges.clone(),
            times: self.settings.times.clone(),
            rows,
            with_curvature: prepared.hessian.is_some(),
        }
    }

    /// Reads the window and all its surrogates, and writes the tables.
    pub(super) fn measure(
        &self,
        work: &Work<'_>,
        prepare: impl FnOnce() -> Result<Prepared>,
    ) -> Result<SurrogatesReport> {
        let settings = self.settings;
        let units = 1 + Drift::ALL.len() + self.kinds.len() * settings.realisations;
        let bar = work.context.bar("surrogates", units as u64);
        let done = || {
            bar.inc(1);
            (work.advance)(1.0 / units as f64);
            work.context.go_on("surrogates")
        };
        let prepared = prepare()?;
        done()?;
        let numbers = self.numbers(&prepared);
        let file = |name: &str| work.folder.join(format!("{name}.json"));
        let mut data = Vec::new();
        for drift in Drift::ALL {
            let of = self.of(work, &prepared, drift, None);
            let name = format!("window-{}", name_of(&drift));
            data.push((
                drift,
                kept(
                    &file(&name),
                    work.force,
                    of,
                    || Ok(numbers.read(drift.taken_from(&prepared.window)?)?),
                )?,
            ));
            done()?;
        }
        let source = Source::of(&prepared, settings.drift, work.seed, (self.epochs, self.block))?;
        let turned = prepared.hessian.as_ref().map(|hessian| hessian.directions.t());
        let along_hessian = NumbersOf {
            step_directions: turned,
            hessian: prepared.hessian.as_ref().map(|hessian| hessian.diagonal.view()),
            ..numbers
        };
        let mut found = Vec::new();
        for &kind in &self.kinds {
            let mut realisations = Vec::new();
            for number in 0..settings.realisations {
                let of = self.of(work, &prepared, settings.drift, Some((kind, number)));
                let name = format!("{}-{number}", name_of(&kind));
                realisations.push(kept(&file(&name), work.force, of, || {
                    let surrogate = source.surrogate(kind, number)?;
                    let numbers = if kind == Surrogate::HessianPhases { along_hessian } else { numbers };
                    Ok(numbers.read(surrogate)?)
                })?);
                done()?;
            }
            found.push((kind, realisations));
        }
        drop(bar);
        let all = Readings { data, found };
        self.written(work, &all)
    }

    fn written(&self, work: &Work<'_>, all: &Readings) -> Result<SurrogatesReport> {
        let settings = self.settings;
        let rows = all.rows(&self.keys(), settings.drift);
        write_csv(&work.folder.join(NUMBERS), &rows)?;
        write_csv(&work.folder.join(SPECTRA), &all.spectra(settings.drift))?;
        let range = settings.ranges.first().copied().unwrap_or([0, 0]);
        let times: Vec<usize> =
            settings.times.iter().copied().filter(|index| *index > 1).step_by(2).collect();
        let told = |row: &NumberRow| row.surrogate.is_some() && is_told(row, (range, &times));
        Ok(SurrogatesReport {
            steps: self.shape.0,
            weights: self.shape.1,
            realisations: settings.realisations,
            drift: settings.drift,
            steps_per_epoch: self.epochs.map(|epochs| epochs.rows),
            block: self.block,
            made: self.kinds.clone(),
            left_out: self.left_out.clone(),
            rows: rows.into_iter().filter(told).collect(),
        })
    }

    /// Every number, in the order of the table.
    fn keys(&self) -> Vec<Key> {
        let own = Basis::Components;
        let mut keys = vec![
            (Quantity::Total, own, [1, self.shape.1]),
            (Quantity::Motion, own, [1, self.shape.1]),
            (Quantity::Gap, own, [1, 2]),
            (Quantity::Decay, own, self.decay),
            (Quantity::Share, own, [2, 36]),
            (Quantity::ShareOutOfSample, Basis::Halves, [2, 36]),
        ];
        keys.extend(self.settings.times.iter().map(|index| (Quantity::Time, own, [*index; 2])));
        for quantity in [Quantity::OfSteps, Quantity::Psi] {
            for basis in BASES {
                keys.extend(self.settings.ranges.iter().map(|range| (quantity, basis, *range)));
            }
        }
        keys
    }
}

/// The name of an enum's variant, as it is written.
fn name_of(value: &impl Serialize) -> String {
    let name = serde_json::to_value(value).ok();
    name.and_then(|name| Some(name.as_str()?.to_owned())).unwrap_or_default()
}

/// Everything that was read.
struct Readings {
    data: Vec<(Drift, WindowNumbers)>,
    found: Vec<(Surrogate, Vec<WindowNumbers>)>,
}

impl Readings {
    fn rows(&self, keys: &[Key], drift: Drift) -> Vec<NumberRow> {
        let mut rows = Vec::new();
        for &key in keys {
            let known = self.data.iter().any(|(_, numbers)| number(numbers, key).is_some());
            if !known {
                continue;
            }
            for (taken, numbers) in &self.data {
                let is_ratio = key.0 == Quantity::Motion;
                let unit = if is_ratio { numbers.total } else { 1.0 };
                let number = |numbers: &WindowNumbers| number(numbers, key).map(|number| number / unit);
                let value = number(numbers);
                if *taken != drift && is_ratio {
                    continue;
                }
                if *taken != drift {
                    rows.push(NumberRow::alone(key, *taken, value));
                    continue;
                }
                for (surrogate, realisations) in &self.found {
                    let values: Vec<f64> = realisations.iter().filter_map(number).collect();
                    rows.push(NumberRow::beside(key, drift, value, (*surrogate, &values)));
                }
            }
        }
        rows
    }

    fn spectra(&self, drift: Drift) -> Vec<SpectrumRow> {
        let mut rows = Vec::new();
        let own =
            self.data.iter().filter(|(taken, _)| *taken == drift).flat_map(|(_, numbers)| &numbers.variance);
        rows.extend((1..).zip(own).map(|(index, &variance)| SpectrumRow {
            surrogate: None,
            index,
            variance,
            least: variance,
            largest: variance,
        }));
        for (kind, realisations) in &self.found {
            let count = realisations.iter().map(|numbers| numbers.variance.len()).min().unwrap_or(0);
            rows.extend((0..count).map(|place| {
                let values: Vec<f64> = realisations.iter().map(|numbers| numbers.variance[place]).collect();
                let spread = Spread::of(&values);
                let only = values[0];
                SpectrumRow {
                    surrogate: Some(*kind),
                    index: place + 1,
                    variance: spread.map_or(only, |spread| spread.mean),
                    least: spread.map_or(only, |spread| spread.least),
                    largest: spread.map_or(only, |spread| spread.largest),
                }
            }));
        }
        rows
    }
}

/// A number of a window.
fn number(numbers: &WindowNumbers, (quantity, basis, range): Key) -> Option<f64> {
    match quantity {
        Quantity::Total | Quantity::Motion => Some(numbers.total),
        Quantity::Gap => numbers.gap,
        Quantity::Decay => numbers.decay,
        Quantity::Share => numbers.share,
        Quantity::ShareOutOfSample => numbers.share_out_of_sample,
        Quantity::Time => numbers.time(range[0]),
        Quantity::OfSteps => numbers.exponent(basis, range)?.of_steps,
        Quantity::Psi => numbers.exponent(basis, range)?.psi,
    }
}
