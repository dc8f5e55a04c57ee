//! Who may work in a folder.

use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use varflat_files::{Lock, check_files, read_json, remove_drafts};

use crate::artifacts::{Stage, names};
use crate::error::{Error, Result};
use crate::guard;
use crate::run_record::RunRecord;

/// Keeps others from working in a folder as long as it lives.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
    /// What to know where the folder cannot be locked.
    notice: Mutex<Option<String>>,
}

impl FolderLock {
    /// What to know where the folder cannot be locked, once.
    pub fn take_notice(&self) -> Option<String> {
        self.notice.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Take the folder's lock, which is released when the file closes, however the process ends; then clear away
/// what a killed process was writing.
///
/// # Errors
/// [`Error::Locked`] if another process works there; [`Error::File`] if the folder cannot be used.
pub fn lock_exclusive(path: &Path) -> Result<FolderLock> {
    check_files(path)?;
    let record = read_json::<RunRecord>(&path.join(names::RUN));
    guard::check_links(path, record.is_ok_and(|record| record.stages.contains_key(Stage::Train.name())))?;
    let lock = match varflat_files::lock_exclusive(&path.join(names::LOCK))? {
        Lock::Held(file) => FolderLock { _file: file, notice: Mutex::default() },
        Lock::Taken => return Err(Error::Locked(path.to_path_buf())),
        Lock::Unknown(file, reason) => {
            let folder = path.display();
            let notice =
                format!("{folder} cannot be locked ({reason}): let no other varflat work there meanwhile");
            FolderLock { _file: file, notice: Mutex::new(Some(notice)) }
        }
    };
    remove_drafts(path)?;
    Ok(lock)
}

/// Keeps others from changing a folder as long as the file is open, where a lock file is there to do so; nothing is written.
///
/// # Errors
/// [`Error::Locked`] if another process is at work there.
pub(crate) fn lock_shared(path: &Path) -> Result<Option<File>> {
    match varflat_files::lock_shared(&path.join(names::LOCK)) {
        None => Ok(None),
        Some(Lock::Taken) => Err(Error::Locked(path.to_path_buf())),
        // A file system without locks: who looks finds what there is.
        Some(Lock::Held(lock) | Lock::Unknown(lock, _)) => Ok(Some(lock)),
    }
}

/// Whether another process is at work in a folder.
pub fn is_locked(path: &Path) -> bool {
    matches!(lock_shared(path), Err(Error::Locked(_)))
}
