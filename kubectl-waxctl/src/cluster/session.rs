//! A connection to one cluster and one namespace.

use std::future::Future;
use std::time::Duration;

use kube::Client;

use super::credentials::Credentials;
use super::explain::{ClusterError, Place};
use super::{connection, transport};
use crate::access::Access;
use crate::duration::duration;
use crate::error::CommandError;
use crate::interrupt;

/// The time limit for connecting, 30 s like kubectl's, unless `--request-timeout` is shorter.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// A client, with the facts that errors mention.
#[derive(Clone)]
pub(crate) struct Session {
    /// The client; cheap to clone.
    pub(crate) client: Client,
    /// The cluster and namespace that the client talks to.
    pub(crate) place: Place,
    /// How requests are authenticated.
    pub(super) credentials: Credentials,
}

/// Runs `work` until it ends or a signal ends the program, on a runtime of its own.
///
/// # Errors
/// The error of `work`, or that of the signal.
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
            error = interrupt::requested() => {
                // The verb may end the program before the thread of the signals has done it.
                interrupt::stop_children();
                Err(error)
            }
        }
    });
    // A name lookup that hangs must not delay the end of the command.
    runtime.shutdown_background();
    result
}

impl Session {
    /// Connects to the cluster that kubectl's flags, `$KUBECONFIG` and the default kubeconfig name.
    ///
    /// Sends nothing yet, but may run a credential plugin. Inside a pod without a kubeconfig the pod's service account
    /// is used.
    ///
    /// # Errors
    /// There is no cluster to choose, a file cannot be read, or no client can be created from the settings.
    pub(crate) async fn connect(access: &Access) -> Result<Self, ClusterError> {
        let mut connection = connection::settings(access).await?;
        let config = &mut connection.config;
        if let Some(timeout) = request_timeout(access.request_timeout.as_deref())? {
            config.read_timeout = Some(timeout);
            config.connect_timeout = Some(timeout.min(CONNECT_TIMEOUT));
        }
        let credentials = connection.credentials.clone();
        let client = transport::client(config, connection.proxy, connection.credentials);
        let client = client.map_err(|source| ClusterError::Client {
            source: Box::new(source),
        })?;
        Ok(Self {
            client,
            place: connection.place,
            credentials,
        })
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
            place,
            ..self.clone()
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

/// Parses kubectl's `--request-timeout`: whole seconds or a Go duration; zero means no timeout.
///
/// # Errors
/// The text is neither.
pub(crate) fn request_timeout(text: Option<&str>) -> Result<Option<Duration>, ClusterError> {
    let Some(text) = text else { return Ok(None) };
    let timeout = match text.parse::<u64>() {
        // As a duration, which is bounded.
        Ok(_) => duration(&format!("{text}s")),
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
    #[case("18446744073709551615")]
    fn invalid_duration_is_named(#[case] text: &str) {
        let error = request_timeout(Some(text)).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
}
