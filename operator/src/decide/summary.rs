//! What is said about a Dataflow.

use dataflow::status::Reason;

/// The sentence for an installed CRD that drops our status fields.
pub(crate) const CRD_TOO_OLD: &str = "the installed CustomResourceDefinition drops status fields that this \
    operator needs; install the one that belongs to it (wax-operator crd | kubectl apply --server-side -f -)";

/// How the three conditions stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SummaryKind {
    /// Ready.
    Ready,
    /// Not ready, and on the way.
    Reconciling,
    /// Not ready, and somebody must change something.
    Stalled,
}

/// What is said about a Dataflow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Summary {
    /// How the conditions stand.
    pub(crate) kind: SummaryKind,
    /// Why, for programs.
    pub(crate) reason: Reason,
    /// Why, for people.
    pub(crate) message: String,
}

impl Summary {
    /// All is as the spec asks.
    pub(crate) fn ready(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind: SummaryKind::Ready,
            reason,
            message: message.into(),
        }
    }

    /// On the way.
    pub(crate) fn reconciling(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind: SummaryKind::Reconciling,
            reason,
            message: message.into(),
        }
    }

    /// Stuck until somebody changes something.
    pub(crate) fn stalled(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind: SummaryKind::Stalled,
            reason,
            message: message.into(),
        }
    }

    /// A new revision is being tried.
    #[must_use]
    pub(crate) fn probing() -> Self {
        Self::reconciling(
            Reason::Probing,
            "tries the new revision before it stops the old one",
        )
    }

    /// Somebody else's object has the name of a child.
    #[must_use]
    pub(crate) fn name_taken(what: &str) -> Self {
        Self::stalled(
            Reason::NameTaken,
            format!("{what} belongs to somebody else; rename the Dataflow or remove that object"),
        )
    }
}
