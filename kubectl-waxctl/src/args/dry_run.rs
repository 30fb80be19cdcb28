//! The values of `--dry-run`: those of kubectl, and those of the original `waxctl`.

use std::str::FromStr;

use crate::error::CommandError;

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
    /// Whether nothing is changed, for a verb that does not change a cluster.
    ///
    /// # Errors
    /// A server is asked for.
    pub(crate) fn without_server(self, verb: &str) -> Result<bool, CommandError> {
        match self {
            Self::None => Ok(false),
            Self::Client => Ok(true),
            Self::Server => Err(CommandError::usage(format!(
                "`--dry-run=server` does not fit `df {verb}`"
            ))
            .because("it changes no cluster, so there is no server that could check the change")
            .hint("pass `--dry-run=client`")),
        }
    }
}
