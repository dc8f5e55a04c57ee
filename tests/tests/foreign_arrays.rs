//! Arrays and tables that people bring: of every type and order, damaged, cut, written twice, or through a spreadsheet. Both doors,
//! `read_window` and `RecordedWindow`, give the same numbers or the same refusal.

use std::fs;
use std::path::{Path, PathBuf};

use ndarray::{Array2, Axis, concatenate};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use varflat::prelude::{RecordedWindow, TrajectoryPca, principal_components, read_window};
use varflat_recorder::{Keep, Trajectory, TrajectoryInfo, TrajectoryWriter};
use varflat_tests::{Workplace, normal, program};

fn gaussian(shape: (usize, usize), seed: u64) -> Array2<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_simple_fn(shape, || normal(&mut random))
}

/// An npy file with a header of this version and dictionary, byte for byte.
fn npy(version: u8, element: &str, fortran: bool, shape: &str, bytes: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let dictionary = format!("{{'descr': '{element}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let length = dictionary.len();
    let length = if version == 1 {
        (length as u16).to_le_bytes().to_vec()
    } else {
        (length as u32).to_le_bytes().to_vec()
    };
    [b"\x93NUMPY".as_slice(), &[version, 0], &length, dictionary.as_bytes(), bytes].concat()
}

/// As `np.save` in f32 and C order.
fn saved(array: &Array2<f64>) -> Vec<u8> {
    let shape = format!("({}, {})", array.nrows(), array.ncols());
    npy(1, "<f4", false, &shape, &encoded(array, "<f4", false))
}

/// The numbers of an array in a type and an order; f16 by rounding toward zero, of numbers that it holds as normal ones.
fn encoded(array: &Array2<f64>, element: &str, fortran: bool) -> Vec<u8> {
    let ordered: Vec<f64> =
        if fortran { array.t().iter().copied().collect() } else { array.iter().copied().collect() };
    let one = |value: f64| -> Vec<u8> {
        let mut bytes = match &element[1..] {
            "f2" => {
                let bits = (value as f32).to_bits();
                let exponent = (bits >> 23 & 0xff) as i32 - 127 + 15;
                assert!((1..31).contains(&exponent), "{value}");
                ((bits >> 16 & 0x8000) as u16 | (exponent as u16) << 10 | (bits >> 13 & 0x3ff) as u16)
                    .to_le_bytes()
                    .to_vec()
            }
            "f4" => (value as f32).to_le_bytes().to_vec(),
            _ => value.to_le_bytes().to_vec(),
        };
        if element.starts_with('>') {
            bytes.reverse();
        }
        bytes
    };
    ordered.into_iter().flat_map(one).collect()
}

/// A folder for files.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Both doors, and what they make of a file.
    fn decomposed(&self, bytes: &[u8]) -> (Array2<f64>, TrajectoryPca) {
        let path = self.put("window.npy", bytes);
        let array = read_window(&path).unwrap();
        let first = principal_components(&array).unwrap();
        let second = principal_components(RecordedWindow::open(&path).unwrap()).unwrap();
        assert_eq!(first, second, "the two doors differ");
        (array, first)
    }

    /// The refusal of both doors, which is the same and names the file once.
    fn refused(&self, bytes: &[u8]) -> String {
        let path = self.put("window.npy", bytes);
        let first = read_window(&path).unwrap_err().to_string();
        let second = RecordedWindow::open(&path).unwrap_err().to_string();
        assert_eq!(first, second, "the two doors differ");
        assert!(first.starts_with(path.to_str().unwrap()), "{first}");
        let (_, rest) = first.split_once(": ").unwrap();
        assert!(!rest.starts_with(path.to_str().unwrap()), "{first}");
        first
    }
}

