//! A connection to one cluster and one namespace.

use std::future::Future;
use std::time::Duration;

use kube::config::KubeConfigOptions;
use kube::{Client, Config};

use super::explain::{ClusterError, Place};
use super::kubeconfig::{self, KubeconfigLocations};
use super::proxy::ProxyVariables;
use crate::access::Access;
use crate::duration::duration;
use crate::error::CommandError;

/// The time limit for connecting, 30 s like kubectl's, unless `--request-timeout` is shorter.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// A client, with the facts that errors mention.
#[derive(Clone)]
pub(crate) struct Session {
    /// The client; cheap to clone.
    pub(crate) client: Client,
    /// The cluster and namespace that the client talks to.
    pub(crate) place: Place,
}

/// Runs `work` until it ends or the user presses Ctrl-C, on a runtime of its own.
///
/// # Errors
/// The error of `work`, or `interrupted`.
pub(crate) fn block_on<T>(
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::failure("cannot start the network client").because(error))?;
    let result = runtime.block_on(async {
        tokio::select! {
            biased;
            result = work => result,
            _ = tokio::signal::ctrl_c() => Err(CommandError::interrupted()),
        }
    });
    // A name lookup that hangs must not delay the end of the command.
    runtime.shutdown_background();
    result
}

impl Session {
    /// Connects to the cluster that kubectl's flags, `$KUBECONFIG` and the default kubeconfig name.
    ///
    /// Sends nothing yet. Inside a pod without a kubeconfig the pod's service account is used.
    ///
    /// # Errors
    /// There is no cluster to choose, a file cannot be read, or no client can be created from the settings.
    pub(crate) async fn connect(access: &Access) -> Result<Self, ClusterError> {
        let (mut config, context) = settings(access).await?;
        if let Some(timeout) = request_timeout(access.request_timeout.as_deref())? {
            config.read_timeout = Some(timeout);
            config.connect_timeout = Some(timeout.min(CONNECT_TIMEOUT));
        }
        let place = Place {
            server: config
                .cluster_url
                .to_string()
                .trim_end_matches('/')
                .to_owned(),
            namespace: config.default_namespace.clone(),
            context,
        };
        let client = Client::try_from(config).map_err(|source| ClusterError::Client {
            source: Box::new(source),
        })?;
        Ok(Self { client, place })
    }

    /// Returns the namespace of requests.
    #[must_use]
    pub(crate) fn namespace(&self) -> &str {
        &self.place.namespace
    }

    /// Returns the same connection for another namespace.
    #[must_use]
    pub(crate) fn in_namespace(&self, namespace: &str) -> Self {
        let place = Place {
            namespace: namespace.to_owned(),
            ..self.place.clone()
        };
        Self {
            client: self.client.clone(),
            place,
        }
    }

    /// Returns a function that converts a failed request into an error with the action, such as `list dataflows`.
    pub(crate) fn failed(
        &self,
        doing: impl Into<String>,
    ) -> impl FnOnce(kube::Error) -> ClusterError {
        let (doing, place) = (doing.into(), self.place.clone());
        move |source| ClusterError::Request {
            doing,
            place,
            source: Box::new(source),
        }
    }
}

async fn settings(access: &Access) -> Result<(Config, Option<String>), ClusterError> {
    let merged = match kubeconfig::read(access, &KubeconfigLocations::of_process()) {
        Err(kubeconfig::ChoiceError::NoCluster { looked }) => {
            let Ok(mut config) = Config::incluster() else {
                return Err(kubeconfig::ChoiceError::NoCluster { looked }.into());
            };
            if let Some(namespace) = &access.namespace {
                config.default_namespace.clone_from(namespace);
            }
            return Ok((config, None));
        }
        merged => merged?,
    };
    let choice = kubeconfig::choose(&merged, access)?;
    let mut config =
        Config::from_custom_kubeconfig(choice.kubeconfig, &KubeConfigOptions::default())
            .await
            .map_err(|source| ClusterError::Settings {
                source: Box::new(source),
            })?;
    config.default_namespace = choice.namespace;
    if !choice.has_proxy {
        config.proxy_url = proxy(&config)?;
    }
    Ok((config, choice.context))
}

/// Chooses the proxy by the cluster's host; kube itself compares `NO_PROXY` with the proxy's own address.
fn proxy(config: &Config) -> Result<Option<http::Uri>, ClusterError> {
    let variables = ProxyVariables::of_process();
    let Some(text) = config
        .cluster_url
        .host()
        .and_then(|host| variables.for_host(host))
    else {
        return Ok(None);
    };
    let text = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    text.parse()
        .map(Some)
        .map_err(|_| ClusterError::Proxy { url: text })
}

/// Parses kubectl's `--request-timeout`: whole seconds or a Go duration; zero means no timeout.
///
/// # Errors
/// The text is neither.
pub(crate) fn request_timeout(text: Option<&str>) -> Result<Option<Duration>, ClusterError> {
    let Some(text) = text else { return Ok(None) };
    let timeout = match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => duration(text),
    };
    match timeout {
        Some(timeout) => Ok(Some(timeout).filter(|timeout| !timeout.is_zero())),
        None => Err(ClusterError::Duration {
            flag: "--request-timeout",
            text: text.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(None, None)]
    #[case(Some("0"), None)]
    #[case(Some("0s"), None)]
    #[case(Some("15"), Some(15))]
    #[case(Some("1m30s"), Some(90))]
    fn request_timeout_parses_as_in_kubectl(
        #[case] text: Option<&str>,
        #[case] seconds: Option<u64>,
    ) {
        assert_eq!(
            request_timeout(text).unwrap(),
            seconds.map(Duration::from_secs)
        );
    }

    #[rstest]
    #[case("soon")]
    #[case("-5s")]
    #[case("5 parsecs")]
    fn invalid_duration_is_named(#[case] text: &str) {
        let error = request_timeout(Some(text)).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
}
