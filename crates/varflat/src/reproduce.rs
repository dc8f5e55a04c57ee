//! The experiments behind the figures, compiled in so that the program needs no other file.

use std::path::Path;

use crate::error::Result;
use crate::experiment::Experiment;
use crate::figures;
use crate::run_folder::RunFolder;
use crate::say::say;
use crate::stages;

/// An experiment that `reproduce` runs.
struct Reproduced {
    file: &'static str,
    text: &'static str,
}

const FULL: [Reproduced; 1] = [Reproduced {
    file: "experiments/headline.toml",
    text: include_str!("../../../experiments/headline.toml"),
}];

const QUICK: [Reproduced; 1] = [Reproduced {
    file: "experiments/headline-quick.toml",
    text: include_str!("../../../experiments/headline-quick.toml"),
}];

/// Run every experiment below `runs` and draw every figure into `folder`. Finished work is not repeated.
///
/// `force` throws earlier results away; `adjust` may change an experiment before it runs: other data, say.
///
/// # Errors
/// The first failure of any run or figure.
pub fn reproduce(
    quick: bool,
    force: bool,
    runs: &Path,
    folder: &Path,
    device: Option<&str>,
    adjust: impl Fn(&mut Experiment) -> Result<()>,
) -> Result<()> {
    for Reproduced { file, text } in if quick { &QUICK } else { &FULL } {
        let mut experiment = Experiment::parse(text, file, &[])?;
        adjust(&mut experiment)?;
        say(format_args!("{file}: {}\n", runs.join(&experiment.name).display()));
        let run = RunFolder::create(&runs.join(&experiment.name), &experiment, force)?;
        if !stages::complete(&run, device)? {
            say("  already finished; nothing to compute\n");
        }
        figures::write_tables(&run, folder)?;
    }
    figures::draw_and_say(folder)
}