#[test]
fn floats_of_any_size_and_order_are_the_same_window_by_both_doors() {
    let desk = Desk::new();
    // Numbers that f16 holds exactly, so that every type holds the same.
    let window = gaussian((700, 24), 1).mapv(|x| 1.0 + (200.0 * x).round() / 1024.0);
    let expected = principal_components(&window).unwrap();
    for element in ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"] {
        for fortran in [false, true] {
            for (version, shape) in [(1, "(700, 24)"), (2, "(700, 24)"), (3, "(700,24)"), (1, "(700L, 24L)")]
            {
                let bytes = npy(version, element, fortran, shape, &encoded(&window, element, fortran));
                let (array, pca) = desk.decomposed(&bytes);
                assert_eq!(array, window, "{element} {fortran} {version} {shape}");
                assert_eq!(pca, expected, "{element} {fortran} {version} {shape}");
            }
        }
    }
    // Each with the digits it has, in blocks of a file larger than one.
    let window = gaussian((1300, 9), 2);
    for (element, digits) in [("<f4", window.mapv(|w| f64::from(w as f32))), (">f8", window.clone())] {
        for fortran in [false, true] {
            let bytes = npy(1, element, fortran, "(1300, 9)", &encoded(&window, element, fortran));
            let (array, pca) = desk.decomposed(&bytes);
            assert_eq!(array, digits);
            let recorded = RecordedWindow::open(desk.put("window.npy", &bytes)).unwrap();
            assert_eq!(
                recorded.rows(600..610).unwrap(),
                digits.slice_axis(Axis(0), (600..610).into()).mapv(|w| w as f32)
            );
            let theta = pca.project(&recorded, 5).unwrap();
            assert_eq!(theta, pca.project(&array, 5).unwrap());
        }
    }
    let single = window.mapv(|w| w as f32);
    let (_, pca) = desk.decomposed(&saved(&window));
    assert_eq!(pca, principal_components(&single).unwrap(), "an array of f32 is the file of f32");
}

#[test]
fn what_holds_no_floats_has_its_line_of_numpy() {
    let desk = Desk::new();
    for (element, size, remedy) in [
        ("|V2", 2, "<< 16).view(\"<f4\")"),
        ("<V2", 2, "bfloat16"),
        ("bfloat16", 2, "bfloat16"),
        ("<i4", 4, "astype(\"<f4\")"),
        ("<i8", 8, "whole numbers"),
        ("|u1", 1, "whole numbers"),
        ("|b1", 1, "whole numbers"),
        ("<c8", 8, "complex"),
        ("<f16", 16, "astype(\"<f8\")"),
        ("<f1", 1, "astype(\"<f4\")"),
        ("|O", 8, "allow_pickle=True"),
        ("<U3", 12, "text"),
    ] {
        let said = desk.refused(&npy(1, element, false, "(3, 4)", &vec![1; 12 * size]));
        assert!(said.contains(element) && said.contains(remedy), "{element}: {said}");
    }
    for (shape, count, remedy) in [
        ("(9, 2, 3)", 54, "a.transpose(0, 2, 1).reshape(len(a), -1)"),
        ("(9, 2, 3, 1)", 54, "4 dimensions"),
        ("(2,621, 401)", 2, "thousands"),
        ("(54,)", 54, "reshape(-1, WEIGHTS)"),
        ("()", 1, "single number"),
        ("(0, 54)", 0, "0 step(s)"),
        ("(54, 0)", 0, "nothing"),
    ] {
        let bytes = npy(1, "<f4", false, shape, &vec![1; 4 * count]);
        if shape == "(0, 54)" {
            let path = desk.put("window.npy", &bytes);
            let error = principal_components(read_window(&path).unwrap()).unwrap_err().to_string();
            assert!(error.contains(remedy), "{error}");
            continue;
        }
        let said = desk.refused(&bytes);
        assert!(said.contains(shape) && said.contains(remedy), "{shape}: {said}");
    }
}

#[test]
fn nothing_may_lie_behind_the_array() {
    let desk = Desk::new();
    let window = gaussian((60, 8), 3);
    let twice = [saved(&window), saved(&window)].concat();
    let said = desk.refused(&twice);
    for text in ["behind its 60 rows", "2 arrays", "np.concatenate", "range(2)"] {
        assert!(said.contains(text), "{said}");
    }
    let mut appended = saved(&window);
    appended.extend([0; 8 * 4 * 3]);
    let said = desk.refused(&appended);
    assert!(said.contains("96 bytes (3 rows) behind its 60 rows"), "{said}");
    // Rows one by one.
    let row = |step: usize| {
        npy(
            1,
            "<f4",
            false,
            "(8,)",
            &encoded(&window.slice_axis(Axis(0), (step..step + 1).into()).to_owned(), "<f4", false),
        )
    };
    let said = desk.refused(&(0..5).flat_map(row).collect::<Vec<u8>>());
    assert!(
        said.contains("4 more arrays") && said.contains("np.stack") && said.contains("range(5)"),
        "{said}"
    );
    // A file that ends too early.
    let whole = saved(&window);
    let said = desk.refused(&whole[..whole.len() - 8 * 4 * 10 - 1]);
    assert!(said.contains("11 of 60 rows are missing"), "{said}");
    let fortran = npy(1, "<f8", true, "(60, 8)", &encoded(&window, "<f8", true));
    assert!(desk.refused(&fortran[..fortran.len() - 8]).contains("Fortran order"));
}

