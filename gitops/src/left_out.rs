//! Files and folders that are not part of the code, with the reason. [`notes`] says it in a few lines.

use std::fmt;

/// Number of names in one line.
const NAMES_SHOWN: usize = 5;

/// A file or folder that is not part of the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Path below the folder; that of a folder ends with `/`.
    pub path: String,
    /// Why it is left out.
    pub reason: Reason,
}

/// Why a file or folder is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Its name begins with a dot.
    Hidden,
    /// A rule of git hides it.
    Ignored,
    /// A line in `.waxctlignore` names it.
    Listed,
    /// It is a virtual environment of Python.
    VirtualEnvironment,
    /// A tool has generated it and can generate it again.
    Cache,
    /// It contains the flows of the repository whose top the folder is.
    Flows,
    /// It is a link to a place outside the folder.
    LeavesFolder,
    /// It is a link to a folder that contains the link.
    Loop,
    /// It is a link to nothing.
    Dangling,
    /// It is a link to something that is left out.
    LinkToLeftOut,
    /// It is a socket, a pipe or a device.
    Special,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hidden => "hidden",
            Self::Ignored => "ignored by git",
            Self::Listed => "named in .waxctlignore",
            Self::VirtualEnvironment => "virtual environment",
            Self::Cache => "cache",
            Self::Flows => "flows of this repository",
            Self::LeavesFolder => "link that leaves the folder",
            Self::Loop => "link to a folder around it",
            Self::Dangling => "link to nothing",
            Self::LinkToLeftOut => "link to what is left out",
            Self::Special => "socket, pipe or device",
        })
    }
}

/// Returns one line for each reason, such as `left out: .env, .idea/ (hidden)`.
#[must_use]
pub fn notes(left_out: &[LeftOut]) -> Vec<String> {
    let mut reasons: Vec<Reason> = left_out.iter().map(|entry| entry.reason).collect();
    reasons.sort_unstable();
    reasons.dedup();
    let line = |reason: Reason| {
        let of_reason = left_out.iter().filter(|entry| entry.reason == reason);
        let mut names: Vec<&str> = of_reason.map(|entry| entry.path.as_str()).collect();
        names.sort_unstable();
        format!("left out: {} ({reason})", bounded(&names))
    };
    reasons.into_iter().map(line).collect()
}

/// Joins the first names, with the number of the others.
pub(crate) fn bounded(names: &[&str]) -> String {
    let shown = &names[..names.len().min(NAMES_SHOWN)];
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_have_one_bounded_line_per_reason() {
        let entry = |path: &str, reason| LeftOut {
            path: path.to_owned(),
            reason,
        };
        let mut left_out = vec![
            entry("venv/", Reason::VirtualEnvironment),
            entry(".env", Reason::Hidden),
            entry("notes.txt", Reason::LeavesFolder),
        ];
        left_out.extend((0..7).map(|n| entry(&format!("p{n}/__pycache__/"), Reason::Cache)));
        insta::assert_snapshot!(notes(&left_out).join("\n"), @r"
        left out: .env (hidden)
        left out: venv/ (virtual environment)
        left out: p0/__pycache__/, p1/__pycache__/, p2/__pycache__/, p3/__pycache__/, p4/__pycache__/ and 2 more (cache)
        left out: notes.txt (link that leaves the folder)
        ");
        assert!(notes(&[]).is_empty());
    }
}
