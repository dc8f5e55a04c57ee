//! The noise of SGD and its temperature.

use varflat_analysis::Scaling;
use varflat_plot::{
    CorrelationTimeSeries, Figure, MiniBatchDirection, MiniBatchFigure, PowerLawLine, TemperatureFigure,
    TemperatureProfile,
};
use varflat_run::error::Result;

use super::captions;
use super::tables::{
    COMPONENTS, MINI_BATCHES, MiniBatchRow, PROFILES, TemperatureProfileRow, TemperatureReport,
    TemperatureRow,
};
use crate::part::{FigureEntry, Source, StudyRecord};
use crate::studies::controls::beside;
use crate::words::exponent;

pub(super) const FIGURES: &[FigureEntry] = &[
    FigureEntry {
        name: "temperature",
        title: "Temperature and memory of the noise",
        tables: &[COMPONENTS, PROFILES, "temperature.json"],
        draw: temperature,
        caption: captions::temperature,
    },
    FigureEntry {
        name: "temperature_mini_batches",
        title: "The ensemble of mini-batch losses",
        tables: &[MINI_BATCHES, COMPONENTS, "temperature.json"],
        draw: mini_batches,
        caption: captions::mini_batches,
    },
];

fn read(tables: &Source) -> Result<(StudyRecord<TemperatureReport>, Vec<TemperatureRow>)> {
    Ok((tables.json("temperature.json")?, tables.csv(COMPONENTS)?))
}

fn temperature(tables: &Source) -> Result<Figure> {
    let (StudyRecord { report, source, .. }, rows) = read(tables)?;
    let points: Vec<TemperatureProfileRow> = tables.csv(PROFILES)?;
    let found: Vec<(&TemperatureRow, f64)> = rows
        .iter()
        .filter(|row| row.index >= report.first)
        .filter_map(|row| Some((row, row.flatness?)))
        .collect();
    let flatness: Vec<f64> = found.iter().map(|(_, flatness)| *flatness).collect();
    let line = report.temperature.map(|law| line(&law, &flatness));
    let mut profiles: Vec<TemperatureProfile> = Vec::new();
    for point in points {
        if profiles.last().is_none_or(|profile| profile.index != point.index) {
            let row = rows.iter().find(|row| row.index == point.index);
            profiles.push(TemperatureProfile {
                index: point.index,
                flatness: row.and_then(|row| row.flatness).unwrap_or(f64::NAN),
                offset: Vec::new(),
                temperature: Vec::new(),
            });
        }
        if let Some(profile) = profiles.last_mut() {
            profile.offset.push(point.offset);
            profile.temperature.push(point.temperature);
        }
    }
    let series = |label: &str, time: fn(&TemperatureRow) -> Option<f64>| CorrelationTimeSeries {
        label: label.to_owned(),
        flatness: flatness.clone(),
        // An anti-correlated series can have a time of 0, which a logarithm cannot show.
        time: found.iter().map(|(row, _)| time(row).filter(|time| *time > 0.0)).collect(),
    };
    let null = source.map(|run| beside::times(tables, &run)).transpose()?.unwrap_or_default();
    let null: Vec<(f64, f64)> = null
        .iter()
        .filter_map(|(index, time)| {
            let (_, flatness) = found.iter().find(|(row, _)| row.index == *index)?;
            Some((*flatness, *time))
        })
        .collect();
    let replayed = CorrelationTimeSeries {
        label: "θᵢ of frozen noise, 1/e".to_owned(),
        flatness: null.iter().map(|(flatness, _)| *flatness).collect(),
        time: null.iter().map(|(_, time)| Some(*time)).collect(),
    };
    let times = [
        series("θᵢ, 1/e", |row| row.theta_one_over_e.filter(|_| row.theta_trusted)),
        series("θᵢ, integral", |row| row.theta_integral.filter(|_| row.theta_trusted)),
        series("η along the path, 1/e", |row| row.path_one_over_e.filter(|_| row.path_trusted)),
        series("η along the path, integral", |row| row.path_integral.filter(|_| row.path_trusted)),
        series("η at fixed w, 1/e", |row| row.fixed_one_over_e.filter(|_| row.fixed_trusted)),
        series("η at fixed w, integral", |row| row.fixed_integral.filter(|_| row.fixed_trusted)),
        replayed,
    ];
    let times = times.into_iter().filter(|series| series.time.iter().any(Option::is_some)).collect();
    Ok(varflat_plot::temperature(&TemperatureFigure {
        temperature: found.iter().map(|(row, _)| row.temperature).collect(),
        line,
        profiles,
        times,
        flatness,
        title: None,
    })?)
}

fn line(law: &Scaling, flatness: &[f64]) -> PowerLawLine {
    PowerLawLine {
        slope: law.exponent,
        ln_prefactor: law.ln_prefactor,
        from: flatness.iter().copied().fold(f64::INFINITY, f64::min),
        to: flatness.iter().copied().fold(0.0, f64::max),
        text: format!("slope {}", exponent(law)),
    }
}

fn mini_batches(tables: &Source) -> Result<Figure> {
    let (record, rows) = read(tables)?;
    let losses: Vec<MiniBatchRow> = tables.csv(MINI_BATCHES)?;
    let mut indices: Vec<usize> = losses.iter().map(|row| row.index).collect();
    indices.dedup();
    let directions = indices.into_iter().map(|index| {
        let here: Vec<&MiniBatchRow> = losses.iter().filter(|row| row.index == index).collect();
        let full = || here.iter().filter(|row| row.batch.is_none());
        // Those that are there: the largest number says nothing about how many there are.
        let mut batches: Vec<usize> = here.iter().filter_map(|row| row.batch).collect();
        batches.sort_unstable();
        batches.dedup();
        let of_batch = |batch: usize| -> Vec<f64> {
            here.iter().filter(|row| row.batch == Some(batch)).map(|row| row.loss).collect()
        };
        let row = rows.iter().find(|row| row.index == index);
        let flatness = row.and_then(|row| row.flatness);
        MiniBatchDirection {
            title: flatness
                .map_or_else(|| format!("i = {index}"), |flatness| format!("i = {index}, F = {flatness:.3}")),
            offset: full().map(|row| row.offset).collect(),
            loss: full().map(|row| row.loss).collect(),
            mini_batches: batches.into_iter().map(of_batch).collect(),
            left: row.and_then(|row| row.left),
            right: row.and_then(|row| row.right),
        }
    });
    Ok(varflat_plot::mini_batch_losses(&MiniBatchFigure {
        reference_loss: record.report.l0,
        factor: record
            .experiment
            .as_ref()
            .map_or(std::f64::consts::E, |experiment| experiment.landscape.factor),
        directions: directions.collect(),
        title: None,
    })?)
}
