//! Catastrophic forgetting (claim 11): pairs of digits one after the other, with and without constraints on the weights.
//!
//! One network with two outputs learns to tell the digits of a pair apart, then those of the next: a label is a digit's place in its
//! pair. What is held of the first pair while the second is learnt is the question; landscape-dependent constraints (LDC) are one
//! answer, elastic weight consolidation (EWC) and a quadratic pull towards w_1 (L2) are others; plateau-phase activity profiling (PPAP) holds
//! what moved least, and so the opposite. Pairs, networks and lengths of training
//! are choices of this project.

use serde::{Deserialize, Serialize};
use varflat_run::experiment::{Checked, MOST, MOST_COMPONENTS, all_within, not_too_many, within};

use super::method::{Heads, Method};
use crate::sweep::axes::check_count;

pub(crate) const TABLES: &[&str] = &[RUNS, SUMMARY, SEQUENCE, SEQUENCE_SUMMARY, WEIGHTS, WEIGHT_RANKS];
/// One row a seed, method and strength.
pub(super) const RUNS: &str = "forgetting.csv";
/// One row a method and strength: means over seeds.
pub(crate) const SUMMARY: &str = "forgetting_summary.csv";
/// One row a seed, method, number of tasks seen and task.
pub(super) const SEQUENCE: &str = "forgetting_sequence.csv";
/// One row a method and number of tasks seen: means over seeds.
pub(crate) const SEQUENCE_SUMMARY: &str = "forgetting_sequence_summary.csv";

/// One row a seed, layer and group of weights of similar curvature, after the first task.
pub(crate) const WEIGHTS: &str = "forgetting_weights.csv";
/// One row a seed and layer: whether weights of more curvature move more.
pub(super) const WEIGHT_RANKS: &str = "forgetting_weight_ranks.csv";

/// The most epochs of a task.
const MOST_EPOCHS: u64 = 1_000_000;

/// `[study.forgetting]`: what is learnt one after the other, and what holds the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgettingStudy {
    /// The tasks, each a pair of digits. The first two are learnt under every method and strength, all of them in sequence.
    pub pairs: Vec<[u8; 2]>,
    /// Whether tasks share the last layer or have one each; both may be asked for.
    pub heads: Vec<Heads>,
    /// Epochs of each task.
    pub epochs: u64,
    /// How many of these, the last ones, are recorded for the principal components of LDC.
    pub window: u64,
    /// Steps from one recorded step to the next.
    pub every: u64,
    /// Each makes other initial weights and another order of batches.
    pub seeds: Vec<u64>,
    /// Strengths s = λ·max_i k_i of a method, k_i being its stiffness at λ = 1: the same range for all.
    pub strengths: Vec<f64>,
    /// Numbers of principal components a layer that LDC holds.
    pub components: Vec<usize>,
    /// That of the trade-off curve, of other exponents and of the sequence.
    pub shown: usize,
    /// m in the stiffness F_i^−m of LDC.
    #[serde(default = "two")]
    pub exponent: f64,
    /// Others to compare it with.
    #[serde(default)]
    pub exponents: Vec<f64>,
    /// Numbers of weights that EWC holds, those of the largest Fisher information, besides all of them.
    #[serde(default)]
    pub weights: Vec<usize>,
    /// d of the stiffness 1/(σ_j² + d⟨σ²⟩) that holds weights the less, the more they moved (the premise of PPAP). The first is that of the
    /// trade-off curve and of the sequence.
    #[serde(default = "hundredth")]
    pub dampings: Vec<f64>,
    /// Images over which the Fisher information is averaged.
    pub fisher_samples: usize,
}

const fn two() -> f64 {
    2.0
}

fn hundredth() -> Vec<f64> {
    vec![0.01]
}

impl ForgettingStudy {
    /// The study of one of its seeds: that depends on no other.
    #[cfg(feature = "train")]
    pub(super) fn of_seed(&self, seed: u64) -> Self {
        Self { seeds: vec![seed], ..self.clone() }
    }

    pub(super) fn check_tasks(&self) -> Checked {
        let pairs = &self.pairs;
        if pairs.len() < 2 || pairs.iter().any(|pair| pair[0] == pair[1]) {
            return Err(
                "pairs needs at least two pairs of different digits, such as [[0, 1], [2, 3]]".to_owned()
            );
        }
        not_too_many("pairs", pairs.len())?;
        let mut digits = pairs.concat();
        digits.sort_unstable();
        if let Some(twice) = digits.windows(2).find(|digits| digits[0] == digits[1]) {
            return Err(format!("pairs: the digit {} is in two of them", twice[0]));
        }
        if self.heads.is_empty()
            || self.heads.iter().filter(|heads| **heads == Heads::Own).count() > 1
            || self.heads.len() > 2
        {
            return Err("heads needs \"shared\", \"own\" or both".to_owned());
        }
        Ok(())
    }

    pub(super) fn check_training(&self) -> Checked {
        within("epochs", self.epochs, 1, MOST_EPOCHS)?;
        if !(1..=self.epochs).contains(&self.window) {
            return Err(format!(
                "window = {} must be between 1 and the {} epochs of a task",
                self.window, self.epochs
            ));
        }
        within("every", self.every, 1, MOST)?;
        within("fisher_samples", self.fisher_samples, 1, MOST)?;
        let mut seeds = self.seeds.clone();
        seeds.sort_unstable();
        seeds.dedup();
        if seeds.len() < 2 || seeds.len() < self.seeds.len() {
            return Err(
                "seeds needs at least two, all different: intervals come from their scatter".to_owned()
            );
        }
        Ok(())
    }

