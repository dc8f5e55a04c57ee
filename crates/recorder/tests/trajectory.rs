//! The trajectory file: what is read is what was written, whatever happened in between.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    mem::forget,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use ndarray::Array2;
use ndarray_npy::read_npy;
use tempfile::tempdir;
use varflat_recorder::{Keep, Precision, RecorderError, Trajectory, TrajectoryInfo, TrajectoryWriter};

const WEIGHTS: usize = 6;

fn info(every: u64) -> TrajectoryInfo {
    TrajectoryInfo { every, ..TrajectoryInfo::new("hidden.weight", [2, 3]) }
}

fn row(step: u64) -> Vec<f32> {
    (0..WEIGHTS).map(|i| (step as f32 * 0.1 + i as f32).sin()).collect()
}

fn rows(steps: impl Iterator<Item = u64>) -> Vec<f32> {
    steps.flat_map(row).collect()
}

fn record(writer: &mut TrajectoryWriter, steps: impl Iterator<Item = u64>) {
    for step in steps {
        writer.append(step, &row(step)).unwrap();
    }
}

/// Rows as a killed process leaves them: what is not flushed is lost, nothing is closed.
fn kill(writer: TrajectoryWriter) {
    forget(writer);
}

/// The names of all files in a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn another_library_reads_what_is_written() {
    for keep in [Keep::All, Keep::Last(7)] {
        let folder = tempdir().unwrap();
        let mut writer = TrajectoryWriter::create(&folder, info(3), keep).unwrap();
        record(&mut writer, (0..60).step_by(3));
        let summary = writer.finish().unwrap();
        let first = if keep == Keep::All { 0 } else { 39 };
        assert_eq!((summary.first_step, summary.last_step, summary.weights), (first, 57, WEIGHTS));

        let array: Array2<f32> = read_npy(&summary.path).unwrap();
        assert_eq!(array.dim(), (summary.rows as usize, WEIGHTS));
        let expected = rows((first..60).step_by(3));
        assert_eq!(array.as_slice().unwrap(), expected);

        let trajectory = Trajectory::open(&folder).unwrap();
        assert_eq!(trajectory.read().unwrap(), expected);
        assert_eq!(trajectory.rows(1..3).unwrap(), expected[WEIGHTS..3 * WEIGHTS]);
        assert_eq!((trajectory.step(0), trajectory.step(2)), (first, first + 6));
        assert_eq!(
            (trajectory.info().layer.as_str(), trajectory.info().shape.as_slice()),
            ("hidden.weight", &[2, 3][..])
        );
        assert!(!trajectory.is_truncated());
        assert!(matches!(trajectory.rows(3..2000), Err(RecorderError::RowsOutOfRange { .. })));
        assert_eq!(files(folder.path()), ["trajectory.json", "trajectory.npy"]);
    }
}