#[test]
fn a_recording_that_goes_on_may_have_rows_that_its_header_does_not_count() {
    let desk = Desk::new();
    let folder = desk.0.path().join("run");
    let window = gaussian((60, 8), 4).mapv(|w| w as f32);
    let info = TrajectoryInfo::new("hidden.weight", [2, 4]);
    let mut writer = TrajectoryWriter::create(&folder, info.clone(), Keep::All).unwrap();
    for (step, row) in (0..40).zip(window.rows()) {
        writer.append(step, &row.to_vec()).unwrap();
    }
    writer.flush().unwrap();
    std::mem::forget(writer);
    let file = folder.join("trajectory.npy");
    let counted = fs::read(&file).unwrap();
    let killed = [counted.clone(), vec![0x3f; 8 * 4 * 2 + 5]].concat();
    fs::write(&file, &killed).unwrap();
    for path in [&folder, &file] {
        assert_eq!(RecordedWindow::open(path).unwrap().trajectory().steps(), 40);
    }
    assert_eq!(read_window(&file).unwrap().nrows(), 40);
    let mut writer = TrajectoryWriter::resume(&folder, info.clone(), Keep::All, 40).unwrap();
    for (step, row) in (40..).zip(window.rows().into_iter().skip(40)) {
        writer.append(step, &row.to_vec()).unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(RecordedWindow::open(&folder).unwrap().rows(0..60).unwrap(), window);
    // Finished, it is complete: what follows is none of it.
    let whole = fs::read(&file).unwrap();
    fs::write(&file, [whole, vec![0; 32]].concat()).unwrap();
    let said = RecordedWindow::open(&folder).unwrap_err().to_string();
    assert!(said.contains("32 bytes (1 rows) behind its 60 rows"), "{said}");
    // What another program saved is not appended to.
    let rows = window.mapv(f64::from);
    fs::write(&file, npy(1, ">f4", false, "(60, 8)", &encoded(&rows, ">f4", false))).unwrap();
    assert_eq!(Trajectory::open(&folder).unwrap().read().unwrap(), window.as_slice().unwrap());
    let resumed = TrajectoryWriter::resume(&folder, info, Keep::All, 60).map(drop).unwrap_err().to_string();
    assert!(resumed.contains("cannot be appended to"), "{resumed}");
}

/// A walk of so many rows with a drift, about weights of size 1.
fn walk(rows: usize) -> Array2<f64> {
    let mut window = gaussian((rows, 6), 5) * 1e-3;
    for step in 1..rows {
        let before = window.row(step - 1).to_owned();
        let mut row = window.row_mut(step);
        row += &before;
    }
    window + 1.0
}

#[test]
fn rows_that_were_never_written_are_refused() {
    let desk = Desk::new();
    let window = walk(300);
    let zeros = |rows: usize| Array2::<f64>::zeros((rows, 6));
    let same = |step: usize, rows: usize| {
        window.slice_axis(Axis(0), (step..step + 1).into()).broadcast((rows, 6)).unwrap().to_owned()
    };
    let joined = |parts: &[Array2<f64>]| {
        let views: Vec<_> = parts.iter().map(Array2::view).collect();
        concatenate(Axis(0), &views).unwrap()
    };
    let part = |from: usize, to: usize| window.slice_axis(Axis(0), (from..to).into()).to_owned();
    // The window, what is said, and what numpy is to keep.
    let table = [
        (joined(&[window.clone(), zeros(100)]), "the last 100 of 400 rows are zeros", "[:300]"),
        (joined(&[window.clone(), zeros(1)]), "the last 1 of 301 rows are zeros", "[:300]"),
        (joined(&[window.clone(), same(299, 99)]), "the last 100 of 399 rows are equal", "[:300]"),
        (joined(&[window.clone(), same(299, 2)]), "the last 3 of 302 rows are equal", "[:300]"),
        (joined(&[zeros(50), window.clone()]), "the first 50 of 350 rows are zeros", "[50:]"),
        (joined(&[zeros(1), window.clone()]), "the first 1 of 301 rows are zeros", "[1:]"),
        (joined(&[same(0, 40), window.clone()]), "the first 41 of 340 rows are equal", "[40:]"),
        (
            joined(&[part(0, 100), zeros(7), part(100, 300)]),
            "rows 100 to 106 of 307 (from 0) are zeros",
            "[107:]",
        ),
        (
            joined(&[part(0, 100), same(99, 50), part(100, 300)]),
            "rows 99 to 149 of 350 (from 0) are equal",
            "[149:]",
        ),
    ];
    for (window, said, kept) in table {
        let path = desk.put("window.npy", &saved(&window));
        let open = RecordedWindow::open(&path).map(|recorded| principal_components(&recorded).map(drop));
        let read = read_window(&path).map(|array| principal_components(&array).map(drop));
        for outcome in [open, read, Ok(principal_components(&window).map(drop))] {
            let error = outcome.and_then(|inner| inner).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains(kept), "{said}: {error}");
            assert!(
                error.contains("never written?") || error.contains("were the weights frozen?"),
                "{error}"
            );
        }
        if said.contains("last") {
            assert!(desk.refused(&saved(&window)).contains(said));
        }
    }
    // A run of equal rows that a training makes by itself.
    for window in [
        joined(&[window.clone(), same(299, 1)]),
        joined(&[part(0, 100), same(99, 1), part(100, 300)]),
        Array2::from_shape_fn((60, 3), |(t, n)| ((t * (n + 1)) as f64).sin()),
        Array2::from_shape_fn((400, 3), |(t, n)| ((t / 8 * (n + 1)) as f64).sin()),
        Array2::from_shape_fn((400, 1), |(t, _)| [0.0, 1.0, 2.0, 0.0][t % 4]),
    ] {
        desk.decomposed(&saved(&window));
    }
    // A window that is read whole when it is opened, because its first row is zero: what is found is found in the file.
    let mut lost = joined(&[zeros(1), window.clone()]);
    lost[[7, 2]] = f64::NAN;
    let error = RecordedWindow::open(desk.put("window.npy", &saved(&lost))).unwrap_err().to_string();
    assert!(error.contains("window.npy") && error.contains("row 7, column 2"), "{error}");
    // One and the same row all along: not said to be frozen weights alone.
    let path = desk.put("window.npy", &saved(&same(7, 30)));
    let error = principal_components(read_window(&path).unwrap()).unwrap_err().to_string();
    for cause in ["frozen", "append a copy", "rounded to f32, f16 or bf16"] {
        assert!(error.contains(cause), "{error}");
    }
}

