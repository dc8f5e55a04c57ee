//! Every key of every file, and every `--set` and `--vary`: what it cannot be is refused before anything is computed, by a message that
//! names the key and the limit.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use toml::{Table, Value};
use varflat::{Experiment, Study, SweepFile};
use varflat_tests::{Workplace, names, program};

/// An experiment in which every key is written out.
const EVERYTHING: &str = r#"
name = "everything"
seed = 1
[data]
set = "mnist"
samples = 5000
[model]
hidden = [12, 12]
channels = [2, 3]
bias = false
init = "uniform_fan_in"
[training]
optimizer = "sgd"
learning_rate = 0.1
momentum = 0.5
weight_decay = 0.0
batch_size = 10
shuffle = "epoch"
loss_below = 1e-3
max_epochs = 30
precision = "f32"
[recorder]
layer = "dense.hidden"
every = 1
window = 600
[pca]
components = 100
solver = "linfa"
[landscape]
around = "mean"
factor = 2.5
radius = 100.0
components = 60
last = 90
profiles = [1, 5]
[fit]
skip_first = 1
last = 80
block = 100
resamples = 100
decay = [5, 50]
[langevin]
start = "../base"
temperature = 1e-6
learning_rate = 0.5
trap = 0.0
components = [2, 99]
burn_in = 10
"#;

const STUDIES: [&str; 11] = [
    "[study.drift]\ncomponents = [1, 2]\nlags = [[2, 20]]\npoints = 7",
    "[study.temperature]\nprofiled = [2]\nmini_batches_along = [2]\nmini_batches = 5\npoints = 9\nfull_gradient_every = 50\nranges = [[2, 20]]",
    "[study.sensitivity]\nset = ['fit.block=50']\nranges = [[2, 60]]\ngroups = [{ title = 'a', set = [], vary = ['seed=1'] }]",
    "[study.langevin]\nrelaxations = 5.0\nset = []\ngroups = [{ title = 'a', vary = ['seed=1'] }]",
    "[study.controls]\nreplays = 2\nburn_in = 1\nranges = [[2, 20]]\ntimes = [1, 5]\nbases = ['components', 'hessian']\nlevels = [2.0]\n\
     flatness = 20\ngradients = 9",
    "[study.nulls]\nreplays = 2\nranges = [[2, 20]]\nset = ['fit.block=50']\ngroups = [{ title = 'a', set = [], vary = ['seed=1'] }]",
    "[study.surrogates]\nrealisations = 2\nranges = [[2, 20]]\ntimes = [1, 5]\ndrift = 'line'\nkinds = ['phases', 'walk']\nrows = 400\nsteps_per_epoch = 30\nblock = 30",
    "[study.noise]\norders = 5\nepochs = 2\nwindow = 1\nrange = [2, 20]\nrepeats = 2\nprojected = 8",
    "[study.precision]\nconstants = [0.0, 2.0]\ndirections = 9",
    "[study.width]\nset = ['fit.block=50']\ngroups = [{ title = 'a', set = [], vary = ['seed=1'] }]",
    "[study.forgetting]\npairs = [[0, 1], [3, 2]]\nheads = ['own']\nepochs = 3\nwindow = 2\nevery = 2\nseeds = [1, 2]\nstrengths = [0.1]\n\
     components = [2, 6]\nshown = 6\nexponent = 2.0\nexponents = [0.0]\nweights = [10]\ndampings = [0.01]\nfisher_samples = 20",
];

/// What any key may be given.
const VALUES: [&str; 40] = [
    "0",
    "-1",
    "1",
    "2",
    "3",
    "100000",
    "1.5",
    "0.0",
    "-0.0",
    "1e308",
    "1e-308",
    "nan",
    "inf",
    "-inf",
    "\"text\"",
    "\"\"",
    "\" \"",
    "\"x \"",
    "\"\u{202e}x\"",
    "\"../x\"",
    "[]",
    "[1]",
    "[-1]",
    "[1e308]",
    "[1, 2, 3]",
    "[0, 50]",
    "[50, 2]",
    "[9999, 99999]",
    "[100000, 100000]",
    "[9223372036854775807, 2]",
    "[[50, 2]]",
    "[[0, 50]]",
    "[[1, 2, 3]]",
    "[[1, 9223372036854775807]]",
    "{}",
    "true",
    "4294967295",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
];

