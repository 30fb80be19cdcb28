//! One output stream with its destination and its use of colour.

use std::io::{self, IsTerminal as _, Write};

use anstyle::Style;

use super::clean;
use super::color::{self, ColorWhen};

/// A stream with the properties of its terminal.
#[derive(Debug)]
pub(super) struct Stream {
    sink: Sink,
    terminal: bool,
    color: bool,
}

#[derive(Debug)]
enum Sink {
    Stdout(io::Stdout),
    Stderr(io::Stderr),
    Memory(Vec<u8>),
}

impl Stream {
    pub(super) fn stdout() -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        Self {
            sink: Sink::Stdout(stdout),
            terminal,
            color: color::is_shown(terminal),
        }
    }

    pub(super) fn stderr() -> Self {
        let stderr = io::stderr();
        let terminal = stderr.is_terminal();
        Self {
            sink: Sink::Stderr(stderr),
            terminal,
            color: color::is_shown(terminal),
        }
    }

    pub(super) fn memory() -> Self {
        Self {
            sink: Sink::Memory(Vec::new()),
            terminal: false,
            color: false,
        }
    }

    pub(super) fn set_color(&mut self, when: ColorWhen) {
        match when {
            ColorWhen::Auto => {}
            ColorWhen::Always => self.color = true,
            ColorWhen::Never => self.color = false,
        }
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Whether the start of a line can be written over.
    pub(super) fn rewrites_lines(&self) -> bool {
        self.terminal && !color::is_dumb()
    }

    pub(super) fn has_color(&self) -> bool {
        self.color
    }

    pub(super) fn paint(&self, style: Style, text: &str) -> String {
        if self.color {
            clean::mark(text, style)
        } else {
            text.to_owned()
        }
    }

    /// Writes a text without anything that could steer a terminal.
    pub(super) fn write(&mut self, text: &str) -> io::Result<()> {
        self.write_raw(&clean::clean(text))
    }

    /// Replaces the line on the terminal.
    pub(super) fn rewrite_line(&mut self, text: &str) {
        self.write_raw(&format!("\r\x1b[K{}", clean::clean(text)))
            .ok();
    }

    /// Writes a text as it is.
    pub(super) fn write_raw(&mut self, text: &str) -> io::Result<()> {
        self.write_bytes(text.as_bytes())
    }

    /// Writes bytes as they are.
    pub(super) fn write_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sink: &mut dyn Write = match &mut self.sink {
            Sink::Stdout(stdout) => stdout,
            Sink::Stderr(stderr) => stderr,
            Sink::Memory(recorded) => recorded,
        };
        sink.write_all(bytes)?;
        sink.flush()
    }

    /// Writes a message. Errors are ignored: a closed standard error is no reason to stop.
    pub(super) fn talk(&mut self, text: &str) {
        self.write(text).ok();
    }

    pub(super) fn recorded(&self) -> String {
        match &self.sink {
            Sink::Memory(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Sink::Stdout(_) | Sink::Stderr(_) => String::new(),
        }
    }
}
