//! Whether a change is made, only shown, or only checked by the API server. The words are those of kubectl.

use std::str::FromStr;

/// The values of `--dry-run`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum DryRun {
    /// The change is made.
    #[default]
    None,
    /// Nothing is sent; what would be changed is shown.
    Client,
    /// The API server checks the change and does not store it.
    Server,
}

impl FromStr for DryRun {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" | "false" => Ok(Self::None),
            "client" | "true" => Ok(Self::Client),
            "server" => Ok(Self::Server),
            _ => Err("write client, server or none".to_owned()),
        }
    }
}

impl DryRun {
    /// Whether nothing is changed.
    pub(crate) fn is_on(self) -> bool {
        self != Self::None
    }

    /// Returns a sentence about a change, with the mark that kubectl adds if it was not made.
    pub(crate) fn mark(self, done: &str) -> String {
        match self {
            Self::None => done.to_owned(),
            Self::Client => format!("{done} (dry run)"),
            Self::Server => format!("{done} (server dry run)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_those_of_kubectl() {
        let marked = ["none", "client", "server"].map(|mode| {
            let mode: DryRun = mode.parse().unwrap();
            mode.mark("orders deleted")
        });
        let expected = [
            "orders deleted",
            "orders deleted (dry run)",
            "orders deleted (server dry run)",
        ];
        assert_eq!(marked, expected);
    }
}
