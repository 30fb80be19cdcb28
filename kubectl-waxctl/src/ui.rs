//! The only module that prints: data to standard output, messages to standard error.
//!
//! A message never shows a secret that it quotes (`gitops::mask::redact`). What is printed cannot steer a terminal
//! (`clean`), except documents and log lines that do not go to one.
//!
//! Colour is used only on a terminal, and only if `NO_COLOR` is not set. If the reader closes standard output, the
//! program ends without an error.

mod clean;
mod color;
mod program;
mod progress;
mod stream;
pub(crate) mod trace;
pub(crate) mod warnings;

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

/// The maximum length of a cause of an error, in characters.
const MAX_CAUSE: usize = 4096;

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
        color::choose(when);
        self.out.set_color(when);
        self.err.set_color(when);
    }

    /// Writes data to standard output.
    pub(crate) fn data(&mut self, text: &str) -> Result<(), CommandError> {
        self.out.write(text).map_err(|error| not_written(&error))
    }

    /// Writes a document for other programs to standard output: as it is, unless a terminal shows it.
    pub(crate) fn document(&mut self, text: &str) -> Result<(), CommandError> {
        let written = match self.out.is_terminal() {
            true => self.out.write(text),
            false => self.out.write_raw(text),
        };
        written.map_err(|error| not_written(&error))
    }

    /// Whether standard output is a terminal.
    pub(crate) fn is_on_terminal(&self) -> bool {
        self.out.is_terminal()
    }

    /// Writes bytes to standard output, which must be no terminal.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), CommandError> {
        let written = self.out.write_bytes(bytes);
        written.map_err(|error| not_written(&error))
    }

    /// Writes a line of a container's log to standard output, after a prefix of ours. A terminal gets only its colours.
    pub(crate) fn log_line(&mut self, prefix: &str, line: &str) -> Result<(), CommandError> {
        let prefix = clean::clean(prefix);
        let line = match self.out.is_terminal() {
            true => clean::clean_log(line),
            false => line.to_owned(),
        };
        let written = self.out.write_raw(&format!("{prefix}{line}\n"));
        written.map_err(|error| not_written(&error))
    }

    /// Writes a line that a program of the user wrote to its standard output, as it is.
    pub(crate) fn program_line(&mut self, prefix: &str, line: &str) -> Result<(), CommandError> {
        let written = self
            .out
            .write_raw(&format!("{}{line}\n", clean::clean(prefix)));
        written.map_err(|error| not_written(&error))
    }

    /// Writes a line that a program of the user wrote to its standard error, as it is.
    pub(crate) fn program_message(&mut self, prefix: &str, line: &str) {
        self.progress_done();
        self.err
            .write_raw(&format!("{}{line}\n", clean::clean(prefix)))
            .ok();
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
            self.err.rewrite_line(&shortened(&shown, self.width));
            progress::set_open(true);
        } else {
            self.err.talk(&format!("{shown}\n"));
        }
        self.progress = Some(text.to_owned());
    }

    /// Ends the line that `progress` rewrites.
    pub(crate) fn progress_done(&mut self) {
        self.progress = None;
        progress::interrupt(&mut self.err);
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
            let cause = bounded(cause);
            let cause = redact(&cause);
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
        let stream = if help { &mut self.out } else { &mut self.err };
        // The text is the program's own, with styles of clap, and the words that the user typed.
        let plain = rendered.to_string();
        let shown = if help {
            plain.as_str().into()
        } else {
            redact(&plain)
        };
        let text = if stream.has_color() && shown == plain {
            rendered.ansi().to_string()
        } else {
            clean::clean(&shown).into_owned()
        };
        let written = stream.write_raw(&self.program.rename(&text));
        match written {
            Err(error) if help => not_written(&error).kind.exit_code(),
            _ if help => 0,
            _ => 2,
        }
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
        progress::set_open(true);
        let answer = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|_| line)
        });
        let answer = answer.await.map(Result::unwrap_or_default);
        progress::set_open(false);
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

/// Cuts a text that is too long to be read; a cluster or a remote may send any.
fn bounded(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(MAX_CAUSE) {
        None => text.into(),
        Some((end, _)) => {
            let left = text[end..].chars().count();
            format!("{} [{left} more characters]", &text[..end]).into()
        }
    }
}

fn not_written(error: &std::io::Error) -> CommandError {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        CommandError::closed_pipe()
    } else {
        CommandError::failure("cannot write to standard output").chain(error)
    }
}

/// Prints the error with which a signal ends the program, while another thread may still be at work.
pub(crate) fn last_words(error: &CommandError) {
    let mut err = Stream::stderr();
    progress::interrupt(&mut err);
    let head = err.paint(ERROR, "error:");
    err.talk(&format!("{head} {}\n", error.message));
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
        let painted = ui.paint(ERROR, "x\u{1b}[2J");
        ui.data(&painted).unwrap();
        assert_eq!(ui.recorded().0, format!("{ERROR}x^[[2J{ERROR:#}"));
    }
}
