//! Flags that accept a loss of state.

use clap::Args;

/// Flags that accept a loss of state.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct LossArgs {
    /// Accept the loss of state; for removed steps, request it in spec.recovery.action
    #[arg(long)]
    pub(crate) accept_state_loss: bool,
    /// State that may be lost [default: that of the flow in the cluster]
    #[arg(long, value_name = "STORE-ID/TIMELINE", requires = "accept_state_loss")]
    pub(crate) store: Option<String>,
    /// Go on if the steps of a flow with state cannot be compared
    #[arg(long)]
    pub(crate) accept_unchecked_steps: bool,
}
