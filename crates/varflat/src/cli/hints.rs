//! What to do about an error: all advice of the command line.

use std::io;
use std::path::Path;

use varflat_files::{FileError, MAKING};
use varflat_model::data::DataError;
use varflat_model::device::DeviceError;
use varflat_run::artifacts::{Stage, names};
use varflat_run::error::{Error, Remedy};
use varflat_run::experiment::Kind;
use varflat_study::registry;
use varflat_study::sweep::State;

/// An error as the program says it: what went wrong, and what to do next.
pub fn said(error: &Error) -> String {
    if let Error::Runs { failures } = error {
        let lines: Vec<String> =
            failures.iter().map(|(run, error)| format!("\n  {run}: {}", said(error))).collect();
        let again = again("the same command", failures.iter().map(|(_, error)| error.is_finding()));
        return format!("{} of the runs failed:{}\n{again}", failures.len(), lines.concat());
    }
    let before = match error {
        Error::UsedAlready { stage, .. } => format!("--set for `{}`: ", stage.name()),
        _ => String::new(),
    };
    format!("{before}{error}{}", hint(error))
}

/// What a finished sweep is good for.
pub(super) fn all_finished(sweep: &Path) -> String {
    format!("all points are finished; `varflat sweep collect {}` writes their table", sweep.display())
}

/// What to do about the points of a sweep that failed; nothing if none did.
pub(super) fn failed(sweep: &Path, states: &[State]) -> Option<String> {
    let findings = states.iter().filter_map(|state| match state {
        State::Failed { is_finding, .. } => Some(*is_finding),
        _ => None,
    });
    findings.clone().next()?;
    Some(again(&format!("`varflat sweep run {}`", sweep.display()), findings))
}

/// How runs that lie in the folder of a sweep become points of it.
pub(super) const STRANGERS: &str = "`varflat sweep run` with their values takes such runs in";

/// What to do about an error, to be said behind it; nothing where it says so itself.
fn hint(error: &Error) -> String {
    match error {
        Error::Data(
            DataError::SetNotFound { .. } | DataError::MissingFolder { .. } | DataError::MissingFile { .. },
        ) => " (--data DIR, or data.folder)".to_owned(),
        Error::DataElsewhere { .. } => {
            "; give the command from where it is, or name the folder that holds the four IDX files (--data DIR, or data.folder)".to_owned()
        }
        Error::Device(DeviceError::NotCompiled { asked, .. }) => format!(
            "; rebuild with `cargo build --release -p varflat --no-default-features --features {asked},cli`"
        ),
        Error::Device(DeviceError::NoAdapter { api, .. }) => {
            let opengl = match *api {
                "OpenGL" => "",
                _ => ", or `--device wgpu:opengl` for a driver that has only OpenGL",
            };
            format!(
                "; install a driver (without a GPU, Debian's `mesa-vulkan-drivers` and `libvulkan1` give a software Vulkan), or use \
                 `--device flex`{opengl}"
            )
        }
        Error::OtherKind { origin, found, asked } => of_other_kind(origin, *found, *asked),
        Error::File(FileError::Io { action, source, .. }) => of_system(action, source).to_owned(),
        Error::File(FileError::Malformed { path, .. }) => again_made(path),
        Error::Malformed { path, remedy, .. } => of_remedy(path, remedy),
        Error::Engine { remedy, .. } => of_remedy(Path::new(""), remedy),
        Error::InQueue { arrays } => {
            let arrays = arrays.join(",");
            format!(
                ": `squeue --jobs={arrays}` shows them, `scancel {arrays}` takes them out, --again submits them a second time"
            )
        }
        Error::TwoPoints { .. } => "; choose another --out for one of them".to_owned(),
        Error::NotTimed { .. } => "; --csv lists the points without".to_owned(),
        Error::UsedAlready { .. } => "; start a new run with `varflat run`".to_owned(),
        Error::OtherExperiment { .. } => {
            ". Choose another --out, or --force to throw the old results away".to_owned()
        }
        Error::OtherSweep { .. } => ". Choose another --out, or remove the folder".to_owned(),
        Error::StageMissing { stage, .. } => {
            format!("; run `varflat {}` first (or `varflat run`, which does all stages)", stage.name())
        }
        Error::Locked(_) => "; wait for it, or choose another --out".to_owned(),
        Error::Unfinished { folder, .. } => {
            format!("; `varflat sweep status {}` says how far they are", folder.display())
        }
        Error::Differs { damaged, .. } => damaged.first().map_or_else(String::new, hint),
        Error::Interrupted { .. } => ": the same command continues from here".to_owned(),
        _ => String::new(),
    }
}