#[test]
fn rows_that_are_there_several_times_are_counted_and_leave_the_values() {
    let window = walk(300);
    let once = principal_components(&window).unwrap();
    assert_eq!(once.repeats(), 1);
    for times in [2, 4, 7] {
        let repeated = Array2::from_shape_fn((300 * times, 6), |(t, n)| window[[t / times, n]]);
        let pca = principal_components(&repeated).unwrap();
        assert_eq!(pca.repeats(), times);
        for (found, expected) in pca.variance().iter().zip(once.variance()) {
            assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
        }
        // The first and the last may be cut.
        let cut = repeated.slice_axis(Axis(0), (1..300 * times - 1).into()).to_owned();
        assert_eq!(principal_components(&cut).unwrap().repeats(), times);
    }
}

/// The largest eigenvalue of the covariance of exact motion, by powers of it.
fn first_variance(motion: &Array2<f64>) -> f64 {
    let centred = motion - &motion.mean_axis(Axis(0)).unwrap();
    let covariance = centred.t().dot(&centred) / motion.nrows() as f64;
    let mut direction = covariance.row(0).to_owned();
    let mut value = 0.0;
    for _ in 0..3000 {
        direction = covariance.dot(&direction);
        value = direction.dot(&direction).sqrt();
        direction /= value;
    }
    value
}

