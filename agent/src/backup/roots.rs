//! The HTTP client for the server of a bucket: its timeouts, retries and root certificates.

use std::{sync::OnceLock, time::Duration};

use futures::future::BoxFuture;
use object_store::{
    BackoffConfig, Certificate, ClientOptions, RetryConfig,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
        HttpService, ReqwestConnector,
    },
};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

/// The timeout for silence of the server. One part of a copy takes less, even on a slow line.
const REQUEST_LIMIT: Duration = Duration::from_secs(120);

/// The number of retries. It is small, since the callers repeat their work and report the error.
const RETRIES: usize = 2;

/// Returns the retry settings of the client.
pub(super) fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: RETRIES,
        retry_timeout: REQUEST_LIMIT,
    }
}

/// Makes the client at the first request. It decodes all root certificates, which would be most of the cost
/// of a start.
#[derive(Debug)]
pub(super) struct OnDemand;

#[derive(Debug)]
struct Service {
    options: ClientOptions,
    client: OnceLock<HttpClient>,
}

impl HttpConnector for OnDemand {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Service {
            options: options.clone(),
            client: OnceLock::new(),
        }))
    }
}

impl Service {
    fn client(&self) -> Result<&HttpClient, HttpError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let trusting = with_roots(self.options.clone());
        let client = ReqwestConnector::default()
            .connect(&trusting)
            .map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        Ok(self.client.get_or_init(|| client))
    }
}

impl HttpService for Service {
    fn call<'a, 'b>(
        &'a self,
        request: HttpRequest,
    ) -> BoxFuture<'b, Result<HttpResponse, HttpError>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move { self.client()?.execute(request).await })
    }
}

/// Returns the settings of the client for an endpoint.
pub(super) fn client(endpoint: Option<&str>) -> ClientOptions {
    ClientOptions::new()
        .with_allow_http(endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")))
        .with_connect_timeout(Duration::from_secs(5))
        // A copy may take any time, but the server must not be silent for long.
        .with_timeout_disabled()
        .with_read_timeout(REQUEST_LIMIT)
}

/// Adds the public root certificates, since the image contains only this program. Certificates of the machine,
/// if there are any, are trusted, too.
fn with_roots(options: ClientOptions) -> ClientOptions {
    let roots = TLS_SERVER_ROOT_CERTS
        .iter()
        .filter_map(|root| Certificate::from_der(root).ok());
    roots.fold(options, ClientOptions::with_root_certificate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_decoded_at_the_first_request_only() {
        let service = Service {
            options: client(Some("https://store.example")),
            client: OnceLock::new(),
        };
        assert!(service.client.get().is_none());
        let first: *const HttpClient = service.client().unwrap();
        assert_eq!(first, std::ptr::from_ref(service.client().unwrap()));
    }
}
