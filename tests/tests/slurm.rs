//! A sweep as a job array of a real Slurm with two nodes, on this machine's loopback: points in chunks, a failing one, a node that dies
//! mid-run, an orphan beside its requeued duplicate, a task that runs out of time. Every point must end as the bytes of a local run.
//!
//! Runs where Slurm is installed (Debian's `slurmctld slurmd slurm-client munge`); with `VARFLAT_REQUIRE_SLURM` it may not be missing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use varflat_tests::{Snapshot, Workplace, assert_same, names, program};

/// How long Slurm may take for anything.
const PATIENCE: Duration = Duration::from_secs(400);

/// A Slurm below a temporary folder, stopped when dropped.
struct Cluster {
    folder: PathBuf,
}

impl Cluster {
    /// With two nodes of one core and arrays of at most four tasks; none if Slurm is not installed.
    fn start(folder: PathBuf) -> Option<Self> {
        let installed = ["sbatch", "slurmctld", "slurmd", "munged"]
            .iter()
            .all(|program| Command::new(program).arg("--version").output().is_ok());
        if !installed {
            assert!(
                std::env::var_os("VARFLAT_REQUIRE_SLURM").is_none(),
                "Slurm is required, but not installed"
            );
            println!("SKIPPED: nothing was submitted, because Slurm is not installed");
            return None;
        }
        let cluster = Self { folder };
        cluster.script(&["up", "2"]);
        Some(cluster)
    }

    fn script(&self, command: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("slurm/cluster.sh");
        let mut call = Command::new(script);
        call.arg(command[0]).arg(&self.folder).args(&command[1..]).env("VARFLAT_SLURM_ARRAY", "4");
        checked(&mut call);
    }

    fn configuration(&self) -> String {
        self.folder.join("slurm.conf").to_str().unwrap().to_owned()
    }

    /// A command of Slurm's; what it prints.
    fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let output = checked(Command::new(program).args(arguments).env("SLURM_CONF", self.configuration()));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Jobs in the queue: id of the task, state, node.
    fn queue(&self) -> Vec<[String; 3]> {
        let lines = self.ask("squeue", &["-h", "-r", "-o", "%i %T %N"]);
        let words = lines.lines().map(|line| {
            let mut words = line.split(' ').map(str::to_owned);
            std::array::from_fn(|_| words.next().unwrap_or_default())
        });
        words.collect()
    }

    #[track_caller]
    fn wait_until(&self, what: &str, condition: impl Fn() -> bool) {
        let start = Instant::now();
        while !condition() {
            assert!(start.elapsed() < PATIENCE, "still no {what}; the queue: {:?}", self.queue());
            std::thread::sleep(Duration::from_millis(50));
        }
        println!("{what}: after {:.1} s", start.elapsed().as_secs_f64());
    }

    #[track_caller]
    fn wait_for_all(&self) {
        self.wait_until("empty queue", || self.queue().is_empty());
    }

    /// The task that runs on a node.
    #[track_caller]
    fn task_on(&self, node: &str) -> String {
        let task = || self.queue().into_iter().find(|[_, state, on]| state == "RUNNING" && on == node);
        self.wait_until(&format!("task on {node}"), || task().is_some());
        task().unwrap()[0].clone()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("slurm/cluster.sh");
        let _ = Command::new(script).arg("down").arg(&self.folder).output();
    }
}

#[track_caller]
fn checked(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    output
}

/// Epochs of a training that takes some seconds: long enough to be killed in.
const LONG: usize = 500;

/// A sweep of the small experiment, and the same done locally.
struct Case<'a> {
    work: &'a Workplace,
    cluster: &'a Cluster,
    name: &'static str,
}

impl Case<'_> {
    fn file(&self) -> String {
        self.work.text(format!("{}.toml", self.name))
    }

    fn folder(&self) -> PathBuf {
        self.work.path(self.name)
    }

    fn write(&self, axes: &str, epochs: usize) {
        let text = format!(
            "name = \"{}\"\nexperiment = \"small.toml\"\nset = [\"training.max_epochs={epochs}\", \"training.batch_size=2\"]\n{axes}",
            self.name
        );
        fs::write(self.file(), text).unwrap();
    }

    /// `varflat sweep submit`, as a user gives it.
    fn submit(&self, more: &[&str]) {
        let file = self.file();
        let out = self.work.text(self.name);
        let mut arguments = vec![
            "sweep",
            "submit",
            &file,
            "--out",
            &out,
            "--engine",
            "slurm",
            "--at-once",
            "2",
            "--time",
            "10",
        ];
        arguments.extend(more);
        let program = program!().with("SLURM_CONF", &self.cluster.configuration());
        println!("{}", program.run(&arguments).succeeds().stdout);
    }

    /// Whether a point has trained for some epochs.
    fn trains(&self, point: &str) -> bool {
        let metrics = fs::read_to_string(self.folder().join(point).join("metrics.csv"));
        metrics.is_ok_and(|text| text.lines().count() > 20)
    }

    /// Everything that the tasks printed.
    fn output(&self) -> String {
        let folder = self.folder().join("slurm/1");
        let logs = names(&folder).into_iter().filter(|name| name.ends_with(".log"));
        logs.map(|log| fs::read_to_string(folder.join(log)).unwrap()).collect()
    }

    /// Every point is the one of a local sweep, to the byte and without leftovers, and so are the table and its figures.
    #[track_caller]
    fn is_as_done_locally(&self, points: &[&str], failing: usize) {
        let local = self.work.text(format!("{}-local", self.name));
        let outcome = program!().run(&["sweep", "run", &self.file(), "--out", &local]);
        assert_eq!(outcome.code, Some(i32::from(failing > 0)), "{outcome:#?}");
        program!().run(&["sweep", "collect", &local]).succeeds();
        for point in points {
            let (here, there) = (Path::new(&local).join(point), self.folder().join(point));
            assert_same(&Snapshot::of_results(&here), &Snapshot::of_results(&there), point);
            assert_eq!(names(&there), names(&here), "leftovers in {point}");
        }
        let collected = |folder: &Path| Snapshot::of(&folder.join("collected"));
        assert_same(&collected(Path::new(&local)), &collected(&self.folder()), "the collected sweep");
    }
}