#[test]
fn a_file_of_another_program_opens() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("other.npy");
    let array = Array2::from_shape_fn((4, 3), |(row, column)| (row * 3 + column) as f32);
    ndarray_npy::write_npy(&path, &array).unwrap();
    let trajectory = Trajectory::open(&path).unwrap();
    assert_eq!(trajectory.read().unwrap(), array.as_slice().unwrap());
    assert_eq!((trajectory.info().layer.as_str(), trajectory.step(3)), ("other", 3));

    // Of f64, with all of its digits, or rounded to f32.
    let double = array.mapv(|weight| 1.0 + 1e-12 * f64::from(weight));
    ndarray_npy::write_npy(&path, &double).unwrap();
    let trajectory = Trajectory::open(&path).unwrap();
    assert_eq!((trajectory.precision(), trajectory.steps(), trajectory.weights()), (Precision::Double, 4, 3));
    let mut values = [0.0f64; 12];
    trajectory.reader().unwrap().read_columns(0..4, 0..3, &mut values).unwrap();
    assert_eq!(values, double.as_slice().unwrap());
    assert_eq!(trajectory.read().unwrap(), [1.0; 12]);
    // In Fortran order and the other order of bytes, as f64 holds it.
    let dictionary = "{'descr': '>f8', 'fortran_order': True, 'shape': (4, 3), }\n";
    let mut bytes =
        [b"\x93NUMPY\x01\x00".as_slice(), &[dictionary.len() as u8, 0], dictionary.as_bytes()].concat();
    bytes.extend(double.t().iter().flat_map(|weight| weight.to_be_bytes()));
    fs::write(&path, bytes).unwrap();
    values.fill(0.0);
    let trajectory = Trajectory::open(&path).unwrap();
    trajectory.reader().unwrap().read_columns(0..4, 0..3, &mut values).unwrap();
    assert_eq!(values, double.as_slice().unwrap());

    // What holds no floats is refused with the line of numpy that makes some of it.
    ndarray_npy::write_npy(&path, &array.mapv(|weight| weight as i64)).unwrap();
    let whole = Trajectory::open(&path).unwrap_err().to_string();
    let objects = "{'descr': '|O', 'fortran_order': False, 'shape': (4, 3), }\n";
    let header = [b"\x93NUMPY\x01\x00".as_slice(), &[objects.len() as u8, 0], objects.as_bytes()].concat();
    fs::write(&path, [header, vec![0; 96]].concat()).unwrap();
    let pickled = Trajectory::open(&path).unwrap_err().to_string();
    for (error, words) in [
        (whole, ["'<i8'", "whole numbers", "np.save(f, np.load(f).astype(\"<f4\"))"]),
        (pickled, ["'|O'", "pickled objects", "allow_pickle=True"]),
    ] {
        assert!(error.contains("other.npy") && error.contains("'<f4', '<f8' or '<f2'"), "{error}");
        assert!(words.iter().all(|word| error.contains(word)), "{words:?}: {error}");
    }
}

#[test]
fn a_running_recording_opens_at_any_moment() {
    for keep in [Keep::All, Keep::Last(5)] {
        let folder = tempdir().unwrap();
        let mut writer = TrajectoryWriter::create(&folder, info(1), keep).unwrap();
        for step in 0..23 {
            let trajectory = Trajectory::open(&folder).unwrap();
            let window = if keep == Keep::All { step } else { step.min(5) };
            assert_eq!(trajectory.steps() as u64, window);
            assert_eq!(trajectory.read().unwrap(), rows(step - window..step), "{keep:?} {step}");
            assert_eq!(trajectory.step(0), step - window);
            record(&mut writer, step..step + 1);
            writer.flush().unwrap();
            for name in files(folder.path()).iter().filter(|name| name.ends_with(".npy")) {
                let array: Array2<f32> = read_npy(folder.path().join(name)).unwrap();
                assert!(array.nrows() as u64 <= step + 1);
            }
        }
    }
}

#[test]
fn a_file_cut_anywhere_opens_with_its_whole_rows() {
    let folder = tempdir().unwrap();
    let mut writer = TrajectoryWriter::create(&folder, info(1), Keep::All).unwrap();
    record(&mut writer, 0..4);
    let path = writer.finish().unwrap().path;
    let whole = fs::read(&path).unwrap();
    let lone = folder.path().join("lone.npy");
    for length in 0..=whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        fs::write(&lone, &whole[..length]).unwrap();
        if length < 128 {
            for error in [Trajectory::open(&folder).unwrap_err(), Trajectory::open(&lone).unwrap_err()] {
                let message = error.to_string();
                assert!(message.contains("header") && message.contains(".npy"), "{length}: {message}");
            }
            continue;
        }
        let whole_rows = ((length - 128) / (4 * WEIGHTS)) as u64;
        for trajectory in [Trajectory::open(&folder).unwrap(), Trajectory::open(&lone).unwrap()] {
            assert_eq!(trajectory.read().unwrap(), rows(0..whole_rows), "{length}");
            assert_eq!(trajectory.missing_rows(), 4 - whole_rows);
            assert_eq!(trajectory.is_truncated(), whole_rows < 4);
        }
    }
}

#[test]
fn a_header_that_promises_too_much_costs_no_memory() {
    let folder = tempdir().unwrap();
    let mut writer = TrajectoryWriter::create(&folder, info(1), Keep::All).unwrap();
    record(&mut writer, 0..4);
    let path = writer.finish().unwrap().path;
    let whole = fs::read(&path).unwrap();
    let mut bytes =
        String::from_utf8_lossy(&whole[10..127]).replace("(4, 6)", "(99999999999999, 6)").into_bytes();
    bytes.truncate(117);
    let lie = [&whole[..10], &bytes, &whole[127..]].concat();
    fs::write(&path, lie).unwrap();
    let trajectory = Trajectory::open(&folder).unwrap();
    assert_eq!(trajectory.read().unwrap(), rows(0..4));
    assert_eq!(trajectory.missing_rows(), 99_999_999_999_995);
}