#[test]
fn motion_in_f64_keeps_its_variance_however_small_and_large() {
    let desk = Desk::new();
    let noise = gaussian((2000, 50), 6);
    let of_noise = first_variance(&noise);
    // `window` is `origin` and the noise times `scale`, as f64 holds it. The motion of what is stored is known to the last digit:
    // what lies within a factor of two of `origin` differs from it by a number of f64.
    let check = |window: &Array2<f64>, origin: f64, scale: f64| {
        let bytes = npy(1, "<f8", false, "(2000, 50)", &encoded(window, "<f8", false));
        let (_, pca) = desk.decomposed(&bytes);
        let found = pca.variance()[0] / (scale * scale);
        let stored = first_variance(&((window - origin) / scale));
        assert!((found / stored - 1.0).abs() < 1e-9, "{scale}: {found} {stored}");
        // Of the noise that was meant it is that rounded to ulp(1) = 2⁻⁵²: each number by 2⁻⁵³/scale at most, either way, so that a
        // variance of 2000 of them differs by much less than that.
        let rounded = 2f64.powi(-53) / scale * origin;
        assert!((found / of_noise - 1.0).abs() < 1e-9 + rounded, "{scale}: {found} {of_noise}");
        assert!(pca.trusted(0) && pca.trusted(49), "{scale}");
        assert!(pca.rounding()[0] < 0.1 * pca.variance()[49]);
    };
    for scale in [1e-2, 1e-7, 5e-8, 3e-8, 1e-9, 1e-12, 1e-14] {
        check(&(1.0 + scale * &noise), 1.0, scale);
    }
    for scale in [1e40, 1e100, 1e-60, 1e-100] {
        check(&(scale * &noise), 0.0, scale);
    }
    for scale in [1e160, 1e-170] {
        let bytes = npy(1, "<f8", false, "(2000, 50)", &encoded(&(scale * &noise), "<f8", false));
        let array = read_window(desk.put("window.npy", &bytes)).unwrap();
        let error = principal_components(&array).unwrap_err().to_string();
        assert!(error.contains("out of the range of f64") && error.contains("power of ten"), "{error}");
    }
}

#[test]
fn rounding_that_makes_up_a_tenth_of_a_variance_is_not_trusted() {
    let noise = gaussian((2000, 50), 7);
    let of_noise = first_variance(&noise);
    let exact = 1.0 + 5e-8 * &noise;
    // A fifth too large in f32, and said to be.
    let single = exact.mapv(|w| w as f32);
    let pca = principal_components(&single).unwrap();
    assert!(pca.variance()[0] > 1.1 * 25e-16 * of_noise, "{:e}", pca.variance()[0]);
    assert!(pca.rounding()[0] > 0.1 * pca.variance()[0]);
    assert!((0..50).all(|component| !pca.trusted(component)), "{:e}", pca.floor());
    // Held in f64 it is rounded all the same.
    assert_eq!(principal_components(single.mapv(f64::from)).unwrap(), pca);
    // What is trusted is right to a tenth, at any size of the motion.
    for scale in [1e-7, 2e-7, 5e-7, 1e-6] {
        let single = (1.0 + scale * &noise).mapv(|w| w as f32);
        let (rounded, exact) =
            (principal_components(&single).unwrap(), principal_components(&(1.0 + scale * &noise)).unwrap());
        for component in (0..50).filter(|component| rounded.trusted(*component)) {
            let ratio = rounded.variance()[component] / exact.variance()[component];
            assert!((ratio - 1.0).abs() < 0.12, "{scale} {component}: {ratio}");
        }
    }
    assert!(principal_components((1.0 + 1e-6 * &noise).mapv(|w| w as f32)).unwrap().trusted(49));
    // bf16 in a file of f32: 2⁻⁸ of every weight.
    let bfloat = |w: f64| f64::from(f32::from_bits(((w as f32).to_bits() + 0x8000) & 0xffff_0000));
    let coarse = (1.5 + 1e-3 * &noise).mapv(bfloat);
    let pca = principal_components(coarse.mapv(|w| w as f32)).unwrap();
    assert!(!pca.trusted(0), "{:e} {:e}", pca.variance()[0], pca.floor());
    let motion = (1.5 + 0.1 * &noise).mapv(bfloat);
    assert!(principal_components(&motion).unwrap().trusted(49));
}

