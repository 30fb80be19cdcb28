//! Flags for the commit that verbs make when the flow in the cluster is managed from git.

use std::path::PathBuf;

use clap::Args;

/// The destination of the commit.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options for a flow that is managed from git")]
pub(crate) struct GitArgs {
    /// Environment, a folder under apps/ [default: the only one]
    #[arg(long, value_name = "ENV")]
    pub(crate) env: Option<String>,
    /// Repository to commit to [default: that of the current folder]
    #[arg(long, value_name = "PATH")]
    pub(crate) repo: Option<PathBuf>,
    /// Branch to commit to instead of the checked-out one
    #[arg(long, value_name = "BRANCH")]
    pub(crate) branch: Option<String>,
    /// Build on the remote branch and push to it
    #[arg(long)]
    pub(crate) push: bool,
    /// Leave out the hooks pre-commit, commit-msg and pre-push
    #[arg(long)]
    pub(crate) no_verify: bool,
    /// Commit message; trailers are added to it
    #[arg(short, long, value_name = "MSG")]
    pub(crate) message: Option<String>,
}
