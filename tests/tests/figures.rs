//! Figures come from tables alone, and the same tables give the same bytes.

use std::fs;
use std::path::Path;

use varflat_tests::{Snapshot, Workplace, assert_same, names, program};

const FIGURES: [&str; 6] =
    ["learning_phases", "pca_spectrum", "trajectories", "landscape", "flatness", "variance_flatness"];
const TABLES: [&str; 6] = [
    "flatness.csv",
    "landscape.csv",
    "learning_phases.csv",
    "pca_spectrum.csv",
    "summary.json",
    "trajectories.csv",
];

/// Made from all of these.
const REPORT: [&str; 2] = ["report.html", "report.md"];

/// A window of fewer steps than weights move in: no variance is 0, whatever units are dead.
const ALIVE: [&str; 2] = ["recorder.window=70", "fit.block=10"];

fn plot(work: &Workplace, run: Option<&str>, figures: &str) -> varflat_tests::Outcome {
    let mut arguments = vec!["plot".to_owned()];
    arguments.extend(run.map(|run| work.text(run)));
    arguments.extend(["--figures".to_owned(), work.text(figures)]);
    program!().run(&arguments)
}

fn remove_drawings(folder: &Path) {
    REPORT.iter().for_each(|name| fs::remove_file(folder.join(name)).unwrap());
    for name in FIGURES {
        for extension in ["svg", "png", "pdf"] {
            fs::remove_file(folder.join(format!("{name}.{extension}"))).unwrap();
        }
    }
}

#[test]
fn figures_are_redrawn_from_their_tables_byte_for_byte() {
    let work = Workplace::new();
    let run = work.finished(&program!(), "run", &ALIVE);
    let results = Snapshot::of(&run);
    let outcome = plot(&work, Some("run"), "figures").succeeds();
    assert!(outcome.stdout.contains("6 figures"), "{outcome:#?}");
    assert_same(&results, &Snapshot::of(&run), "drawing a run");

    let folder = work.path("figures");
    let first = Snapshot::of(&folder);
    let mut expected: Vec<String> = TABLES.iter().chain(&REPORT).map(|name| (*name).to_owned()).collect();
    for name in FIGURES {
        expected.extend(["svg", "png", "pdf"].map(|extension| format!("{name}.{extension}")));
        let svg = fs::read_to_string(folder.join(format!("{name}.svg"))).unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{name}");
        assert!(!svg.contains("NaN"), "{name} is drawn with coordinates that are no numbers");
    }
    expected.sort_unstable();
    assert_eq!(names(&folder), expected);

    // Once more from the run, into another folder.
    plot(&work, Some("run"), "again").succeeds();
    assert_same(&first, &Snapshot::of(&work.path("again")), "drawing twice");

    // Without the run there are still the tables.
    fs::remove_dir_all(&run).unwrap();
    remove_drawings(&folder);
    assert_eq!(names(&folder), TABLES);
    plot(&work, None, "figures").succeeds();
    assert_same(&first, &Snapshot::of(&folder), "drawing from tables alone");

    // What is drawn is what the tables say.
    let table = folder.join("pca_spectrum.csv");
    let (header, rest) = fs::read_to_string(&table)
        .unwrap()
        .split_once('\n')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let (first_row, others) = rest.split_once('\n').unwrap();
    let variance: f64 = first_row.split_once(',').unwrap().1.parse().unwrap();
    fs::write(&table, format!("{header}\n1,{}\n{others}", 10.0 * variance)).unwrap();
    plot(&work, None, "figures").succeeds();
    let differences = first.differences(&Snapshot::of(&folder));
    assert!(differences.contains(&"pca_spectrum.svg changed".to_owned()), "{differences:?}");
    assert!(!differences.contains(&"flatness.svg changed".to_owned()), "{differences:?}");
}

#[test]
fn a_figure_folder_without_its_tables_says_so() {
    let work = Workplace::new();
    plot(&work, None, "nothing").fails_clearly(&["/nothing", "check the path"]);
    fs::create_dir(work.path("some")).unwrap();
    fs::write(work.path("some/summary.json"), "{}").unwrap();
    plot(&work, None, "some").fails_clearly(&["/some/summary.json", "varflat plot"]);
}

/// `run --figures` draws at once; the figures are those of `plot`.
#[test]
fn a_run_can_draw_its_figures_itself() {
    let work = Workplace::new();
    let mut arguments = work.run("run", &ALIVE);
    arguments.extend(["--figures".to_owned(), work.text("at once")]);
    program!().run(&arguments).succeeds();
    plot(&work, Some("run"), "later").succeeds();
    assert_same(&Snapshot::of(&work.path("at once")), &Snapshot::of(&work.path("later")), "`run --figures`");
}

/// Units that are never active leave weights that never move: variances of exactly 0, which no logarithm has.
#[test]
fn a_run_with_dead_units_is_drawn_too() {
    let work = Workplace::new();
    let run = work.finished(&program!(), "run", &[]);
    let variance: ndarray::Array1<f64> = varflat_tests::npz(&run.join("pca.npz"), "variance");
    let still = variance.iter().filter(|variance| **variance == 0.0).count();
    assert!(still > 0, "no unit is dead: this test needs another seed");
    plot(&work, Some("run"), "figures").succeeds();
}
