//! Which parts there are. A further study is one more folder in `studies`, a module there, and one more line here.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::part::{Claim, Control, FigureEntry, NullEntry, Opening, Part, Reproduced};
use crate::studies::context::AnyStudy;
use crate::studies::headline;
use crate::sweep::figures::PART as SWEEP;

/// The run that the studies look at.
pub const HEADLINE: &Part = &headline::PART;

macro_rules! studies {
    ($($(#[$about:meta])* $kind:ident(crate::studies::$module:ident::$settings:ident),)*) => {
        /// What a study does: its section `[study.…]`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum StudyKind {
            $($(#[$about])* $kind(crate::studies::$module::$settings),)*
        }

        /// The sections `[study.…]`.
        pub mod sections {
            $(pub use crate::studies::$module::$settings;)*
        }

        impl StudyKind {
            pub(crate) fn study(&self) -> &dyn AnyStudy {
                match self {
                    $(Self::$kind(study) => study,)*
                }
            }

            /// What it leaves in a figure folder.
            pub fn part(&self) -> &'static Part {
                match self {
                    $(Self::$kind(_) => &crate::studies::$module::PART,)*
                }
            }
        }

        /// In the order of `reproduce` and of the report.
        const PARTS: &[&Part] = &[HEADLINE, $(&crate::studies::$module::PART,)*];
    };
}

studies! {
    /// The noise of SGD and its temperature (claims 8 and 9).
    Temperature(crate::studies::temperature::TemperatureStudy),
    /// Drift against diffusion (claims 2 to 4).
    Drift(crate::studies::drift::DriftStudy),
    /// What would have come out anyway: replayed noise, other directions, exact amplitudes.
    Controls(crate::studies::controls::ControlsStudy),
    /// What the trajectory alone would give: phases, steps in other orders, walks and noise.
    Surrogates(crate::studies::surrogates::SurrogatesStudy),
    /// Mini-batches with and without replacement, and their noise replaced, from one checkpoint.
    Noise(crate::studies::noise::NoiseStudy),
    /// Rounding: twins in f64 and in f32.
    Precision(crate::studies::precision::PrecisionStudy),
    /// Walks in thermal equilibrium (claim 7).
    Langevin(crate::studies::langevin::LangevinStudy),
    /// ψ of many trainings (claim 6: for every batch size and learning rate).
    Grid(crate::studies::grid::GridStudy),
    /// ψ under other definitions.
    Sensitivity(crate::studies::sensitivity::SensitivityStudy),
    /// How the solution changes with the width of the network (claim 10).
    Width(crate::studies::width::WidthStudy),
    /// ψ of other layers, networks, data and optimizers.
    Generality(crate::studies::generality::GeneralityStudy),
    /// The nulls of other seeds, batch sizes, learning rates, layers, networks and stages.
    Nulls(crate::studies::nulls::NullsStudy),
    /// Catastrophic forgetting (claim 11).
    Forgetting(crate::studies::forgetting::ForgettingStudy),
}

impl StudyKind {
    /// Its section in a study file, and the first word of its tables and figures.
    pub fn name(&self) -> &'static str {
        self.part().name
    }

    /// Whether it looks into the finished run, or only varies its experiment.
    pub fn needs_the_run(&self) -> bool {
        self.study().needs_the_run()
    }
}

/// The parts of `reproduce`, the run first.
pub(crate) fn reproduced() -> impl Iterator<Item = &'static Part> {
    parts().filter(|part| part.reproduced.is_some())
}

/// The run and every study, those too that `reproduce` leaves to be asked for by their file.
pub(crate) fn parts() -> impl Iterator<Item = &'static Part> {
    PARTS.iter().copied()
}

/// The studies of `reproduce` and their files.
pub(crate) fn studies() -> impl Iterator<Item = (&'static Part, &'static Reproduced)> {
    reproduced().skip(1).filter_map(|part| Some((part, part.reproduced.as_ref()?)))
}

/// Everything that leaves tables in a figure folder.
pub(crate) fn all() -> impl Iterator<Item = &'static Part> {
    parts().chain([&SWEEP])
}