    pub(super) fn check_methods(&self) -> Checked {
        let ascending = self.strengths.windows(2).all(|pair| pair[0] < pair[1]);
        let positive =
            self.strengths.iter().all(|strength| *strength > 0.0 && (*strength as f32).is_finite());
        if self.strengths.is_empty() || !ascending || !positive {
            return Err("strengths needs positive numbers in ascending order, finite in f32".to_owned());
        }
        all_within("components", &self.components, 1, MOST_COMPONENTS)?;
        if !self.components.contains(&self.shown) {
            return Err(format!("components needs numbers from 1, among them shown = {}", self.shown));
        }
        let exponents = || self.exponents.iter().chain([&self.exponent]);
        if exponents().any(|exponent| !(0.0..=20.0).contains(exponent)) {
            return Err("exponent and exponents must be between 0 and 20".to_owned());
        }
        all_within("weights", &self.weights, 1, MOST)?;
        if self.dampings.is_empty() || !self.dampings.iter().all(|damping| (1e-6..=1e6).contains(damping)) {
            return Err("dampings needs at least one, all between 1e-6 and 1e6".to_owned());
        }
        not_too_many("dampings", self.dampings.len())?;
        not_too_many("exponents", self.exponents.len())?;
        let methods = self.methods();
        if let Some(method) = Method::repeated(&methods) {
            return Err(format!(
                "components, exponent, exponents, weights and dampings: {} would be done twice: leave one out",
                method.label()
            ));
        }
        let counts = [self.heads.len(), self.seeds.len(), methods.len(), self.strengths.len()];
        let trainings = counts.into_iter().fold(1, usize::saturating_mul);
        check_count(trainings).map_err(|problem| format!("heads, seeds, methods and strengths: {problem}"))
    }

    /// What two tasks are learnt with. The costliest come first, so that cores are busy to the end.
    pub(super) fn methods(&self) -> Vec<Method> {
        let mut components = self.components.clone();
        components.sort_unstable_by(|one, other| other.cmp(one));
        let mut methods: Vec<Method> =
            components.into_iter().map(|components| Method::ldc(components, self.exponent)).collect();
        methods.extend(self.exponents.iter().map(|&exponent| Method::ldc(self.shown, exponent)));
        methods.extend(self.weights.iter().map(|&weights| Method::ewc(Some(weights))));
        methods.extend(self.dampings.iter().map(|&damping| Method::ppap(damping)));
        methods.extend([Method::ACTIVITY, Method::ewc(None), Method::L2, Method::NONE]);
        methods
    }

    /// The methods that are compared, in the trade-off and in the sequence.
    pub(crate) fn compared(&self) -> [Method; 6] {
        let ldc = Method::ldc(self.shown, self.exponent);
        [Method::NONE, Method::L2, Method::ewc(None), ldc, self.ppap(), Method::ACTIVITY]
    }

    /// The first of the dampings.
    fn ppap(&self) -> Method {
        Method::ppap(self.dampings.first().copied().unwrap_or(1.0))
    }
}

#[cfg(test)]
mod tests {
    use crate::Study;

    const GOOD: &str = "name = 'x'\nrun = 'y'\n[study.forgetting]\npairs = [[0, 1], [2, 3]]\nheads = ['own']\nepochs = 2\nwindow = 1\nevery = 3\n\
                        seeds = [1, 2]\nstrengths = [1.0, 10.0]\ncomponents = [2, 5]\nshown = 5\nfisher_samples = 10";

    #[test]
    fn every_bad_value_names_its_key() {
        Study::parse(GOOD, "file.toml").unwrap();
        for (from, to, key) in [
            ("[[0, 1], [2, 3]]", "[[0, 1]]", "pairs"),
            ("[[0, 1], [2, 3]]", "[[0, 1], [2, 1]]", "digit 1"),
            ("heads = ['own']", "heads = []", "heads"),
            ("heads = ['own']", "heads = ['own', 'own']", "heads"),
            ("window = 1", "window = 3", "window"),
            ("every = 3", "every = 0", "every"),
            ("seeds = [1, 2]", "seeds = [1, 1, 2]", "seeds"),
            ("strengths = [1.0, 10.0]", "strengths = [10.0, 1.0]", "strengths"),
            ("strengths = [1.0, 10.0]", "strengths = [0.0]", "strengths"),
            ("shown = 5", "shown = 6", "components"),
            ("fisher_samples = 10", "fisher_samples = 10\nweights = [0]", "weights"),
            ("fisher_samples = 10", "fisher_samples = 10\nexponents = [-1.0]", "exponent"),
            ("fisher_samples = 10", "fisher_samples = 10\nexponents = [2.0]", "twice"),
            ("fisher_samples = 10", "fisher_samples = 10\ndampings = []", "dampings"),
            ("fisher_samples = 10", "fisher_samples = 10\ndampings = [0.1, 0.0]", "dampings"),
            ("fisher_samples = 10", "fisher_samples = 10\ndampings = [0.1, 0.1]", "twice"),
            ("fisher_samples = 10", "fisher_samples = 10\nlambda = 3", "lambda"),
        ] {
            let message = Study::parse(&GOOD.replace(from, to), "file.toml").unwrap_err().to_string();
            assert!(message.contains(key) && message.contains("file.toml"), "{message}");
        }
    }
}