/// Every key below a table, with dots.
fn keys(table: &Table, before: &str) -> Vec<String> {
    let each = table.iter().flat_map(|(key, value)| match value {
        Value::Table(inner) => keys(inner, &format!("{before}{key}.")),
        _ => vec![format!("{before}{key}")],
    });
    each.collect()
}

/// The table with one key replaced by TOML text, as a text: a number that TOML cannot hold stays as it is written.
fn replaced(table: &Table, key: &str, value: &str) -> String {
    const MARK: &str = "__replaced__";
    let mut table = table.clone();
    let (sections, last) = key.rsplit_once('.').unwrap_or(("", key));
    let mut section = &mut table;
    for name in sections.split('.').filter(|name| !name.is_empty()) {
        section = section[name].as_table_mut().unwrap();
    }
    section.insert(last.to_owned(), MARK.into());
    toml::to_string(&table).unwrap().replace(&format!("\"{MARK}\""), value)
}

/// What comes of a check, which must not be a panic; its refusal must name the key in plain words.
fn refusal(key: &str, value: &str, check: impl FnOnce() -> Result<(), varflat::Error>) -> Option<String> {
    let outcome = catch_unwind(AssertUnwindSafe(check));
    let message = outcome.unwrap_or_else(|_| panic!("{key} = {value} panicked")).err()?.to_string();
    let last = key.rsplit('.').next().unwrap();
    assert!(message.contains(last), "{key} = {value} is not named: {message}");
    for word in ["usize", "u64", "f64", "sequence", "struct ", "18446744073709551615 "] {
        // Those are values of training.precision, too.
        let quoted = message.replace(value, "").replace("`f32` or `f64`", "");
        assert!(!quoted.contains(word), "{key} = {value}: {word} in: {message}");
    }
    let zeros = "0".repeat(30);
    assert!(!message.contains(&zeros), "{key} = {value}: {message}");
    Some(message)
}

#[test]
fn every_key_of_an_experiment_is_checked_before_anything_is_computed() {
    let table: Table = toml::from_str(EVERYTHING).unwrap();
    let (mut tried, mut refused) = (0, 0);
    let keys = keys(&table, "");
    let written = toml::Value::try_from(Experiment::parse(EVERYTHING, "file.toml", &[]).unwrap()).unwrap();
    assert_eq!(keys.len(), self::keys(written.as_table().unwrap(), "").len());
    for key in &keys {
        for value in VALUES {
            let setting = [format!("{key}={value}")];
            let set = || Experiment::parse(EVERYTHING, "file.toml", &setting)?.check_asked();
            let text = replaced(&table, key, value);
            let file = || Experiment::parse(&text, "file.toml", &[])?.check_asked();
            let (set, file) = (refusal(key, value, set), refusal(key, value, file));
            assert_eq!(
                set.is_some(),
                file.is_some(),
                "{key} = {value}: {set:?} by --set, {file:?} in a file"
            );
            tried += 1;
            refused += usize::from(set.is_some());
        }
    }
    println!("{tried} tried, {refused} refused");
    assert!(tried > 1000 && refused > tried / 2);
}

#[test]
fn every_key_of_a_study_is_checked_when_it_is_read() {
    for study in STUDIES {
        let text = format!("name = 'mine'\nrun = 'base'\n{study}");
        let table: Table = toml::from_str(&text).unwrap();
        Study::parse(&text, "file.toml").unwrap();
        for key in keys(&table, "") {
            for value in VALUES {
                let text = replaced(&table, &key, value);
                refusal(&key, value, || Study::parse(&text, "file.toml").map(drop));
            }
        }
    }
}

#[test]
fn every_key_of_a_sweep_is_checked_when_it_is_read() {
    let text = "name = 's'\nseeds = 2\nset = ['fit.block=50']\nbase = { name = 'x' }\n[grid]\ntraining.batch_size = [10, 20]\n[zip]\n\
                recorder.window = [600, 700]\nfit.resamples = [50, 60]";
    let table: Table = toml::from_str(text).unwrap();
    SweepFile::parse(text, "s.toml".as_ref()).unwrap();
    for key in keys(&table, "") {
        for value in VALUES {
            let text = replaced(&table, &key, value);
            let check = || SweepFile::parse(&text, "s.toml".as_ref())?.check_asked();
            refusal(&key, value, check);
        }
    }
}

