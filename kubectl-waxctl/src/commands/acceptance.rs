//! Converts the flags about a loss of state.

use crate::args::loss::LossArgs;
use crate::work::losses::Acceptance;

/// Converts the flags.
pub(super) fn of(args: &LossArgs) -> Acceptance {
    Acceptance {
        accepted: args.accept_state_loss,
        unchecked: args.accept_unchecked_steps,
        store: args.store.clone(),
    }
}