#[test]
fn a_file_that_lost_rows_and_header_together_is_still_noticed() {
    let folder = tempdir().unwrap();
    let mut writer = TrajectoryWriter::create(&folder, info(1), Keep::All).unwrap();
    record(&mut writer, 0..4);
    writer.flush().unwrap();
    let shorter = fs::read(folder.path().join("trajectory.npy")).unwrap();
    record(&mut writer, 4..9);
    let path = writer.finish().unwrap().path;
    fs::write(path, shorter).unwrap();
    assert_eq!(Trajectory::open(&folder).unwrap().missing_rows(), 5);
}

#[test]
fn a_kill_between_row_bytes_and_row_count_costs_the_new_rows_only() {
    let folder = tempdir().unwrap();
    let mut writer = TrajectoryWriter::create(&folder, info(1), Keep::All).unwrap();
    record(&mut writer, 0..4);
    writer.flush().unwrap();
    kill(writer);
    let path = folder.path().join("trajectory.npy");
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend([0xff; 4 * WEIGHTS + 5]);
    fs::write(&path, bytes).unwrap();
    let trajectory = Trajectory::open(&folder).unwrap();
    assert_eq!((trajectory.read().unwrap(), trajectory.is_truncated()), (rows(0..4), false));
    // … and a resume continues after them.
    let mut writer = TrajectoryWriter::resume(&folder, info(1), Keep::All, 4).unwrap();
    record(&mut writer, 4..6);
    writer.finish().unwrap();
    assert_eq!(read_npy::<_, Array2<f32>>(&path).unwrap().as_slice().unwrap(), rows(0..6));
}

/// Kills a recording that is flushed at every multiple of 4 steps after each number of steps, and resumes it from a checkpoint.
fn resumed_equals_uninterrupted(keep: Keep, every: u64, steps: u64) {
    let whole = tempdir().unwrap();
    let mut writer = TrajectoryWriter::create(&whole, info(every), keep).unwrap();
    record(&mut writer, (0..steps).step_by(every as usize));
    let whole = fs::read(writer.finish().unwrap().path).unwrap();
    for killed in 0..steps {
        // The last checkpoint and, had that one not been completed, the one before it.
        for checkpoint in [killed / 4 * 4, (killed / 4 * 4).saturating_sub(4)] {
            let folder = tempdir().unwrap();
            let mut writer = TrajectoryWriter::create(&folder, info(every), keep).unwrap();
            for step in 0..killed {
                if step % every == 0 {
                    record(&mut writer, step..step + 1);
                }
                if (step + 1) % 4 == 0 {
                    writer.flush().unwrap();
                }
            }
            // A kill loses the rows after the last flush, an end by an error keeps them.
            if killed % 2 == 0 {
                kill(writer)
            } else {
                drop(writer)
            }
            let mut writer = TrajectoryWriter::resume(&folder, info(every), keep, checkpoint).unwrap();
            assert_eq!(writer.rows(), checkpoint.div_ceil(every));
            record(&mut writer, (checkpoint..steps).filter(|step| step % every == 0));
            let path = writer.finish().unwrap().path;
            assert!(
                fs::read(path).unwrap() == whole,
                "{keep:?} every {every} killed {killed} resumed {checkpoint}"
            );
            assert_eq!(files(folder.path()), ["trajectory.json", "trajectory.npy"]);
        }
    }
}

#[test]
fn a_resumed_recording_equals_an_uninterrupted_one_bit_for_bit() {
    for every in [1, 3] {
        resumed_equals_uninterrupted(Keep::All, every, 40);
        resumed_equals_uninterrupted(Keep::Last(5), every, 40);
        resumed_equals_uninterrupted(Keep::Last(12), every, 40);
    }
}

