//! What an experiment asks for, in words.

use varflat_model::{OptimizerKind, TrainingConfig};
use varflat_run::experiment::{Centre, Experiment, LangevinSection, Window};

/// What decides the result, a line each.
pub(super) fn lines(experiment: &Experiment) -> Vec<(&'static str, String)> {
    let Experiment { data, model, training, recorder, landscape, .. } = experiment;
    let samples = data.samples.map_or_else(String::new, |samples| format!(", the first {samples} images"));
    let window = match recorder.window {
        Window::Last(rows) => format!("the last {rows} rows"),
        Window::All(_) => "all rows".to_owned(),
    };
    let steps =
        if recorder.every == 1 { "every step".to_owned() } else { format!("every {} steps", recorder.every) };
    let centre = match landscape.around {
        Centre::Mean => "the mean of the window",
        Centre::Final => "the final weights",
    };
    vec![
        ("data", format!("{}{samples}", data.label())),
        ("network", model.to_string()),
        ("learning", experiment.langevin.as_ref().map_or_else(|| learning(training), walk)),
        ("recorded", format!("layer {}, {steps}, {window}", recorder.layer)),
        ("landscape", format!("around {centre}, level {}·L_0", number(landscape.factor))),
    ]
}

fn learning(training: &TrainingConfig) -> String {
    let TrainingConfig { optimizer, learning_rate, momentum, weight_decay, batch_size, .. } = training;
    let mut words = match optimizer {
        OptimizerKind::Sgd => "SGD",
        OptimizerKind::Adam => "Adam",
    }
    .to_owned();
    words += &format!(", α = {}, B = {batch_size}", number(*learning_rate));
    for (name, value) in [("momentum", momentum), ("weight decay", weight_decay)] {
        if *value != 0.0 {
            words += &format!(", {name} {}", number(*value));
        }
    }
    words
}

fn walk(section: &LangevinSection) -> String {
    let LangevinSection { temperature, learning_rate, trap, .. } = section;
    let (t, alpha, trap) = (number(*temperature), number(*learning_rate), number(*trap));
    format!("Langevin walk, T = {t}, α = {alpha}, trap {trap}")
}

/// With every digit it has, and no more zeros than can be counted.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        std::f64::consts::E => "e".to_owned(),
        1e-4..1e6 => value.to_string(),
        _ => format!("{value:e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_digits_and_few_zeros() {
        let said = [0.0, 0.1, 0.05, 2.0, std::f64::consts::E, 1.5e-4, 5e-5, 1e308].map(number);
        assert_eq!(said, ["0", "0.1", "0.05", "2", "e", "0.00015", "5e-5", "1e308"]);
    }
}
