//! Locks of folders: held as long as a file is open, and so released however a process ends.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use crate::{FileError, Result, open};

/// What came of locking a file.
#[derive(Debug)]
pub enum Lock {
    /// It is held until this is dropped.
    Held(File),
    /// Another process holds it.
    Taken,
    /// The file system knows no locks (Lustre without `-o flock`, NFS without its lock service): no reason not to work there.
    Unknown(File, io::Error),
}

/// Locks a file for this process alone; it is made if it is not there.
///
/// # Errors
/// [`FileError::Io`] if it cannot be made.
pub fn lock_exclusive(file: &Path) -> Result<Lock> {
    let opened = File::options().create(true).truncate(false).write(true).open(file);
    let opened = opened.map_err(FileError::writing(file))?;
    let locked = opened.try_lock();
    Ok(of(opened, locked))
}

/// Locks a file for all who only look, if it is there; nothing is written.
pub fn lock_shared(file: &Path) -> Option<Lock> {
    let opened = open(file).ok()?;
    let locked = opened.try_lock_shared();
    Some(of(opened, locked))
}

fn of(file: File, locked: std::result::Result<(), TryLockError>) -> Lock {
    match locked {
        Ok(()) => Lock::Held(file),
        Err(TryLockError::WouldBlock) => Lock::Taken,
        Err(TryLockError::Error(reason)) => Lock::Unknown(file, reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_writes_or_many_look() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".lock");
        assert!(lock_shared(&file).is_none());
        let writer = lock_exclusive(&file).unwrap();
        assert!(matches!(writer, Lock::Held(_)));
        assert!(matches!(lock_exclusive(&file).unwrap(), Lock::Taken));
        assert!(matches!(lock_shared(&file), Some(Lock::Taken)));
        drop(writer);
        let looking = [lock_shared(&file), lock_shared(&file)];
        assert!(looking.iter().all(|lock| matches!(lock, Some(Lock::Held(_)))));
        assert!(matches!(lock_exclusive(&file).unwrap(), Lock::Taken));
    }
}
