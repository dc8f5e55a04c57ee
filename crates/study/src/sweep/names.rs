//! The name of a point, which is that of its run folder, and what figures and tables call it. Nothing is read out of a name: what a
//! point changes is in [`Change`].
//!
//! There are two rules for names, because folders and tables of both kinds are kept. A study's runs are called by the words of its file
//! as they stand there (`hidden=[50, 50]`, `loss_below=5e-2`); committed tables name their runs so. A sweep's values may be anything, so
//! that its names are made safe for file systems and shells (`hidden=50x50`).

use toml::Value;
use varflat_files::FileSum;
use varflat_run::experiment::shown;

use super::point::Change;

/// Longest name of a run's folder; file systems take 255 bytes.
pub(crate) const LONGEST_NAME: usize = 180;

/// The name of a run of a study: the last word of every key with its value as it was written, such as `batch_size=50,seed=1`.
pub(crate) fn as_written(changes: &[Change]) -> String {
    let word = |change: &Change| format!("{}={}", last_word(&change.key), change.text());
    changes.iter().map(word).collect::<Vec<_>>().join(",")
}

/// The name of a point of a sweep, such as `batch_size=50,hidden=50x50`: letters that a file system or a shell could take amiss become
/// `-`, and a name that says less than the values do ends in their checksum.
pub(super) fn safe(changes: &[Change]) -> String {
    let word = |(key, change): (&str, &Change)| format!("{key}={}", bare(&change.value));
    let exact: Vec<String> = shortened(changes).into_iter().zip(changes).map(word).collect();
    let exact = exact.join(",");
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "=,._+-".contains(letter);
    let safe: String = exact
        .chars()
        .filter(|letter| !"[] ".contains(*letter))
        .map(|letter| if plain(letter) { letter } else { '-' })
        .collect();
    let same = safe == without_brackets(&exact);
    if same && safe.len() <= LONGEST_NAME && !safe.starts_with('.') {
        return safe;
    }
    let checksum = FileSum::of_bytes(exact.as_bytes()).sha256;
    format!("{},{}", safe.chars().take(LONGEST_NAME).collect::<String>(), &checksum[..8])
}

/// What a point shares with others, in words: the first of several keys that it changes, or none.
pub(crate) fn group(changes: &[Change]) -> Option<String> {
    if changes.len() > 1 { labels(changes).into_iter().next() } else { None }
}

/// What a point changes beside what its group shares, in words.
pub(crate) fn label(changes: &[Change]) -> String {
    labels(changes)[usize::from(changes.len() > 1)..].join(", ")
}

/// What a point changes but for its seed, in words.
pub(crate) fn settings(changes: &[Change]) -> String {
    let words = labels(changes).into_iter().zip(changes);
    let words = words.filter(|(_, change)| change.key != "seed").map(|(label, _)| label);
    words.collect::<Vec<_>>().join(", ")
}

/// Every key with its value, in words.
fn labels(changes: &[Change]) -> Vec<String> {
    let keys = shortened(changes).into_iter();
    let label =
        |(key, change): (&str, &Change)| format!("{key} = {}", without_brackets(&bare(&change.value)));
    keys.zip(changes).map(label).collect()
}

/// A value without quotes, and a list as `50x50` in brackets.
fn bare(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => shown(other).replace(", ", "x"),
    }
}

fn without_brackets(text: &str) -> String {
    text.chars().filter(|letter| !"[]".contains(*letter)).collect()
}

/// The last word of every key, or the whole key where two would share it.
fn shortened(changes: &[Change]) -> Vec<&str> {
    let alone = |word: &str| changes.iter().filter(|other| last_word(&other.key) == word).count() == 1;
    let short = |change| {
        let Change { key, .. }: &Change = change;
        Some(last_word(key)).filter(|word| alone(word)).unwrap_or(key)
    };
    changes.iter().map(short).collect()
}

fn last_word(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::axes::{Axis, combinations};

    /// The last combination of some axes.
    fn changes(axes: &[&str]) -> Vec<Change> {
        let axes: Vec<Axis> = axes.iter().map(|axis| axis.parse().unwrap()).collect();
        combinations(&axes).pop().unwrap()
    }

    #[test]
    fn a_study_keeps_words_as_they_were_written_and_a_sweep_makes_them_safe() {
        let point = changes(&["model.hidden=[25, 25],[50, 50]", "training.loss_below=5e-2", "seed=1,2"]);
        assert_eq!(as_written(&point), "hidden=[50, 50],loss_below=5e-2,seed=2");
        assert_eq!(safe(&point), "hidden=50x50,loss_below=0.05,seed=2");
        let unsafe_ = [Change::new("data.folder", Value::String("../a b".to_owned()))];
        let name = safe(&unsafe_);
        assert!(name.starts_with("folder=..-ab,") && name.len() == "folder=..-ab,".len() + 8, "{name}");
    }

    #[test]
    fn words_come_from_what_is_changed() {
        let point = changes(&["model.hidden=[50, 50]", "training.learning_rate=1e-2", "seed=2"]);
        assert_eq!(group(&point).as_deref(), Some("hidden = 50x50"));
        assert_eq!(label(&point), "learning_rate = 0.01, seed = 2");
        assert_eq!(settings(&point), "hidden = 50x50, learning_rate = 0.01");
        let one = changes(&["seed=2"]);
        assert_eq!((group(&one), label(&one)), (None, "seed = 2".to_owned()));
        let alike = changes(&["data.samples=3", "recorder.samples=4"]);
        assert_eq!(label(&alike), "recorder.samples = 4");
        // Commas in a value split nothing.
        let comma = [Change::new("data.folder", Value::String("a,b".to_owned())), one[0].clone()];
        assert_eq!((group(&comma).as_deref(), label(&comma).as_str()), (Some("folder = a,b"), "seed = 2"));
    }
}
