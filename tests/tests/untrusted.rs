//! A run or figure folder from anyone: nothing outside of it is written or removed, nothing hangs, nothing in it is executed.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ndarray::Array2;
use ndarray_npy::NpzWriter;
use varflat_tests::{
    Outcome, Snapshot, Workplace, assert_same, names, program, without_checksums, write_record,
};

const FEW: [&str; 4] = ["landscape.components=20", "recorder.window=70", "fit.block=10", "fit.resamples=40"];

/// What must not be touched, beside the run folder.
fn victim(work: &Workplace) -> PathBuf {
    let folder = work.path("outside");
    fs::create_dir_all(folder.join("below")).unwrap();
    fs::write(folder.join("letter"), "years of work").unwrap();
    fs::write(folder.join("below/other"), "more of it").unwrap();
    folder
}

/// A fresh copy of a run folder; links stay links.
fn copy(work: &Workplace, to: &str) -> PathBuf {
    let (from, to) = (work.path("run"), work.path(to));
    let _ = fs::remove_dir_all(&to);
    fs::create_dir(&to).unwrap();
    for name in names(&from) {
        fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
    to
}

/// Does a command end in a minute?
fn in_time(arguments: &[String]) -> Outcome {
    let (done, ended) = std::sync::mpsc::channel();
    let owned = arguments.to_vec();
    std::thread::spawn(move || done.send(program!().run(&owned)));
    ended.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("{arguments:?} hangs"))
}

