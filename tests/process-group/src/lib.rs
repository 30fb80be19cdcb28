//! Runs a program of a test in a process group of its own, together with all programs that it starts.
//!
//! The group is killed, frozen and awaited as a whole. `/proc` is not searched for its members, because a list of
//! children is reliable only while none of them runs.
//!
//! The first member of the group is a shell, the guard. It keeps the group's number in use, and reads from a pipe that
//! only this process holds open. When this process ends in any way, the guard reads the end of the pipe and kills the
//! group. A parent-death signal is not enough: it reaches one process only, and it is sent when the thread of the test
//! ends.
//!
//! A member that creates a group of its own, as daemons do, is not killed with the group. The program itself is always
//! killed.

mod guard;

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Output};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use guard::Guard;

/// Variable with the name of the run of tests. `tests/leftovers.sh` finds the leftovers of a run by it.
const RUN: &str = "WAX_TEST_RUN";

/// Sets the variable with the name of the run of tests for a program.
///
/// Order: call this after `env_clear`.
pub fn mark(command: &mut Command) -> &mut Command {
    if let Some(run) = std::env::var_os(RUN) {
        command.env(RUN, run);
    }
    command
}

/// A running program. It is killed, with all programs that it has started, when this value is dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    guard: Guard,
}

impl Program {
    /// Starts `command` in a group of its own.
    ///
    /// # Errors
    /// The system cannot start the program or its guard.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let guard = Guard::start()?;
        // Race: if the group has been killed meanwhile, the program cannot enter it and is not started.
        let child = mark(command)
            .process_group(guard.group().as_raw())
            .spawn()?;
        Ok(Self { child, guard })
    }

    /// Returns the process id of the program itself.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the handle of the program itself, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends a signal to the program itself, unless it is known to have ended.
    ///
    /// # Errors
    /// The system refuses.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        if self.guard.is_over() {
            return Ok(());
        }
        Ok(kill(Pid::from_raw(self.id().cast_signed()), signal)?)
    }

    /// Sends SIGINT to every process of the group, as Ctrl-C in a terminal does.
    ///
    /// # Errors
    /// The system refuses.
    pub fn interrupt(&self) -> io::Result<()> {
        self.guard.signal(Signal::SIGINT)
    }

    /// Stops every process of the group until [`Program::wake`].
    ///
    /// # Errors
    /// The system refuses.
    pub fn freeze(&self) -> io::Result<()> {
        self.guard.signal(Signal::SIGSTOP)?;
        // Only the guard continues, so that a frozen program ends with this process, too.
        self.guard.wake()
    }

    /// Resumes a frozen group.
    ///
    /// # Errors
    /// The system refuses.
    pub fn wake(&self) -> io::Result<()> {
        self.guard.signal(Signal::SIGCONT)
    }

    /// Kills the program and every process of the group, and returns when all have ended.
    ///
    /// # Errors
    /// The system refuses.
    pub fn kill(&mut self) -> io::Result<()> {
        self.guard.signal(Signal::SIGKILL)?;
        // The program may have left the group. Then nothing else would kill it, and the wait would not end.
        self.child.kill()?;
        self.child.wait()?;
        self.guard.reap()
    }

    /// Returns the exit status if the program has ended. In that case the other processes of the group are killed.
    ///
    /// # Errors
    /// The system refuses.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let ended = self.child.try_wait()?;
        if ended.is_some() {
            self.kill()?;
        }
        Ok(ended)
    }

    /// Waits until the program ends, and kills the other processes of the group.
    ///
    /// # Errors
    /// The system refuses.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait()?;
        self.kill()?;
        Ok(status)
    }

    /// Waits until the program ends, and returns the output that it has written to its pipes.
    ///
    /// # Errors
    /// The system refuses, or a pipe cannot be read.
    pub fn wait_with_output(mut self) -> io::Result<Output> {
        let mut output = Output {
            status: ExitStatus::default(),
            stdout: Vec::new(),
            stderr: Vec::new(),
        };
        drop(self.child.stdin.take());
        let (stdout, stderr) = (self.child.stdout.take(), self.child.stderr.take());
        // In parallel: a program that blocks on one full pipe would never close the other.
        std::thread::scope(|scope| {
            let errors = scope.spawn(|| read(stderr, &mut output.stderr));
            read(stdout, &mut output.stdout)?;
            errors.join().expect("a reader does not panic")
        })?;
        output.status = self.wait()?;
        Ok(output)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The program may already have ended.
        drop(self.kill());
    }
}

fn read(pipe: Option<impl io::Read>, into: &mut Vec<u8>) -> io::Result<()> {
    pipe.map_or(Ok(0), |mut pipe| pipe.read_to_end(into))
        .map(drop)
}
