//! The choice of cluster and user that kubectl's global options make.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A text that no `Debug` output contains, such as a token.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Hidden(String);

impl Hidden {
    /// Returns the text.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Hidden {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("[hidden]")
    }
}

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
    /// Address of the proxy to the API server.
    pub(crate) proxy_url: Option<Hidden>,
    /// Bearer token for the API server.
    pub(crate) token: Option<Hidden>,
    /// User name for basic authentication.
    pub(crate) username: Option<String>,
    /// Password for basic authentication.
    pub(crate) password: Option<Hidden>,
    /// User name to impersonate.
    pub(crate) as_user: Option<String>,
    /// Groups to impersonate.
    pub(crate) as_group: Vec<String>,
    /// UID to impersonate.
    pub(crate) as_uid: Option<String>,
    /// Further attributes of the impersonated user, as KEY=VALUE.
    pub(crate) as_user_extra: Vec<String>,
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
    /// The timeout of one request, as the user wrote it.
    pub(crate) request_timeout: Option<String>,
    /// Whether a shell waits for completions: nothing may ask the user or open a browser.
    pub(crate) for_completion: bool,
}

impl Access {
    /// Returns the first entry of a kubeconfig that the user chooses: `context`, `cluster` or `user`, and its name.
    pub(crate) fn named_entry(&self) -> Option<(&'static str, &str)> {
        let entries = [
            ("context", &self.context),
            ("cluster", &self.cluster),
            ("user", &self.user),
        ];
        entries
            .into_iter()
            .find_map(|(what, name)| Some((what, name.as_deref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_contains_no_token() {
        let access = Access {
            token: Some("t0ken".parse().unwrap()),
            password: Some("passw0rd".parse().unwrap()),
            proxy_url: Some("http://me:passw0rd@proxy".parse().unwrap()),
            ..Access::default()
        };
        let text = format!("{access:?}");
        assert!(
            !text.contains("t0ken") && !text.contains("passw0rd"),
            "{text}"
        );
    }
}
