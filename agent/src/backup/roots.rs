//! How to speak to the server of a bucket.

use std::time::Duration;

use object_store::{BackoffConfig, Certificate, ClientOptions, RetryConfig};
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

/// The image holds nothing but this program, so it brings the certificates that everybody trusts;
/// those of the machine, where there are any, count beside them.
pub(super) fn client(endpoint: Option<&str>) -> ClientOptions {
    let options = ClientOptions::new()
        .with_allow_http(endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")))
        .with_connect_timeout(Duration::from_secs(5))
        // A copy may take as long as it takes; silence may not.
        .with_timeout_disabled()
        .with_read_timeout(REQUEST_LIMIT);
    let roots = TLS_SERVER_ROOT_CERTS
        .iter()
        .filter_map(|root| Certificate::from_der(root).ok());
    roots.fold(options, ClientOptions::with_root_certificate)
}
