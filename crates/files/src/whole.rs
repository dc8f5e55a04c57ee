//! A file is there whole or not at all: written beside its place, then renamed.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{FileError, Result};

/// How many files this process has begun: no two of its threads write one draft.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// Writes a file beside its place and renames it: a reader sees the old file or the new one. The folder has to be there: one that was
/// moved away while a run is at work must not come back with half of its files.
///
/// # Errors
/// [`FileError::Io`], and then the file is what it was.
pub fn write_whole(path: &Path, write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (process, begun) = (std::process::id(), BEGUN.fetch_add(1, Ordering::Relaxed));
    let draft = folder.join(format!(".{name}.{process}.{begun}.tmp"));
    let attempt = || -> io::Result<()> {
        // A draft of a process that was killed, or a link that somebody put there: nothing is written through it.
        let _ = fs::remove_file(&draft);
        let file = File::create_new(&draft)?;
        let mut writer = BufWriter::new(&file);
        write(&mut writer)?;
        writer.flush()?;
        drop(writer);
        // A rename may otherwise reach the disk before the data and leave an empty file after a power cut.
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    attempt().map_err(|source| {
        // Nothing more can be done about a draft that will not go away.
        let _ = fs::remove_file(&draft);
        FileError::writing(path)(source)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_sees_the_old_file_or_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_whole(&path, |file| file.write_all(b"old")).unwrap();
        let failed = write_whole(&path, |file| {
            file.write_all(b"half of the n")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert!(failed.unwrap_err().to_string().contains("writing"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        write_whole(&path, |file| {
            assert_eq!(fs::read(&path)?, b"old");
            file.write_all(b"new")
        })
        .unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn threads_that_write_one_file_leave_one_of_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::thread::scope(|scope| {
            for letter in b'a'..b'i' {
                let path = &path;
                scope.spawn(move || write_whole(path, |file| file.write_all(&[letter; 9999])).unwrap());
            }
        });
        let bytes = fs::read(&path).unwrap();
        assert!(bytes.len() == 9999 && bytes.iter().all(|byte| *byte == bytes[0]));
    }

    #[test]
    fn nothing_is_written_in_a_folder_that_is_gone() {
        let folder = tempfile::tempdir().unwrap().path().join("gone");
        assert!(write_whole(&folder.join("a"), |_| Ok(())).is_err() && !folder.exists());
    }
}
