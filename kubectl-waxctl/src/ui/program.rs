//! The name by which the program was called, which its texts repeat.

use std::ffi::OsStr;
use std::path::Path;

/// The name by which the program was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `kubectl waxctl`.
    Plugin,
    /// `waxctl`.
    Alone,
    /// kubectl asks for completions of `kubectl waxctl`.
    Completer,
}

impl Program {
    /// Determines the name from the executable.
    pub fn from_argv0(argv0: Option<&OsStr>) -> Self {
        let name = argv0.map(Path::new).and_then(Path::file_stem);
        match name.and_then(OsStr::to_str) {
            Some("kubectl-waxctl") => Self::Plugin,
            Some("kubectl_complete-waxctl") => Self::Completer,
            _ => Self::Alone,
        }
    }

    /// Returns the words that people type to call the program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plugin | Self::Completer => "kubectl waxctl",
            Self::Alone => "waxctl",
        }
    }

    /// Rewrites the commands in a help text or hint; the source code writes them as `waxctl ...`.
    pub fn rename(self, text: &str) -> String {
        if self == Self::Alone {
            return text.to_owned();
        }
        let mut renamed = String::with_capacity(text.len() + 64);
        for line in text.split_inclusive('\n') {
            let start = line.len() - line.trim_start().len();
            if line[start..].starts_with("waxctl ") {
                renamed.push_str(&line[..start]);
                renamed.push_str("kubectl ");
                renamed.push_str(&line[start..]);
            } else {
                renamed.push_str(
                    &line
                        .replace("`waxctl ", "`kubectl waxctl ")
                        .replace("\"waxctl ", "\"kubectl waxctl "),
                );
            }
        }
        renamed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executable_name_selects_program_name() {
        let program = |name: &str| Program::from_argv0(Some(OsStr::new(name)));
        assert_eq!(program("/usr/bin/kubectl-waxctl"), Program::Plugin);
        assert_eq!(program("waxctl"), Program::Alone);
        assert_eq!(program("kubectl_complete-waxctl"), Program::Completer);
        assert_eq!(Program::from_argv0(None), Program::Alone);
    }

    #[test]
    fn commands_in_texts_use_program_name() {
        let text = "run `waxctl df list`\n  waxctl df list\n";
        assert_eq!(Program::Alone.rename(text), text);
        assert_eq!(
            Program::Plugin.rename(text),
            "run `kubectl waxctl df list`\n  kubectl waxctl df list\n"
        );
    }
}
