//! What can go wrong in one pass, and outside of passes.

use std::net::SocketAddr;

/// Why a pass did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReconcileError {
    /// Somebody else was faster; the next pass sees what they did.
    #[error("cannot {action}: {race}")]
    Overtaken {
        /// What was tried.
        action: &'static str,
        /// What came between.
        race: Race,
    },
    /// A stranger's object has the name of a child; `Kind name`.
    #[error("{0} belongs to somebody else")]
    NameTaken(String),
    /// The API server does not let a volume grow.
    #[error("a volume cannot grow: {why}")]
    CannotGrow {
        /// UID of its claim.
        uid: String,
        /// The size that was asked for.
        bytes: u128,
        /// The API server's words.
        why: String,
    },
    /// The users' code is not what it was when the pass began.
    #[error("the code changed while it was being copied")]
    SourceChanged,
    /// A write went through, and the installed CRD dropped some of it.
    #[error("the installed custom resource definition dropped status fields")]
    CrdTooOld,
    /// The API server says no.
    #[error("cannot {}", .0.action)]
    Refused(#[source] Refusal),
    /// The API server gives no answer that makes sense.
    #[error("cannot {action}")]
    NoAnswer {
        /// What was tried.
        action: &'static str,
        /// What went wrong.
        #[source]
        source: Box<kube::Error>,
    },
}

/// What came between an observation and a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub(crate) enum Race {
    /// The object to be created is there.
    #[strum(to_string = "it is there already")]
    Exists,
    /// The object is another one, or has another version.
    #[strum(to_string = "it changed since it was read")]
    Changed,
    /// The object is not there any more.
    #[strum(to_string = "it is gone")]
    Gone,
}

/// That the API server does not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code} {reason})")]
pub(crate) struct Refusal {
    /// What was tried.
    pub(crate) action: &'static str,
    /// HTTP status code.
    pub(crate) code: u16,
    /// The API server's word for it, such as `Forbidden`.
    pub(crate) reason: String,
    /// Its sentence for people.
    pub(crate) message: String,
}

/// What a request to the API server relies on: it says which answers are races.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Nothing.
    Read,
    /// That the name is free.
    Create,
    /// That one object is there, and is the one that was observed.
    Existing,
}

impl Call {
    /// The race that an error code means. A missing namespace or kind is none, nor is whatever else
    /// answers "not found" to a request that names no object.
    fn race(self, code: u16, reason: &str) -> Option<Race> {
        match (self, code) {
            (Self::Create, 409) if reason == "AlreadyExists" => Some(Race::Exists),
            (Self::Create | Self::Existing, 409) => Some(Race::Changed),
            (Self::Existing, 404) => Some(Race::Gone),
            _ => None,
        }
    }
}

impl ReconcileError {
    /// Classes an error of the client by what the request relied on.
    pub(crate) fn api(call: Call, action: &'static str) -> impl Fn(kube::Error) -> Self {
        move |source| {
            let kube::Error::Api(status) = source else {
                let source = Box::new(source);
                return Self::NoAnswer { action, source };
            };
            match call.race(status.code, &status.reason) {
                Some(race) => Self::Overtaken { action, race },
                None => Self::Refused(Refusal {
                    action,
                    code: status.code,
                    reason: status.reason.clone(),
                    message: status.message.clone(),
                }),
            }
        }
    }

    /// A fixed word for metrics.
    #[must_use]
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Overtaken { .. } => "conflict",
            Self::NameTaken(_) => "name_taken",
            Self::CannotGrow { .. } => "cannot_grow",
            Self::SourceChanged => "source_changed",
            Self::CrdTooOld => "crd_too_old",
            Self::Refused(_) => "refused",
            Self::NoAnswer { .. } => "no_answer",
        }
    }

    /// Whether this is nothing to speak of: the next pass finds the way.
    #[must_use]
    pub(crate) fn is_benign(&self) -> bool {
        matches!(self, Self::Overtaken { .. } | Self::SourceChanged)
    }
}

/// Why the operator cannot start or had to end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No way to a cluster.
    #[error("cannot find out which cluster to work for")]
    Kubeconfig(#[from] kube::config::KubeconfigError),
    /// No way to a cluster, neither from inside nor from a file.
    #[error("cannot find out which cluster to work for")]
    Infer(#[from] kube::config::InferConfigError),
    /// The client cannot be made.
    #[error("cannot set up the client of the API server")]
    Client(#[source] Box<kube::Error>),
    /// The lease cannot be reached or written.
    #[error("cannot take part in the leader election")]
    Lease(#[from] kube_lease_manager::LeaseManagerError),
    /// The admin address is taken.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Signals cannot be caught.
    #[error("cannot wait for signals")]
    Signal(#[source] std::io::Error),
}

#[cfg(test)]
mod tests;