#[test]
fn a_finished_recording_can_be_continued() {
    for keep in [Keep::All, Keep::Last(5)] {
        let folder = tempdir().unwrap();
        let mut writer = TrajectoryWriter::create(&folder, info(1), keep).unwrap();
        record(&mut writer, 0..12);
        writer.finish().unwrap();
        let mut writer = TrajectoryWriter::resume(&folder, info(1), keep, 12).unwrap();
        record(&mut writer, 12..14);
        writer.flush().unwrap();
        let first = if keep == Keep::All { 0 } else { 9 };
        assert_eq!(Trajectory::open(&folder).unwrap().read().unwrap(), rows(first..14));
        record(&mut writer, 14..15);
        let summary = writer.finish().unwrap();
        let first = if keep == Keep::All { 0 } else { 10 };
        assert_eq!((summary.first_step, summary.last_step), (first, 14));
        assert_eq!(Trajectory::open(&folder).unwrap().read().unwrap(), rows(first..15));
    }
}

#[test]
fn a_rolling_window_takes_about_two_windows_of_disk() {
    let window = 10;
    for flush in [true, false] {
        let folder = tempdir().unwrap();
        let mut writer = TrajectoryWriter::create(&folder, info(1), Keep::Last(window)).unwrap();
        let mut rows = Vec::new();
        for step in 0..200 {
            record(&mut writer, step..step + 1);
            if flush && step % 2 == 1 {
                writer.flush().unwrap();
            }
            let parts = files(folder.path()).into_iter().filter(|name| name.contains("part")).count() as u64;
            rows.push((parts - 1) * window + step % window + 1);
        }
        let most = *rows.iter().max().unwrap();
        // Parts are dropped by the last but one checkpoint.
        assert_eq!(most, if flush { 2 * window + 1 } else { 2 * window });
        assert!(rows[20..].iter().all(|rows| *rows > window));
        writer.finish().unwrap();
    }
}

#[test]
fn a_checkpoint_far_behind_the_kill_is_still_resumed() {
    let window = 5;
    let whole = tempdir().unwrap();
    let mut writer = TrajectoryWriter::create(&whole, info(1), Keep::Last(window)).unwrap();
    record(&mut writer, 0..90);
    let whole = fs::read(writer.finish().unwrap().path).unwrap();
    let folder = tempdir().unwrap();
    let mut writer = TrajectoryWriter::create(&folder, info(1), Keep::Last(window)).unwrap();
    for (from, to) in [(0, 12), (12, 21), (21, 80)] {
        record(&mut writer, from..to);
        if to < 80 {
            writer.flush().unwrap();
        }
    }
    kill(writer);
    let mut writer = TrajectoryWriter::resume(&folder, info(1), Keep::Last(window), 12).unwrap();
    record(&mut writer, 12..90);
    assert!(fs::read(writer.finish().unwrap().path).unwrap() == whole);
}

#[test]
fn a_window_longer_than_the_training_is_an_error_and_its_rows_stay() {
    let folder = tempdir().unwrap();
    let mut writer = TrajectoryWriter::create(&folder, info(1), Keep::Last(9)).unwrap();
    record(&mut writer, 0..8);
    let error = writer.finish().unwrap_err().to_string();
    assert_eq!(
        error,
        "window of 9 rows is longer than the training: only 8 were recorded; lower recorder.window or train longer"
    );
    assert_eq!(Trajectory::open(&folder).unwrap().read().unwrap(), rows(0..8));
}

#[test]
fn a_resume_without_the_rows_before_it_is_refused_and_changes_nothing() {
    for keep in [Keep::All, Keep::Last(5)] {
        let folder = tempdir().unwrap();
        let mut writer = TrajectoryWriter::create(&folder, info(1), keep).unwrap();
        record(&mut writer, 0..23);
        writer.flush().unwrap();
        kill(writer);
        let before = files(folder.path());
        let error = TrajectoryWriter::resume(&folder, info(1), keep, 24).err().unwrap();
        assert!(matches!(error, RecorderError::MissingRows { next_step: 24, .. }), "{error}");
        if keep != Keep::All {
            let error = TrajectoryWriter::resume(&folder, info(1), keep, 6).err().unwrap();
            assert!(matches!(error, RecorderError::MissingRows { from: 1, available: 0, .. }), "{error}");
        }
        let other_layer = TrajectoryInfo { layer: "output.weight".into(), ..info(1) };
        let other_shape = TrajectoryInfo { shape: vec![3, 2], ..info(1) };
        for other in [other_layer, other_shape, info(2)] {
            let error = TrajectoryWriter::resume(&folder, other, keep, 20).err().unwrap();
            assert!(matches!(error, RecorderError::Mismatch { .. }), "{error}");
        }
        assert_eq!(files(folder.path()), before);
        assert!(matches!(
            TrajectoryWriter::create(&folder, info(1), keep),
            Err(RecorderError::AlreadyExists { .. })
        ));
    }
}