#[test]
fn nobody_is_told_to_remove_a_device_or_to_move_a_folder() {
    let work = Workplace::new();
    let program = program!();
    for (path, what) in [("/dev/null", "device"), ("/dev/zero", "device"), ("..", "folder"), ("/", "folder")]
    {
        let outcome = program.run(&["run", path, "--out", &work.text("out")]);
        assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(what) && outcome.stderr.contains("name "), "{}", outcome.stderr);
        assert!(
            !outcome.stderr.contains("remove") && !outcome.stderr.contains("move it"),
            "{}",
            outcome.stderr
        );
    }
    for said in [read_window("/dev/null").map(drop), RecordedWindow::open("/dev/zero").map(drop)] {
        let said = said.unwrap_err().to_string();
        assert!(said.contains("device") && !said.contains("remove"), "{said}");
    }
}

/// A table as spreadsheets save it, and what is said of it.
fn spreadsheets(table: &str) -> Vec<(Vec<u8>, &'static str)> {
    let utf16 = |text: &str| -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let quoted: String = table
        .lines()
        .enumerate()
        .map(|(row, line)| {
            let cell = |cell: &str| {
                if row > 0 { format!("\"{}\"", cell.replace('.', ",")) } else { cell.to_owned() }
            };
            line.split(',').map(cell).collect::<Vec<_>>().join(",") + "\n"
        })
        .collect();
    vec![
        (table.replace(',', ";").into_bytes(), "semicolons"),
        (table.replace(',', ";").replace('.', ",").into_bytes(), "commas in the numbers"),
        (table.replace(',', "\t").into_bytes(), "tabs"),
        (quoted.into_bytes(), "commas in the numbers"),
        (utf16(table), "UTF-16"),
        (utf16(&table.replace(',', "\t")), "UTF-16"),
    ]
}

fn rewritten(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_table_from_a_spreadsheet_is_called_that_with_the_remedy_of_its_folder() {
    let work = Workplace::new();
    let program = program!();
    let few = ["training.max_epochs=8", "recorder.window=100", "landscape.components=10"];
    let run = work.finished(&program, "out", &few);
    let figures = work.path("figures");
    program.run(&["plot", &work.text("out"), "--figures", &work.text("figures")]).succeeds();
    // In the folder of the figures.
    for table in ["flatness.csv", "pca_spectrum.csv"] {
        let path = figures.join(table);
        let text = fs::read_to_string(&path).unwrap();
        for (bytes, what) in spreadsheets(&text) {
            rewritten(&path, &bytes);
            let outcome = program.run(&["plot", "--figures", &work.text("figures")]);
            for part in [table, what, "saved by a spreadsheet?", "`varflat plot RUN --figures"] {
                assert!(outcome.stderr.contains(part), "{part}: {}", outcome.stderr);
            }
            assert_eq!(outcome.code, Some(1));
        }
        // A mark of byte order and the ends of lines of Windows leave the numbers.
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        rewritten(&path, windows.as_bytes());
        program.run(&["plot", "--figures", &work.text("figures")]).succeeds();
        rewritten(&path, text.as_bytes());
    }
    // In the run, whose checksums are from before there were any.
    varflat_tests::write_record(&run, varflat_tests::without_checksums(&run), false);
    let path = run.join("flatness.csv");
    for (bytes, what) in spreadsheets(&fs::read_to_string(&path).unwrap()) {
        rewritten(&path, &bytes);
        let outcome = program.run(&["fit", &work.text("out")]);
        for part in ["flatness.csv", what, "saved by a spreadsheet?", "`varflat flatness`"] {
            assert!(outcome.stderr.contains(part), "{part}: {}", outcome.stderr);
        }
    }
}

/// From −0.5 to 0.5, without any order (the mixing of SplitMix64).
fn scattered(number: u64) -> f64 {
    let mut bits = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ (bits >> 31)) >> 11) as f64 / 2f64.powi(53) - 0.5
}

/// Steps of noise that sums to zero over every epoch of so many, with variances that fall: what a reshuffled training without a force leaves.
fn reshuffled((epochs, length, weights): (usize, usize, usize)) -> Array2<f64> {
    let mut window = Array2::zeros((epochs * length, weights));
    for weight in 0..weights {
        let size = 2f64.powf(-0.2 * weight as f64);
        let mut place = 1.0;
        for epoch in 0..epochs {
            let noise = |step: usize| scattered(((epoch * length + step) * weights + weight) as u64);
            let mean = (0..length).map(noise).sum::<f64>() / length as f64;
            for step in 0..length {
                place += 0.01 * size * (noise(step) - mean);
                window[[epoch * length + step, weight]] = place;
            }
        }
    }
    window
}

