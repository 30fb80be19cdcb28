//! The only module that prints: data to standard output, messages to standard error.
//!
//! A message never shows a secret that it quotes (`gitops::mask::redact`). Data is written as it is.
//!
//! Colour is used only on a terminal, and only if `NO_COLOR` is not set. If the reader closes standard output, the
//! program ends without an error.

mod color;
mod program;
mod stream;

use std::io::IsTerminal as _;

use anstyle::{AnsiColor, Style};
use gitops::mask::redact;
use unicode_width::UnicodeWidthChar as _;

use crate::error::CommandError;
pub(crate) use color::ColorWhen;
pub use program::Program;
use stream::Stream;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Width without a terminal, in columns, so that the output of a pipeline does not depend on the user's terminal.
const WIDTH_WITHOUT_TERMINAL: usize = 80;

/// The two output streams of the program, and the properties of the terminal.
#[derive(Debug)]
pub struct Ui {
    out: Stream,
    err: Stream,
    width: usize,
    program: Program,
    progress: Option<String>,
    /// Whether standard output is kept for documents.
    documents: bool,
}

impl Ui {
    /// Opens the streams of the process.
    pub(crate) fn for_process() -> Self {
        let out = Stream::stdout();
        let width = terminal_size::terminal_size()
            .filter(|_| out.is_terminal())
            .map_or(WIDTH_WITHOUT_TERMINAL, |(width, _)| usize::from(width.0));
        Self {
            out,
            err: Stream::stderr(),
            width,
            program: Program::Alone,
            progress: None,
            documents: false,
        }
    }

    /// Creates streams that record what is written, for tests.
    pub fn recording(width: usize) -> Self {
        Self {
            out: Stream::memory(),
            err: Stream::memory(),
            width,
            program: Program::Alone,
            progress: None,
            documents: false,
        }
    }

    /// Returns what was written to standard output and to standard error of a recording `Ui`.
    pub fn recorded(&self) -> (String, String) {
        (self.out.recorded(), self.err.recorded())
    }

    /// Sets the name of the program in the commands of hints and help.
    pub(crate) fn set_program(&mut self, program: Program) {
        self.program = program;
    }

    /// Applies `--color`.
    pub(crate) fn set_color(&mut self, when: ColorWhen) {
        self.out.set_color(when);
        self.err.set_color(when);
    }

    /// Writes data to standard output as it is.
    pub(crate) fn data(&mut self, text: &str) -> Result<(), CommandError> {
        self.out.write(text).map_err(|error| {
            if error.kind() == std::io::ErrorKind::BrokenPipe {
                CommandError::closed_pipe()
            } else {
                CommandError::failure("cannot write to standard output").chain(&error)
            }
        })
    }

