//! What can go wrong in one pass, and outside of passes.

use std::net::SocketAddr;

/// Why a pass did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// Somebody else was faster; the next pass sees what they did.
    #[error("the object changed since it was read")]
    Conflict,
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
    /// The API server refused or did not answer.
    #[error("cannot {action}")]
    Api {
        /// What was tried.
        action: &'static str,
        /// The API server's words.
        #[source]
        source: Box<kube::Error>,
    },
}

impl ReconcileError {
    /// Classes an answer of the API server: conflicts are part of normal work.
    pub fn api(action: &'static str) -> impl Fn(kube::Error) -> Self {
        move |source| match &source {
            kube::Error::Api(status) if status.code == 409 => Self::Conflict,
            // Deleted in between; a deleted namespace refuses creations with 403 and stays an error.
            kube::Error::Api(status) if status.code == 404 => Self::Conflict,
            _ => Self::Api {
                action,
                source: Box::new(source),
            },
        }
    }

    /// A fixed word for metrics.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::NameTaken(_) => "name_taken",
            Self::CannotGrow { .. } => "cannot_grow",
            Self::SourceChanged => "source_changed",
            Self::CrdTooOld => "crd_too_old",
            Self::Api { .. } => "api",
        }
    }

    /// Whether this is nothing to speak of: the next pass finds the way.
    #[must_use]
    pub fn is_benign(&self) -> bool {
        matches!(self, Self::Conflict | Self::SourceChanged)
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
