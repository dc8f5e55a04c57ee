//! What a machine can do to a run: a full disk, no more inodes, a folder that may not be written or goes away, limits of the shell. One clear
//! message, nothing lost, and the same command comes to the undisturbed end when it is over.

use std::fs;

use varflat_tests::{Disk, Snapshot, Workplace, assert_same, cases, names, program};

/// Every kind of work that writes into `disk`.
const KINDS: [cases::Prepare; 12] = [
    cases::short_training,
    cases::training_with_every_row,
    cases::walk,
    cases::pca,
    cases::flatness,
    cases::fit,
    cases::force,
    cases::sweep,
    cases::forgetting,
    cases::sensitivity,
    cases::plot,
    cases::report,
];

#[test]
fn a_full_disk_is_named_and_room_is_all_it_takes() {
    let parts = ["/disk/", "No space left on device", "free some space", "the same command"];
    for prepare in KINDS {
        let work = Workplace::new();
        let Some(disk) = Disk::mount(&work.path("disk"), "size=64m") else { return };
        let case = prepare(&program!(), work);
        let mut failed = 0;
        // From no page at all to nearly enough.
        for free in [0, 24 << 10, 150 << 10] {
            let context = format!("{} KiB free", free >> 10);
            let hindered = case.hinder(&context, &program!(), &parts, || disk.fill(free), || disk.clear());
            failed += usize::from(hindered);
            if !hindered {
                break;
            }
        }
        assert!(failed > 0, "it was never too full");
    }
}

#[test]
fn a_disk_without_inodes_is_named_and_some_are_all_it_takes() {
    let parts = ["/disk/", "No space left on device", "free some space"];
    for prepare in [KINDS[0], KINDS[2], KINDS[6], KINDS[8], KINDS[10]] {
        let work = Workplace::new();
        let Some(disk) = Disk::mount(&work.path("disk"), "size=64m,nr_inodes=400") else { return };
        let case = prepare(&program!(), work);
        for free in [0, 2] {
            let context = format!("{free} inodes free");
            case.hinder(&context, &program!(), &parts, || disk.use_up_inodes(free), || disk.clear());
        }
    }
}

#[test]
fn what_may_not_be_written_is_named_and_can_be_read() {
    let parts = ["/disk/", "Read-only file system", "choose a folder that you may write to"];
    for prepare in KINDS {
        let work = Workplace::new();
        let Some(disk) = Disk::mount(&work.path("disk"), "size=64m") else { return };
        let case = prepare(&program!(), work);
        let (lock, unlock) = (|| disk.set_read_only(true), || disk.set_read_only(false));
        assert!(case.hinder("read-only", &program!(), &parts, lock, unlock), "it wrote all the same");
    }
    // A finished run can be looked into and drawn from.
    let work = Workplace::new();
    let Some(disk) = Disk::mount(&work.path("disk"), "size=64m") else { return };
    work.finished(&program!(), "disk/run", &["landscape.components=20"]);
    disk.set_read_only(true);
    let before = Snapshot::of(&work.path("disk"));
    let seen = program!().run(&work.stage("inspect", "disk/run")).succeeds();
    assert!(seen.stdout.contains('ψ'), "{seen:#?}");
    let drawn = [work.stage("plot", "disk/run"), vec!["--figures".to_owned(), work.text("figures")]].concat();
    program!().run(&drawn).succeeds();
    assert!(work.path("figures/report.html").exists());
    assert_same(&before, &Snapshot::of(&work.path("disk")), "looking into a run");
}

