//! How to speak to the server of a bucket.

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

/// Longer than a part of a copy takes on a slow line.
const REQUEST_LIMIT: Duration = Duration::from_secs(120);

/// Whoever asks tries again by itself, and wants to know what is wrong.
const RETRIES: usize = 2;

pub(super) fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: RETRIES,
        retry_timeout: REQUEST_LIMIT,
    }
}

/// Connects when there is something to ask: all certificates are decoded for it, which is most of
/// what a start would cost.
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

pub(super) fn client(endpoint: Option<&str>) -> ClientOptions {
    ClientOptions::new()
        .with_allow_http(endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")))
        .with_connect_timeout(Duration::from_secs(5))
        // A copy may take as long as it takes; silence may not.
        .with_timeout_disabled()
        .with_read_timeout(REQUEST_LIMIT)
}

/// The image holds nothing but this program, so it brings the certificates that everybody trusts;
/// those of the machine, where there are any, count beside them.
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
    fn certificates_are_decoded_for_the_first_question_only() {
        let service = Service {
            options: client(Some("https://store.example")),
            client: OnceLock::new(),
        };
        assert!(service.client.get().is_none());
        let first: *const HttpClient = service.client().unwrap();
        assert_eq!(first, std::ptr::from_ref(service.client().unwrap()));
    }
}