    /// Writes one line of data to standard output.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), CommandError> {
        self.data(&format!("{text}\n"))
    }

    /// Keeps standard output for documents, as `-o` asks for: what is told to people goes to standard error.
    pub(crate) fn keep_output_for_documents(&mut self) {
        self.documents = true;
    }

    /// Tells people a result in one line: on standard output, unless that is kept for documents.
    pub(crate) fn tell(&mut self, text: &str) -> Result<(), CommandError> {
        if self.documents {
            self.say(text);
            return Ok(());
        }
        self.line(text)
    }

    /// Writes a message to standard error. A secret that the message quotes is hidden.
    pub(crate) fn say(&mut self, text: &str) {
        self.progress_done();
        self.err.talk(&format!("{}\n", redact(text)));
    }

    /// Writes a warning to standard error.
    pub(crate) fn warn(&mut self, text: &str) {
        let head = self.paint_err(WARNING, "warning:");
        self.say(&format!("{head} {text}"));
    }

    /// Writes a hint to standard error.
    pub(crate) fn hint(&mut self, text: &str) {
        let head = self.paint_err(HINT, "hint:");
        let text = self.program.rename(text);
        self.say(&format!("{head} {text}"));
    }

    /// Returns a text with its commands as the user types them.
    pub(crate) fn with_program(&self, text: &str) -> String {
        self.program.rename(text)
    }

    /// Shows the progress of long work: on a terminal one line that is rewritten, elsewhere a new line for each change.
    pub(crate) fn progress(&mut self, text: &str) {
        if self.progress.as_deref() == Some(text) {
            return;
        }
        let shown = redact(text);
        if self.err.rewrites_lines() {
            self.err
                .talk(&format!("\r\x1b[K{}", shortened(&shown, self.width)));
        } else {
            self.err.talk(&format!("{shown}\n"));
        }
        self.progress = Some(text.to_owned());
    }

    /// Ends the line that `progress` rewrites.
    pub(crate) fn progress_done(&mut self) {
        if self.progress.take().is_some() && self.err.rewrites_lines() {
            self.err.talk("\n");
        }
    }

    /// Prints an error with its numbered causes and its hints, unless it is a silent one.
    pub(crate) fn error(&mut self, error: &CommandError) {
        if error.is_silent() {
            return;
        }
        let head = self.paint_err(ERROR, "error:");
        self.say(&format!("{head} {}", self.program.rename(&error.message)));
        for (number, cause) in (1..).zip(&error.causes) {
            // Together, because a secret and its name can be in two lines of an excerpt.
            let cause = redact(cause);
            let mut lines = cause.lines();
            self.say(&format!("  {number}. {}", lines.next().unwrap_or_default()));
            for line in lines {
                self.say(&format!("     {line}"));
            }
        }
        for hint in &error.hints {
            self.hint(hint);
        }
    }

    /// Prints the text of clap, which is help or an error, and returns the exit code.
    pub(crate) fn clap_error(&mut self, error: &clap::Error) -> u8 {
        use clap::error::ErrorKind::{
            DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion,
        };
        let rendered = error.render();
        let help = matches!(
            error.kind(),
            DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand | DisplayVersion
        );
        let stream = if help { &self.out } else { &self.err };
        let text = if stream.has_color() {
            rendered.ansi().to_string()
        } else {
            rendered.to_string()
        };
        let text = self.program.rename(&text);
        if help {
            return self
                .data(&text)
                .map_or_else(|error| error.kind.exit_code(), |()| 0);
        }
        self.err.talk(&redact(&text));
        2
    }

    /// Returns the text with a style if standard output shows colour, else unchanged.
    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        self.out.paint(style, text)
    }

    /// Returns the text with a style if standard error shows colour, else unchanged.
    pub(crate) fn paint_err(&self, style: Style, text: &str) -> String {
        self.err.paint(style, text)
    }

    /// Returns the width of the terminal in columns; 80 if standard output is no terminal.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Whether a user can answer questions: standard input and standard error are a terminal.
    pub(crate) fn can_ask(&self) -> bool {
        self.err.is_terminal() && std::io::stdin().is_terminal()
    }

    /// Asks for yes or no on standard error; everything except yes is a no. A separate thread reads the answer, so that
    /// Ctrl-C still works.
    pub(crate) async fn asks(&mut self, question: &str) -> bool {
        self.progress_done();
        self.err.talk(&format!("{question} [y/N] "));
        let answer = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|_| line)
        });
        let answer = answer.await.map(Result::unwrap_or_default);
        let answer = answer.unwrap_or_default().trim().to_lowercase();
        matches!(answer.as_str(), "y" | "yes")
    }
}

/// Returns the start of a text that fits into one line of a terminal, since only one line can be rewritten.
fn shortened(text: &str, width: usize) -> String {
    let mut left = width.saturating_sub(1);
    let fits = |character: &char| {
        let width = character.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    text.chars().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_fits_into_narrow_terminal() {
        assert_eq!(shortened("waiting for 日本語", 80), "waiting for 日本語");
        assert_eq!(shortened("waiting for 日本語", 16), "waiting for 日");
        assert_eq!(shortened("waiting", 0), "");
    }

    #[test]
    fn error_shows_numbered_causes_and_hints() {
        let mut ui = Ui::recording(80);
        ui.error(
            &CommandError::failure("cannot read flow.py")
                .because("first\nsecond line")
                .because("third")
                .hint("waxctl df list"),
        );
        assert_eq!(
            ui.recorded().1,
            "error: cannot read flow.py\n  1. first\n     second line\n  2. third\nhint: waxctl df \
             list\n"
        );
    }

    #[test]
    fn data_and_messages_use_different_streams() {
        let mut ui = Ui::recording(80);
        ui.line("data").unwrap();
        ui.warn("talk");
        ui.progress("half");
        ui.progress("half");
        ui.error(&CommandError::different());
        assert_eq!(
            ui.recorded(),
            ("data\n".into(), "warning: talk\nhalf\n".into())
        );
    }

    #[test]
    fn text_is_coloured_only_with_color_always() {
        let mut ui = Ui::recording(80);
        assert_eq!(ui.paint(ERROR, "x"), "x");
        ui.set_color(ColorWhen::Always);
        assert_eq!(ui.paint(ERROR, "x"), format!("{ERROR}x{ERROR:#}"));
    }
}
