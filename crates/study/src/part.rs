//! What a run, a study or a sweep leaves in a figure folder: its tables, the figures drawn from them, and the claims and controls
//! that they decide. The registry lists every part; everything else reads it there.

mod claim;
mod control;
mod folder;
mod null;
mod number;
mod record;
mod source;
mod tables;
mod tables_of;

pub(crate) use claim::{Certainty, Claim, Finding, Verdict};
pub(crate) use control::Control;
pub use folder::{HTML, MARKDOWN, claim, prepare};
pub(crate) use folder::{Unfinished, check_apart, check_drawing, check_report, claim_new};
pub(crate) use null::{NullEntry, NullFinding, NullNumber, Opening, overall};
pub(crate) use number::{Number, is_about};
pub(crate) use record::{Build, StudyRecord};
pub(crate) use source::{Origin, Provenance, Source};
pub(crate) use tables::Tables;
pub(crate) use tables_of::{check_own, copy_tables};

use varflat_plot::Figure;
use varflat_run::error::Result;

/// Something that leaves tables in a figure folder.
pub struct Part {
    /// Its name: as of `--only`, the first word of its tables and figures.
    pub name: &'static str,
    /// What it is, in a line.
    pub(crate) about: &'static str,
    /// The table that says how it was made. It is written last: without it the others count for nothing.
    pub(crate) record: &'static str,
    /// The tables beside the record.
    pub(crate) tables: &'static [&'static str],
    pub(crate) figures: &'static [FigureEntry],
    pub(crate) claims: &'static [Claim],
    pub(crate) controls: &'static [Control],
    /// What stands beside the numbers of claims, its own and others'.
    pub(crate) nulls: &'static [NullEntry],
    /// What has to be said before all claims.
    pub(crate) opening: Option<Opening>,
    /// How `reproduce` makes it, if it does.
    pub(crate) reproduced: Option<Reproduced>,
}

/// The experiment or study file of a part, compiled in so that the program needs no other file.
pub(crate) struct Reproduced {
    /// Name and content of the file, and of the shortened one.
    full: (&'static str, &'static str),
    quick: (&'static str, &'static str),
    /// Seconds that the full and the shortened one take on two cores, for the estimate of the time left.
    seconds: (f64, f64),
    /// When it is made unasked.
    unasked: Unasked,
}

/// When `reproduce` makes a part that was not asked for by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unasked {
    Always,
    /// Not with `--quick`: it takes too long however short it is made.
    Full,
}

impl Reproduced {
    pub(crate) const fn new(
        full: (&'static str, &'static str),
        quick: (&'static str, &'static str),
        seconds: (f64, f64),
    ) -> Self {
        Self { full, quick, seconds, unasked: Unasked::Always }
    }

    /// The same left out of `--quick`, unless it is asked for by its name.
    pub(crate) const fn not_in_quick(self) -> Self {
        Self { unasked: Unasked::Full, ..self }
    }

    /// Whether it is made unasked.
    pub(crate) fn is_made(&self, quick: bool) -> bool {
        !quick || self.unasked == Unasked::Always
    }

    /// Name and content of its file.
    pub(crate) fn file(&self, quick: bool) -> (&'static str, &'static str) {
        if quick { self.quick } else { self.full }
    }

    /// Seconds that it takes.
    pub(crate) fn seconds(&self, quick: bool) -> f64 {
        if quick { self.seconds.1 } else { self.seconds.0 }
    }
}

/// `experiments/NAME.toml` and `experiments/NAME-quick.toml`, and the seconds that each takes on two cores.
macro_rules! reproduced {
    ($name:literal, $full:literal, $quick:literal) => {
        $crate::part::Reproduced::new(
            (
                concat!("experiments/", $name, ".toml"),
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../experiments/", $name, ".toml")),
            ),
            (
                concat!("experiments/", $name, "-quick.toml"),
                include_str!(concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/../../experiments/",
                    $name,
                    "-quick.toml"
                )),
            ),
            ($full, $quick),
        )
    };
}
pub(crate) use reproduced;

/// A figure: how it is drawn from the tables, and what is said below it.
pub(crate) struct FigureEntry {
    /// Its file, without an ending.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// The tables that it is drawn from.
    pub(crate) tables: &'static [&'static str],
    pub(crate) draw: fn(&Source) -> Result<Figure>,
    /// How it was made, with numbers from the tables; `None` if the tables that say so are not there.
    pub(crate) caption: fn(&Tables) -> Result<Option<String>>,
}