fn fifo(path: &Path) {
    let _ = fs::remove_file(path);
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn nothing_is_written_through_a_link() {
    let work = Workplace::new();
    work.finished(&program!(), "run", &FEW);
    let outside = victim(&work);
    let before = Snapshot::of(&outside);
    let letter = outside.join("letter");
    for (name, target, command) in [
        (".lock", &letter, "fit"),
        ("flatness.partial.csv", &letter, "flatness"),
        ("walk.partial.npz", &letter, "flatness"),
        ("checkpoint-000000000030", &outside, "pca"),
        ("trajectory.part-0.npy", &letter, "pca"),
    ] {
        let run = copy(&work, "foreign");
        symlink(target, run.join(name)).unwrap();
        let results = Snapshot::of_results(&run);
        let outcome = program!().run(&work.stage(command, "foreign"));
        outcome.fails_clearly(&[name, "symbolic link", "remove the link"]);
        assert_same(&before, &Snapshot::of(&outside), name);
        assert_same(&results, &Snapshot::of_results(&run), name);
        // Nor by an experiment that begins anew.
        let mut force = work.run("foreign", &FEW);
        force.push("--force".to_owned());
        program!().run(&force).fails_clearly(&[name, "symbolic link"]);
        assert_same(&before, &Snapshot::of(&outside), name);
    }

    // The trajectory of a training that is not finished is continued where it lies.
    let run = copy(&work, "foreign");
    fs::remove_file(run.join("run.json")).unwrap();
    fs::remove_file(run.join("trajectory.npy")).unwrap();
    symlink(&letter, run.join("trajectory.npy")).unwrap();
    program!().run(&work.run("foreign", &FEW)).fails_clearly(&["trajectory.npy", "symbolic link"]);
    assert_same(&before, &Snapshot::of(&outside), "an unfinished trajectory");

    // Everything else is replaced, the link and not what it leads to.
    let run = copy(&work, "foreign");
    for name in ["fit.json", "config.toml", "run.json"] {
        fs::rename(run.join(name), outside.join(name)).unwrap();
        symlink(outside.join(name), run.join(name)).unwrap();
    }
    let drafts = [".fit.json.1.tmp", ".run.json.77.tmp", "trajectory.json.tmp"];
    drafts.iter().for_each(|name| symlink(&letter, run.join(name)).unwrap());
    symlink(&outside, run.join(".folder.tmp")).unwrap();
    let before = Snapshot::of(&outside);
    program!()
        .run(&[work.stage("fit", "foreign"), vec!["--set".into(), "fit.skip_first=2".into()]].concat())
        .succeeds();
    assert_same(&before, &Snapshot::of(&outside), "a fit in a folder of links");
    let left = names(&run);
    assert!(!left.iter().any(|name| name.ends_with(".tmp")), "{left:?}");
    let mut force = work.run("foreign", &FEW);
    force.push("--force".to_owned());
    program!().run(&force).succeeds();
    assert_same(&before, &Snapshot::of(&outside), "a run that begins anew");
}

/// A large trajectory may be kept elsewhere. It is read there; to verify it as part of the run is refused.
#[test]
fn a_result_may_be_read_through_a_link_but_is_not_verified() {
    let work = Workplace::new();
    let run = work.finished(&program!(), "run", &FEW);
    let kept = work.path("kept.npy");
    fs::rename(run.join("trajectory.npy"), &kept).unwrap();
    symlink(&kept, run.join("trajectory.npy")).unwrap();
    let bytes = fs::read(&kept).unwrap();
    program!().run(&work.stage("pca", "run")).succeeds();
    let outcome = program!().run(&work.stage("verify", "run"));
    outcome.fails_clearly(&["trajectory.npy", "symbolic link"]);
    // Trained anew, the run has a trajectory of its own.
    let mut force = work.run("run", &FEW);
    force.push("--force".to_owned());
    program!().run(&force).succeeds();
    assert!(fs::read(&kept).unwrap() == bytes, "the file elsewhere was changed");
    program!().run(&work.stage("verify", "run")).succeeds();
}

#[test]
fn a_pipe_in_place_of_a_file_keeps_nobody_waiting() {
    let work = Workplace::new();
    work.finished(&program!(), "run", &FEW);
    let plot = ["plot".to_owned(), work.text("run"), "--figures".to_owned(), work.text("figures")];
    program!().run(&plot).succeeds();
    for name in
        ["trajectory.npy", "trajectory.json", "config.toml", "run.json", "metrics.csv", "pca.npz", ".lock"]
    {
        let run = copy(&work, "foreign");
        fifo(&run.join(name));
        for command in ["inspect", "verify", "pca", "fit"] {
            in_time(&work.stage(command, "foreign")).fails_clearly(&[name, "pipe"]);
        }
        in_time(&work.run("foreign", &FEW)).fails_clearly(&[name, "pipe"]);
    }
    let tables = work.path("figures");
    let summary = fs::read(tables.join("summary.json")).unwrap();
    for name in ["flatness.csv", "summary.json"] {
        fifo(&tables.join(name));
        let arguments = ["--figures".to_owned(), work.text("figures")];
        for command in ["plot", "report"] {
            in_time(&[[command.to_owned()].as_slice(), &arguments].concat()).fails_clearly(&[name, "pipe"]);
        }
        in_time(&["verify".to_owned(), work.text("figures")]).fails_clearly(&[name, "pipe"]);
        fs::remove_file(tables.join(name)).unwrap();
        fs::write(tables.join("summary.json"), &summary).unwrap();
    }
    fifo(&work.path("images/SHA256SUMS"));
    let mut flatness = work.stage("flatness", "run");
    in_time(&flatness).fails_clearly(&["SHA256SUMS"]);
    flatness[0] = "verify".to_owned();
    in_time(&flatness).fails_clearly(&["SHA256SUMS"]);
}

#[test]
fn names_inside_files_never_become_paths() {
    let work = Workplace::new();
    let run = work.finished(&program!(), "run", &FEW);
    let outside = victim(&work);
    let before = Snapshot::of(&outside);
    let around = names(&work.path(""));
    // Without checksums, as a run from before they were kept: they would have refused all of it.
    let record = without_checksums(&run);
    write_record(&run, record.clone(), false);

    let path = work.text("outside/letter");
    for name in ["../outside/letter", "../../../../etc/passwd", path.as_str()] {
        let foreign = copy(&work, "foreign");
        for file in ["weights_mean.npz", "weights_final.npz", "pca.npz", "landscape.npz"] {
            let mut npz = NpzWriter::new(File::create(foreign.join(file)).unwrap());
            npz.add_array(format!("{name}.weight"), &Array2::<f64>::zeros((12, 12))).unwrap();
            npz.finish().unwrap();
        }
        for command in ["flatness", "fit", "verify"] {
            program!().run(&work.stage(command, "foreign")).fails_clearly(&[]);
        }
        let foreign = copy(&work, "foreign");
        let config = fs::read_to_string(foreign.join("config.toml")).unwrap();
        fs::write(foreign.join("config.toml"), config.replace("\"hidden\"", &format!("{name:?}"))).unwrap();
        for command in ["flatness", "fit", "verify"] {
            program!().run(&work.stage(command, "foreign")).fails_clearly(&[]);
        }
        fs::write(foreign.join("config.toml"), config.replace("\"small\"", &format!("{name:?}"))).unwrap();
        for command in ["inspect", "fit", "verify"] {
            program!().run(&work.stage(command, "foreign")).fails_clearly(&["config.toml", "plain word"]);
        }
        // A list of checksums names files as well.
        let mut named = record.clone();
        named["stages"]["fit"]["files"] = serde_json::json!({ name: { "bytes": 1, "sha256": "00" } });
        fs::write(foreign.join("config.toml"), &config).unwrap();
        write_record(&foreign, named, true);
        program!().run(&work.stage("verify", "foreign")).fails_clearly(&[name, "no file of a run"]);
        // And so does a study.
        let study =
            format!("name = {name:?}\nrun = 'run'\n[study.drift]\ncomponents = [1]\nlags = [[1, 9]]\n");
        fs::write(work.path("study.toml"), study).unwrap();
        let arguments = ["study".to_owned(), work.text("study.toml"), "--runs".to_owned(), work.text("runs")];
        program!().run(&arguments).fails_clearly(&["study.toml", "name", "plain word"]);
        fs::remove_file(work.path("study.toml")).unwrap();
    }
    fs::remove_dir_all(work.path("foreign")).unwrap();
    assert_same(&before, &Snapshot::of(&outside), "names that are paths");
    let mut now = names(&work.path(""));
    now.retain(|name| name != "outside");
    assert_eq!(now, around.into_iter().filter(|name| name != "outside").collect::<Vec<_>>());
}

/// A walk's start is looked for only by `run` and `train`, which take the experiment from a file that their user names.
#[test]
fn an_opened_run_leads_to_no_other() {
    let work = Workplace::new();
    let run = work.finished(&program!(), "run", &FEW);
    let start = "\n[langevin]\nstart = \"/proc/self/root/etc\"\ntemperature = 1e-6\nlearning_rate = 0.5\nburn_in = 5\n";
    let config = fs::read_to_string(run.join("config.toml")).unwrap() + start;
    fs::write(run.join("config.toml"), config).unwrap();
    // Changed since the run was made.
    program!().run(&work.stage("fit", "run")).fails_clearly(&["config.toml", "changed since"]);
    // By itself it changes nothing for a reader.
    program!().run(&work.stage("inspect", "run")).succeeds();
}

/// Text that a browser or a terminal would obey, wherever a run or a study has words.
#[test]
fn words_of_a_run_are_words_in_figures_report_and_terminal() {
    let work = Workplace::new();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../figures");
    let folder = work.path("figures");
    fs::create_dir(&folder).unwrap();
    for name in names(&committed) {
        if ["csv", "json"].iter().any(|kind| name.ends_with(kind)) {
            fs::copy(committed.join(&name), folder.join(&name)).unwrap();
        }
    }
    let evil = "<script>alert(1)<img src=x onerror=alert(2)>";
    let change = |name: &str, change: &dyn Fn(String) -> String| {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        let changed = change(text.clone());
        assert_ne!(text, changed, "{name}");
        fs::write(folder.join(name), changed).unwrap();
    };
    change("summary.json", &|text| text.replace("\"name\": \"headline\"", &format!("\"name\": \"{evil}\"")));
    change("summary.json", &|text| text.replace("\"device\": \"", &format!("\"device\": \"{evil}")));
    change("drift.json", &|text| text.replace("\"name\": \"drift\"", &format!("\"name\": \"{evil}\"")));
    let in_table = |name: &str, columns: &[&str]| {
        let (header, mut rows) = varflat_tests::table(&folder.join(name));
        for column in columns {
            let place = header.iter().position(|title| title == column).unwrap();
            rows.iter_mut().for_each(|row| row[place].push_str(evil));
        }
        let mut writer = csv::Writer::from_path(folder.join(name)).unwrap();
        writer.write_record(&header).unwrap();
        rows.iter().for_each(|row| writer.write_record(row).unwrap());
    };
    in_table("grid.csv", &["group", "note"]);
    in_table("generality.csv", &["group", "note"]);
    in_table("langevin.csv", &["note"]);
    // Drawings of other origin: one with a script, one whose name is one.
    let script =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><script>alert(3)</script></svg>";
    fs::write(folder.join("other.svg"), script).unwrap();
    fs::write(folder.join("a\" onload=\"alert(4)<b>.svg"), script.replace("<script>alert(3)</script>", ""))
        .unwrap();
    program!().run(&["plot".to_owned(), "--figures".to_owned(), work.text("figures")]).succeeds();

    let mut drawn = 0;
    for name in names(&folder) {
        let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        if name.ends_with(".svg") && !name.starts_with("other") && !name.starts_with("a\"") {
            drawn += 1;
            let svg = text(&name);
            let document = roxmltree::Document::parse(&svg).unwrap();
            for node in document.descendants().filter(roxmltree::Node::is_element) {
                let tag = node.tag_name().name();
                assert!(!["script", "img", "a", "image", "foreignObject"].contains(&tag), "{name}: <{tag}>");
                let handler = node.attributes().find(|attribute| attribute.name().starts_with("on"));
                assert!(handler.is_none(), "{name}: {handler:?}");
            }
        } else if name.starts_with("report.") {
            let page = text(&name);
            for executable in ["<script>alert", "<img src=x", "alert(3)", "alert(4)"] {
                assert!(!page.contains(executable), "{name} has {executable}");
            }
        }
    }
    assert!(drawn >= 20, "{drawn} figures");
    let html = fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(html.contains("Not shown here"), "what became of other.svg?");
    let policy = html.split_once("script-src 'sha256-").expect("a policy that names the one script").1;
    assert!(!policy.split_once('>').unwrap().0.contains("script-src 'unsafe"), "any script may run");

    // Colours, titles and clipboards of a terminal.
    let run = work.finished(&program!(), "run", &FEW);
    let mut record = without_checksums(&run);
    record["device"] = "\u{1b}]52;c;ZXZpbA==\u{7}\u{1b}[2J".into();
    write_record(&run, record, false);
    let outcome = program!().run(&work.stage("inspect", "run")).succeeds();
    assert!(!outcome.stdout.contains('\u{1b}') && !outcome.stdout.contains('\u{7}'), "{outcome:?}");
}
