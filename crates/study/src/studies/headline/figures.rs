//! The six figures of a run.

use varflat_analysis::FlatnessStatus;
use varflat_model::Metrics;
use varflat_plot::{
    Figure, FitLine, FlatnessByIndex, LandscapeProfiles, LearningPhases, Point, PointStatus, PowerLawLine,
    Profile, Spectrum, Trajectories, TrajectoryPair, VarianceFlatness,
};
use varflat_run::error::Result;
use varflat_run::stages::FlatnessRow;

use super::captions;
use super::tables::{
    FLATNESS, LANDSCAPE, LEARNING, ProfileRow, SPECTRUM, SUMMARY, SpectrumRow, Summary, TRAJECTORIES,
    TrajectoryRow,
};
use crate::part::{FigureEntry, Source};
use crate::studies::controls::beside;
use crate::words::pair;

pub(super) const FIGURES: &[FigureEntry] = &[
    FigureEntry {
        name: "learning_phases",
        title: "Two phases of learning",
        tables: &[LEARNING, SUMMARY],
        draw: learning_phases,
        caption: captions::learning_phases,
    },
    FigureEntry {
        name: "pca_spectrum",
        title: "Variances of the principal components",
        tables: &[SPECTRUM, SUMMARY],
        draw: spectrum,
        caption: captions::spectrum,
    },
    FigureEntry {
        name: "trajectories",
        title: "Drift and diffusion as paths",
        tables: &[TRAJECTORIES],
        draw: trajectories,
        caption: captions::trajectories,
    },
    FigureEntry {
        name: "landscape",
        title: "The loss along principal directions",
        tables: &[LANDSCAPE, FLATNESS, SUMMARY],
        draw: landscape,
        caption: captions::landscape,
    },
    FigureEntry {
        name: "flatness",
        title: "Flatness against the index",
        tables: &[FLATNESS, SUMMARY],
        draw: flatness_by_index,
        caption: captions::flatness_by_index,
    },
    FigureEntry {
        name: "variance_flatness",
        title: "The inverse variance–flatness relation",
        tables: &[FLATNESS, SUMMARY],
        draw: variance_flatness,
        caption: captions::variance_flatness,
    },
];

fn summary(tables: &Source) -> Result<Summary> {
    tables.json(SUMMARY)
}

fn learning_phases(tables: &Source) -> Result<Figure> {
    let summary = summary(tables)?;
    let rows: Vec<Metrics> = tables.csv(LEARNING)?;
    let column = |pick: fn(&Metrics) -> f64| rows.iter().map(pick).collect();
    let [first, last] = summary.window_epochs;
    Ok(varflat_plot::learning_phases(&LearningPhases {
        epoch: column(|row| row.epoch as f64),
        train_loss: column(|row| row.train_loss),
        train_error: column(|row| row.train_error),
        test_loss: column(|row| row.test_loss),
        test_error: column(|row| row.test_error),
        window_epochs: Some((first, last)),
    })?)
}

fn spectrum(tables: &Source) -> Result<Figure> {
    let rows: Vec<SpectrumRow> = tables.csv(SPECTRUM)?;
    let Summary { fit, run, .. } = summary(tables)?;
    Ok(varflat_plot::spectrum(&Spectrum {
        nulls: beside::spectra(tables, &run)?,
        // Weights that never moved have a variance of exactly zero, which a logarithm cannot show.
        variance: rows.iter().map(|row| row.variance).filter(|variance| *variance > 0.0).collect(),
        total: fit.total_variance,
        floor: Some(fit.floor),
        decay: fit.decay.map(|decay| {
            let interval = pair(fit.gamma_estimate().and_then(|gamma| gamma.interval));
            let gamma = varflat_plot::with_interval(decay.gamma, interval);
            PowerLawLine {
                slope: -decay.gamma,
                ln_prefactor: decay.ln_prefactor,
                from: decay.first as f64,
                to: decay.last as f64,
                text: format!("power law, i = {}–{}:  γ = {gamma}", decay.first, decay.last),
            }
        }),
        gap: fit.gap,
    })?)
}

