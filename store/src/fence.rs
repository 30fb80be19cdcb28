//! Who may touch a volume: locks that last as long as any engine process.
//!
//! The engine itself never locks a store; two executions on it run at once and interleave.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use thiserror::Error;

/// The lock of the whole volume: a store job or the only process has it alone, the processes of a
/// gang on a shared volume have it together.
const VOLUME: &str = ".waxrun.lock";

/// Held only while a process of a shared volume takes its other locks.
const ENTRY: &str = ".waxrun-entry.lock";

/// How long to wait for someone else to get through the entry.
const ENTRY_PATIENCE: Duration = Duration::from_secs(10);

/// Locks on one or more volumes.
///
/// They are given back when this is dropped *and* every process that was started meanwhile has
/// ended: the descriptors are inherited, and closing one copy of a descriptor unlocks nothing. That
/// is the point: the engine may outlive the process that started it.
#[derive(Debug)]
#[must_use = "the locks are given back when this is dropped"]
pub struct Fence {
    _locks: Vec<File>,
}

/// Why a volume can't be entered.
#[derive(Debug, Error)]
pub enum FenceError {
    /// Someone else is on the volume.
    #[error("{path} is locked: {holder} still runs on this volume")]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// Who it may be.
        holder: &'static str,
    },
    /// The lock file can't be made or locked.
    #[error("can't lock {path}")]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// A process of a gang on its way onto a shared volume.
#[derive(Debug)]
pub(crate) struct Entry {
    entry: File,
    own: File,
    volume: File,
    path: PathBuf,
    alone: bool,
}

impl Fence {
    /// Takes volumes alone; fails at once if anyone else is on one of them.
    ///
    /// # Errors
    /// Says which lock is held or can't be made.
    pub fn alone<'a>(folders: impl IntoIterator<Item = &'a Path>) -> Result<Self, FenceError> {
        let lock = |folder: &Path| {
            let path = folder.join(VOLUME);
            let file = inherited(&path)?;
            taken(&path, "an engine, or a store job,", file.try_lock())?;
            Ok(file)
        };
        let locks = folders.into_iter().map(lock).collect::<Result<_, _>>()?;
        Ok(Self { _locks: locks })
    }
}

impl Entry {
    /// Takes the locks of process `ordinal` on a shared volume. `alone` asks for the whole volume,
    /// to prove that no process of an older start is left; [`Self::join`] lets the others in.
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
        // Asked only now: whoever went through the entry before may have raised the numbers.
        let alone = alone();
        if alone {
            taken(&path, "a process of an older start", volume.try_lock())?;
        } else {
            taken(&path, "a store job", volume.try_lock_shared())?;
        }
        Ok(Self {
            entry,
            own,
            volume,
            path,
            alone,
        })
    }

    /// Lets the other processes of the gang onto the volume too.
    pub(crate) fn join(self) -> Result<Fence, FenceError> {
        if self.alone {
            // Everyone who wants the volume waits at the entry, so nobody can come in between.
            let unlocked = self.volume.unlock();
            unlocked.map_err(|error| failed(&self.path, error))?;
            taken(&self.path, "a store job", self.volume.try_lock_shared())?;
        }
        drop(self.entry);
        Ok(Fence {
            _locks: vec![self.own, self.volume],
        })
    }
}

/// A paused process could stand in the entry for ever, so the wait has an end.
fn wait_for(path: &Path) -> Result<File, FenceError> {
    let file = open(path)?;
    let deadline = Instant::now() + ENTRY_PATIENCE;
    loop {
        match taken(path, "another process on its way in", file.try_lock()) {
            Err(FenceError::Busy { .. }) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(error) => return Err(error),
            Ok(()) => return Ok(file),
        }
    }
}

/// Opens a lock that every process started from now on inherits.
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