/// The names of all studies.
pub fn study_names() -> impl Iterator<Item = &'static str> {
    parts().skip(1).map(|part| part.name)
}

/// The parts whose record lies in a folder.
pub(crate) fn there(folder: &Path) -> impl Iterator<Item = &'static Part> {
    all().filter(move |part| folder.join(part.record).exists())
}

/// The figure of this name, and its part.
pub(crate) fn figure(name: &str) -> Option<(&'static Part, &'static FigureEntry)> {
    figures().find(|(_, figure)| figure.name == name)
}

/// Every figure, in the order of the report.
pub(crate) fn figures() -> impl Iterator<Item = (&'static Part, &'static FigureEntry)> {
    all().flat_map(|part| part.figures.iter().map(move |figure| (part, figure)))
}

/// The claims by their numbers.
pub(crate) fn claims() -> Vec<(&'static Part, &'static Claim)> {
    let mut claims: Vec<_> =
        all().flat_map(|part| part.claims.iter().map(move |claim| (part, claim))).collect();
    claims.sort_by_key(|(_, claim)| (digits(claim.number), claim.number));
    claims
}

/// The number before the letter.
fn digits(number: &str) -> usize {
    number.trim_end_matches(char::is_alphabetic).parse().unwrap_or(usize::MAX)
}

/// What the nulls say about a claim.
pub(crate) fn nulls(claim: &str) -> impl Iterator<Item = &'static NullEntry> {
    all().flat_map(|part| part.nulls).filter(move |entry| entry.claims.contains(&claim))
}

/// What has to be said before the claims, by the parts that say it.
pub(crate) fn openings() -> impl Iterator<Item = Opening> {
    all().filter_map(|part| part.opening)
}

/// The controls beyond the paper.
pub(crate) fn controls() -> impl Iterator<Item = (&'static Part, &'static Control)> {
    all().flat_map(|part| part.controls.iter().map(move |control| (part, control)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_numbered_in_order_and_say_all_they_should() {
        let numbers: Vec<&str> = claims().iter().map(|(_, claim)| claim.number).collect();
        assert_eq!(numbers, ["1", "2", "3", "4", "5", "6a", "6b", "7", "8", "9", "10", "11"]);
        for (_, claim) in claims() {
            let number = claim.number;
            assert!(!claim.paper.is_empty() && !claim.figures.is_empty());
            assert!(
                claim.rule.contains("Reproduced if") && claim.rule.contains("Partly if"),
                "{}",
                claim.rule
            );
            claim.figures.iter().for_each(|name| assert!(figure(name).is_some(), "claim {number}: {name}"));
        }
        for (_, control) in controls() {
            control.figures.iter().for_each(|name| assert!(figure(name).is_some(), "{}: {name}", control.id));
        }
    }

    #[test]
    fn every_part_has_a_record_tables_and_figures_of_its_own() {
        let mut seen = Vec::new();
        for part in all() {
            let own = [part.record].into_iter().chain(part.tables.iter().copied());
            for name in own.chain(part.figures.iter().map(|figure| figure.name)) {
                assert!(!seen.contains(&name), "{name} is there twice");
                seen.push(name);
            }
            assert!(!part.tables.is_empty() && !part.figures.is_empty(), "{}", part.name);
            for table in part.figures.iter().flat_map(|figure| figure.tables) {
                let known =
                    [part, HEADLINE].iter().any(|of| *table == of.record || of.tables.contains(table));
                assert!(known, "{}: nothing writes {table}", part.name);
            }
        }
    }

    /// What `reproduce` expects a study to take is what it took when the committed figures were made, within a factor of eight: not all were
    /// made on the same machine, and the slowest of them is several times slower than two quiet cores.
    #[test]
    fn the_expected_times_are_those_that_were_taken() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../figures");
        for (part, files) in studies() {
            let record: serde_json::Value = varflat_files::read_json(&folder.join(part.record)).unwrap();
            let (took, expected) = (record["made"]["seconds"].as_f64().unwrap(), files.seconds(false));
            assert!(
                took < 8.0 * expected && expected < 8.0 * took,
                "{}: {took} s, not {expected} s",
                part.name
            );
        }
    }
}
