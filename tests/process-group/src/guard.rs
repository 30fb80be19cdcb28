//! The first member of a group, which ends the group when the process that has started it ends.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

/// Reads until the other end of its standard input is closed, then kills its own group. Signals that are
/// sent to the whole group, as a terminal does, are not for the guard.
const SCRIPT: &str = "trap '' HUP INT TERM; read -r end; kill -KILL 0";

/// A process group that ends with this process.
#[derive(Debug)]
pub(crate) struct Guard {
    shell: Child,
    /// Its number may belong to others then.
    over: bool,
}

impl Guard {
    pub(crate) fn start() -> io::Result<Self> {
        // Whose parent has died becomes this process's own child, so that `reap` can wait for it.
        prctl::set_child_subreaper(true)?;
        let shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { shell, over: false })
    }

    /// Returns the group's number, which is the guard's own process id.
    pub(crate) fn group(&self) -> Pid {
        Pid::from_raw(self.shell.id().cast_signed())
    }

    /// Whether all of the group are gone.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Sends a signal to all of the group, the guard among them.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        if self.over {
            return Ok(());
        }
        Ok(killpg(self.group(), signal)?)
    }

    /// Lets the guard continue, and nobody else.
    pub(crate) fn wake(&self) -> io::Result<()> {
        if self.over {
            return Ok(());
        }
        Ok(kill(self.group(), Signal::SIGCONT)?)
    }

    /// Waits until all of the killed group are gone.
    ///
    /// Order: the program itself has been waited for. A member whose parent is a member becomes this
    /// process's child before the parent counts as ended, so that none is missed.
    pub(crate) fn reap(&mut self) -> io::Result<()> {
        let members = Pid::from_raw(-self.group().as_raw());
        while !self.over {
            match waitpid(members, None) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(Errno::ECHILD) => self.over = true,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // There is a group still only if its program could not be started.
        drop(self.signal(Signal::SIGKILL));
        drop(self.reap());
    }
}