/// Overrides of an experiment, and what the refusal has to say.
const REFUSED: [(&str, &[&str]); 41] = [
    ("seed=18446744073709551615", &["seed", "at most 9223372036854775807"]),
    ("name=\" \"", &["name = \" \"", "plain word"]),
    ("name=\"x \"", &["name = \"x \"", "plain word"]),
    ("name=\"\u{202e}x\"", &["name = \"\\u{202e}x\"", "plain word"]),
    ("name=nul", &["name = \"nul\"", "plain word"]),
    ("model.hidden=50,50", &["model.hidden", "expected a list", "write [50, 50]"]),
    (
        "model.hidden=[100000, 100000]",
        &["model.hidden = [100000, 100000] needs", "GB of memory", "more than the"],
    ),
    ("model.hidden=[100001]", &["model.hidden", "1 to 100000 wide"]),
    ("model.channels=[0, 0]", &["model.channels = [0, 0]", "1 to 10000 channels"]),
    ("model.channels=[9223372036854775807, 2]", &["model.channels", "1 to 10000 channels"]),
    ("model.channels=[10000, 10000]", &["recorder.layer = \"hidden\" is unknown", "model.channels"]),
    ("training.learning_rate=x", &["training.learning_rate", "expected a number"]),
    ("training.momentum=1e308", &["training.momentum = 1e308 must be at least 0 and below 1"]),
    ("training.batch_size=0", &["training.batch_size = 0 must be between 1 and 1000000000"]),
    ("training.max_epochs=1000001", &["training.max_epochs = 1000001", "1000000"]),
    ("training.precision=f16", &["training.precision", "f16", "f32"]),
    ("recorder.layer=foo", &["recorder.layer = \"foo\" is unknown", "input, hidden, output"]),
    ("recorder.layer=foo.weight", &["recorder.layer = \"foo\" is unknown"]),
    ("recorder.every=9223372036854775807", &["recorder.every", "1000000000"]),
    ("recorder.window=3", &["recorder.window", "at most 2 components", "raise recorder.window"]),
    ("pca.components=4000", &["pca.components = 4000", "the 2500 weights of `hidden`", "at most 2500"]),
    ("landscape.components=2501", &["landscape.components = 2501", "at most 2500"]),
    ("landscape.last=2501", &["landscape.last = 2501", "at most 2500"]),
    ("landscape.profiles=[99999]", &["landscape.profiles = [99999]", "up to 2500"]),
    ("landscape.radius=1e308", &["landscape.radius = 1e308", "at most 1000000"]),
    ("landscape.factor=1", &["landscape.factor = 1 must be a number above 1"]),
    ("fit.last=0", &["fit.last = 0 must be at least 4", "fit.skip_first"]),
    ("fit.last=2501", &["fit.last = 2501", "at most 2500"]),
    ("fit.skip_first=9223372036854775807", &["fit.skip_first", "1000000"]),
    ("fit.skip_first=2498", &["fit.skip_first = 2498", "2500 components"]),
    ("fit.resamples=10000000", &["fit.resamples = 10000000 must be between 40 and 100000"]),
    ("fit.block=0", &["fit.block = 0 must be between 1 and 1000000000"]),
    ("fit.decay=[9999, 99999]", &["fit.decay = [9999, 99999]", "at most 2500"]),
    ("fit.decay=[50, 2]", &["fit.decay = [50, 2]", "[first, last]"]),
    ("fit.decay=[20, 200, 2000]", &["fit.decay", "too many values"]),
    ("fit.decay=[20]", &["fit.decay", "a list of two"]),
    ("langevin.burn_in=9223372036854775807", &["langevin"]),
    ("data.samples=0", &["data.samples = 0", "between 1"]),
    ("fit.block=1\nfit.last=5", &["one line"]),
    ("fit..block=1", &["the key is empty"]),
    ("recorder.layer=\"hidden\"\u{7}", &["one line"]),
];