#[test]
fn a_sweep_survives_what_happens_on_a_cluster() {
    let work = Workplace::new();
    let Some(cluster) = Cluster::start(work.path("slurm")) else { return };
    points_in_chunks_and_one_that_fails(&work, &cluster);
    a_node_dies_mid_run(&work, &cluster);
    an_orphan_beside_its_duplicate(&work, &cluster);
    out_of_time(&work, &cluster);
}

/// Six points where an array may have four tasks: three tasks of two points. One point diverges; the others and the collecting job
/// do not mind.
fn points_in_chunks_and_one_that_fails(work: &Workplace, cluster: &Cluster) {
    let case = Case { work, cluster, name: "chunks" };
    case.write("seeds = [1, 2]\n[grid]\ntraining.learning_rate = [0.1, 0.2, 1e30]", 30);
    case.submit(&[]);
    cluster.wait_for_all();
    let output = case.output();
    assert_eq!(output.matches("diverged").count() / 2, 2, "{output}");
    assert!(output.contains("6 of 6 points are in"), "{output}");
    let status = program!().run(&["sweep", "status", &work.text("chunks")]).succeeds().stdout;
    assert!(status.contains("6 points: 4 finished, 2 failed"), "{status}");
    let points = ["0.1,seed=1", "0.1,seed=2", "0.2,seed=1", "0.2,seed=2"]
        .map(|point| format!("learning_rate={point}"));
    case.is_as_done_locally(&points.each_ref().map(String::as_str), 2);
}

/// The node and everything on it die; Slurm notices, requeues the task, and the other node goes on from the checkpoint.
fn a_node_dies_mid_run(work: &Workplace, cluster: &Cluster) {
    let case = Case { work, cluster, name: "crash" };
    case.write("seeds = [1, 2]", LONG);
    case.submit(&[]);
    let task = cluster.task_on("n2");
    cluster.wait_until("training on both nodes", || case.trains("seed=1") && case.trains("seed=2"));
    cluster.script(&["crash", "n2"]);
    cluster.wait_for_all();
    assert!(
        cluster.ask("scontrol", &["show", "job", &task]).contains("Restarts=1"),
        "{task} was not requeued"
    );
    cluster.script(&["revive", "n2"]);
    case.is_as_done_locally(&["seed=1", "seed=2"], 0);
}

/// The node's daemon dies, but what it started lives on: Slurm requeues the task, and two processes want the same point. The second
/// waits for the first and finds its work done.
fn an_orphan_beside_its_duplicate(work: &Workplace, cluster: &Cluster) {
    let case = Case { work, cluster, name: "orphan" };
    case.write("seeds = [1, 2]", LONG);
    cluster.wait_until("two idle nodes", || {
        cluster.ask("sinfo", &["-h", "-N", "-t", "idle", "-o", "%N"]).lines().count() == 2
    });
    case.submit(&[]);
    let task = cluster.task_on("n2");
    cluster.wait_until("training on both nodes", || case.trains("seed=1") && case.trains("seed=2"));
    // The orphan rests until its duplicate has come: Slurm takes longer to begin that than a fast machine to finish the point.
    let index = task.rsplit('_').next().unwrap();
    let orphan = format!("{} --index {index}-{index} ", work.text("orphan"));
    let signal = |name: &str| checked(Command::new("pkill").args([name, "-f", "--", &orphan]));
    signal("-STOP");
    cluster.script(&["kill", "n2"]);
    cluster.ask("scontrol", &["update", "NodeName=n2", "State=DOWN", "Reason=test"]);
    cluster.wait_until("duplicate of the orphan", || case.output().contains("waiting for the process"));
    signal("-CONT");
    cluster.wait_for_all();
    assert!(
        cluster.ask("scontrol", &["show", "job", &task]).contains("Restarts=1"),
        "{task} was not requeued"
    );
    let output = case.output();
    assert!(
        output.contains("waiting for the process that works on it"),
        "no duplicate met the orphan: {output}"
    );
    assert!(output.contains("finished already"), "{output}");
    cluster.script(&["revive", "n2"]);
    cluster.wait_until("revived node", || {
        cluster.ask("sinfo", &["-h", "-n", "n2", "-o", "%t"]).trim() == "idle"
    });
    case.is_as_done_locally(&["seed=1", "seed=2"], 0);
}

/// The signal that Slurm sends a minute before the time is over: the task writes a checkpoint, goes back into the queue and continues.
fn out_of_time(work: &Workplace, cluster: &Cluster) {
    let case = Case { work, cluster, name: "time" };
    case.write("seeds = [1]", LONG);
    case.submit(&[]);
    cluster.wait_until("training", || case.trains("seed=1"));
    let task = cluster.queue().into_iter().find(|[_, state, _]| state == "RUNNING").unwrap()[0].clone();
    cluster.ask("scancel", &["--batch", "--signal=USR1", &task]);
    cluster.wait_for_all();
    assert!(
        cluster.ask("scontrol", &["show", "job", &task]).contains("Restarts=1"),
        "{task} was not requeued"
    );
    assert!(case.output().contains("continuing after step"), "{}", case.output());
    case.is_as_done_locally(&["seed=1"], 0);
}
