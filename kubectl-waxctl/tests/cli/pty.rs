//! A terminal on which the program runs: what it shows, and what a user types.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use nix::pty::openpty;
use process_group::Program;

/// A program with standard input and standard error on a terminal.
pub(crate) struct Terminal {
    terminal: File,
    program: Program,
    seen: String,
}

impl Terminal {
    /// Starts a command.
    pub(crate) fn start(command: &mut Command) -> Self {
        // The copies are closed on exec. What the guard of the program inherited would keep the terminal open.
        let (master, slave) = {
            let pty = openpty(None, None).unwrap();
            (
                pty.master.try_clone().unwrap(),
                pty.slave.try_clone().unwrap(),
            )
        };
        let end = || Stdio::from(slave.try_clone().unwrap());
        command.stdin(end()).stderr(end()).stdout(Stdio::null());
        let program = Program::start(command).unwrap();
        // The terminal closes with the program only if nothing else holds it open.
        command.stdin(Stdio::null()).stderr(Stdio::null());
        Self {
            terminal: File::from(master),
            program,
            seen: String::new(),
        }
    }

    /// Waits until the terminal has shown a text.
    pub(crate) fn until(&mut self, text: &str) {
        while !self.seen.contains(text) {
            assert!(self.read(), "it ended: {}", self.seen);
        }
    }

    /// Types a text.
    pub(crate) fn answer(&mut self, text: &str) {
        self.terminal.write_all(text.as_bytes()).unwrap();
    }

    /// Sends SIGINT.
    pub(crate) fn interrupt(&self) {
        self.program.interrupt().unwrap();
    }

    /// Waits for the end; returns what the terminal has shown, and the exit code.
    pub(crate) fn finish(mut self) -> (String, Option<i32>) {
        while self.read() {}
        let code = self.program.wait().unwrap().code();
        (self.seen.replace('\r', ""), code)
    }

    /// Reads a part. After the program has ended, reading the terminal fails.
    fn read(&mut self) -> bool {
        let mut part = [0; 1024];
        let length = self.terminal.read(&mut part).unwrap_or(0);
        self.seen
            .push_str(&String::from_utf8_lossy(&part[..length]));
        length > 0
    }
}