#[test]
fn a_dropped_writer_keeps_its_rows() {
    let folder = tempdir().unwrap();
    let mut writer = TrajectoryWriter::create(&folder, info(1), Keep::All).unwrap();
    record(&mut writer, 0..8);
    drop(writer);
    assert_eq!(Trajectory::open(&folder).unwrap().read().unwrap(), rows(0..8));
}

#[test]
fn rows_off_the_schedule_and_of_another_length_are_refused() {
    let folder = tempdir().unwrap();
    let mut writer = TrajectoryWriter::create(&folder, info(2), Keep::All).unwrap();
    record(&mut writer, [0, 2].into_iter());
    for step in [0, 2, 3, 6] {
        let error = writer.append(step, &row(step)).unwrap_err();
        assert!(matches!(error, RecorderError::UnexpectedStep { expected: 4, .. }), "{error}");
    }
    assert!(matches!(writer.append(4, &[1.0]), Err(RecorderError::WrongLength { expected: 6, got: 1 })));
    record(&mut writer, [4].into_iter());
    writer.finish().unwrap();
    assert_eq!(Trajectory::open(&folder).unwrap().steps(), 3);
}

#[test]
fn settings_that_make_no_sense_touch_no_file() {
    let folder = tempdir().unwrap();
    let empty = TrajectoryInfo { shape: vec![50, 0], ..info(1) };
    let huge = TrajectoryInfo { shape: vec![usize::MAX, 2], ..info(1) };
    for (info, keep) in
        [(info(0), Keep::All), (empty, Keep::All), (huge, Keep::All), (info(1), Keep::Last(0))]
    {
        let error = TrajectoryWriter::create(folder.path().join("run"), info, keep).err().unwrap();
        assert!(matches!(error, RecorderError::InvalidSetting { .. }), "{error}");
    }
    assert!(!folder.path().join("run").exists());
}

#[test]
fn a_disk_that_refuses_is_named() {
    let create =
        |folder: PathBuf| TrajectoryWriter::create(folder, info(1), Keep::All).err().unwrap().to_string();
    let folder = tempdir().unwrap();

    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = create(file.join("run"));
    assert!(error.contains("file/run") && error.contains("choose a folder"), "{error}");

    let full = folder.path().join("full");
    fs::create_dir(&full).unwrap();
    symlink("/dev/full", full.join("trajectory.npy.tmp")).unwrap();
    let error = create(full);
    assert!(error.contains("trajectory.npy") && error.contains("No space left"), "{error}");

    let read_only = folder.path().join("read-only");
    fs::create_dir(&read_only).unwrap();
    fs::set_permissions(&read_only, fs::Permissions::from_mode(0o555)).unwrap();
    // Root may write anywhere.
    if fs::write(read_only.join("probe"), "").is_err() {
        let error = create(read_only);
        assert!(error.contains("read-only") && error.contains("choose a folder"), "{error}");
    }
}

#[test]
fn a_full_disk_while_the_window_is_assembled_leaves_the_parts() {
    let folder = tempdir().unwrap();
    let mut writer = TrajectoryWriter::create(&folder, info(1), Keep::Last(5)).unwrap();
    record(&mut writer, 0..13);
    symlink("/dev/full", folder.path().join("trajectory.npy.tmp")).unwrap();
    let error = writer.finish().unwrap_err().to_string();
    assert!(error.contains("No space left"), "{error}");
    assert_eq!(Trajectory::open(&folder).unwrap().read().unwrap(), rows(8..13));
    // With room again, the recording is finished from where it stands.
    let writer = TrajectoryWriter::resume(&folder, info(1), Keep::Last(5), 13).unwrap();
    writer.finish().unwrap();
    assert_eq!(Trajectory::open(&folder).unwrap().read().unwrap(), rows(8..13));
}

