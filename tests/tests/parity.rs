//! The same initial weights and batches on every backend compiled in: what comes out agrees to rounding.
//!
//! `cargo test --release --workspace --features wgpu --test parity -- --nocapture` prints the largest differences. Without an
//! adapter wgpu is left out, and says so; with VARFLAT_REQUIRE_WGPU in the environment that is a failure.

use std::path::Path;
use std::sync::{Arc, Mutex};

use varflat::landscape::Landscape;
use varflat::prelude::burn::{self, module::Module, optim::Sgd, tensor::Tensor};
use varflat_analysis::{FlatnessSearch, ParamGuard};
use varflat_model::data::{Data, Verify};
use varflat_model::device::{Backend, OpenDevice, open};
use varflat_model::{
    Classifier, DenseLandscape, DenseNetwork, DeviceLandscape, Mlp, ModuleLandscape, Precision, ResidentSet,
    Trainer, TrainingConfig, in_f64,
};
use varflat_recorder::{Keep, Recorder, Schedule, SharedSink, Trajectory, TrajectorySink, from_fn};
use varflat_tests::{Workplace, program, table};

/// Allowed differences from varflat's own kernels, and of gradients and losses from flex; of everything but weights relative to the largest value of its kind.
const WEIGHTS: f64 = 1e-5;
const GRADIENTS: f64 = 1e-5;
const LOSS: f64 = 1e-5;
const PROFILE: f64 = 1e-5;
const FLATNESS: f64 = 1e-5;

/// The relative tolerance of a crossing, where two searches begin at different offsets.
const SEARCH: f64 = 1e-4;

const STEPS: u64 = 100;
const SEED: u64 = 1;

/// The backends compiled in that can be used here; flex first.
fn devices() -> Vec<OpenDevice> {
    let opened = Backend::compiled().into_iter().filter_map(|backend| match open(Some(backend.name())) {
        Ok(device) => Some(device),
        Err(error) => {
            assert!(std::env::var_os("VARFLAT_REQUIRE_WGPU").is_none(), "{error}");
            eprintln!("NOT TESTED: {error}");
            None
        }
    });
    let opened: Vec<_> = opened.collect();
    assert_eq!(opened[0].backend, Backend::Flex);
    opened
}

/// The paper's network and the first images of MNIST.
fn setting() -> (Data, DenseNetwork, TrainingConfig) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiments/headline.toml");
    let experiment = varflat::Experiment::read(&file, &[]).unwrap();
    let mut data = experiment.source().unwrap().load(Verify::Listed).unwrap();
    data.train = data.train.first(5000).unwrap();
    data.test = data.test.first(100).unwrap();
    let initial = experiment.network(784, 10).initial(SEED).unwrap();
    (data, initial, experiment.training)
}

/// The network through burn's own operations and autodiff, on every backend: an [`Mlp`] alone has faster ways on the host.
#[derive(Module, Debug)]
struct Plain {
    network: Mlp,
}

impl Classifier for Plain {
    fn forward(&self, images: Tensor<2>) -> Tensor<2> {
        self.network.forward(images)
    }
}

