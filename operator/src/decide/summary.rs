//! The summary of a Dataflow: kind, reason and message of the conditions Ready, Reconciling and Stalled.

use dataflow::status::Reason;

/// The message for an installed CRD that drops status fields of this operator.
pub(crate) const CRD_TOO_OLD: &str = "the installed CustomResourceDefinition drops status fields that this \
    operator needs; with the waxctl of this release and the flags of the installation, run kubectl waxctl install";

/// The condition that is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SummaryKind {
    /// The Dataflow is in the desired state.
    Ready,
    /// The Dataflow is not in the desired state yet, and the operator or another controller works on it.
    Reconciling,
    /// The Dataflow cannot get to the desired state until a user changes something.
    Stalled,
}

/// The kind, reason and message of the conditions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Summary {
    /// The condition that is true.
    pub(crate) kind: SummaryKind,
    /// The reason, for programs.
    pub(crate) reason: Reason,
    /// The message, for people.
    pub(crate) message: String,
}

impl Summary {
    /// Returns the summary of a Dataflow in the desired state.
    pub(crate) fn ready(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind: SummaryKind::Ready,
            reason,
            message: message.into(),
        }
    }

    /// Returns the summary of a Dataflow that is on its way to the desired state.
    pub(crate) fn reconciling(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind: SummaryKind::Reconciling,
            reason,
            message: message.into(),
        }
    }

    /// Returns the summary of a Dataflow that needs a change by a user.
    pub(crate) fn stalled(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind: SummaryKind::Stalled,
            reason,
            message: message.into(),
        }
    }

    /// Returns the summary while a probe pod loads a new revision.
    #[must_use]
    pub(crate) fn probing() -> Self {
        Self::reconciling(
            Reason::Probing,
            "loading the new revision in a probe pod before stopping the old one",
        )
    }

    /// Returns the summary if an object of another owner, or without one, has the name of a child object.
    #[must_use]
    pub(crate) fn name_taken(what: &str) -> Self {
        Self::stalled(
            Reason::NameTaken,
            format!(
                "{what} is not owned by this Dataflow; rename the Dataflow or delete that object"
            ),
        )
    }
}
