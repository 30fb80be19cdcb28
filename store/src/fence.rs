//! Locks volumes for as long as any engine process may use them.
//!
//! The engine itself never locks its store: two executions on one store would run at once and
//! interleave.
//!
//! | lock file | held by | how |
//! |---|---|---|
//! | `.waxrun.lock` | a store change, or the only process of the volume | exclusive: [`Fence::exclusive`] |
//! | `.waxrun.lock` | each process of a gang on a shared volume | shared: `Entry::join` |
//! | `.waxrun-N.lock` | process N of a gang on a shared volume | exclusive |
//! | `.waxrun-entry.lock` | a process of a shared volume while it takes the other two | exclusive |

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use thiserror::Error;

/// The lock of the whole volume. A store change or the only process holds it exclusively; the
/// processes of a gang on a shared volume hold it shared.
const VOLUME: &str = ".waxrun.lock";

/// The lock that a process of a shared volume holds only while it takes its other locks.
const ENTRY: &str = ".waxrun-entry.lock";

/// The longest wait for another process that holds the entry lock.
const ENTRY_TIMEOUT: Duration = Duration::from_secs(10);

/// Locks on one or more volumes.
///
/// They are released when this is dropped *and* every process that was started meanwhile has ended.
/// Child processes inherit the descriptors, and closing one copy of a descriptor unlocks nothing. This
/// is intended, because the engine may outlive the process that started it.
#[derive(Debug)]
#[must_use = "the locks are released when this is dropped"]
pub struct Fence {
    _locks: Vec<File>,
}

/// The reason why a volume cannot be locked.
#[derive(Debug, Error)]
pub enum FenceError {
    /// Another process holds the lock.
    #[error("{path} is locked: {holder} still uses this volume")]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// The possible holder of the lock.
        holder: &'static str,
    },
    /// The lock file cannot be created or locked.
    #[error("cannot lock {path}")]
    Io {
        /// The lock file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
}

/// The locks of a process that is about to use a shared volume, with the entry lock still held.
#[derive(Debug)]
pub(crate) struct Entry {
    entry: File,
    own: File,
    volume: File,
    path: PathBuf,
    alone: bool,
}

impl Fence {
    /// Locks volumes exclusively. Fails at once if another process has locked one of them.
    ///
    /// # Errors
    /// Names the lock that is held or cannot be created.
    pub fn exclusive<'a>(folders: impl IntoIterator<Item = &'a Path>) -> Result<Self, FenceError> {
        let lock = |folder: &Path| {
            let path = folder.join(VOLUME);
            let file = inherited(&path)?;
            taken(&path, "an engine or a store change", file.try_lock())?;
            Ok(file)
        };
        let locks = folders.into_iter().map(lock).collect::<Result<_, _>>()?;
        Ok(Self { _locks: locks })
    }
}

impl Entry {
    /// Takes the locks of process `ordinal` on a shared volume.
    ///
    /// If `alone` returns true, the volume is locked exclusively, which proves that no process of an
    /// older start is left. [`Self::join`] then admits the other processes.
    pub(crate) fn new(
        folder: &Path,
        ordinal: u32,
        alone: impl FnOnce() -> bool,
    ) -> Result<Self, FenceError> {
        let entry = wait_for(&folder.join(ENTRY))?;
        let own_path = folder.join(format!(".waxrun-{ordinal}.lock"));
        let own = inherited(&own_path)?;
        taken(&own_path, "another copy of this process", own.try_lock())?;
        let path = folder.join(VOLUME);
        let volume = inherited(&path)?;
        // Order: evaluated under the entry lock, because the process before may have raised the
        // start number in the volume header.
        let alone = alone();
        if alone {
            taken(&path, "a process of an older start", volume.try_lock())?;
        } else {
            taken(&path, "a store change", volume.try_lock_shared())?;
        }
        Ok(Self {
            entry,
            own,
            volume,
            path,
            alone,
        })
    }

    /// Admits the other processes of the gang to the volume.
    pub(crate) fn join(self) -> Result<Fence, FenceError> {
        if self.alone {
            // Race: the volume is unlocked between the two calls. No process of a gang can take it,
            // because all of them wait for the entry lock. A store change can; then the second
            // call fails.
            let unlocked = self.volume.unlock();
            unlocked.map_err(|error| failed(&self.path, error))?;
            taken(&self.path, "a store change", self.volume.try_lock_shared())?;
        }
        drop(self.entry);
        Ok(Fence {
            _locks: vec![self.own, self.volume],
        })
    }
}

/// Waits for the entry lock. The wait ends after 10 s (`ENTRY_TIMEOUT`), because a paused process
/// could hold the lock forever.
fn wait_for(path: &Path) -> Result<File, FenceError> {
    let file = open(path)?;
    let deadline = Instant::now() + ENTRY_TIMEOUT;
    loop {
        match taken(
            path,
            "another process that takes its locks",
            file.try_lock(),
        ) {
            Err(FenceError::Busy { .. }) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(error) => return Err(error),
            Ok(()) => return Ok(file),
        }
    }
}

/// Opens a lock file that every process started from now on inherits.
fn inherited(path: &Path) -> Result<File, FenceError> {
    let file = open(path)?;
    fcntl(&file, FcntlArg::F_SETFD(FdFlag::empty())).map_err(|error| failed(path, error.into()))?;
    Ok(file)
}

fn open(path: &Path) -> Result<File, FenceError> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| failed(path, error))
}

fn taken(
    path: &Path,
    holder: &'static str,
    tried: Result<(), TryLockError>,
) -> Result<(), FenceError> {
    tried.map_err(|error| match error {
        TryLockError::WouldBlock => FenceError::Busy {
            path: path.to_owned(),
            holder,
        },
        TryLockError::Error(source) => failed(path, source),
    })
}

fn failed(path: &Path, source: io::Error) -> FenceError {
    FenceError::Io {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
