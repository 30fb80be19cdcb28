//! Starts the guard: the first member of a process group, which kills the group when the starting process ends.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

/// Script of the guard: it reads until the other end of its standard input is closed, then kills its own group. It
/// ignores the signals that a terminal sends to the whole group.
const SCRIPT: &str = "trap '' HUP INT TERM; read -r end; kill -KILL 0";

/// The guard of a process group, which ends at the latest with this process.
#[derive(Debug)]
pub(crate) struct Guard {
    shell: Child,
    /// Whether the group has ended. Its number may then belong to another group.
    over: bool,
}

impl Guard {
    pub(crate) fn start() -> io::Result<Self> {
        // A member whose parent has ended becomes a child of this process, so that `reap` can wait for it.
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

    /// Whether all processes of the group have ended.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Sends a signal to all processes of the group, including the guard.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        if self.over {
            return Ok(());
        }
        Ok(killpg(self.group(), signal)?)
    }

    /// Resumes the guard only.
    pub(crate) fn wake(&self) -> io::Result<()> {
        if self.over {
            return Ok(());
        }
        Ok(kill(self.group(), Signal::SIGCONT)?)
    }

    /// Waits until all processes of the killed group have ended.
    ///
    /// Order: the caller must have waited for the program itself. The kernel makes the children of an ending
    /// member children of this process before it reports the end of that member, so none is missed.
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
        // The group still exists only if its program could not be started.
        drop(self.signal(Signal::SIGKILL));
        drop(self.reap());
    }
}