#[test]
fn what_is_no_trajectory_is_named() {
    let folder = tempdir().unwrap();
    let error = Trajectory::open(&folder).unwrap_err().to_string();
    assert!(error.contains("trajectory.npy"), "{error}");
    let error = Trajectory::open(folder.path().join("absent.npy")).unwrap_err().to_string();
    assert!(error.contains("absent.npy"), "{error}");

    let mut writer = TrajectoryWriter::create(&folder, info(1), Keep::All).unwrap();
    record(&mut writer, 0..3);
    writer.finish().unwrap();
    let json = folder.path().join("trajectory.json");
    let text = fs::read_to_string(&json).unwrap();
    for (broken, expected) in [
        (text.replace("3\n  ]", "4\n  ]"), "[2, 4]"),
        (text.replace("\"every\": 1", "\"every\": 0"), "every is 0"),
        (text.replace("\"first_step\": 0,", ""), "first_step"),
        ("{".into(), "JSON"),
    ] {
        assert_ne!(broken, text);
        fs::write(&json, broken).unwrap();
        let error = Trajectory::open(&folder).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    fs::remove_file(&json).unwrap();
    let error = Trajectory::open(&folder).unwrap_err().to_string();
    assert!(error.contains("trajectory.json"), "{error}");
}

#[test]
fn blocks_of_rows_and_columns_are_those_of_the_whole() {
    for (keep, finished) in [(Keep::All, true), (Keep::Last(40), true), (Keep::Last(40), false)] {
        let folder = tempdir().unwrap();
        let mut writer = TrajectoryWriter::create(&folder, info(1), keep).unwrap();
        record(&mut writer, 0..100);
        if finished {
            writer.finish().unwrap();
        } else {
            writer.flush().unwrap();
            kill(writer);
        }
        // Unfinished, the rows come from several files.
        let trajectory = Trajectory::open(&folder).unwrap();
        let whole =
            Array2::from_shape_vec((trajectory.steps(), WEIGHTS), trajectory.read().unwrap()).unwrap();
        let mut reader = trajectory.reader().unwrap();
        let steps = trajectory.steps();
        for (rows, columns) in
            [(0..steps, 0..6), (3..31, 2..5), (7..7, 0..6), (steps - 1..steps, 5..6), (0..9, 4..4)]
        {
            let mut block = vec![f32::NAN; rows.len() * columns.len()];
            reader.read_columns(rows.clone(), columns.clone(), &mut block).unwrap();
            let expected: Vec<f32> = rows
                .flat_map(|row| columns.clone().map(move |column| (row, column)))
                .map(|at| whole[at])
                .collect();
            assert_eq!(block, expected);
        }
        let mut block = [0.0; 2 * WEIGHTS];
        reader.read(5..7, &mut block).unwrap();
        assert_eq!(block[..], trajectory.rows(5..7).unwrap());
        assert!(matches!(
            reader.read(5..8, &mut block),
            Err(RecorderError::WrongLength { expected: 18, got: 12 })
        ));
        assert!(matches!(reader.read(0..steps + 1, &mut block), Err(RecorderError::RowsOutOfRange { .. })));
        assert!(matches!(
            reader.read_columns(0..2, 1..7, &mut block),
            Err(RecorderError::WrongLength { .. })
        ));
    }
}

#[test]
fn a_file_that_becomes_shorter_while_it_is_read_says_so() {
    let folder = tempdir().unwrap();
    let mut writer = TrajectoryWriter::create(&folder, info(1), Keep::All).unwrap();
    record(&mut writer, 0..100);
    let path = writer.finish().unwrap().path;
    let mut reader = Trajectory::open(&folder).unwrap().reader().unwrap();
    let mut block = [0.0; 50 * WEIGHTS];
    reader.read(0..50, &mut block).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_len(128 + 60 * 24).unwrap();
    reader.read(0..50, &mut block).unwrap();
    let error = reader.read(50..100, &mut block).unwrap_err();
    assert!(matches!(error, RecorderError::Read { .. }), "{error}");
    let message = error.to_string();
    assert!(
        message.contains("trajectory.npy") && message.contains("shorter since it was opened"),
        "{message}"
    );
}
