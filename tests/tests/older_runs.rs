//! A run, a study and figures made by an earlier version (commit 1440e64) are still opened, verified, fitted again and redrawn.

use std::fs;
use std::path::Path;

use varflat::RunFolder;
use varflat::run_folder::Stage;
use varflat_tests::readers::copy;
use varflat_tests::{Program, program};

/// What lies in `fixtures/of_1440e64`, in a folder to work in, and the program that works there: data are named relatively.
fn older() -> (tempfile::TempDir, Program) {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/of_1440e64"), folder.path());
    let program = program!().under(["env", "-C", folder.path().to_str().unwrap()]);
    (folder, program)
}

fn json(file: &Path) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn an_older_run_is_opened_verified_and_fitted_again() {
    let (folder, program) = older();
    let run = folder.path().join("runs/base");
    let verified = program.run(&["verify", "runs/base"]).succeeds();
    assert!(verified.stdout.contains("that an older version did not write"), "{verified:#?}");
    let inspected = program.run(&["inspect", "runs/base"]).succeeds();
    assert!(inspected.stdout.contains("do `varflat fit` again"), "{inspected:#?}");
    let again = program.run(&["run", "small.toml", "--out", "runs/base"]).succeeds();
    assert!(again.stdout.contains("finished already"), "{again:#?}");

    let before = json(&run.join("fit.json"));
    program.run(&["fit", "runs/base"]).succeeds();
    let after = json(&run.join("fit.json"));
    for key in ["psi", "psi_theil_sen", "gap", "alignment", "l0", "floor", "share_35"] {
        let [before, after] = [&before, &after].map(|fit| fit[key].as_f64().unwrap());
        assert!((after / before - 1.0).abs() < 1e-9, "{key}: {before} before, {after} after");
    }
    assert!(before.get("psi_estimate").is_none() && after["psi_estimate"]["value"] == after["psi"]);
    let verified = program.run(&["verify", "runs/base"]).succeeds();
    assert!(!verified.stdout.contains("older version"), "{verified:#?}");
}

#[test]
fn older_figures_and_studies_are_known_and_redrawn() {
    let (folder, program) = older();
    program.run(&["verify", "figures"]).succeeds();
    let study = program.run(&["study", "drift.toml"]).succeeds();
    assert!(study.stdout.contains("already finished"), "{study:#?}");
    let figures = folder.path().join("figures");
    let table = fs::read(figures.join("drift.csv")).unwrap();
    program.run(&["plot", "--figures", "figures"]).succeeds();
    assert_eq!(fs::read(figures.join("drift.csv")).unwrap(), table);
    program.run(&["verify", "figures"]).succeeds();
    program.run(&["plot", "runs/base", "--figures", "new"]).succeeds();
    for name in ["variance_flatness", "pca_spectrum"] {
        assert!(folder.path().join(format!("new/{name}.svg")).exists(), "{name}");
    }
}

/// A figure whose table came later is left out of a folder that has none; one whose table has gone is an error.
#[test]
fn figures_that_came_later_are_left_out_of_older_folders() {
    let folder = tempfile::tempdir().unwrap();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../figures");
    for entry in fs::read_dir(committed).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with("noise") && (name.ends_with("csv") || name.ends_with("json")) {
            fs::copy(&path, folder.path().join(name)).unwrap();
        }
    }
    let program = program!();
    let plot = ["plot", "--figures", folder.path().to_str().unwrap()];
    let there = |name: &str| folder.path().join(format!("{name}.svg")).exists();
    fs::remove_file(folder.path().join("noise_learning.csv")).unwrap();
    program.run(&plot).fails_clearly(&["noise_learning.csv"]);
    assert!(!there("noise"));

    let mut record = json(&folder.path().join("noise.json"));
    assert!(record["tables"].as_object_mut().unwrap().remove("noise_learning.csv").is_some());
    fs::write(folder.path().join("noise.json"), serde_json::to_string_pretty(&record).unwrap()).unwrap();
    program.run(&plot).succeeds();
    assert!(there("noise") && !there("noise_projected"));
}

/// Stages are taken over file by file, and a kill may come between any two.
#[test]
fn a_run_that_was_half_taken_over_is_taken_over_again() {
    let (folder, _) = older();
    let source = RunFolder::view(folder.path().join("runs/base")).unwrap();
    let experiment = source.experiment().with(&["fit.block=7".to_owned()]).unwrap();
    let place = folder.path().join("runs/other");
    let adopt = || RunFolder::create(&place, &experiment, false)?.adopt(&source);

    let missing = source.file("pca.npz");
    fs::rename(&missing, folder.path().join("kept")).unwrap();
    adopt().unwrap_err();
    assert!(place.join("trajectory.npy").exists() && !place.join("pca.npz").exists());
    fs::rename(folder.path().join("kept"), &missing).unwrap();
    adopt().unwrap();
    let adopted = RunFolder::view(&place).unwrap();
    assert!(adopted.is_done(Stage::Flatness).unwrap() && !adopted.is_done(Stage::Fit).unwrap());
}