#[test]
fn what_cannot_be_is_refused_with_its_key_and_limit() {
    let check = |setting: &str| -> varflat::Result<()> {
        Experiment::parse("name = 'x'", "file.toml", &[setting.to_owned()])?.check_asked()
    };
    for (setting, parts) in REFUSED {
        let message = check(setting).unwrap_err().to_string();
        println!("{setting:?}: {message}");
        assert!(parts.iter().all(|part| message.contains(part)), "{setting:?}: {parts:?} not in: {message}");
    }
    // What was not chosen is no fault of whoever asks, and an end of a range is cut.
    for setting in
        ["model.hidden=[4, 4]", "fit.decay=[20, 100000]", "fit.decay=[20,200]", "recorder.layer=output"]
    {
        check(setting).unwrap_or_else(|error| panic!("{setting}: {error}"));
    }
}

/// In a file, where a list of two took three values without a word.
#[test]
fn a_list_of_two_has_two_values_in_a_file_too() {
    for text in ["[fit]\ndecay = [20, 200, 2000]", "[model]\nchannels = [6, 16, 32]"] {
        let error =
            Experiment::parse(&format!("name = 'x'\n{text}"), "file.toml", &[]).unwrap_err().to_string();
        assert!(error.contains("too many values") && error.contains("file.toml"), "{error}");
    }
    for study in ["[study.drift]\ncomponents = [1]\nlags = [[1, 10, 100]]", STUDIES[1]] {
        let text = format!("name = 'x'\nrun = 'y'\n{}", study.replace("[[2, 20]]", "[[2, 20, 30]]"));
        let error = Study::parse(&text, "file.toml").unwrap_err().to_string();
        assert!(error.contains("too many values"), "{error}");
    }
}

#[test]
fn a_layer_may_be_called_as_its_parameter_is() {
    let named = |layer: &str| {
        let set = [format!("recorder.layer={layer}")];
        Experiment::parse("name = 'x'", "file.toml", &set).unwrap()
    };
    assert_eq!(named("hidden.weight"), named("hidden"));
    assert_eq!(named("output.weight").recorder.parameter(), "output.weight");
}

/// Billions of seeds, and products that overflow, are counted and not listed.
#[test]
fn a_sweep_of_too_many_points_is_refused_at_once() {
    let many = |values: usize| (1..=values).map(|value| value.to_string()).collect::<Vec<_>>().join(", ");
    let hundred = many(100);
    let overflow: String = (0..12).map(|key| format!("key{key} = [{hundred}]\n")).collect();
    for (text, part) in [
        ("seeds = 4294967295", "make 4294967295 runs, more than 10000"),
        ("seeds = 4294967296", "a number of seeds"),
        ("seeds = -1", "a number of seeds"),
        ("seeds = 0", "at least one"),
        ("seeds = []", "at least one"),
        ("seeds = [1, 1]", "twice"),
        ("seeds = 101\n[grid]\nfit.block = [HUNDRED]", "10100 runs"),
        ("seeds = 5000\n[grid]\nOVERFLOW", "runs, more than 10000"),
        ("seeds = 2\n[grid]\nlandscape.components = [100, 2501]", "components=2501"),
    ] {
        let text = text.replace("HUNDRED", &hundred).replace("OVERFLOW", &overflow);
        let text = format!("name = 's'\nbase = {{ name = 'x' }}\n{text}");
        let begun = std::time::Instant::now();
        let checked = SweepFile::parse(&text, "s.toml".as_ref()).and_then(|sweep| sweep.check_asked());
        let error = checked.unwrap_err().to_string();
        assert!(error.contains(part), "{part} not in: {error}");
        assert!(begun.elapsed().as_secs() < 20, "{part}");
    }
}

/// Names of points hold numbers as people write them, and as they were written before.
#[test]
fn names_of_points_are_short() {
    let text =
        "name = 's'\nbase = { name = 'x' }\n[grid]\ntraining.loss_below = [1e308, 1e-300, 1e-5, 0.1, 50.0]";
    let points = SweepFile::parse(text, "s.toml".as_ref()).unwrap().points().unwrap();
    let names: Vec<&str> = points.iter().map(|point| point.name.as_str()).collect();
    let names: Vec<&str> = names.iter().map(|name| name.strip_prefix("loss_below=").unwrap()).collect();
    assert_eq!(names, ["1e308", "1e-300", "0.00001", "0.1", "50.0"]);
}

