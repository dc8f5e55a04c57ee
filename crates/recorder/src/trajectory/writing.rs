//! A thread that writes blocks of rows into a file.

use std::{
    fs::File,
    io::{self, Seek, SeekFrom, Write},
    path::PathBuf,
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread::{self, JoinHandle},
};

use super::npy::{HEADER_BYTES, header};
use crate::RecorderError;

/// Blocks that may be on their way at a time.
const QUEUE: usize = 2;

/// A file of rows behind a header that counts them.
///
/// Rows are written first, the row count in the header after them: whatever the moment at which the process dies, the header
/// never promises a row that is not there.
pub(crate) struct Rows<W> {
    pub(crate) file: W,
    pub(crate) path: PathBuf,
    pub(crate) weights: usize,
    /// Rows that the header counts.
    pub(crate) written: u64,
}

impl<W: Write + Seek> Rows<W> {
    fn write(&mut self, block: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end()))?;
        self.file.write_all(block)?;
        self.written += (block.len() / self.row_bytes()) as u64;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header(self.written, self.weights))?;
        self.file.flush()
    }

    fn row_bytes(&self) -> usize {
        self.weights * size_of::<f32>()
    }

    fn end(&self) -> u64 {
        HEADER_BYTES as u64 + self.written * self.row_bytes() as u64
    }
}

enum Job<W> {
    Block(Vec<u8>),
    Ask(fn(&mut W) -> io::Result<()>),
}

/// The thread and the way to it. Blocks are written in the order in which they come; after an error, none is.
///
/// Dropping it waits until the blocks on their way are written.
pub(crate) struct Writing<W: Send + 'static> {
    /// `None` once the thread was told to stop.
    jobs: Option<SyncSender<Job<W>>>,
    /// Emptied blocks, one for each job.
    done: Receiver<Result<Vec<u8>, RecorderError>>,
    on_their_way: usize,
    /// Emptied blocks that nobody fills.
    spare: Vec<Vec<u8>>,
    thread: Option<JoinHandle<Rows<W>>>,
}

impl<W: Write + Seek + Send + 'static> Writing<W> {
    pub(crate) fn start(rows: Rows<W>) -> Result<Self, RecorderError> {
        let (jobs, next_job) = sync_channel(QUEUE);
        let (finished, done) = channel();
        let path = rows.path.clone();
        let thread = thread::Builder::new()
            .name("trajectory".into())
            .spawn(move || work(rows, &next_job, &finished))
            .map_err(RecorderError::write(&path))?;
        Ok(Self { jobs: Some(jobs), done, on_their_way: 0, spare: Vec::new(), thread: Some(thread) })
    }

    /// Hands a block over and takes an empty one back, waiting for one when all are on their way.
    pub(crate) fn write(&mut self, block: Vec<u8>) -> Result<Vec<u8>, RecorderError> {
        let capacity = block.capacity();
        self.send(Job::Block(block))?;
        while let Ok(finished) = self.done.try_recv() {
            self.take_back(finished)?;
        }
        while self.on_their_way > QUEUE {
            self.receive()?;
        }
        Ok(self.spare.pop().unwrap_or_else(|| Vec::with_capacity(capacity)))
    }

    /// Waits until every block is written.
    pub(crate) fn wait(&mut self) -> Result<(), RecorderError> {
        while self.on_their_way > 0 {
            self.receive()?;
        }
        Ok(())
    }

    fn send(&mut self, job: Job<W>) -> Result<(), RecorderError> {
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        if !sent {
            return Err(RecorderError::SinkPanicked);
        }
        self.on_their_way += 1;
        Ok(())
    }

    fn receive(&mut self) -> Result<(), RecorderError> {
        let finished = self.done.recv().unwrap_or(Err(RecorderError::SinkPanicked));
        self.take_back(finished)
    }

    fn take_back(&mut self, finished: Result<Vec<u8>, RecorderError>) -> Result<(), RecorderError> {
        self.on_their_way -= 1;
        let block = finished?;
        if block.capacity() > 0 {
            self.spare.push(block);
        }
        Ok(())
    }

    /// Ends the thread and gives its file back.
    #[cfg(test)]
    pub(crate) fn stop(mut self) -> Option<Rows<W>> {
        self.jobs = None;
        self.thread.take().and_then(|thread| thread.join().ok())
    }
}

impl Writing<File> {
    /// Waits until the disk has everything.
    pub(crate) fn sync(&mut self) -> Result<(), RecorderError> {
        self.send(Job::Ask(|file| file.sync_all()))?;
        self.wait()
    }
}

impl<W: Send + 'static> Drop for Writing<W> {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // What it could not write was an error of the step that asked.
            let _ = thread.join();
        }
    }
}

fn work<W: Write + Seek>(
    mut rows: Rows<W>,
    jobs: &Receiver<Job<W>>,
    finished: &Sender<Result<Vec<u8>, RecorderError>>,
) -> Rows<W> {
    let mut failed: Option<RecorderError> = None;
    while let Ok(job) = jobs.recv() {
        let (mut block, outcome) = match job {
            _ if failed.is_some() => (Vec::new(), Ok(())),
            Job::Block(block) => {
                let outcome = rows.write(&block);
                (block, outcome)
            }
            Job::Ask(action) => (Vec::new(), action(&mut rows.file)),
        };
        if let Err(error) = outcome {
            failed = Some(RecorderError::write(&rows.path)(error));
        }
        block.clear();
        // Nobody listens any more when the recording was dropped.
        let _ = finished.send(failed.clone().map_or(Ok(block), Err));
    }
    rows
}
