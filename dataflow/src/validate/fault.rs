//! The findings of a check: faults, which prevent the dataflow from running, and warnings.

use std::fmt;

/// One fault of a spec, with its place and its remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Path of the field, such as `spec.image.tag`.
    pub path: String,
    /// Problem, in words that follow the path: `is empty`.
    pub problem: String,
    /// Remedy, as an instruction: `write a tag`.
    pub instead: String,
    /// Whether the spec is invalid, or uses a field that this release does not support.
    pub kind: FaultKind,
}

/// Kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The spec is invalid.
    Invalid,
    /// The spec uses a field that this release does not support.
    NotSupportedYet,
}

/// All faults of a spec, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

/// A setting that is valid but probably a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Path of the field.
    pub path: String,
    /// Message, without a full stop.
    pub message: String,
    /// Kind of the warning.
    pub kind: WarningKind,
}

/// Kind of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningKind {
    /// A key of `chartValues` has no effect.
    ChartValuesNotHonoured,
    /// The tag can refer to another image tomorrow.
    FloatingTag,
    /// A credential is written in the spec itself.
    InlineCredential,
}

impl Fault {
    pub(super) fn invalid(
        path: impl Into<String>,
        problem: impl Into<String>,
        instead: impl Into<String>,
    ) -> Self {
        Self {
            path: path.into(),
            problem: problem.into(),
            instead: instead.into(),
            kind: FaultKind::Invalid,
        }
    }

    pub(super) fn not_supported_yet(path: &str, instead: &str) -> Self {
        Self {
            path: path.to_owned(),
            problem: "is not supported yet".to_owned(),
            instead: instead.to_owned(),
            kind: FaultKind::NotSupportedYet,
        }
    }
}

impl Faults {
    /// Returns true if every fault is a field that this release does not support, so the spec is otherwise valid.
    #[must_use]
    pub fn not_supported(&self) -> bool {
        self.0
            .iter()
            .all(|fault| fault.kind == FaultKind::NotSupportedYet)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.path, self.problem, self.instead)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let end = if index + 1 < self.0.len() { "\n" } else { "" };
            write!(f, "{fault}{end}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
