//! What a check finds: faults, which keep a dataflow from running, and warnings.

use std::fmt;

/// One thing that is wrong with a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Path of the field, such as `spec.image.tag`.
    pub path: String,
    /// What is wrong, to be read after the path: `is empty`.
    pub problem: String,
    /// What to write instead, as a command: `write a tag`.
    pub instead: String,
    /// Whether the spec is wrong or only ahead of this release.
    pub kind: FaultKind,
}

/// Kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The spec is wrong.
    Invalid,
    /// The spec asks for something that this release can't do.
    NotSupportedYet,
}

/// Every fault of a spec; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

/// Something that works but is probably not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Path of the field.
    pub path: String,
    /// What to know about it, as a sentence without a full stop.
    pub message: String,
    /// Kind of the warning.
    pub kind: WarningKind,
}

/// Kind of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningKind {
    /// A key of `chartValues` has no effect.
    ChartValuesNotHonoured,
    /// The tag may mean another image tomorrow.
    FloatingTag,
    /// A credential stands in the spec itself.
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
    /// Whether the spec is fine but for what this release can't do yet.
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
