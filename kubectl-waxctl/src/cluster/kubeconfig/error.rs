//! The error of a choice of cluster and user. It contains names of entries and files, and nothing else of a kubeconfig.

use std::path::PathBuf;

use thiserror::Error;

use super::file::FileError;

/// No cluster could be chosen.
#[derive(Debug, Error)]
pub(crate) enum ChoiceError {
    /// A kubeconfig file cannot be read or parsed.
    #[error("cannot use the kubeconfig file {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: FileError,
    },
    /// There is no kubeconfig file and no `--server`.
    #[error("no cluster is configured")]
    NoCluster {
        /// The files that do not exist.
        looked: Vec<PathBuf>,
        /// Whether `KUBECONFIG` names them.
        named: bool,
        /// In a pod without a token of its service account: the file where it would be.
        no_token: Option<PathBuf>,
    },
    /// An entry of a kubeconfig is requested, and there is no kubeconfig file.
    #[error("there is no kubeconfig that could have the {what} `{name}`")]
    NoKubeconfig {
        /// `context`, `cluster` or `user`.
        what: &'static str,
        /// The requested name.
        name: String,
        /// The files that do not exist.
        looked: Vec<PathBuf>,
        /// Whether `KUBECONFIG` names them.
        named: bool,
        /// Whether this is a pod whose service account would be used without the flag.
        in_pod: bool,
    },
    /// Neither the kubeconfig nor the command line names a context.
    #[error("the kubeconfig has no current context")]
    NoContext {
        /// The contexts of the kubeconfig.
        known: Vec<String>,
    },
    /// The kubeconfig does not have the requested name.
    #[error("the kubeconfig has no {what} `{name}`")]
    Unknown {
        /// `context`, `cluster` or `user`.
        what: &'static str,
        /// The requested name.
        name: String,
        /// The names in the kubeconfig.
        known: Vec<String>,
        /// Whether the command line has it, and not another entry of the kubeconfig.
        typed: bool,
    },
    /// The chosen entries contradict themselves.
    #[error("the kubeconfig is not usable")]
    Unusable {
        /// The faults.
        faults: Vec<String>,
    },
}
