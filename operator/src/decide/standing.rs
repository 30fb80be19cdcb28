//! What is said about a Dataflow.

use dataflow::status::Reason;

/// The sentence for an installed CRD that drops our status fields.
pub(crate) const CRD_TOO_OLD: &str = "the installed CustomResourceDefinition drops status fields that this \
    operator needs; install the one that belongs to it (wax-operator crd | kubectl apply --server-side -f -)";

/// How the three conditions stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Ready.
    Settled,
    /// Not ready, and on the way.
    Progressing,
    /// Not ready, and somebody must change something.
    Stalled,
}

/// What is said about a Dataflow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Standing {
    /// How the conditions stand.
    pub(crate) kind: Kind,
    /// Why, for programs.
    pub(crate) reason: Reason,
    /// Why, for people.
    pub(crate) message: String,
}

impl Standing {
    /// All is as the spec asks.
    pub(crate) fn settled(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Settled,
            reason,
            message: message.into(),
        }
    }

    /// On the way.
    pub(crate) fn progressing(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Progressing,
            reason,
            message: message.into(),
        }
    }

    /// Stuck until somebody changes something.
    pub(crate) fn stalled(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Stalled,
            reason,
            message: message.into(),
        }
    }

    /// A new revision is being tried.
    #[must_use]
    pub(crate) fn probing() -> Self {
        Self::progressing(
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
