//! The duties of PID 1: stops the engine on a signal, reaps dead children, and notices how the engine ended.

use std::{io, thread};

use nix::{
    errno::Errno,
    sys::{
        signal::{SigSet, Signal},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

use crate::{engine, outcome::Ending};

/// The signals that a supervisor waits for. They are blocked, so they do not interrupt it.
///
/// The kernel drops signals to PID 1 that have no handler, but not blocked ones. Children inherit the blocked
/// set; the launcher unblocks it.
#[derive(Debug)]
pub struct Signals {
    set: SigSet,
}

/// The end of a supervised engine.
#[derive(Clone, Copy, Debug)]
pub struct Supervised {
    /// How the engine ended.
    pub ending: Ending,
    /// The signal on which the engine was stopped, if there was one.
    pub stopped_by: Option<Signal>,
}

impl Signals {
    /// Blocks the signals in this thread, which must be the only one.
    ///
    /// # Errors
    /// The system refuses.
    pub fn block() -> io::Result<Self> {
        let mut set = SigSet::empty();
        for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGCHLD] {
            set.add(signal);
        }
        set.thread_block()?;
        Ok(Self { set })
    }

    /// Waits for the engine to end; kills it on a signal.
    ///
    /// # Errors
    /// The system refuses.
    pub fn supervise(&self, engine: u32) -> io::Result<Supervised> {
        let mut stopped_by = None;
        let ending = loop {
            match self.set.wait()? {
                Signal::SIGCHLD => {
                    if let Some(ending) = reap(engine)? {
                        break ending;
                    }
                }
                signal => {
                    stopped_by = Some(signal);
                    engine::kill(engine)?;
                }
            }
        };
        // Processes that the engine has started would otherwise run on beside the next engine.
        engine::kill(engine)?;
        Ok(Supervised { ending, stopped_by })
    }

    /// Calls `tell` for every signal, in a thread of its own.
    ///
    /// # Errors
    /// The system provides no thread.
    pub fn pass_on(self, tell: impl Fn(Signal) + Send + 'static) -> io::Result<()> {
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                while let Ok(signal) = self.set.wait() {
                    tell(signal);
                }
            })
            .map(drop)
    }

    /// Waits for a signal to stop, and reaps dead children meanwhile.
    ///
    /// # Errors
    /// The system refuses.
    pub fn wait_for_stop(&self) -> io::Result<Signal> {
        loop {
            match self.set.wait()? {
                Signal::SIGCHLD => {
                    reap(0)?;
                }
                signal => return Ok(signal),
            }
        }
    }
}

/// Kills the engine and all processes that it started; returns how it ended if it had ended by itself before.
///
/// # Errors
/// The system refuses.
pub(crate) fn end(engine: u32) -> io::Result<Option<Ending>> {
    let before = reap(engine)?;
    engine::kill(engine)?;
    if before.is_none() {
        let pid = Pid::from_raw(i32::try_from(engine).expect("a process id fits"));
        while waitpid(pid, None) == Err(Errno::EINTR) {}
    }
    Ok(before)
}

/// Reaps all dead children; returns how the engine ended, if it is among them.
///
/// Race: one SIGCHLD may stand for several deaths, so all dead children are reaped.
pub(crate) fn reap(engine: u32) -> io::Result<Option<Ending>> {
    let mut ended = None;
    let engine = Pid::from_raw(i32::try_from(engine).expect("a process id fits"));
    loop {
        match waitpid(Pid::from_raw(-1), Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) if pid == engine => {
                ended = Some(Ending::Exited(code));
            }
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == engine => {
                ended = Some(Ending::Killed(signal as i32));
            }
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(ended),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
