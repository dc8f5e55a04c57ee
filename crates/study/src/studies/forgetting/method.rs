//! What may hold a network to what it has learnt.

use serde::{Deserialize, Serialize};

/// Whose the last layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Heads {
    /// One for all tasks: a label is a digit's place in its pair, whatever the pair, and no one says which task an image is from
    /// (domain-incremental).
    Shared,
    /// Each task has one of its own, which rests while others are learnt: a test knows its task (task-incremental).
    Own,
}

impl Heads {
    /// As in files.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Own => "own",
        }
    }

    /// The set-up in words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Shared => "one output layer for all tasks",
            Self::Own => "an output layer for each task",
        }
    }
}

/// A kind of constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Nothing.
    None,
    /// Every weight equally, to w_1.
    L2,
    /// Every weight by its Fisher information.
    Ewc,
    /// Principal components by their flatness.
    Ldc,
    /// Every weight, the more the less it moved: the premise of plateau-phase activity profiling.
    Ppap,
    /// Every weight by how much it moved, σ_j²: the opposite of that premise.
    Activity,
    /// Nothing, but the data of all tasks together: what could be had at best.
    Joint,
}

/// A method with its parameters but for λ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Method {
    pub(crate) kind: Kind,
    /// Of LDC: components a layer.
    pub(crate) components: Option<usize>,
    /// Of LDC: m in F^−m.
    pub(crate) exponent: Option<f64>,
    /// Of EWC: so many weights only.
    pub(crate) weights: Option<usize>,
    /// Of PPAP: d in 1/(σ_j² + d⟨σ²⟩).
    pub(crate) damping: Option<f64>,
}

impl Method {
    pub(crate) const NONE: Self = Self::plain(Kind::None);
    pub(crate) const L2: Self = Self::plain(Kind::L2);
    pub(crate) const JOINT: Self = Self::plain(Kind::Joint);
    pub(crate) const ACTIVITY: Self = Self::plain(Kind::Activity);

    const fn plain(kind: Kind) -> Self {
        Self { kind, components: None, exponent: None, weights: None, damping: None }
    }

    pub(crate) const fn ewc(weights: Option<usize>) -> Self {
        Self { weights, ..Self::plain(Kind::Ewc) }
    }

    pub(crate) const fn ldc(components: usize, exponent: f64) -> Self {
        Self { components: Some(components), exponent: Some(exponent), ..Self::plain(Kind::Ldc) }
    }

    pub(crate) const fn ppap(damping: f64) -> Self {
        Self { damping: Some(damping), ..Self::plain(Kind::Ppap) }
    }

    /// Whether it is made of how the weights moved.
    #[cfg(feature = "train")]
    pub(super) const fn needs_a_window(&self) -> bool {
        matches!(self.kind, Kind::Ldc | Kind::Ppap | Kind::Activity)
    }

    /// In words.
    pub(crate) fn label(&self) -> String {
        match (self.kind, self.components, self.exponent, self.weights) {
            (Kind::Ldc, Some(components), Some(exponent), _) => {
                format!("LDC, {components} a layer, F^−{exponent}")
            }
            (Kind::Ewc, _, _, Some(weights)) => format!("EWC, {weights} weights"),
            (Kind::Ewc, ..) => "EWC".to_owned(),
            (Kind::L2, ..) => "L2 to w_1".to_owned(),
            (Kind::Joint, ..) => "all data together".to_owned(),
            (Kind::Ppap, ..) => {
                self.damping.map_or("PPAP".to_owned(), |damping| format!("PPAP, damping {damping}"))
            }
            (Kind::Activity, ..) => "weights by σ²".to_owned(),
            (Kind::None | Kind::Ldc, ..) => "no constraint".to_owned(),
        }
    }

    /// One that is there twice.
    pub(super) fn repeated(methods: &[Self]) -> Option<Self> {
        let mut all = methods.iter().enumerate();
        all.find(|(place, method)| methods[..*place].contains(method)).map(|(_, method)| *method)
    }
}
