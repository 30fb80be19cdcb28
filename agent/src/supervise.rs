//! PID 1's duties: forward the end, reap whatever dies, know how the engine ended.

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

/// The signals a supervisor waits for, kept from interrupting it.
///
/// Blocked, they also reach a PID 1, for which the kernel drops what has no handler. Children get
/// the blocked set too; the launcher takes it off.
#[derive(Debug)]
pub struct Signals {
    set: SigSet,
}

/// How a supervised engine ended.
#[derive(Clone, Copy, Debug)]
pub struct Supervised {
    /// The engine's own ending.
    pub ending: Ending,
    /// The signal that asked us to end it, if one did.
    pub stopped_by: Option<Signal>,
}

impl Signals {
    /// Blocks them in this thread, which must be the only one.
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

    /// Waits for the engine to end; ends it at once when asked to.
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
        // What the engine started and left behind would otherwise run on beside the next one.
        engine::kill(engine)?;
        Ok(Supervised { ending, stopped_by })
    }

    /// Passes every signal on, from a thread of its own.
    ///
    /// # Errors
    /// The system gives no thread.
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

    /// Waits until asked to end, reaping what dies meanwhile.
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

/// Ends the engine and all it started, and gives how it ended if it had by itself before.
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

/// Reaps all children that have died and tells how the engine ended, if it is among them.
///
/// One signal may stand for several deaths, so it goes on until none is left.
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
