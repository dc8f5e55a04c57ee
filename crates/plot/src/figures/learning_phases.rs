//! The two phases of learning: loss and error against the epoch.

use serde::{Deserialize, Serialize};

use crate::canvas::axis::Axis;
use crate::canvas::legend::{Entry, Mark};
use crate::canvas::panel::pairs;
use crate::canvas::sheet::{Plan, Sheet};
use crate::canvas::style::{BLUE, DATA_LINE, SHADE, VERMILLION};
use crate::{Figure, PlotError, check};

/// Loss and error on training and test set, one value of each per recorded epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LearningPhases {
    /// Epochs, in the order of training.
    pub epoch: Vec<f64>,
    /// Mean loss over the training set.
    pub train_loss: Vec<f64>,
    /// Share of the training set that is classified wrongly, 0 to 1.
    pub train_error: Vec<f64>,
    /// Mean loss over the test set.
    pub test_loss: Vec<f64>,
    /// Share of the test set that is classified wrongly, 0 to 1.
    pub test_error: Vec<f64>,
    /// First and last epoch of the window that is analysed, shaded.
    pub window_epochs: Option<(f64, f64)>,
}

/// Draws loss and error against the epoch on logarithmic axes, the analysed window shaded.
///
/// An exact zero (a training error of 0) has its own mark below the lowest decade. Feng & Tu 2021
/// call the fall of the loss the fast learning phase and what follows the exploration phase.
///
/// # Errors
/// [`PlotError`] when a field is empty, of another length, not finite or negative.
pub fn learning_phases(data: &LearningPhases) -> Result<Figure, PlotError> {
    check::not_empty("epoch", &data.epoch)?;
    check::finite("epoch", &data.epoch)?;
    for (field, values) in [
        ("train_loss", &data.train_loss),
        ("train_error", &data.train_error),
        ("test_loss", &data.test_loss),
        ("test_error", &data.test_error),
    ] {
        check::same_length(field, values.len(), "epoch", data.epoch.len())?;
        check::not_negative(field, values)?;
    }
    if let Some((first, last)) = data.window_epochs {
        check::finite("window_epochs", &[first, last])?;
    }

    let quantities = [
        ("loss L", &data.train_loss, &data.test_loss),
        ("classification error", &data.train_error, &data.test_error),
    ];
    let plans = quantities
        .iter()
        .map(|(title, train, test)| {
            let values = || train.iter().chain(test.iter()).copied();
            let axis = Axis::decades(values());
            Plan {
                legend: Vec::new(),
                x: Axis::linear(data.epoch.iter().copied()),
                x_title: "epoch".to_owned(),
                y: if values().any(|value| value == 0.0) { axis.with_zero() } else { axis },
                y_title: (*title).to_owned(),
            }
        })
        .collect();
    let mut legend =
        vec![Entry::new(Mark::Line(BLUE), "training set"), Entry::new(Mark::Line(VERMILLION), "test set")];
    if data.window_epochs.is_some() {
        legend.push(Entry::new(Mark::Shade(SHADE), "analysed window"));
    }
    let sheet = Sheet { legend, columns: 2, data: (300.0, 250.0), ..Sheet::default() };
    sheet.draw(plans, |panels| {
        for (panel, (_, train, test)) in panels.iter().zip(&quantities) {
            if let Some((first, last)) = data.window_epochs {
                panel.shade((first.min(last), first.max(last)), (0.0, 1.0), SHADE)?;
            }
            panel.curve(&pairs(&data.epoch, test), VERMILLION, DATA_LINE)?;
            panel.curve(&pairs(&data.epoch, train), BLUE, DATA_LINE)?;
        }
        Ok(())
    })
}
