//! A program that a test starts, in a process group of its own with all that it starts in turn.
//!
//! The group is stopped, frozen and awaited as a whole, and nobody searches `/proc` for its members: a list
//! of children is reliable only while all of them stand still. Its first member is a shell, the guard,
//! which keeps the group's number in use and reads from a pipe that only this process holds open. When this
//! process ends, however it ends, the guard reads the end of the pipe and kills the group. A parent-death
//! signal would not do: it reaches one process only, and comes when the thread of the test ends.
//!
//! Members that make a group of their own, as daemons do, are not held. The program itself is, wherever it goes.

mod guard;

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Output};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use guard::Guard;

/// Names the run of tests; by it is found what a run has left behind (`tests/leftovers.sh`).
const RUN: &str = "WAX_TEST_RUN";

/// Tells a program which run of tests it belongs to, also one with an environment of its own.
///
/// Order: after the environment has been cleared.
pub fn mark(command: &mut Command) -> &mut Command {
    if let Some(run) = std::env::var_os(RUN) {
        command.env(RUN, run);
    }
    command
}

/// A running program. Dropped, it is killed with all that it has started.
#[derive(Debug)]
pub struct Program {
    child: Child,
    guard: Guard,
}

impl Program {
    /// Starts `command` in a group of its own.
    ///
    /// # Errors
    /// The system refuses to start it, or the shell that guards it.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let guard = Guard::start()?;
        // One whose group has been killed meanwhile cannot enter it, and so does not start at all.
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
        // The guard alone runs on: a frozen program, too, ends with this process.
        self.guard.wake()
    }

    /// Lets a frozen group continue.
    ///
    /// # Errors
    /// The system refuses.
    pub fn wake(&self) -> io::Result<()> {
        self.guard.signal(Signal::SIGCONT)
    }

    /// Kills the program and every process of the group, and returns when none of them is left.
    ///
    /// # Errors
    /// The system refuses.
    pub fn kill(&mut self) -> io::Result<()> {
        self.guard.signal(Signal::SIGKILL)?;
        // It may have left the group. Nobody else could end it then, and the wait would not either.
        self.child.kill()?;
        self.child.wait()?;
        self.guard.reap()
    }

    /// Returns how the program has ended, if it has; what it has left behind ends then, too.
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

    /// Waits until the program ends; what it has left behind ends then, too.
    ///
    /// # Errors
    /// The system refuses.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait()?;
        self.kill()?;
        Ok(status)
    }

    /// Waits until the program ends, and returns what it has written to its pipes.
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
        // Beside each other: a program that fills one pipe would not end the other.
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
        // It may have ended long ago.
        drop(self.kill());
    }
}

fn read(pipe: Option<impl io::Read>, into: &mut Vec<u8>) -> io::Result<()> {
    pipe.map_or(Ok(0), |mut pipe| pipe.read_to_end(into))
        .map(drop)
}
