//! Runs a program that does not end by itself, and reads its output line by line.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use process_group::Program;

use crate::command::{Finished, Signal};
use crate::wait::DEADLINE;

/// A running program. It is killed when this value is dropped.
#[derive(Debug)]
pub struct Conversation {
    command: String,
    program: Program,
    lines: Receiver<(Stream, String)>,
    received: Vec<(Stream, String)>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stream {
    Output,
    Error,
}

impl Conversation {
    /// Starts `command` with nothing on standard input.
    pub fn start(command: &mut Command) -> Result<Self> {
        let line = format!("{command:?}");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut program =
            Program::start(command).with_context(|| format!("cannot start {line}"))?;
        let child = program.child();
        let (sender, lines) = channel();
        let stdout = child
            .stdout
            .take()
            .context("standard output is not piped")?;
        let stderr = child.stderr.take().context("standard error is not piped")?;
        read_lines(stdout, Stream::Output, sender.clone());
        read_lines(stderr, Stream::Error, sender);
        Ok(Self {
            command: line,
            program,
            lines,
            received: Vec::new(),
        })
    }

    /// Waits for the next line of either stream for which `holds` is true. `what` names that line in the error.
    pub fn line(&mut self, what: &str, mut holds: impl FnMut(&str) -> bool) -> Result<String> {
        let end = Instant::now() + DEADLINE;
        loop {
            let rest = end.saturating_duration_since(Instant::now());
            let Ok((stream, line)) = self.lines.recv_timeout(rest) else {
                bail!("{}: {what}: not seen in {:#?}", self.command, self.received);
            };
            self.received.push((stream, line.clone()));
            if holds(&line) {
                return Ok(line);
            }
        }
    }

    /// Ends the program with SIGINT, as Ctrl-C does, and returns its output.
    pub fn interrupt(self) -> Result<Finished> {
        self.program.signal(Signal::SIGINT)?;
        self.finish()
    }

    /// Waits until the program ends by itself, and returns its output.
    pub fn finish(mut self) -> Result<Finished> {
        while let Ok(received) = self.lines.recv_timeout(DEADLINE) {
            self.received.push(received);
        }
        let status = self.program.wait()?;
        let text = |wanted: Stream| {
            let lines = self.received.iter().filter(|(stream, _)| *stream == wanted);
            lines.map(|(_, line)| format!("{line}\n")).collect()
        };
        Ok(Finished {
            command: self.command.clone(),
            code: status.code().unwrap_or(-1),
            stdout: text(Stream::Output),
            stderr: text(Stream::Error),
        })
    }
}

fn read_lines(
    source: impl Read + Send + 'static,
    stream: Stream,
    sender: Sender<(Stream, String)>,
) {
    std::thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            if sender.send((stream, line)).is_err() {
                return;
            }
        }
    });
}