#[test]
fn studies_refuse_what_no_run_can_give() {
    for (study, parts) in [
        (
            "[study.drift]\ncomponents = [1, 61]\nlags = [[2, 20]]",
            &["components", "61", "between 1 and 60"] as &[&str],
        ),
        ("[study.drift]\ncomponents = [1]\nlags = [[1, 2]]", &["lags: [1, 2]", "three lags"]),
        (
            "[study.drift]\ncomponents = [1]\nlags = [[2, 20]]\npoints = 100000000",
            &["points = 100000000", "10000"],
        ),
        (
            "[study.controls]\nreplays = 100000000\nranges = [[2, 20]]\ntimes = [1]",
            &["replays = 100000000", "1000"],
        ),
        ("[study.controls]\nreplays = 2\nranges = []\ntimes = [1]", &["ranges needs at least one"]),
        ("[study.controls]\nreplays = 2\nranges = [[2, 20]]\ntimes = []", &["times needs directions"]),
        (
            "[study.controls]\nreplays = 2\nranges = [[2, 20]]\ntimes = [1]\nbases = ['steps']",
            &["bases needs", "components"],
        ),
        (
            "[study.controls]\nreplays = 2\nranges = [[2, 20]]\ntimes = [1]\nbases = ['components', 'hessian', 'hessian']",
            &["bases", "twice"],
        ),
        ("[study.noise]\norders = 1\nepochs = 2\nwindow = 1\nrange = [2, 20]", &["orders = 1", "between 2"]),
        (
            "[study.noise]\norders = 5\nepochs = 100000000\nwindow = 1\nrange = [2, 20]",
            &["epochs = 100000000", "1000"],
        ),
        ("[study.noise]\norders = 5\nepochs = 2\nwindow = 0\nrange = [2, 20]", &["window = 0", "between 1"]),
        ("[study.noise]\norders = 5\nepochs = 2\nwindow = 1\nrange = [20, 2]", &["range = [20, 2]"]),
        (
            "[study.noise]\norders = 5\nepochs = 2\nwindow = 1\nrange = [2, 20]\nprojected = 0",
            &["projected = 0", "between 1"],
        ),
        ("[study.precision]\nconstants = [1]\ndirections = 9", &["constants begins with 0"]),
        (
            "[study.precision]\nconstants = [0, 2, 2]\ndirections = 9",
            &["constants = [0.0, 2.0, 2.0] should rise"],
        ),
        ("[study.precision]\nconstants = [0, 1e308]\ndirections = 9", &["constants: 1e308", "1000000"]),
        ("[study.precision]\nconstants = [0]\ndirections = 4", &["directions = 4", "between 5"]),
        (
            "[study.controls]\nreplays = 2\nranges = [[2, 20]]\ntimes = [1]\nlevels = [2.0, 1.0]",
            &["levels: 1", "above 1"],
        ),
        (
            "[study.controls]\nreplays = 2\nranges = [[2, 20]]\ntimes = [1]\nflatness = 0",
            &["flatness", "at least one direction"],
        ),
        (
            "[study.controls]\nreplays = 2\nranges = [[2, 20]]\ntimes = [1]\ngradients = 1",
            &["gradients = 1", "2"],
        ),
        (
            "[study.nulls]\nreplays = 2\nranges = []\ngroups = [{ title = 'a', vary = ['seed=1'] }]",
            &["ranges needs at least one"],
        ),
        (
            "[study.surrogates]\nrealisations = 100000000\nranges = [[2, 20]]\ntimes = [1]",
            &["realisations = 100000000", "1000"],
        ),
        ("[study.surrogates]\nrealisations = 2\nranges = []\ntimes = [1]", &["ranges needs at least one"]),
        ("[study.surrogates]\nrealisations = 2\nranges = [[2, 20]]\ntimes = []", &["times needs components"]),
        (
            "[study.surrogates]\nrealisations = 2\nranges = [[2, 20]]\ntimes = [1]\nkinds = []",
            &["kinds needs"],
        ),
        (
            "[study.surrogates]\nrealisations = 2\nranges = [[2, 20]]\ntimes = [1]\nkinds = ['walk', 'walk']",
            &["kinds", "twice"],
        ),
        (
            "[study.surrogates]\nrealisations = 2\nranges = [[2, 20]]\ntimes = [1]\nsteps_per_epoch = 1",
            &["steps_per_epoch = 1", "2"],
        ),
        (
            "[study.temperature]\nprofiled = [2]\nmini_batches_along = [2]\nmini_batches = 5\npoints = 100000000\nfull_gradient_every = 5",
            &["points = 100000000", "10000"],
        ),
        (
            "[study.temperature]\nprofiled = [2]\nmini_batches_along = [2]\nmini_batches = 100000000\npoints = 41\nfull_gradient_every = 5",
            &["mini_batches = 100000000", "10000000"],
        ),
        (
            "[study.temperature]\nprofiled = [2]\nmini_batches_along = [2]\nmini_batches = 5\npoints = 41\nfull_gradient_every = 5\nranges = [[50, 2]]",
            &["ranges = [50, 2]", "[first, last]"],
        ),
        (
            "[study.temperature]\nprofiled = [2]\nmini_batches_along = [2]\nmini_batches = 5\npoints = 41\nfull_gradient_every = 5\nranges = [[0, 50]]",
            &["ranges = [0, 50]", "counted from 1"],
        ),
    ] {
        let error =
            Study::parse(&format!("name = 'x'\nrun = 'y'\n{study}"), "file.toml").unwrap_err().to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{parts:?} not in: {error}");
    }
    let same = Study::parse(&format!("name = 'x'\nrun = 'x'\n{}", STUDIES[0]), "file.toml").unwrap_err();
    assert!(same.to_string().contains("name and run are both"), "{same}");
}

