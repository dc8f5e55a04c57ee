//! The captions of a run’s figures.

use varflat_analysis::Estimate;
use varflat_run::error::Result;

use super::tables::{FLATNESS, Summary, summary};
use crate::part::Tables;
use crate::words::{estimate, fixed, psi, two_digits};

/// Text about the run, if it is there.
fn about(tables: &Tables, text: impl FnOnce(&Summary) -> Result<String>) -> Result<Option<String>> {
    summary(tables)?.map(|summary| text(&summary)).transpose()
}

fn window(summary: &Summary) -> String {
    let [first, last] = summary.window_epochs;
    let steps =
        summary.experiment.recorder.window_steps().map_or("all".to_owned(), |steps| steps.to_string());
    format!("{steps} steps, epochs {} to {}", fixed(first, 0), fixed(last, 0))
}

pub(super) fn learning_phases(tables: &Tables) -> Result<Option<String>> {
    about(tables, |summary| {
        let training = &summary.experiment.training;
        Ok(format!(
            "Loss and error on the full training and test sets after every epoch of SGD (α = {}, B = {}, seed {}), until the training loss \
                     was below {} or {} epochs were over; {} epochs. Shaded: the window that is analysed, the last {}.",
            training.learning_rate,
            training.batch_size,
            summary.run.seed,
            two_digits(training.loss_below),
            training.max_epochs,
            summary.run.epochs,
            window(summary)
        ))
    })
}

pub(super) fn spectrum(tables: &Tables) -> Result<Option<String>> {
    about(tables, |summary| {
        let fit = &summary.fit;
        let decay = fit.decay.map_or_else(String::new, |decay| {
            format!(
                " Line: σ_{{i}}² ∝ i^{{−γ}} with γ = {} by least squares over components {} to {}{}; {}.",
                fit.gamma_estimate().map_or_else(String::new, |gamma| estimate(&gamma)),
                decay.first,
                decay.last,
                match decay.under_floor {
                    0 => String::new(),
                    n => format!(", {n} under the floor left out"),
                },
                fit.gamma_estimate().map_or_else(String::new, |gamma| gamma.about())
            )
        });
        Ok(format!(
            "Variance σ_{{i}}² of θ_{{i}} over the window ({}) along each principal direction of the recorded layer, and the cumulative share. \
                     σ_{{1}}²/σ_{{2}}² = {}.{decay} Under the floor of {} a variance is no longer trusted.",
            window(summary),
            fixed(fit.gap, 0),
            two_digits(fit.floor)
        ))
    })
}

pub(super) fn trajectories(tables: &Tables) -> Result<Option<String>> {
    about(tables, |summary| {
        Ok(format!(
            "The path of the weights in the window ({}), projected on the planes of components 1 and 2 and of components 49 and 50, thinned \
                     to what can be seen; colour is time.",
            window(summary)
        ))
    })
}

pub(super) fn landscape(tables: &Tables) -> Result<Option<String>> {
    about(tables, |summary| {
        Ok(format!(
            "L_{{i}}(δθ) = L(w_{{0}} + δθ p_{{i}}), the loss of the full training set as the recorded layer alone moves along p_{{i}}; w_{{0}} is the \
                     {} of the window, L_{{0}} = {}. The crossings of {}·L_{{0}} to both sides define the flatness F_{{i}}.",
            centre(summary),
            two_digits(summary.fit.l0),
            fixed(summary.fit.factor, 3)
        ))
    })
}

pub(super) fn flatness_by_index(tables: &Tables) -> Result<Option<String>> {
    about(tables, |summary| {
        let rows: Vec<varflat_run::stages::FlatnessRow> = tables.rows(FLATNESS)?;
        let count = rows.iter().filter(|row| row.is_found()).count();
        let middle = summary.fit.median_flatness.map_or("–".to_owned(), |middle| fixed(middle, 2));
        let others = match rows.len() - count {
            0 => String::new(),
            others => format!(
                "; {others} others do not cross within ±{}, or their loss is not monotone up to there",
                summary.experiment.landscape.radius
            ),
        };
        Ok(format!(
            "F_{{i}} = θ_{{r}} − θ_{{l}}, the distance of the nearest crossings of {}·L_{{0}} on both sides, along {count} directions \
                     (median {middle}){others}.",
            fixed(summary.fit.factor, 3)
        ))
    })
}

pub(super) fn variance_flatness(tables: &Tables) -> Result<Option<String>> {
    about(tables, |summary| {
        let fit = &summary.fit;
        let [first, last] = fit.range;
        let bend = fit.bend().map_or_else(String::new, |[least, largest]| {
                    format!(
                        " The relation bends beyond its noise: over a third of the range of ln F alone ψ is {} to {}, so that no one exponent describes it.",
                        fixed(least, 1),
                        fixed(largest, 1)
                    )
                });
        let few = fit.mostly_censored().map_or_else(String::new, |few| format!(" Not to be trusted: {few}."));
        Ok(format!(
            "σ_{{i}}² against F_{{i}}, one point a principal direction. Line: σ² ∝ F^{{−ψ}} by least squares of ln σ² on ln F over {} of the \
                     components {first} to {last}, ψ = {} ({}), r = {}.{bend}{few} Dashed: the slope +2 of equilibrium. Left out: {} without a \
                     flatness, {} under the numerical floor.",
            fit.n,
            psi(fit),
            interval_of(&fit.psi_estimate()),
            fixed(fit.r, 3),
            fit.left_out,
            fit.under_floor
        ))
    })
}

/// What the interval of an estimate is, or why there is none.
fn interval_of(estimate: &Estimate) -> String {
    match estimate.interval {
        Some(_) => format!("95 % interval over {}", estimate.about()),
        None => estimate.about(),
    }
}

fn centre(summary: &Summary) -> &'static str {
    match summary.fit.around {
        varflat_run::experiment::Centre::Mean => "mean",
        varflat_run::experiment::Centre::Final => "last step",
    }
}
