//! The flags about a commit as the place that they name.

use crate::args::git::GitArgs;
use crate::work::recovery_action::GitPlace;

/// Where the commit goes.
pub(super) fn of(args: &GitArgs) -> GitPlace {
    GitPlace {
        environment: args.env.clone(),
        repo: args.repo.clone(),
        branch: args.branch.clone(),
        push: args.push,
        message: args.message.clone(),
    }
}
