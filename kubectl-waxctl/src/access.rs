//! The choice of cluster and user that kubectl's global options make.

use std::path::PathBuf;

/// The connection settings given on the command line; the kubeconfig gives the rest.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    /// Namespace.
    pub(crate) namespace: Option<String>,
    /// The kubeconfig file.
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Name of the kubeconfig context.
    pub(crate) context: Option<String>,
    /// Name of the kubeconfig cluster.
    pub(crate) cluster: Option<String>,
    /// Name of the kubeconfig user.
    pub(crate) user: Option<String>,
    /// Address of the API server.
    pub(crate) server: Option<String>,
    /// Bearer token for the API server.
    pub(crate) token: Option<String>,
    /// User name to impersonate.
    pub(crate) as_user: Option<String>,
    /// Groups to impersonate.
    pub(crate) as_group: Vec<String>,
    /// UID to impersonate.
    pub(crate) as_uid: Option<String>,
    /// File with the certificate authority of the API server.
    pub(crate) certificate_authority: Option<PathBuf>,
    /// File with a client certificate for TLS.
    pub(crate) client_certificate: Option<PathBuf>,
    /// File with a client key for TLS.
    pub(crate) client_key: Option<PathBuf>,
    /// Server name to check the API server's certificate against.
    pub(crate) tls_server_name: Option<String>,
    /// Whether the API server's certificate is not checked.
    pub(crate) insecure_skip_tls_verify: bool,
    /// Whether to request uncompressed responses.
    pub(crate) disable_compression: bool,
    /// The timeout of one request, as the user wrote it.
    pub(crate) request_timeout: Option<String>,
}
