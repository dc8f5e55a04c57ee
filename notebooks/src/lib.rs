//! The code of the notebooks, made into modules by `build.rs`: what does not compile there fails the build, what fails there
//! fails a test. (evcxr compiles each cell by itself, and refuses some borrows that are fine here: `just notebooks` runs the
//! notebooks themselves.)
#![allow(clippy::all, clippy::unwrap_used, clippy::panic, missing_docs, unused)]

include!(concat!(env!("OUT_DIR"), "/notebooks.rs"));

#[cfg(test)]
mod tests {
    #[test]
    fn your_own_trajectory_runs() {
        super::your_own_trajectory::cells().unwrap();
    }

    #[test]
    fn extend_the_model_runs() {
        super::extend_the_model::cells().unwrap();
    }

    /// The tour needs a finished run: one that VARFLAT_RUN names, or that of the reproduction.
    #[test]
    fn the_tour_runs_where_there_is_a_run() {
        let there = std::env::var_os("VARFLAT_RUN").is_some()
            || std::path::Path::new("../runs/headline/fit.json").exists();
        if there {
            super::tour::cells().unwrap();
        } else {
            eprintln!("NOT TESTED: the tour, for want of a run; VARFLAT_RUN=FOLDER names one");
        }
    }
}