/// The experiments that come with the project, and their studies and sweeps, ask for what there is.
#[test]
fn the_experiments_of_the_project_pass() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiments");
    let mut read = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let origin = path.display().to_string();
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("toml") if text.contains("[study.") => drop(Study::parse(&text, &origin).unwrap()),
            Some("toml") if text.contains("[grid]") => {
                SweepFile::parse(&text, &path).unwrap().check_asked().unwrap();
            }
            Some("toml") => Experiment::parse(&text, &origin, &[]).unwrap().check_asked().unwrap(),
            _ => continue,
        }
        read += 1;
    }
    assert!(read > 15, "{read}");
}

#[test]
fn a_file_of_another_kind_is_called_so_with_its_command() {
    let work = Workplace::new();
    let study = work.text("study.toml");
    fs::write(&study, format!("name = 'd'\nrun = 'base'\n{}", STUDIES[0])).unwrap();
    let sweep = work.text("sweep.toml");
    fs::write(&sweep, "name = 's'\nexperiment = 'small.toml'\nseeds = 2").unwrap();
    let (small, out) = (work.text("small.toml"), work.text("out"));
    for (arguments, parts) in [
        (vec!["study", &small], ["this is an experiment, not a study", "`varflat run "]),
        (vec!["study", &sweep], ["this is a sweep, not a study", "`varflat sweep run "]),
        (vec!["run", &study, "--out", &out], ["this is a study, not an experiment", "`varflat study "]),
        (vec!["run", &sweep, "--out", &out], ["this is a sweep, not an experiment", "`varflat sweep run "]),
        (vec!["sweep", "plan", &small], ["this is an experiment, not a sweep", "--vary KEY=VALUE,VALUE"]),
        (vec!["sweep", "plan", &study], ["this is a study, not a sweep", "`varflat study "]),
        (
            vec!["sweep", "plan", &sweep, "--vary", "seed=1,2"],
            ["this is a sweep, not an experiment", "sweep run"],
        ),
        (
            vec!["sweep", "plan", &small, "--vary", "seed=18446744073709551615"],
            ["--vary", "at most 9223372036854775807"],
        ),
        (
            vec!["sweep", "plan", &small, "--vary", "landscape.components=20,145"],
            ["point components=145", "at most 144"],
        ),
        (
            vec!["sweep", "plan", &small, "--vary", "training.batch=5"],
            ["--vary training.batch=5", "batch_size"],
        ),
    ] {
        let outcome = program!().run(&arguments);
        println!("{arguments:?}: {}", outcome.stderr);
        outcome.is_clear();
        assert_ne!(outcome.code, Some(0));
        assert!(
            parts.iter().all(|part| outcome.stderr.contains(part)),
            "{parts:?} not in: {}",
            outcome.stderr
        );
    }
    assert!(!work.path("out").exists());
}

