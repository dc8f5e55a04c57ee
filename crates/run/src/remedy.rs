//! What can be done about an error, as data: the command line says it in words.

use std::path::PathBuf;

use crate::stage::Stage;

/// What can be done about a file or folder that is not what it should be, or about a scheduler that did not do what it was asked.
// Exhaustive, unlike the errors: whoever adds one is made to say it in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// The stage that made the file does it again.
    Redo(Stage),
    /// The file goes, and the stage is done again.
    RemoveAndRedo(Stage),
    /// The run is begun again; what its folder holds is thrown away.
    BeginAgain,
    /// The file is restored, or the run is begun again.
    Restore,
    /// The trajectory is restored, saved again by whoever saved it, or recorded again.
    RecordAgain,
    /// The training goes on with the backend that it was begun on, or is begun again.
    KeepBackend(String),
    /// A run is made.
    MakeRun,
    /// The file is restored, or a run is made elsewhere.
    RestoreOrMakeRun,
    /// A sweep is begun.
    MakeSweep,
    /// Another folder is chosen for what is computed.
    OtherFolder,
    /// Another folder is chosen for it, or what this one holds is thrown away.
    OtherFolderOrReplace,
    /// The file is moved away, another folder is chosen, or the file is thrown away.
    MoveAwayOrReplace,
    /// The same of a file in the way of a study, which may get another name.
    MoveAwayOrRename,
    /// The study gets another name.
    RenameStudy,
    /// The study is done again.
    RedoStudy,
    /// Another folder is chosen for the figures.
    OtherFigures,
    /// The file is moved away, or another folder is chosen for the figures.
    MoveAwayOrOtherFigures,
    /// Tables are written by drawing a run or doing a study.
    WriteTables,
    /// The tables and the record with their checksums are written again.
    WriteRecord,
    /// What was said before names it.
    Said,
    /// The file is moved away, then tables are written.
    MoveAwayAndWriteTables,
    /// The folder holds tables: it is for the commands that read tables.
    UseAsTables,
    /// The folder is that of a sweep: it is for the commands that read sweeps, and its points are runs.
    UseAsSweep,
    /// What is named instead is a run folder, a figure folder or the SVG of a figure.
    NameResults,
    /// The run is finished.
    FinishRun,
    /// The points are submitted whatever is in the queue.
    SubmitAnyway,
    /// What would be submitted is shown, where there is no scheduler.
    ShowOnly,
    /// The scheduler says what it has in its queue.
    AskQueue,
    /// The size of the largest array is given.
    NameArrayLimit,
    /// The array gets fewer tasks.
    SmallerArray,
    /// The table of a sweep is written when its array has ended, or the array is taken out of the queue.
    CollectOrCancel {
        /// The folder of the sweep.
        sweep: PathBuf,
        /// The job number of the array.
        array: String,
    },
}