/// What to do with a file of keys and values where one of another kind was asked for.
fn of_other_kind(file: &str, found: Kind, asked: Kind) -> String {
    match (found, asked) {
        (Kind::Experiment, Kind::Sweep) => format!(
            ": add --vary KEY=VALUE,VALUE to say what varies, or do it once with `varflat run {file} --out FOLDER`"
        ),
        (Kind::Experiment, _) => format!(": do it with `varflat run {file} --out FOLDER`"),
        (Kind::Study, _) => format!(": do it with `varflat study {file}`"),
        (Kind::Sweep, _) => format!(": do it with `varflat sweep run {file}`"),
    }
}

/// What a command would do about runs that failed, of which each is a finding (the training failed by itself) or not.
fn again(command: &str, findings: impl Iterator<Item = bool>) -> String {
    let findings: Vec<bool> = findings.collect();
    match findings.iter().filter(|is_finding| **is_finding).count() {
        0 => format!("{command} tries these again"),
        all if all == findings.len() => format!(
            "{command} does not try these again, because they would come to the same: change their values, or --retry"
        ),
        _ => format!(
            "{command} tries again what failed for want of files, memory or time; trainings that failed by themselves only with \
             --retry"
        ),
    }
}

fn of_remedy(path: &Path, remedy: &Remedy) -> String {
    let folder = path.display();
    let words = match remedy {
        Remedy::Redo(stage) => return format!("; run `varflat {}` again", stage.name()),
        Remedy::RemoveAndRedo(stage) => {
            return format!("; delete it and run `varflat {}` again", stage.name());
        }
        Remedy::KeepBackend(backend) => return format!("; continue with --device {backend}, or --force"),
        Remedy::UseAsSweep => {
            return format!(
                ": `varflat sweep status {folder}` says how far they are, `varflat sweep collect {folder}` writes their table, and \
                 `varflat inspect` and `varflat verify` take the folder of a point"
            );
        }
        Remedy::BeginAgain => "begin again with --force",
        Remedy::Restore => "restore it, or run the experiment again with --force",
        Remedy::RecordAgain => "restore it, save it again, or run the training again with --force",
        Remedy::MakeRun => "make one with `varflat run EXPERIMENT.toml --out FOLDER`",
        Remedy::RestoreOrMakeRun => {
            "restore the file, or make a run elsewhere with `varflat run EXPERIMENT.toml --out FOLDER`"
        }
        Remedy::MakeSweep => "begin one with `varflat sweep run SWEEP.toml --out FOLDER`",
        Remedy::OtherFolder => "choose another --out",
        Remedy::OtherFolderOrReplace => "choose another --out, or --force",
        Remedy::MoveAwayOrReplace => "move it away, choose another --out, or --force to throw it away",
        Remedy::MoveAwayOrRename => "move it away, give the study another name, or --force to throw it away",
        Remedy::RenameStudy => "give the study another name",
        Remedy::RedoStudy => "do the study again with --force",
        Remedy::OtherFigures => "choose another --figures",
        Remedy::MoveAwayOrOtherFigures => "move it away, or choose another --figures",
        Remedy::WriteTables => {
            "`varflat plot RUN --figures DIR`, `varflat study` and `varflat reproduce` write some"
        }
        Remedy::WriteRecord => "`varflat plot RUN --figures DIR` and `varflat study` write both",
        Remedy::Said => return String::new(),
        Remedy::MoveAwayAndWriteTables => {
            "move it away, then `varflat plot RUN --figures DIR` writes tables there"
        }
        Remedy::UseAsTables => "`varflat verify` and `varflat report --figures` take such a folder",
        Remedy::NameResults => {
            "name a run folder, a figure folder or the SVG of a figure, as `varflat run`, `varflat study` and `varflat plot` make them"
        }
        Remedy::FinishRun => "`varflat run` with its experiment and --out finishes it",
        Remedy::SubmitAnyway => "--again submits them all the same",
        Remedy::ShowOnly => "is Slurm on this machine? --dry-run prints what would be submitted",
        Remedy::AskQueue => "whether it took the job all the same, `squeue --me` says",
        Remedy::NameArrayLimit => "give --array-limit",
        Remedy::SmallerArray => {
            return ". If there are too many tasks, --chunk NUMBER gives each more points, and --array-limit NUMBER says how large an \
                    array may be"
                .to_owned();
        }
        Remedy::CollectOrCancel { sweep, array } => {
            return format!(
                ", and nothing collects it: when it has ended, `varflat sweep collect {}` does; `scancel {array}` takes it out of the \
                 queue",
                sweep.display()
            );
        }
    };
    format!("; {words}")
}

