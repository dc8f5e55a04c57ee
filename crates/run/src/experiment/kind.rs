//! The kinds of files there are, and which command takes which.

/// A kind of file of keys and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One run.
    Experiment,
    /// More of a finished run.
    Study,
    /// Many points of an experiment.
    Sweep,
}

impl Kind {
    /// What a text is by its keys; nothing if they leave it open.
    pub(super) fn of(text: &str) -> Option<Self> {
        let table: toml::Table = toml::from_str(text).ok()?;
        let any = |keys: &[&str]| keys.iter().any(|key| table.contains_key(*key));
        match () {
            () if any(&["study"]) => Some(Self::Study),
            () if any(&["base", "experiment", "seeds", "grid", "zip"]) => Some(Self::Sweep),
            () if any(&["data", "model", "training", "recorder", "pca", "landscape", "fit", "langevin"]) => {
                Some(Self::Experiment)
            }
            () => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Experiment => "an experiment",
            Self::Study => "a study",
            Self::Sweep => "a sweep",
        }
    }

    /// What to do with a file of this kind where one of another was asked for.
    pub(super) fn instead_of(self, asked: Self, origin: &str) -> String {
        let command = match (self, asked) {
            (Self::Experiment, Self::Sweep) => {
                "add --vary KEY=VALUE,VALUE to say what varies, or do it once with".to_owned()
                    + &format!(" `varflat run {origin} --out FOLDER`")
            }
            (Self::Experiment, _) => format!("do it with `varflat run {origin} --out FOLDER`"),
            (Self::Study, _) => format!("do it with `varflat study {origin}`"),
            (Self::Sweep, _) => format!("do it with `varflat sweep run {origin}`"),
        };
        format!("this is {}, not {}: {command}", self.name(), asked.name())
    }
}