/// Everything that `varflat controls` says and leaves of a trajectory alone.
#[test]
fn a_trajectory_alone_is_put_beside_its_surrogates() {
    let (work, program) = (Workplace::new(), program!());
    let window = reshuffled((8, 40, 60));
    let shape = "(320, 60)";
    for (name, element, fortran) in [("double", "<f8", false), ("torch", "<f4", true), ("half", "<f2", true)]
    {
        // f16 knows a weight of 1 to a thousandth.
        let window = if element == "<f2" { window.mapv(|w| (w - 1.0) * 100.0 + 3.0) } else { window.clone() };
        fs::write(
            work.path(format!("{name}.npy")),
            npy(1, element, fortran, shape, &encoded(&window, element, fortran)),
        )
        .unwrap();
        let file = work.text(format!("{name}.npy"));
        let said = program
            .run(&["controls", &file, "--steps-per-epoch", "40", "--figures", &work.text(name)])
            .succeeds()
            .stdout;
        for part in [
            "No replay:",
            "gap",
            "out of sample",
            "the null",
            "within epochs",
            "σ² ∝ (s²)^β",
            "320 rows of 60 weights",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let lines = said.lines().filter(|line| line.starts_with("  ")).count();
        assert!((8..=16).contains(&lines), "{said}");
        for table in
            ["surrogates.csv", "surrogates_spectra.csv", "surrogates.json", "surrogates.svg", "report.html"]
        {
            assert!(work.path(name).join(table).exists(), "{table}");
        }
        // What shuffling within epochs keeps, and shuffling over the window does not.
        let total = |surrogate: &str| {
            let (header, rows) = varflat_tests::table(&work.path(name).join("surrogates.csv"));
            let place = |name: &str| header.iter().position(|column| column == name).unwrap();
            let found = rows
                .iter()
                .find(|row| row[place("quantity")] == "total" && row[place("surrogate")] == surrogate);
            let number = |row: &Vec<String>, name: &str| row[place(name)].parse::<f64>().unwrap();
            found.map(|row| number(row, "mean") / number(row, "value")).unwrap()
        };
        let (within, over) = (total("within_epochs"), total("shuffled"));
        assert!((0.8..1.3).contains(&within) && over > 2.5, "{name}: {within} {over}");
        let again = program.run(&["controls", &file, "--steps-per-epoch", "40"]).succeeds().stdout;
        assert!(again.contains("already finished"), "{again}");
        program.run(&["verify", &work.text(name)]).succeeds();
    }
    // Without the length of an epoch one kind is left out, and named.
    let said = program.run(&["controls", &work.text("torch.npy"), "--drift", "first"]).succeeds().stdout;
    assert!(
        said.contains("not shuffled within epochs") && said.contains("first component left out"),
        "{said}"
    );
}

#[test]
fn a_trajectory_that_has_no_surrogates_is_one_clear_error() {
    let (work, program) = (Workplace::new(), program!());
    let mut broken = reshuffled((4, 20, 5));
    broken[[37, 2]] = f64::NAN;
    let whole = reshuffled((4, 20, 5));
    let short = whole.slice_axis(ndarray::Axis(0), (..9).into()).to_owned();
    for (name, window, options, parts) in [
        ("short", &short, vec![], ["9 rows", "at least 16"]),
        ("constant", &Array2::ones((80, 5)), vec![], ["rows", "equal"]),
        ("nan", &broken, vec![], ["row 37", "NaN"]),
        ("epoch", &whole, vec!["--steps-per-epoch", "100"], ["steps_per_epoch = 100", "80 rows"]),
        ("none", &whole, vec!["--realisations", "0"], ["realisations = 0", "1000"]),
    ] {
        let file = work.path(format!("{name}.npy"));
        fs::write(&file, saved(window)).unwrap();
        let arguments = [vec!["controls", file.to_str().unwrap()], options].concat();
        let outcome = program.run(&arguments);
        assert_eq!(outcome.code, Some(1), "{name}: {outcome:?}");
        for part in parts {
            assert!(outcome.stderr.contains(part), "{name}, {part}: {}", outcome.stderr);
        }
        assert!(!work.path(format!("{name}-surrogates/surrogates.json")).exists());
    }
}