fn trajectories(tables: &Source) -> Result<Figure> {
    let rows: Vec<TrajectoryRow> = tables.csv(TRAJECTORIES)?;
    let theta = |component: usize| -> Vec<f64> {
        rows.iter().filter(|row| row.component == component).map(|row| row.theta).collect()
    };
    let pairs = [(1, 2), (49, 50)]
        .into_iter()
        .map(|(x_index, y_index)| TrajectoryPair { x_index, y_index, x: theta(x_index), y: theta(y_index) })
        .filter(|pair| !pair.y.is_empty())
        .collect();
    let (first, last) = (rows.first().map_or(0, |row| row.step), rows.last().map_or(0, |row| row.step));
    let window_steps = Some(last.saturating_sub(first) as f64).filter(|steps| *steps > 0.0);
    Ok(varflat_plot::trajectories(&Trajectories { pairs, window_steps })?)
}

fn landscape(tables: &Source) -> Result<Figure> {
    let summary = summary(tables)?;
    let flatness: Vec<FlatnessRow> = tables.csv(FLATNESS)?;
    let rows: Vec<ProfileRow> = tables.csv(LANDSCAPE)?;
    let mut profiles: Vec<Profile> = Vec::new();
    for row in rows {
        if profiles.last().is_none_or(|profile| profile.index != row.index) {
            let crossings = flatness.iter().find(|flatness| flatness.index == row.index);
            profiles.push(Profile {
                index: row.index,
                offset: Vec::new(),
                loss: Vec::new(),
                left: crossings.and_then(|row| row.left),
                right: crossings.and_then(|row| row.right),
            });
        }
        if let Some(profile) = profiles.last_mut() {
            profile.offset.push(row.offset);
            profile.loss.push(row.loss);
        }
    }
    let (reference_loss, factor) = (summary.fit.l0, summary.fit.factor);
    Ok(varflat_plot::landscape_profiles(&LandscapeProfiles { reference_loss, factor, profiles })?)
}

fn flatness_by_index(tables: &Source) -> Result<Figure> {
    let summary = summary(tables)?;
    let flatness: Vec<FlatnessRow> = tables.csv(FLATNESS)?;
    let status = |row: &FlatnessRow| match row.status {
        FlatnessStatus::Found => PointStatus::Measured,
        FlatnessStatus::Censored => PointStatus::Censored,
        FlatnessStatus::NotMonotone => PointStatus::Doubtful,
    };
    Ok(varflat_plot::flatness_by_index(&FlatnessByIndex {
        index: flatness.iter().map(|row| row.index).collect(),
        flatness: flatness.iter().map(|row| row.flatness).collect(),
        status: flatness.iter().map(status).collect(),
        radius: summary.experiment.landscape.radius,
    })?)
}

fn variance_flatness(tables: &Source) -> Result<Figure> {
    let fit = summary(tables)?.fit;
    let flatness: Vec<FlatnessRow> = tables.csv(FLATNESS)?;
    let points = flatness.iter().filter(|row| row.variance > 0.0).filter_map(|row| {
        Some(Point {
            index: row.index,
            flatness: row.flatness?,
            variance: row.variance,
            used_in_fit: fit.uses(row),
        })
    });
    Ok(varflat_plot::variance_flatness(&VarianceFlatness {
        points: points.collect(),
        fit: Some(FitLine {
            psi: fit.psi,
            interval: pair(fit.psi_estimate().interval),
            bend: pair(fit.bend()),
            ln_prefactor: fit.ln_prefactor,
            r: fit.r,
            first: fit.range[0],
            last: fit.range[1],
            n: fit.n,
            censored: fit.left_out,
        }),
        equilibrium: true,
        title: None,
    })?)
}
