//! A list of checks, said as they are done.

use std::collections::BTreeSet;
use std::path::Path;

use crate::context::Context;
use crate::error::{Error, Remedy, Result};

/// How much is derived again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The flatness of a sample of the directions.
    Sample,
    /// That of every direction.
    All,
}

/// What came of a check.
pub enum Outcome {
    /// As it should be; in words how nearly.
    Same(String),
    /// Only read: what it says, which nothing was held against.
    Read(String),
    /// Not; in words how far.
    Differs(String),
    /// Not looked at, and why.
    Skipped(String),
}

impl Outcome {
    /// Same if the deviation is within the tolerance; both relative or in the unit that `of` names.
    pub fn within(deviation: f64, tolerance: f64, of: &str) -> Self {
        if deviation == 0.0 {
            Self::Same("identical".to_owned())
        } else if deviation <= tolerance {
            Self::Same(format!("{of} within {deviation:.0e} (allowed: {tolerance:.0e})"))
        } else {
            Self::Differs(format!("{of} by {deviation:.1e} (allowed: {tolerance:.0e})"))
        }
    }
}

/// The checks of one place.
pub struct Checks<'a> {
    /// Whom they tell, and who may stop them.
    pub context: &'a Context<'a>,
    differences: Vec<String>,
    /// What could not be read.
    damaged: Vec<Error>,
    /// Checks that came out the same.
    same: usize,
    /// Files that are not what they were: what is made from them proves nothing.
    changed: BTreeSet<String>,
}

impl<'a> Checks<'a> {
    /// None yet; each is said when it is done.
    pub fn new(context: &'a Context<'a>) -> Self {
        Self { context, differences: Vec::new(), damaged: Vec::new(), same: 0, changed: BTreeSet::new() }
    }

    /// Do a check of `file` that needs `inputs` to be what they were, and say what came of it.
    ///
    /// # Errors
    /// [`Error::Interrupted`]; any other is an outcome of the check.
    pub fn row(
        &mut self,
        file: &str,
        how: &str,
        inputs: &[&str],
        check: impl FnOnce() -> Result<Outcome>,
    ) -> Result<()> {
        let changed = inputs.iter().chain([&file]).find(|input| self.changed.contains(**input));
        let outcome = match changed {
            Some(changed) => Outcome::Skipped(format!("{changed} is not what it was")),
            None => match check() {
                Ok(outcome) => outcome,
                Err(stopped @ Error::Interrupted { .. }) => return Err(stopped),
                Err(error) => {
                    let words = error.to_string();
                    self.damaged.push(error);
                    Outcome::Differs(words)
                }
            },
        };
        let words = match &outcome {
            Outcome::Same(words) | Outcome::Read(words) => format!("ok, {words}"),
            Outcome::Differs(words) => format!("DIFFERS: {words}"),
            Outcome::Skipped(words) => format!("not checked: {words}"),
        };
        self.context.message(format_args!("{file:<26} {how:<42} {words}\n"));
        self.same += usize::from(matches!(outcome, Outcome::Same(_)));
        if let Outcome::Differs(words) = outcome {
            self.differences.push(format!("{file}: {words}"));
            self.changed.insert(file.to_owned());
        }
        Ok(())
    }

    /// What came of all of them.
    ///
    /// # Errors
    /// [`Error::Differs`] with what differs; [`Error::Malformed`] if nothing differs because nothing could be held against anything.
    pub fn judge(self, place: &Path, why_not: &str, remedy: Remedy) -> Result<()> {
        let place = place.to_path_buf();
        match (self.differences.is_empty(), self.same) {
            (false, _) => Err(Error::Differs { place, differences: self.differences, damaged: self.damaged }),
            (true, 0) => Err(Error::Malformed {
                path: place,
                problem: format!("nothing was verified: {why_not}"),
                remedy,
            }),
            (true, _) => Ok(()),
        }
    }
}

/// The largest |a − b|/|b|, where both are 0 none; infinite if the lengths differ or a value is not finite on one side alone.
pub fn relative<'a>(
    found: impl IntoIterator<Item = &'a f64, IntoIter: ExactSizeIterator>,
    kept: impl IntoIterator<Item = &'a f64, IntoIter: ExactSizeIterator>,
) -> f64 {
    let (found, kept) = (found.into_iter(), kept.into_iter());
    if found.len() != kept.len() {
        return f64::INFINITY;
    }
    found.zip(kept).map(|(found, kept)| apart(*found, *kept)).fold(0.0, f64::max)
}

/// |found − kept|/|kept|.
pub fn apart(found: f64, kept: f64) -> f64 {
    if found == kept || (found.is_nan() && kept.is_nan()) {
        return 0.0;
    }
    let apart = (found - kept).abs() / kept.abs();
    if apart.is_nan() { f64::INFINITY } else { apart }
}
