//! Errors of a reconcile, and errors that end the operator.

use std::net::SocketAddr;

/// Error that ends a reconcile early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReconcileError {
    /// Another client changed an object first. The next reconcile sees the change.
    #[error("cannot {action}: {race}")]
    Overtaken {
        /// Action that failed, for "cannot ...".
        action: &'static str,
        /// Change that came between.
        race: Race,
    },
    /// An object that does not belong to the Dataflow has the name of a child; `Kind name`.
    #[error("cannot create {0}: an object of this name exists and does not belong to the Dataflow")]
    NameTaken(String),
    /// The API server rejected the expansion of a volume.
    #[error("cannot expand a volume: {why}")]
    CannotGrow {
        /// UID of its PVC.
        uid: String,
        /// Requested size, in bytes.
        bytes: u128,
        /// Message of the API server.
        why: String,
    },
    /// The user's code changed after the reconcile began.
    #[error("cannot copy the code: its ConfigMap changed meanwhile")]
    SourceChanged,
    /// A status write succeeded, but the installed CRD dropped some of its fields.
    #[error("the installed CustomResourceDefinition dropped status fields")]
    CrdTooOld,
    /// The API server rejected the request.
    #[error("cannot {}", .0.action)]
    Refused(#[source] Refusal),
    /// The API server gave no valid answer.
    #[error("cannot {action}")]
    NoAnswer {
        /// Action that failed, for "cannot ...".
        action: &'static str,
        /// Error of the client.
        #[source]
        source: Box<kube::Error>,
    },
}

/// Change between an observation and the write that relies on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
pub(crate) enum Race {
    /// The object to be created exists.
    #[strum(to_string = "it already exists")]
    Exists,
    /// The object has another UID or another resourceVersion.
    #[strum(to_string = "it changed since it was read")]
    Changed,
    /// The object was deleted.
    #[strum(to_string = "it no longer exists")]
    Gone,
}

/// Response of the API server that rejects a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code} {reason})")]
pub(crate) struct Refusal {
    /// Action that failed, for "cannot ...".
    pub(crate) action: &'static str,
    /// HTTP status code of the response.
    pub(crate) code: u16,
    /// Reason in the response, such as `Forbidden`.
    pub(crate) reason: String,
    /// Message in the response.
    pub(crate) message: String,
}

/// Assumption of a request to the API server. It determines which errors are races.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// No assumption.
    Read,
    /// The name is free.
    Create,
    /// The object exists and is the one that was observed.
    Existing,
}

impl Call {
    /// Returns the race that an error code stands for.
    ///
    /// "Not found" is a race only for a request that relies on an existing object. Otherwise it may mean
    /// that the namespace or the kind is missing.
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
    /// Converts an error of the client, according to the assumption of its request.
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

    /// Returns the class of the error, for the metric label `outcome`.
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

    /// Whether the error is only a race, which the next reconcile resolves.
    #[must_use]
    pub(crate) fn is_benign(&self) -> bool {
        matches!(self, Self::Overtaken { .. } | Self::SourceChanged)
    }
}

/// Error that prevents the start of the operator or ends it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The kubeconfig cannot be read.
    #[error("cannot determine the cluster to connect to")]
    Kubeconfig(#[from] kube::config::KubeconfigError),
    /// There is neither a service account nor a kubeconfig.
    #[error("cannot determine the cluster to connect to")]
    Infer(#[from] kube::config::InferConfigError),
    /// The client cannot be created.
    #[error("cannot create the client of the API server")]
    Client(#[source] Box<kube::Error>),
    /// The Lease cannot be read or written.
    #[error("cannot join the leader election")]
    Lease(#[from] kube_lease_manager::LeaseManagerError),
    /// The admin address cannot be used, for example because it is in use.
    #[error("cannot listen on {address}")]
    Listen {
        /// Address of the endpoint.
        address: SocketAddr,
        /// Error of the operating system.
        #[source]
        source: std::io::Error,
    },
    /// A signal handler cannot be installed.
    #[error("cannot install a signal handler")]
    Signal(#[source] std::io::Error),
}

#[cfg(test)]
mod tests;
