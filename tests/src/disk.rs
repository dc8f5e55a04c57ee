//! A small file system in memory.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A tmpfs, unmounted when dropped.
#[derive(Debug)]
pub struct Disk(PathBuf);

impl Disk {
    /// Mount one with options such as `size=2m`; `None`, and a line that says so, where that is not permitted.
    pub fn mount(folder: &Path, options: &str) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder);
        if mount.output().is_ok_and(|output| output.status.success()) {
            return Some(Self(folder.to_owned()));
        }
        println!("SKIPPED: mounting a tmpfs is not permitted here");
        None
    }

    /// Fill it but for so many bytes.
    pub fn fill(&self, free: u64) {
        let mut ballast = File::create(self.ballast()).unwrap();
        let block = vec![0; 4096];
        while ballast.write_all(&block).is_ok() {}
        let size = ballast.metadata().unwrap().len();
        ballast.set_len(size.saturating_sub(free)).unwrap();
    }

    /// Use up its inodes but for so many.
    pub fn use_up_inodes(&self, free: usize) {
        fs::create_dir(self.ballast()).unwrap();
        let file = |number: usize| self.ballast().join(number.to_string());
        let made = (0..).find(|number| File::create(file(*number)).is_err()).unwrap_or(0);
        (made.saturating_sub(free)..made).for_each(|number| fs::remove_file(file(number)).unwrap());
    }

    /// Give back what [`fill`](Self::fill) and [`use_up_inodes`](Self::use_up_inodes) took.
    pub fn clear(&self) {
        let _ = fs::remove_file(self.ballast());
        let _ = fs::remove_dir_all(self.ballast());
    }

    /// Allow no more writing, or allow it again.
    pub fn set_read_only(&self, read_only: bool) {
        let how = if read_only { "remount,ro" } else { "remount,rw" };
        let done = Command::new("mount").args(["-o", how]).arg(&self.0).status().unwrap();
        assert!(done.success(), "mount -o {how}");
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
