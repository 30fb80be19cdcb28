//! Flags that accept a loss of state.

use clap::Args;

/// Flags that accept a loss of state.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct LossArgs {
    /// Accept that state is lost, and order it in spec.recovery.action where steps are gone
    #[arg(long)]
    pub(crate) accept_state_loss: bool,
    /// The state that may be lost [default: what the flow in the cluster has]
    #[arg(long, value_name = "STORE-ID/TIMELINE", requires = "accept_state_loss")]
    pub(crate) store: Option<String>,
}
