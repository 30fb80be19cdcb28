//! Converts the flags of a commit into its destination.

use crate::args::git::GitArgs;
use crate::work::recovery_action::GitPlace;

/// Converts the flags.
pub(super) fn of(args: &GitArgs) -> GitPlace {
    GitPlace {
        environment: args.env.clone(),
        repo: args.repo.clone(),
        branch: args.branch.clone(),
        push: args.push,
        no_verify: args.no_verify,
        message: args.message.clone(),
    }
}
