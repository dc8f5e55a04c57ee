//! The figures of the studies.

use super::Caption;
use crate::figures::{estimate, fixed};
use crate::study::StudyKind;
use crate::study::drift::{DISPLACEMENTS, DriftReport, EXPONENTS as DRIFTS, GROWTH};
use crate::study::exponents::{OLDER_INTERVALS, intervals};
use crate::study::grid::{EXPONENTS as GRID, GridReport, POINTS as GRID_POINTS};
use crate::study::langevin::{EXPONENTS as WALKS, LangevinReport, POINTS as WALK_POINTS};
use crate::study::sensitivity::{EXPONENTS as DEFINITIONS, RANGES, SensitivityReport};
use crate::study::temperature::{COMPONENTS, MINI_BATCHES, PROFILES, TemperatureReport};

pub(super) const CAPTIONS: &[Caption] = &[
    Caption {
        name: "drift",
        title: "Drift against diffusion",
        part: "drift",
        tables: &[DRIFTS, DISPLACEMENTS, GROWTH, "drift.json"],
        text: |tables| {
            let Some(record) = tables.study::<DriftReport>("drift")? else { return Ok(None) };
            let ranges: Vec<String> = record
                .report
                .exponents
                .iter()
                .map(|range| {
                    format!(
                        "lags {} to {} steps: {} for θ_{{1}}, {} in the median of the others",
                        range.shortest,
                        range.longest,
                        fixed(range.first, 2),
                        fixed(range.median_of_others, 2)
                    )
                })
                .collect();
            Ok(Some(format!(
                "Mean-square displacement ⟨(θ_{{i}}(t + h) − θ_{{i}}(t))²⟩ against the lag h in the window of the run; its exponent for every component \
                 ({}; 2 is drift, 1 diffusion); and ‖w‖, w·p_{{1}} and the mean margin over the window, each divided by its last value.",
                ranges.join("; ")
            )))
        },
    },
    Caption {
        name: "langevin",
        title: "Thermal equilibrium beside SGD",
        part: "langevin",
        tables: &[WALK_POINTS, WALKS, "langevin.json"],
        text: |tables| {
            let Some(record) = tables.study::<LangevinReport>("langevin")? else { return Ok(None) };
            Ok(Some(format!(
                "σ² against F of the run of SGD and of walks in equilibrium on the same loss: full-batch gradient descent with isotropic noise \
                 from the same w_{{0}}. Judged are directions that relaxed at least {} times in the recorded walk and whose curvature is at least \
                 {} times the trap’s; the others are pale. Dashed: the slope +2 of equilibrium.",
                record.report.relaxations, record.report.own_curvature
            )))
        },
    },
    Caption {
        name: "langevin_exponents",
        title: "Slopes in equilibrium",
        part: "langevin",
        tables: &[WALKS, "langevin.json"],
        text: |tables| {
            let Some(record) = tables.study::<LangevinReport>("langevin")? else { return Ok(None) };
            Ok(Some(format!(
                "Slope x of σ² ∝ F^{{x}} of every walk, read along the eigenvectors of the Hessian, along its own components, along those of SGD, and \
                 in an exact parabola with the same curvatures; {} readings are trusted. Bars: 95 % intervals {}. σ²(κ + k)/T is 1 in equilibrium.",
                record.report.trusted,
                match record.report.sgd_estimate {
                    Some(_) => "over other windows of the walk (block jackknife)",
                    None => OLDER_INTERVALS,
                }
            )))
        },
    },
    Caption {
        name: "grid",
        title: "The relation for every batch size and learning rate",
        part: "grid",
        tables: &[GRID_POINTS, GRID],
        text: |tables| {
            let Some(record) = tables.study::<GridReport>("grid")? else { return Ok(None) };
            Ok(Some(format!(
                "σ² against F of {} of {} trainings with other B and α, those that are trusted; each stopped at the same training loss ({}). Where none \
                 is, all that have an exponent are drawn.",
                record.report.trusted,
                record.report.runs,
                settings(&record.study)
            )))
        },
    },
    Caption {
        name: "grid_exponents",
        title: "ψ for every batch size and learning rate",
        part: "grid",
        tables: &[GRID, "grid.json"],
        text: |tables| {
            let Some(record) = tables.study::<GridReport>("grid")? else { return Ok(None) };
            let spread = record.report.psi.map_or_else(String::new, |psi| {
                format!(
                    " Those trusted: mean {}, standard deviation {} ({} runs).",
                    fixed(psi.mean, 2),
                    fixed(psi.standard_deviation, 2),
                    psi.n
                )
            });
            Ok(Some(format!(
                "ψ of each run of the grid with its 95 % interval {}. Open marks are not trusted: the loss did not reach its threshold, or rose to more than {} times an earlier value within \
                 the window, or the window is too short for an interval.{spread}",
                intervals(&tables.rows(GRID)?),
                fixed(record.report.most_rise, 0)
            )))
        },
    },
    Caption {
        name: "temperature",
        title: "Temperature and memory of the noise",
        part: "temperature",
        tables: &[COMPONENTS, PROFILES, "temperature.json"],
        text: |tables| {
            let Some(record) = tables.study::<TemperatureReport>("temperature")? else { return Ok(None) };
            let report = &record.report;
            let law = report.temperature.map_or_else(String::new, |law| {
                format!(
                    " (slope {} over {} directions; 95 % by least squares)",
                    estimate(&law.estimate()),
                    law.n
                )
            });
            Ok(Some(format!(
                "T_{{i}}(δθ) = (α/2)⟨(∂_{{δθ}}(L^{{μ}} − L))²⟩_{{μ}} with α = {}, over the {} mini-batches of {} that the window saw: at w_{{0}} against flatness{law}, \
                 and away from it along some directions. Then the 1/e and integral correlation times of θ_{{i}} and of the noise η, along the path and \
                 at fixed w_{{0}}; white noise has an integral time of ½ step.",
                report.learning_rate, report.batches, report.batch_size
            )))
        },
    },
    Caption {
        name: "temperature_mini_batches",
        title: "The ensemble of mini-batch losses",
        part: "temperature",
        tables: &[MINI_BATCHES, COMPONENTS, "temperature.json"],
        text: |tables| {
            let Some(record) = tables.study::<TemperatureReport>("temperature")? else { return Ok(None) };
            let study = match &record.study.study {
                crate::study::StudyKind::Temperature(study) => {
                    let along: Vec<String> =
                        study.mini_batches_along.iter().map(ToString::to_string).collect();
                    format!(
                        "L^{{μ}} of {} mini-batches along components {}",
                        study.mini_batches,
                        along.join(" and ")
                    )
                }
                _ => "L^{μ} of some mini-batches".to_owned(),
            };
            Ok(Some(format!(
                "{study}, with the loss L of the full training set (thick), from 1.2 times one crossing of the level that defines F to 1.2 times the \
                 other; B = {}.",
                record.report.batch_size
            )))
        },
    },
    Caption {
        name: "sensitivity",
        title: "ψ under other definitions",
        part: "sensitivity",
        tables: &[DEFINITIONS, RANGES, "sensitivity.json"],
        text: |tables| {
            let Some(record) = tables.study::<SensitivityReport>("sensitivity")? else { return Ok(None) };
            Ok(Some(format!(
                "ψ of the same training with another centre, level, window and end ({}), and of the headline run fitted over other ranges of \
                 components; 95 % intervals {}. By definition alone ψ lies between {} and {}.",
                settings(&record.study),
                intervals(&tables.rows(DEFINITIONS)?),
                fixed(record.report.least, 2),
                fixed(record.report.largest, 2)
            )))
        },
    },
];

/// What a study changes in all of its runs.
pub(super) fn settings(study: &crate::Study) -> String {
    let set = match &study.study {
        StudyKind::Grid(trainings) | StudyKind::Width(trainings) | StudyKind::Generality(trainings) => {
            &trainings.set
        }
        StudyKind::Sensitivity(sensitivity) => &sensitivity.set,
        _ => return "as the run".to_owned(),
    };
    if set.is_empty() { "all else as in the run".to_owned() } else { format!("`{}`", set.join("`, `")) }
}