/// Training on a device from some weights, recorded with whatever `attach` adds.
fn trained(
    device: &OpenDevice,
    data: &Data,
    initial: &DenseNetwork,
    training: &TrainingConfig,
    steps: u64,
    attach: impl FnOnce(Recorder<'_, Plain, Sgd>) -> Recorder<'_, Plain, Sgd>,
) -> DenseNetwork {
    let (train, test) = (
        ResidentSet::new(&data.train, 10, device).unwrap(),
        ResidentSet::new(&data.test, 10, device).unwrap(),
    );
    let network = Plain { network: Mlp::new(initial, &device.autodiff()).unwrap() };
    let optimizer = attach(Recorder::new(&network, training.sgd())).into_optimizer();
    let mut trainer = Trainer::new(network, optimizer, training, SEED, &train, &test).unwrap();
    for _ in 0..steps {
        trainer.step();
    }
    trainer.network().network.to_dense().unwrap()
}

/// The same training by varflat's own kernels on the host.
fn by_kernels(
    device: &OpenDevice,
    data: &Data,
    initial: &DenseNetwork,
    training: &TrainingConfig,
) -> DenseNetwork {
    let (train, test) = (
        ResidentSet::new(&data.train, 10, device).unwrap(),
        ResidentSet::new(&data.test, 10, device).unwrap(),
    );
    let network = Mlp::new(initial, &device.autodiff()).unwrap();
    let mut trainer = Trainer::new(network, training.sgd().into(), training, SEED, &train, &test).unwrap();
    (0..STEPS).for_each(|_| trainer.step());
    trainer.network().to_dense().unwrap()
}

/// The gradients of the first mini-batch, layer by layer.
fn gradients(
    device: &OpenDevice,
    data: &Data,
    at: &DenseNetwork,
    training: &TrainingConfig,
) -> Vec<Vec<f32>> {
    let seen: Vec<_> = at.layers().iter().map(|_| Arc::new(Mutex::new(Vec::new()))).collect();
    trained(device, data, at, training, 1, |recorder| {
        at.layers().iter().zip(&seen).fold(recorder, |recorder, (layer, seen)| {
            let seen = Arc::clone(seen);
            let sink = from_fn(move |step| {
                *seen.lock().unwrap() = step.gradient.unwrap().to_vec();
                Ok(())
            });
            let sink = SharedSink::new(sink.with_gradient());
            let recorder = recorder.record(&format!("network.{}.weight", layer.name), &sink).unwrap();
            KEPT.lock().unwrap().push(sink.erased());
            recorder
        })
    });
    // On a GPU the row still waits.
    KEPT.lock().unwrap().drain(..).for_each(|sink| sink.check_steps(1).unwrap());
    seen.iter().map(|seen| seen.lock().unwrap().clone()).collect()
}

static KEPT: Mutex<Vec<SharedSink>> = Mutex::new(Vec::new());

/// Unit vectors of the centre layer, drawn from a seed.
fn directions(weights: usize) -> Vec<Vec<f64>> {
    (0..3)
        .map(|seed| {
            use rand_chacha::rand_core::SeedableRng;
            let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let direction: Vec<f64> = (0..weights).map(|_| varflat_tests::normal(&mut random)).collect();
            let length = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
            direction.iter().map(|x| x / length).collect()
        })
        .collect()
}

/// The largest difference, relative to the largest value.
fn apart(one: impl IntoIterator<Item = f64>, other: impl IntoIterator<Item = f64>) -> f64 {
    let (mut largest, mut difference) = (0.0_f64, 0.0_f64);
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    while let (Some(a), Some(b)) = (one.next(), other.next()) {
        largest = largest.max(a.abs());
        difference = difference.max((a - b).abs());
        assert!(a.is_finite() && b.is_finite());
    }
    assert!(one.next().is_none() && other.next().is_none() && largest > 0.0);
    difference / largest
}

const OFFSETS: [f64; 5] = [-2.0, -0.5, 0.0, 0.7, 3.0];

/// Profiles and flatness along the directions.
struct Measured {
    profiles: Vec<f64>,
    flatness: Vec<f64>,
}

fn flatness_of(landscape: &impl Landscape, search: &FlatnessSearch, directions: &[Vec<f64>]) -> Vec<f64> {
    let found = landscape.flatness(search, directions).unwrap();
    found.iter().map(|found| found.flatness().unwrap()).collect()
}

/// One direction at a time, so that every search begins at the same step.
fn measured(landscape: &impl Landscape, search: &FlatnessSearch) -> Measured {
    let directions = directions(2500);
    let profiles = directions.iter().flat_map(|direction| landscape.losses(direction, &OFFSETS).unwrap());
    let flatness = directions
        .iter()
        .flat_map(|direction| flatness_of(landscape, search, std::slice::from_ref(direction)));
    Measured { profiles: profiles.collect(), flatness: flatness.collect() }
}

/// 100 steps, gradients, losses, profiles and flatness of the headline's network on 5000 images.
#[test]
fn every_backend_comes_to_the_same() {
    let (data, initial, training) = setting();
    let search = FlatnessSearch::params().check().unwrap();
    let devices = devices();
    let flex = &devices[0];
    let reference = by_kernels(flex, &data, &initial, &training);
    let flat = |network: &DenseNetwork| -> Vec<f64> {
        network.layers().iter().flat_map(|layer| layer.weight.clone()).collect()
    };
    let moved = apart(flat(&reference), flat(&initial));
    assert!(
        moved > 1e-2,
        "no weight moved more than {moved:.1e}: they would agree because nothing had happened"
    );
    let loss = |device: &OpenDevice| {
        let module = Plain { network: Mlp::new(&reference, &device.device).unwrap() };
        ResidentSet::new(&data.train, 10, device).unwrap().measure(&module).unwrap().loss
    };
    let first = gradients(flex, &data, &reference, &training);
    let host = measured(&DenseLandscape::new(&reference, "hidden", &data.train).unwrap(), &search);
    for device in &devices {
        let after = trained(device, &data, &initial, &training, STEPS, |recorder| recorder);
        let largest =
            flat(&reference).iter().zip(flat(&after)).fold(0.0_f64, |most, (a, b)| most.max((a - b).abs()));
        let gradients = gradients(device, &data, &reference, &training);
        let gradient = first.iter().zip(&gradients).fold(0.0_f64, |most, (one, other)| {
            let double = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
            most.max(apart(double(one), double(other)))
        });
        let losses = apart([loss(flex)], [loss(device)]);
        let network = Plain { network: Mlp::new(&reference, &device.device).unwrap() };
        let resident = ResidentSet::new(&data.train, 10, device).unwrap();
        let module = ModuleLandscape::new(&network, "network.hidden.weight", &resident).unwrap();
        let module = measured(&module, &search);
        // So small that there are several chunks of samples.
        let narrow = OpenDevice { largest_tensor: device.largest_tensor.min(32 << 20), ..device.clone() };
        let together = DeviceLandscape::new(&reference, "hidden", &data.train, &narrow).unwrap();
        let directions = directions(2500);
        let profiles =
            together.lines(&directions).unwrap().losses(&vec![OFFSETS.to_vec(); 3]).unwrap().concat();
        let together = Measured { profiles, flatness: flatness_of(&together, &search, &directions) };
        let relative = |one: &[f64], other: &[f64]| {
            one.iter().zip(other).fold(0.0_f64, |most, (one, other)| most.max((other / one - 1.0).abs()))
        };
        let profile = relative(&host.profiles, &module.profiles);
        let profile_together = relative(&host.profiles, &together.profiles);
        let flatness = relative(&host.flatness, &module.flatness);
        let flatness_together = relative(&host.flatness, &together.flatness);
        println!(
            "{:<55} weights {largest:.1e}  gradients {gradient:.1e}  loss {losses:.1e}  \
             profiles {profile:.1e} / together {profile_together:.1e}  flatness {flatness:.1e} / together {flatness_together:.1e}",
            device.description
        );
        for (what, found, allowed) in [
            ("weights after 100 steps", largest, WEIGHTS),
            ("gradients", gradient, GRADIENTS),
            ("full loss", losses, LOSS),
            ("profiles", profile, PROFILE),
            ("profiles, together", profile_together, PROFILE),
            ("flatness", flatness, FLATNESS),
            ("flatness, together", flatness_together, FLATNESS),
        ] {
            assert!(found <= allowed, "{what}: {found:.1e} apart on {}", device.description);
        }
    }
}

/// A recorder waits for a GPU once in 256 steps, and on the host never; no row is lost or out of place.
#[test]
fn rows_come_from_a_device_in_blocks() {
    let (data, initial, training) = setting();
    for device in devices() {
        let folder = tempfile::tempdir().unwrap();
        let schedule = Schedule { every: 1, keep: Keep::All };
        let sink = TrajectorySink::create(folder.path(), "hidden.weight", [50, 50], schedule).unwrap();
        let sink = SharedSink::new(sink);
        let last = trained(&device, &data, &initial, &training, 300, |recorder| {
            recorder.record("network.hidden.weight", &sink).unwrap()
        });
        assert_eq!(sink.transfers(), u64::from(!device.on_host), "{}", device.description);
        assert_eq!(sink.steps_seen(), 300);
        sink.check_steps(300).unwrap();
        assert_eq!((sink.rows(), sink.transfers()), (300, 2 * u64::from(!device.on_host)));
        sink.with(TrajectorySink::finish).unwrap();
        let trajectory = Trajectory::open(folder.path()).unwrap();
        assert_eq!(trajectory.steps(), 300);
        let row = |step: usize| trajectory.rows(step..step + 1).unwrap();
        let expected: Vec<f32> = last.layers()[1].weight.iter().map(|&w| w as f32).collect();
        assert_eq!(row(299), expected, "{}", device.description);
        assert!(row(255) != row(256) && row(0) != row(1));
    }
}

/// A run of one backend is analysed on another, and says which device did what.
#[test]
fn a_run_of_one_backend_is_analysed_on_another() {
    let names: Vec<&str> = devices().iter().map(|device| device.backend.name()).collect();
    for trained_on in &names {
        let work = Workplace::new();
        let mut arguments = work.run("run", &["training.max_epochs=25"]);
        arguments.extend(["--device".to_owned(), (*trained_on).to_owned()]);
        let run = work.path("run");
        assert_eq!(program!().run(&arguments).code, Some(0), "{trained_on}");
        let own = flatness(&run);
        let record = || std::fs::read_to_string(run.join("run.json")).unwrap();
        assert!(record().contains(&format!("\"backend\": \"{trained_on}\"")), "{}", record());
        for other in &names {
            let folder = run.display().to_string();
            let outcome = program!().run(&["flatness", &folder, "--device", other]);
            assert_eq!(outcome.code, Some(0), "{outcome:?}");
            let there = flatness(&run);
            // Whether a side counts as monotone depends on the offsets seen, and each search begins elsewhere.
            let found: Vec<_> = own
                .iter()
                .zip(&there)
                .filter(|rows| [rows.0, rows.1].iter().all(|row| row[2] == "found"))
                .collect();
            assert!(2 * found.len() > own.len(), "{} of {} were found", found.len(), own.len());
            for (own, there) in found {
                let apart = (there[1].parse::<f64>().unwrap() / own[1].parse::<f64>().unwrap() - 1.0).abs();
                assert!(apart <= 10.0 * SEARCH, "{trained_on} on {other}: {own:?} {there:?}");
            }
            assert_eq!(record().contains("own kernels on the CPU"), *other != "wgpu", "{}", record());
        }
    }
}

/// Index, flatness and status of every direction.
fn flatness(run: &Path) -> Vec<[String; 3]> {
    let (head, rows) = table(&run.join("flatness.csv"));
    let column = |wanted: &str| head.iter().position(|name| name == wanted).unwrap();
    let columns = ["index", "flatness", "status"].map(column);
    rows.into_iter().map(|row| columns.map(|column| row[column].clone())).collect()
}

/// In f64 the backends on the CPU agree to its rounding; a GPU is refused before anything is computed.
#[test]
fn in_f64_the_backends_of_a_cpu_agree_and_others_are_refused() {
    let (data, initial, training) = setting();
    let training = TrainingConfig { precision: Precision::F64, ..training };
    let after = |device: &OpenDevice| {
        let of = |images| ResidentSet::new(images, 10, device).unwrap().in_precision(Precision::F64).unwrap();
        let (train, test) = (of(&data.train), of(&data.test));
        let network = in_f64(Mlp::new(&initial, &device.autodiff()).unwrap());
        let optimizer = training.sgd().into();
        let mut trainer = Trainer::new(network, optimizer, &training, SEED, &train, &test).unwrap();
        (0..STEPS).for_each(|_| trainer.step());
        (trainer.network().to_dense().unwrap(), trainer.measure().unwrap().train_loss)
    };
    let (on_host, others): (Vec<_>, Vec<_>) = devices().into_iter().partition(|device| device.on_host);
    let (flex, of_flex) = after(&on_host[0]);
    for device in &on_host[1..] {
        let (other, loss) = after(device);
        assert!((loss / of_flex - 1.0).abs() < 1e-12, "{loss} {of_flex}");
        for (flex, other) in flex.layers().iter().zip(other.layers()) {
            let apart = flex.weight.iter().zip(&other.weight).map(|(a, b)| (a - b).abs());
            assert!(apart.fold(0.0, f64::max) < 1e-13, "{}: {}", device.description, flex.name);
        }
    }
    let by_kernels =
        by_kernels(&on_host[0], &data, &initial, &TrainingConfig { precision: Precision::F32, ..training });
    for (single, double) in by_kernels.layers().iter().zip(flex.layers()) {
        let apart = single.weight.iter().zip(&double.weight).map(|(a, b)| (a - b).abs());
        assert!(apart.fold(0.0, f64::max) < WEIGHTS, "{}", single.name);
    }
    for device in others {
        let work = Workplace::new();
        let mut arguments = work.run("run", &["training.precision=f64"]);
        arguments.extend(["--device", device.backend.name()].map(str::to_owned));
        program!().run(&arguments).fails_clearly(&["training.precision = \"f64\"", "--device flex"]);
        assert!(!work.path("run/trajectory.npy").exists());
    }
}

/// Without a driver there is one clear error, at once; OpenGL is not taken in its place.
#[test]
fn no_adapter_is_one_clear_error() {
    if !Backend::Wgpu.is_compiled() {
        return;
    }
    let work = Workplace::new();
    let mut arguments = work.run("run", &[]);
    arguments.extend(["--device", "wgpu"].map(str::to_owned));
    let nothing =
        program!().with("VK_ICD_FILENAMES", "/nowhere.json").with("VK_DRIVER_FILES", "/nowhere.json");
    nothing.run(&arguments).fails_clearly(&[
        "no usable GPU",
        "Vulkan",
        "mesa-vulkan-drivers",
        "--device flex",
    ]);
    assert!(!work.path("run/trajectory.npy").exists());
}
