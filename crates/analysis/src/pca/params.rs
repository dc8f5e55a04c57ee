//! Parameters of [`TrajectoryPca`](crate::TrajectoryPca), in linfa's grammar.

use linfa::ParamGuard;

use crate::AnalysisError;

/// How the directions p_i are found; the variances are measured on the projections in every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Solver {
    /// [`Covariance`](Self::Covariance) where weights ≤ steps, else [`Gram`](Self::Gram); an error where
    /// both exceed 16,384, because all components would then take hours.
    #[default]
    Auto,
    /// Eigenvectors of the covariance matrix: about 3·T·N² + 9·N³ operations, four f64 matrices
    /// `[weights, weights]` at the peak.
    Covariance,
    /// Eigenvectors of the Gram matrix, carried over to the weights: four f64 matrices `[steps, steps]`
    /// or, if that is more, two `[weights, steps]`.
    Gram,
    /// The first k directions by block Lanczos on the f32 window, for k ≪ min(steps, weights): a few
    /// dozen passes over it, and about 3·k + 400 vectors of the length of its shorter side.
    TopK(usize),
    /// The first k directions by `linfa_reduction::Pca` (LOBPCG), for k ≪ min(steps, weights): an implementation that shares nothing
    /// with ours, to hold the others against. It has the window in memory twice in f64. Variances under 2·10⁻¹⁰ of
    /// σ_1² it leaves out; that, and an eigenvector that has not converged, is an error
    /// ([`LinfaIncomplete`](AnalysisError::LinfaIncomplete)).
    Linfa(usize),
}

/// Unchecked parameters of [`TrajectoryPca`](crate::TrajectoryPca).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrajectoryPcaParams(TrajectoryPcaValidParams);

/// Checked parameters of [`TrajectoryPca`](crate::TrajectoryPca).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrajectoryPcaValidParams {
    solver: Solver,
    segment: usize,
    measured: bool,
}

impl Default for TrajectoryPcaParams {
    fn default() -> Self {
        Self(TrajectoryPcaValidParams { solver: Solver::Auto, segment: 100, measured: true })
    }
}

impl TrajectoryPcaParams {
    /// Sets how the directions are found.
    pub fn solver(mut self, solver: Solver) -> Self {
        self.0.solver = solver;
        self
    }

    /// Sets the length, in steps, of the time segments whose moments are kept (default 100).
    pub fn segment(mut self, steps: usize) -> Self {
        self.0.segment = steps;
        self
    }

    /// Sets whether the variances are measured on the projections θ_i(t) (default true).
    ///
    /// That pass over the window is the larger half of the work. Without it the variances are Rayleigh
    /// quotients of the eigen-solver, within 1e-6 of a dense SVD down to σ²/σ_1² = 1e-11 and 1e-4 down to
    /// 1e-13, and there are no segment moments and so no bootstrap.
    pub fn measured(mut self, measured: bool) -> Self {
        self.0.measured = measured;
        self
    }
}

impl TrajectoryPcaValidParams {
    /// How the directions are found.
    pub fn solver(&self) -> Solver {
        self.solver
    }

    /// Whether the variances are measured on the projections.
    pub fn measured(&self) -> bool {
        self.measured
    }

    /// Length of a time segment in steps.
    pub fn segment(&self) -> usize {
        self.segment
    }
}

impl ParamGuard for TrajectoryPcaParams {
    type Checked = TrajectoryPcaValidParams;
    type Error = AnalysisError;

    fn check_ref(&self) -> Result<&Self::Checked, AnalysisError> {
        let at_least_one = |name, value| AnalysisError::Parameter { name, value, expected: "at least 1" };
        if self.0.segment == 0 {
            return Err(at_least_one("segment", 0.0));
        }
        match self.0.solver {
            Solver::TopK(0) => Err(at_least_one("solver: TopK", 0.0)),
            Solver::Linfa(0) => Err(at_least_one("solver: Linfa", 0.0)),
            _ => Ok(&self.0),
        }
    }

    fn check(self) -> Result<Self::Checked, AnalysisError> {
        self.check_ref()?;
        Ok(self.0)
    }
}