/// What could be known is refused before a step is taken; the folder stays free for another attempt.
#[test]
fn nothing_is_trained_for_what_cannot_be() {
    let work = Workplace::new();
    for (number, (setting, parts)) in [
        ("pca.components=145", &["pca.components = 145", "at most 144"] as &[&str]),
        ("fit.last=0", &["fit.last = 0", "at least 4"]),
        ("fit.skip_first=9000", &["fit.skip_first = 9000"]),
        ("landscape.last=99999", &["landscape.last = 99999", "at most 144"]),
        ("landscape.components=99999", &["landscape.components = 99999", "at most 144"]),
        ("fit.decay=[9999,99999]", &["fit.decay = [9999, 99999]"]),
        ("recorder.window=2", &["recorder.window", "at most 1 components"]),
        ("model.hidden=[100000,100000]", &["model.hidden = [100000, 100000]", "GB of memory"]),
        ("model.channels=[10000,10000]", &["model.channels"]),
    ]
    .into_iter()
    .enumerate()
    {
        let out = format!("out-{number}");
        let outcome = program!().run(&work.run(&out, &[setting]));
        println!("{setting}: {}", outcome.stderr);
        outcome.fails_clearly(parts);
        let left = fs::read_dir(work.path(&out)).map_or(0, |_| names(&work.path(&out)).len());
        assert_eq!(left, 0, "{setting}");
    }
}

/// What only the run can tell is named with its own remedy.
#[test]
fn what_only_a_run_can_tell_is_named_with_its_remedy() {
    let work = Workplace::new();
    for (out, settings, parts) in [
        (
            "early",
            &["training.loss_below=10"] as &[&str],
            &["recorder.window = 600", "fell below training.loss_below = 10", "lower training.loss_below"]
                as &[&str],
        ),
        (
            "short",
            &["landscape.radius=1e-9", "landscape.components=20"],
            &["raise landscape.radius", "19 of its 19"],
        ),
        (
            "high",
            &["landscape.factor=1e300", "landscape.components=20"],
            &["lower landscape.factor", "have no flatness"],
        ),
    ] {
        let outcome = program!().run(&work.run(out, settings));
        println!("{settings:?}: {}", outcome.stderr);
        let outcome = outcome.fails_clearly(parts);
        assert!(!outcome.stderr.contains("widen"), "{}", outcome.stderr);
    }
    let cut = program!().run(&work.run("cut", &["fit.decay=[20,200]", "landscape.components=20"])).succeeds();
    assert!(cut.stdout.contains("fit.decay = [20, 200] is cut to [20, 144]"), "{}", cut.stdout);
    // A stage asks no more of a finished run than it has.
    let stage = |command: &str, setting: &str| {
        let mut arguments = work.stage(command, "cut");
        arguments.extend(["--set".to_owned(), setting.to_owned()]);
        program!().run(&arguments)
    };
    stage("flatness", "landscape.components=145")
        .fails_clearly(&["landscape.components = 145", "at most 144"]);
    stage("fit", "fit.last=145").fails_clearly(&["fit.last = 145", "at most 144"]);
    stage("fit", "fit.decay=[200,300]").fails_clearly(&["fit.decay = [200, 300]", "144"]);
    for (study, part) in [
        (
            "[study.drift]\ncomponents = [1]\nlags = [[1, 100000]]",
            "window of 600 recorded steps: at most 599",
        ),
        (&STUDIES[1].replace("[[2, 20]]", "[[2, 145]]"), "ranges: [2, 145], but the run has 144 components"),
        (
            &STUDIES[1].replace("mini_batches = 5", "mini_batches = 700"),
            "mini_batches = 700 must be between 1 and 600",
        ),
        (&STUDIES[1].replace("profiled = [2]", "profiled = [99]"), "profiled: component 99 was not measured"),
        (&STUDIES[4].replace("[[2, 20]]", "[[2, 145]]"), "ranges: [2, 145], but the run has 144 components"),
        (&STUDIES[4].replace("[1, 5]", "[1, 145]"), "times: 145, but the run has 144 components"),
    ] {
        fs::write(work.path("study.toml"), format!("name = 'mine'\nrun = 'cut'\n{study}\n")).unwrap();
        let arguments = ["study", &work.text("study.toml"), "--runs", &work.text("")];
        program!().run(&arguments).fails_clearly(&[part]);
        assert!(!work.path("mine").exists(), "{study}");
    }
}

