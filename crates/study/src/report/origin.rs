//! Who made the numbers of a part, and how.

use varflat_run::error::Result;

use crate::part::{self, Part, Tables};
use crate::registry;

/// Who made the numbers of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The full experiment of `reproduce`.
    Full,
    /// The shortened one.
    Quick,
    /// An experiment of one's own.
    Own,
}

/// The name that the run, study or sweep behind a part has, if it is there.
pub(super) fn name(tables: &Tables, part: &Part) -> Result<Option<String>> {
    Ok(tables.json::<part::Origin>(part.record)?.map(|origin| origin.name().to_owned()))
}

/// Whose numbers those of a part are, if they are there.
pub(super) fn of(tables: &Tables, part: &Part) -> Result<Option<Origin>> {
    Ok(name(tables, part)?.map(|name| match name.strip_prefix(part.name) {
        Some("") => Origin::Full,
        Some("-quick") => Origin::Quick,
        _ => Origin::Own,
    }))
}

/// Whether any part is a shortened one.
fn is_quick(tables: &Tables) -> Result<bool> {
    for part in registry::reproduced() {
        if of(tables, part)? == Some(Origin::Quick) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The command that measures a part, as it was measured where it is there.
pub(super) fn command(tables: &Tables, part: &Part) -> Result<String> {
    let name = part.name;
    if part.reproduced.is_none() {
        return Ok(match registry::study_names().any(|study| study == name) {
            true => format!("varflat study experiments/{name}.toml --figures DIR"),
            false => "varflat sweep collect FOLDER --figures DIR".to_owned(),
        });
    }
    Ok(match of(tables, part)? {
        Some(Origin::Own) if name == registry::HEADLINE.name => {
            "varflat run EXPERIMENT.toml --out RUN --figures DIR".to_owned()
        }
        Some(Origin::Own) => "varflat study STUDY.toml --figures DIR".to_owned(),
        Some(Origin::Quick) => format!("varflat reproduce --quick --only {name}"),
        Some(Origin::Full) => format!("varflat reproduce --only {name}"),
        None if is_quick(tables)? => format!("varflat reproduce --quick --only {name}"),
        None => format!("varflat reproduce --only {name}"),
    })
}
