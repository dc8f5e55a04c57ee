//! Kill −9 at moments all over every kind of work: nothing half-written has the name of a result, and the same command ends in the bytes
//! of an undisturbed run.
//!
//! `VARFLAT_KILLS` is the number of kills over all kinds of work, `VARFLAT_SEED` what their moments follow from. Those before every single
//! change of the file system are asked for by `cargo test … --test kills -- --ignored`; they need `strace`.

use varflat_tests::{Workplace, cases, program};

/// A number from the environment.
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

/// A test for each kind of work, and its share of the kills.
macro_rules! kinds {
    ($($test:ident: $prepare:expr;)*) => {
        const KINDS: usize = [$(stringify!($test)),*].len();

        $(#[test]
        fn $test() {
            kill($prepare);
        })*
    };
}

kinds! {
    training_of_a_window: cases::training;
    training_with_every_row_kept: cases::training_with_every_row;
    training_of_a_convolution: cases::convolution;
    a_short_training: cases::short_training;
    a_langevin_walk: cases::walk;
    principal_components: cases::pca;
    flatness_along_them: cases::flatness;
    the_fit: cases::fit;
    a_run_from_end_to_end: cases::run;
    a_run_in_place_of_another: cases::force;
    runs_side_by_side: cases::sweep;
    a_study_that_keeps_results: cases::forgetting;
    a_study_that_keeps_replays: cases::controls;
    a_study_that_keeps_surrogates: cases::surrogates;
    a_study_whose_runs_share_files: cases::sensitivity;
    figures_in_place_of_others: cases::plot;
    the_report: cases::report;
}

fn kill(prepare: cases::Prepare) {
    let kills = (setting("VARFLAT_KILLS", 30) as usize).div_ceil(KINDS);
    let tally = prepare(&program!(), Workplace::new()).kill(kills, setting("VARFLAT_SEED", 61));
    assert_eq!(tally.kills, kills);
}

/// A kill before every single change of the file system.
fn at_every_change(kinds: &[cases::Prepare]) {
    for prepare in kinds {
        prepare(&program!(), Workplace::new()).kill_at_every_change();
    }
}

#[test]
#[ignore = "minutes; needs strace"]
fn every_change_of_the_trainings() {
    at_every_change(&[cases::short_training, cases::short_training_with_every_row]);
}

#[test]
#[ignore = "minutes; needs strace"]
fn every_change_of_the_stages_after_it() {
    at_every_change(&[cases::pca, cases::flatness, cases::fit]);
}

#[test]
#[ignore = "minutes; needs strace"]
fn every_change_of_a_run_in_place_of_another() {
    at_every_change(&[cases::force]);
}

#[test]
#[ignore = "minutes; needs strace"]
fn every_change_of_the_studies() {
    at_every_change(&[cases::sensitivity, cases::forgetting]);
}

#[test]
#[ignore = "minutes; needs strace"]
fn every_change_of_the_figures() {
    at_every_change(&[cases::plot, cases::report]);
}
