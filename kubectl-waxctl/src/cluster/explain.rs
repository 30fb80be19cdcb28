//! Converts failed requests into errors with causes and hints.

use kube::core::Status;
use kube::runtime::watcher;
use thiserror::Error;

use super::credentials::CredentialsError;
use super::credentials::oidc::ProviderError;
use super::credentials::plugin::PluginError;
use super::denial::Denial;
use super::exchange::TooLarge;
use super::kubeconfig::ChoiceError;
use super::proxy::ProxyError;
use crate::error::CommandError;

mod choice;

/// The cluster and namespace that a client talks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Address of the API server.
    pub(crate) server: String,
    /// The namespace of requests.
    pub(crate) namespace: String,
    /// Name of the kubeconfig's context, if one was used.
    pub(crate) context: Option<String>,
    /// Whether credentials were not sent, because the API server is reached without TLS.
    pub(crate) credentials_withheld: bool,
}

/// A request that could not be sent, or that failed.
#[derive(Debug, Error)]
pub(crate) enum ClusterError {
    /// No cluster could be chosen.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// A value of the chosen entries is not usable.
    #[error("cannot use the settings of the cluster")]
    Settings(#[from] SettingsError),
    /// There are no credentials.
    #[error("cannot get your credentials")]
    Credentials(#[from] CredentialsError),
    /// No client can be created from the settings.
    #[error("cannot use the settings of the cluster")]
    Client {
        /// The cause.
        source: Box<kube::Error>,
    },
    /// The value of a flag is no duration.
    #[error("invalid value `{text}` for `{flag}`: not a duration")]
    Duration {
        /// The flag.
        flag: &'static str,
        /// The value.
        text: String,
    },
    /// The spec of the Dataflow was changed after it was read.
    #[error("dataflow `{name}` was changed by another client meanwhile; nothing was applied")]
    Changed {
        /// Name of the dataflow.
        name: String,
        /// Its namespace.
        namespace: String,
    },
    /// A request failed.
    #[error("cannot {doing}")]
    Request {
        /// The action, such as `list dataflows`.
        doing: String,
        /// The cluster.
        place: Place,
        /// The error of the client or the API server.
        source: Box<kube::Error>,
    },
}

/// Error: a value of the chosen entries is not usable. No value is repeated.
#[derive(Debug, Error)]
pub(crate) enum SettingsError {
    /// The address of the API server is no URL.
    #[error("the server of the cluster is not a valid address")]
    Server,
    /// A file that the kubeconfig names cannot be read.
    #[error("cannot read the {what} {path}: {source}")]
    File {
        /// The kind of file.
        what: &'static str,
        /// The path.
        path: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The certificate authority contains no certificate.
    #[error("the certificate authority of the cluster contains no certificate in PEM format")]
    NoCertificate,
    /// The proxy of the kubeconfig or of `--proxy-url` cannot be used.
    #[error("cannot use the proxy-url of the cluster: {0}")]
    ProxyUrl(#[source] ProxyError),
    /// A variable of the environment names no proxy.
    #[error("cannot use the proxy in {variable}: {source}")]
    ProxyVariable {
        /// The variable.
        variable: &'static str,
        /// The cause.
        source: ProxyError,
    },
}

/// Returns the failed request behind the error of a watch, which is explained as any other.
pub(crate) fn of_watch(error: watcher::Error) -> kube::Error {
    match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => error,
        watcher::Error::WatchError(status) => kube::Error::Api(status),
        watcher::Error::NoResourceVersion => {
            let message = "the API server sends objects without a version";
            kube::Error::Api(Box::new(Status::failure(message, "")))
        }
    }
}

impl ClusterError {
    /// Whether the API server has refused the request for lack of a permission.
    pub(crate) fn is_denial(&self) -> bool {
        let Self::Request { source, .. } = self else {
            return false;
        };
        matches!(&**source, kube::Error::Api(status) if status.code == 403)
    }
}

impl From<ClusterError> for CommandError {
    fn from(error: ClusterError) -> Self {
        match error {
            ClusterError::Choice(choice) => choice::explain(&choice),
            ClusterError::Duration { .. } => {
                CommandError::usage(error.to_string()).hint("write it as 30s, 5m or 1h30m")
            }
            ClusterError::Settings(source) => explain_settings(&source),
            ClusterError::Credentials(source) => explain_credentials(
                CommandError::failure("cannot get your credentials"),
                &source,
            ),
            ClusterError::Changed {
                ref name,
                ref namespace,
            } => CommandError::failure(error.to_string())
                .hint(format!("waxctl df get {name} -n {namespace}"))
                .hint("check the change, then run the same command again"),
            ClusterError::Client { .. } => {
                let command = CommandError::failure(error.to_string());
                let command = match std::error::Error::source(&error) {
                    Some(source) => command.because(root(source)),
                    None => command,
                };
                command.hint("kubectl config view --minify")
            }
            ClusterError::Request {
                doing,
                place,
                source,
            } => explain_request(&doing, &place, &source),
        }
    }
}

fn explain_settings(error: &SettingsError) -> CommandError {
    let command = CommandError::failure("cannot use the settings of the cluster").because(error);
    match error {
        SettingsError::ProxyVariable { variable, .. } => command.hint(format!(
            "set {variable} to an address such as http://proxy.example.com:3128, or unset it"
        )),
        SettingsError::ProxyUrl(_) => {
            command.hint("write it as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT")
        }
        SettingsError::Server | SettingsError::File { .. } | SettingsError::NoCertificate => {
            command.hint("kubectl config view --minify")
        }
    }
}

/// Explains a failed request. Pure, so that a test covers every kind of response.
fn explain_request(doing: &str, place: &Place, error: &kube::Error) -> CommandError {
    let command = CommandError::failure(format!("cannot {doing}"));
    match error {
        kube::Error::Api(status) => explain_status(command, place, status),
        kube::Error::Service(source) if source.is::<CredentialsError>() => {
            match source.downcast_ref() {
                Some(source) => explain_credentials(command, source),
                None => command,
            }
        }
        error => explain_transport(command, place, error),
    }
}

fn explain_status(command: CommandError, place: &Place, status: &Status) -> CommandError {
    let message = status.message.trim();
    if status.code == 401 && place.credentials_withheld {
        return command
            .because(format!("the cluster at {} wants credentials", place.server))
            .because(
                "they are not sent over plain http to another machine; kubectl does not, either",
            )
            .hint("use the https address of the API server");
    }
    if status.code == 401 {
        return command
            .because(format!(
                "the cluster at {} rejects your credentials",
                place.server
            ))
            .hint("kubectl auth whoami");
    }
    if status.is_forbidden() {
        return match message.parse::<Denial>() {
            Ok(denial) => denial.explain(command),
            Err(_) => command.because(message).hint("kubectl auth whoami"),
        };
    }
    // For an unknown path the server responds in plain text, so only the code tells.
    if status.code == 404 {
        return explain_absence(command, place, status);
    }
    let causes = status
        .details
        .as_ref()
        .map_or(&[][..], |details| &details.causes);
    if status.is_conflict() && !causes.is_empty() {
        return causes
            .iter()
            .fold(command, |command, cause| {
                let message = cause.message.replace('"', "`");
                command.because(format!("{}: {message}", cause.field))
            })
            .hint("the field manager would revert the change: commit it to git instead with `waxctl df commit`")
            .hint("or take over the fields with `--force-conflicts`");
    }
    if causes.is_empty() {
        return command.because(message);
    }
    causes.iter().fold(command, |command, cause| {
        let field = if cause.field.is_empty() {
            String::new()
        } else {
            format!("{}: ", cause.field)
        };
        command.because(format!("{field}{}", cause.message))
    })
}

fn explain_absence(command: CommandError, place: &Place, status: &Status) -> CommandError {
    match status
        .details
        .as_ref()
        .filter(|details| !details.name.is_empty())
    {
        None => command
            .because(format!(
                "the Dataflow CRD is not installed in the cluster at {}",
                place.server
            ))
            .hint("waxctl install"),
        Some(details) if details.kind == "namespaces" => command
            .because(format!("namespace `{}` does not exist", details.name))
            .hint(format!("kubectl create namespace {}", details.name)),
        Some(_) => command.because(status.message.trim()),
    }
}

fn explain_credentials(command: CommandError, error: &CredentialsError) -> CommandError {
    let command = match error.to_string() {
        text if text == command.message => command,
        text => command.because(text),
    };
    match error {
        CredentialsError::Plugin(PluginError::Missing { install_hint, .. }) => {
            let command = command.hint("install it, so that it is on the PATH");
            match install_hint.trim() {
                "" => command,
                text => command.hint(text),
            }
        }
        CredentialsError::Plugin(PluginError::Failed { .. }) => command.hint("kubectl auth whoami"),
        CredentialsError::Plugin(PluginError::NoTerminal { .. }) => {
            command.hint("run it in a terminal, or use credentials that need none")
        }
        CredentialsError::Provider(ProviderError::Expired {
            renewable: true, ..
        }) => command
            .hint("kubectl auth whoami (it renews the token, and stores it in the kubeconfig)"),
        CredentialsError::Provider(
            ProviderError::Expired { .. } | ProviderError::NoToken { .. },
        ) => command.hint("log in again where your kubeconfig comes from"),
        _ => command.hint("kubectl config view --minify"),
    }
}

fn explain_transport(command: CommandError, place: &Place, error: &kube::Error) -> CommandError {
    let reason = root(error);
    let is_unreadable = match error {
        kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) => true,
        kube::Error::Service(source) => source.is::<TooLarge>(),
        _ => false,
    };
    if is_unreadable {
        return command
            .because(format!(
                "the answer of the cluster at {} cannot be read",
                place.server
            ))
            .because(reason);
    }
    let certificate = reason.contains("certificate");
    let what = if certificate {
        "is not trusted"
    } else {
        "does not answer"
    };
    let command = command
        .because(format!("the cluster at {} {what}", place.server))
        .because(&reason);
    let command = match &place.context {
        Some(context) => command.hint(format!("kubectl cluster-info --context {context}")),
        None => command.hint(format!("kubectl cluster-info --server {}", place.server)),
    };
    if certificate {
        command.hint(
            "pass the certificate authority of the cluster with `--certificate-authority FILE`",
        )
    } else {
        command
    }
}

/// Returns the innermost cause; the errors around it repeat its text.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests;