/// How to make a damaged file again.
fn again_made(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !path.with_file_name(names::CONFIG).exists() {
        // In no run: a table of a figure folder, or a file of somebody's own.
        let is_table = path.extension().is_some_and(|kind| kind == "csv" || kind == "json");
        return if is_table { table_again(path, &name) } else { String::new() };
    }
    let remedy = match Stage::of_file(&name) {
        Some(Stage::Train) => Remedy::Restore,
        Some(stage) => Remedy::Redo(stage),
        None if [names::CONFIG, names::RUN].contains(&name.as_str()) => Remedy::Restore,
        None => return String::new(),
    };
    of_remedy(path, &remedy)
}

/// How to write a table of a figure folder again: that of a run, or of a study or sweep, which begins with the name of that.
fn table_again(path: &Path, name: &str) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.display();
    let of_study = registry::study_names().any(|study| name.starts_with(study));
    let command = match name {
        _ if of_study => "study STUDY.toml",
        _ if name.starts_with("sweep") => "sweep collect SWEEP",
        _ => "plot RUN",
    };
    format!("; write the tables again with `varflat {command} --figures {folder}`")
}

/// EMFILE and ENFILE, for which the library has no name.
const TOO_MANY_FILES: [i32; 2] = if cfg!(unix) { [24, 23] } else { [4, 4] };

/// What to do about an error of the operating system, where there is something to do.
fn of_system(action: &str, source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::NotFound if action == MAKING => "; no folder can be made there: choose another",
        io::ErrorKind::IsADirectory if action == "reading" => {
            "; a folder stands where a file is needed: name the file that is meant"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free some space, then give the same command again: it continues where it stopped"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; choose a folder that you may write to"
        }
        io::ErrorKind::NotFound => "; check the path, or whether the folder was moved meanwhile",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "; a file stands where a folder is needed: choose another folder"
        }
        io::ErrorKind::IsADirectory => {
            "; a folder stands where a file is needed: name a file, or another folder for what is written"
        }
        io::ErrorKind::FileTooLarge => {
            "; files may not be larger here (`ulimit -f`, or the file system): raise the limit, then give the same command again"
        }
        io::ErrorKind::WouldBlock => {
            "; too few threads or too little memory are allowed here (`ulimit -u`, `ulimit -v`): raise the limit, or lower \
             RAYON_NUM_THREADS and --jobs"
        }
        io::ErrorKind::OutOfMemory => {
            "; use a machine with more memory, or raise the limit (`ulimit -v`), then give the same command again"
        }
        io::ErrorKind::ResourceBusy | io::ErrorKind::Unsupported => {
            "; the file system there cannot do it: choose a folder on another"
        }
        _ if source.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code)) => {
            "; too few files may be open at a time: raise the limit (`ulimit -n 1024`) or lower --jobs, then give the same command \
             again"
        }
        _ => "",
    }
}
