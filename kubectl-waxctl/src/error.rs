//! The error type of all verbs: the failed action, its causes, and hints that can be typed.

use std::error::Error;

/// The kind of an error, which decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The action failed.
    Failure,
    /// The dataflow does not exist.
    NotFound,
    /// The command line, a values file or a source is wrong.
    Usage,
    /// The timeout is over.
    Timeout,
    /// The pushes of other people were faster in every attempt.
    PushConflict,
    /// Refused on purpose, for example a secret on its way to git.
    Policy,
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// SIGHUP: the terminal was closed.
    HungUp,
    /// The dataflow that was run ended with this exit code.
    Exited(u8),
    /// `diff` found differences. Silent.
    Different,
    /// The reader of standard output has closed it. Silent and no failure.
    ClosedPipe,
}

impl Kind {
    /// Returns the exit code of the program.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::ClosedPipe => 0,
            Self::Failure | Self::NotFound | Self::Different => 1,
            Self::Usage => 2,
            Self::Timeout => 3,
            Self::PushConflict => 4,
            Self::Policy => 5,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::HungUp => 129,
            Self::Exited(code) => code,
        }
    }
}

/// An error for people: the failed action, the causes from the outside in, and hints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandError {
    /// The kind, for the exit code.
    pub(crate) kind: Kind,
    /// The failed action: lower case, no full stop.
    pub(crate) message: String,
    /// The causes, the nearest one first.
    pub(crate) causes: Vec<String>,
    /// The remedies; commands are written as `waxctl ...`.
    pub(crate) hints: Vec<String>,
}

impl CommandError {
    /// Creates an error of the given kind.
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// Creates an error for a failed action (exit code 1).
    pub(crate) fn failure(message: impl Into<String>) -> Self {
        Self::new(Kind::Failure, message)
    }

    /// Creates an error for a wrong command line or a wrong file on it (exit code 2).
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Creates an error for a timeout (exit code 3).
    pub(crate) fn timeout(message: impl Into<String>) -> Self {
        Self::new(Kind::Timeout, message)
    }

    /// Creates an error for a refusal on purpose (exit code 5).
    pub(crate) fn policy(message: impl Into<String>) -> Self {
        Self::new(Kind::Policy, message)
    }

    /// Creates the error for a signal that ends the program: Ctrl-C (exit code 130), SIGTERM (143) or
    /// SIGHUP (129).
    pub(crate) fn ended(by: Kind) -> Self {
        let message = match by {
            Kind::Terminated => "terminated",
            Kind::HungUp => "the terminal was closed",
            _ => "interrupted",
        };
        Self::new(by, message)
    }

    /// Creates the error that makes `diff` report differences (exit code 1, nothing printed).
    pub(crate) fn different() -> Self {
        Self::new(Kind::Different, "there are differences")
    }

    /// Creates the error for a closed standard output (exit code 0, nothing printed).
    pub(crate) fn closed_pipe() -> Self {
        Self::new(Kind::ClosedPipe, "standard output is closed")
    }

    /// Appends one cause.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers hand over errors and new texts"
    )]
    pub(crate) fn because(mut self, cause: impl ToString) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Appends an error and all its sources.
    #[must_use]
    pub(crate) fn chain(mut self, error: &dyn Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            let text = error.to_string();
            // Some libraries repeat the source in their own message.
            if !self.causes.last().is_some_and(|last| last.ends_with(&text)) {
                self.causes.push(text);
            }
            next = error.source();
        }
        self
    }

    /// Appends a hint: a sentence, or a command that can be typed.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Whether the error ends the program without a message.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self.kind, Kind::Different | Kind::ClosedPipe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no such file")]
    struct Inner;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read flow.py")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read flow.py: no such file")]
    struct Repeating(#[source] Inner);

    #[test]
    fn chain_lists_each_cause_once() {
        let error = CommandError::failure("no flow").chain(&Outer(Inner));
        assert_eq!(error.causes, ["cannot read flow.py", "no such file"]);
        let error = CommandError::failure("no flow").chain(&Repeating(Inner));
        assert_eq!(error.causes, ["cannot read flow.py: no such file"]);
    }
}