/// Files that may be open at a time, files of a size, memory: limits that a cluster sets.
#[test]
fn a_limit_of_the_shell_is_named_with_its_remedy() {
    let few: [(cases::Prepare, [u32; 2]); 4] = [
        (cases::short_training, [6, 8]),
        (cases::sweep, [9, 14]),
        (cases::forgetting, [6, 8]),
        (cases::plot, [5, 6]),
    ];
    for (prepare, files) in few {
        let case = prepare(&program!(), Workplace::new());
        let failed = files.map(|files| {
            let hindered = program!().limited(&format!("-n {files}"));
            let parts = ["Too many open files", "ulimit -n", "--jobs"];
            case.hinder(&format!("{files} files"), &hindered, &parts, || {}, || {})
        });
        assert!(failed.contains(&true), "so few files are enough?");
    }
    for prepare in [cases::training_with_every_row as cases::Prepare, cases::pca, cases::plot] {
        let case = prepare(&program!(), Workplace::new());
        // In blocks of 512 bytes; what the program prints is a pipe.
        let hindered = program!().limited("-f 20");
        let parts = ["File too large", "ulimit -f", "the same command"];
        assert!(case.hinder("files of 10 kB", &hindered, &parts, || {}, || {}), "it was large enough");
    }
}

/// Too little memory ends the program as a kill does, where it is not noticed before; nothing is lost.
#[test]
fn too_little_memory_loses_nothing() {
    for prepare in [cases::short_training as cases::Prepare, cases::flatness] {
        let case = prepare(&program!(), Workplace::new());
        let ends = [60, 85, 95, 100, 140].map(|limit| {
            let hindered = program!().limited(&format!("-v {limit}000"));
            let outcome = case.survives(&format!("{limit} MB"), &hindered);
            // Where there is a message, it is a clear one.
            assert_ne!(outcome.code, Some(101), "{outcome:#?}");
            outcome.code
        });
        assert!(ends.iter().any(|code| *code != Some(0)), "so little is enough? {ends:?}");
    }
}

/// A run folder that is moved away while its training is at work: an error, and no second folder with half of the files.
#[test]
fn a_folder_that_is_moved_away_does_not_come_back_by_itself() {
    let work = Workplace::new();
    for window in ["600", "all"] {
        let settings = ["training.max_epochs=150".to_owned(), format!("recorder.window={window}")];
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let undisturbed = work.finished(&program!(), &format!("undisturbed {window}"), &settings);
        let mut running = program!().start(&work.run("out", &settings));
        running.wait_for_lines(&work.path("out/metrics.csv"), 3);
        fs::rename(work.path("out"), work.path("moved")).unwrap();
        let outcome = running.outcome();
        println!("{}", outcome.stderr);
        outcome.fails_clearly(&[
            "/out",
            "No such file or directory",
            "whether the folder was moved meanwhile",
        ]);
        assert!(!work.path("out").exists(), "{:?}", names(&work.path("out")));
        fs::rename(work.path("moved"), work.path("out")).unwrap();
        program!().run(&work.run("out", &settings)).succeeds();
        let results = Snapshot::of_results(&work.path("out"));
        assert_same(&Snapshot::of_results(&undisturbed), &results, "after it was moved back");
        assert_eq!(names(&work.path("out")), names(&undisturbed), "files left over");
        fs::remove_dir_all(work.path("out")).unwrap();
    }
}

/// Where the name of a file is taken by a folder, the folder is not thrown away.
#[test]
fn a_folder_in_the_place_of_a_file_is_named() {
    let work = Workplace::new();
    let run = work.finished(&program!(), "run", &["landscape.components=20"]);
    let before = Snapshot::of(&run).without(&["run.json"]);
    for (stage, file) in
        [("pca", "pca.npz"), ("flatness", "flatness.csv"), ("fit", "fit.json"), ("fit", "run.json")]
    {
        let (held, mine) = (work.path("held"), run.join(file).join("mine.txt"));
        fs::rename(run.join(file), &held).unwrap();
        fs::create_dir(run.join(file)).unwrap();
        fs::write(&mine, "mine").unwrap();
        let outcome = program!().run(&work.stage(stage, "run"));
        println!("{file}: {}", outcome.stderr);
        outcome.fails_clearly(&[file, "s a directory"]);
        assert_eq!(fs::read_to_string(mine).unwrap(), "mine");
        fs::remove_dir_all(run.join(file)).unwrap();
        fs::rename(&held, run.join(file)).unwrap();
        program!().run(&work.run("run", &["landscape.components=20"])).succeeds();
        assert_same(&before, &Snapshot::of(&run).without(&["run.json"]), file);
    }
}