/// A relative folder of images is that of the working directory; a run finds its images again from elsewhere.
#[test]
fn a_relative_folder_is_named_from_where_it_is_seen() {
    let work = Workplace::new();
    let text = fs::read_to_string(work.path("small.toml")).unwrap();
    fs::write(work.path("relative.toml"), text.replace(&work.text("images"), "images")).unwrap();
    fs::create_dir(work.path("elsewhere")).unwrap();
    let from = |folder: &str, arguments: &[String]| {
        let place = work.text(folder);
        program!().under(["sh", "-c", &format!("cd {place:?} && exec \"$0\" \"$@\"")]).run(arguments)
    };
    let run =
        ["run", &work.text("relative.toml"), "--out", &work.text("out"), "--set", "landscape.components=20"];
    let run = run.map(str::to_owned);
    let lost = from("elsewhere", &run).fails_clearly(&["images is not a folder", "seen from", "--data DIR"]);
    assert!(lost.stderr.contains(&work.text("elsewhere")), "{}", lost.stderr);
    from("", &run).succeeds();
    // The experiment is the same on every machine.
    assert!(fs::read_to_string(work.path("out/config.toml")).unwrap().contains("folder = \"images\""));
    from("elsewhere", &work.stage("flatness", "out")).succeeds();
    from("elsewhere", &work.stage("fit", "out")).succeeds();
    let verified = from("elsewhere", &work.stage("verify", "out")).succeeds();
    assert!(!verified.stdout.contains("not here"), "{}", verified.stdout);
}

/// `inspect` and `run --force` agree on what a folder with a damaged config.toml is.
#[test]
fn a_damaged_experiment_is_a_runs_where_something_else_says_so() {
    let work = Workplace::new();
    let few = ["landscape.components=20", "training.max_epochs=3", "recorder.window=60"];
    let forced = |out: &str| [work.run(out, &few).as_slice(), &["--force".to_owned()]].concat();
    for (gone, ours) in [(&["run.json"] as &[&str], true), (&[], true)] {
        let out = format!("run {}", gone.len());
        let run = work.finished(&program!(), &out, &few);
        fs::write(run.join("config.toml"), "").unwrap();
        gone.iter().for_each(|name| fs::remove_file(run.join(name)).unwrap());
        let inspected =
            program!().run(&work.stage("inspect", &out)).fails_clearly(&["config.toml", "--force"]);
        assert_eq!(inspected.stderr.contains("--force"), ours);
        program!().run(&forced(&out)).succeeds();
    }
    fs::create_dir(work.path("foreign")).unwrap();
    fs::write(work.path("foreign/config.toml"), "").unwrap();
    let inspected = program!().run(&work.stage("inspect", "foreign"));
    let inspected = inspected.fails_clearly(&["config.toml", "elsewhere"]);
    assert!(!inspected.stderr.contains("--force"), "{}", inspected.stderr);
    program!().run(&forced("foreign")).fails_clearly(&["not a run of varflat's", "another --out"]);
}

#[test]
fn threads_have_a_bound() {
    let work = Workplace::new();
    let outcome = program!().with("RAYON_NUM_THREADS", "100000").run(&work.stage("inspect", "nothing"));
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert!(
        outcome.stderr.contains("RAYON_NUM_THREADS = 100000") && outcome.stderr.contains("are enough"),
        "{}",
        outcome.stderr
    );
}

/// A temperature beyond all losses, and one that is no noise.
#[test]
fn the_temperature_of_a_walk_is_blamed_for_what_it_does() {
    let work = Workplace::new();
    work.finished(&program!(), "base", &["landscape.components=20"]);
    for (temperature, parts) in [
        ("1e300", &["langevin.temperature = 1e300 must be between"] as &[&str]),
        ("1e-300", &["langevin.temperature = 1e-300 must be between"]),
        ("1e-28", &["langevin.temperature = 1e-28 is no noise", "raise it"]),
    ] {
        let start = work.text("base");
        let settings = [
            format!("langevin.start={start:?}"),
            format!("langevin.temperature={temperature}"),
            "langevin.learning_rate=0.5".to_owned(),
            "langevin.burn_in=10".to_owned(),
            "landscape.components=20".to_owned(),
        ];
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let outcome = program!().run(&work.run(format!("walk {temperature}"), &settings));
        println!("{temperature}: {}", outcome.stderr);
        outcome.fails_clearly(parts);
    }
}
