//! The HTTP client for providers: no redirects, no proxies, bounded in time and size.
//!
//! A redirect is an answer that names another address, which nobody has checked; so it is a fault like any other
//! status. The body is read in pieces, and no further than its limit. Nothing that was sent is part of a fault.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use reqwest::{Certificate, Method, Request, Response, StatusCode, redirect};
use thiserror::Error;
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

use crate::endpoint::Endpoint;
use crate::remedy::{Remedy, Setting};

/// The time for a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// The time for a whole request.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(5);

/// A client for the requests to one provider.
#[derive(Clone, Debug)]
pub struct Client(reqwest::Client);

/// The reason why there is no client.
#[derive(Debug, Error)]
pub enum ClientFault {
    /// The certificates to trust cannot be read.
    #[error("the certificates of `{setting}` cannot be read", setting = Setting::CaFile)]
    Certificates(#[source] reqwest::Error),
    /// There is no certificate to trust.
    #[error("`{setting}` contains no certificate", setting = Setting::CaFile)]
    NoCertificate,
    /// TLS cannot be prepared.
    #[error("the HTTP client for the provider cannot be prepared")]
    Prepare(#[source] reqwest::Error),
}

/// An answer with status 200.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) body: Vec<u8>,
    /// The time for which the answer may be kept, if the provider states it.
    pub(crate) max_age: Option<Duration>,
}

/// The reason why a provider has not answered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FetchFault {
    /// The provider did not answer in time.
    #[error("no answer within the time limit")]
    Timeout,
    /// The provider could not be reached, or TLS failed.
    #[error("no connection: {0}")]
    Connect(String),
    /// The provider answers with another address.
    #[error("the answer is a redirect (status {0}), which is not followed")]
    Redirect(u16),
    /// The provider answers with another status.
    #[error("the answer has status {0}")]
    Status(u16),
    /// The answer exceeds its limit.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The answer ended early, or is no HTTP.
    #[error("the answer cannot be read: {0}")]
    Broken(String),
}

impl Client {
    /// Creates a client that trusts the public certificates, or only those of a file in PEM format.
    ///
    /// # Errors
    ///
    /// Fails if the certificates cannot be read.
    pub fn new(certificates: Option<&[u8]>) -> Result<Self, ClientFault> {
        Self::with_limit(certificates, REQUEST_LIMIT)
    }

    /// Creates a client whose requests take at most `limit`.
    ///
    /// # Errors
    ///
    /// Fails if the certificates cannot be read.
    pub fn with_limit(certificates: Option<&[u8]>, limit: Duration) -> Result<Self, ClientFault> {
        let trusted = match certificates {
            Some(pem) => Certificate::from_pem_bundle(pem),
            None => public_certificates(),
        };
        let trusted = trusted.map_err(ClientFault::Certificates)?;
        if trusted.is_empty() {
            return Err(ClientFault::NoCertificate);
        }
        let client = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_LIMIT)
            .timeout(limit)
            .pool_max_idle_per_host(2)
            .tls_certs_only(trusted)
            .build()
            .map_err(ClientFault::Prepare)?;
        Ok(Self(client))
    }

    /// Gets a document, with a token if there is one.
    pub(crate) async fn get(
        &self,
        endpoint: &Endpoint,
        authorization: Option<&str>,
        limit: usize,
    ) -> Result<Answer, FetchFault> {
        let request = Request::new(Method::GET, endpoint.url().clone());
        self.send(request, authorization, limit).await
    }

    /// Posts a form that is already encoded.
    pub(crate) async fn post(
        &self,
        endpoint: &Endpoint,
        authorization: Option<&str>,
        form: String,
        limit: usize,
    ) -> Result<Answer, FetchFault> {
        let mut request = Request::new(Method::POST, endpoint.url().clone());
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, kind);
        *request.body_mut() = Some(form.into());
        self.send(request, authorization, limit).await
    }

    async fn send(
        &self,
        mut request: Request,
        authorization: Option<&str>,
        limit: usize,
    ) -> Result<Answer, FetchFault> {
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(ACCEPT, json);
        if let Some(authorization) = authorization {
            let broken = |_| FetchFault::Broken("the credentials are not a header".to_owned());
            let mut value = HeaderValue::from_str(authorization).map_err(broken)?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        let response = self.0.execute(request).await.map_err(fault)?;
        let status = response.status();
        match status {
            StatusCode::OK => read(response, limit).await,
            _ if status.is_redirection() => Err(FetchFault::Redirect(status.as_u16())),
            _ => Err(FetchFault::Status(status.as_u16())),
        }
    }
}

async fn read(mut response: Response, limit: usize) -> Result<Answer, FetchFault> {
    let max_age = max_age(response.headers().get(CACHE_CONTROL));
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(fault)? {
        if body.len() + piece.len() > limit {
            return Err(FetchFault::TooLarge { limit });
        }
        body.extend_from_slice(&piece);
    }
    Ok(Answer { body, max_age })
}

/// Reads `max-age` of the header `Cache-Control`.
fn max_age(header: Option<&HeaderValue>) -> Option<Duration> {
    let text = header?.to_str().ok()?;
    let mut parts = text.split(',').map(|part| part.trim().to_ascii_lowercase());
    let seconds = parts.find_map(|part| part.strip_prefix("max-age=")?.parse().ok())?;
    Some(Duration::from_secs(seconds))
}

fn public_certificates() -> reqwest::Result<Vec<Certificate>> {
    let roots = TLS_SERVER_ROOT_CERTS.iter();
    roots.map(|root| Certificate::from_der(root)).collect()
}

/// Returns the fault of a failed request, without its address: an error of the client names it with its query.
fn fault(error: reqwest::Error) -> FetchFault {
    let error = error.without_url();
    if error.is_timeout() {
        return FetchFault::Timeout;
    }
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let reason = innermost.to_string();
    match error.is_connect() {
        true => FetchFault::Connect(reason),
        false => FetchFault::Broken(reason),
    }
}

impl FetchFault {
    /// Returns what to do next.
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::Connect(_) => Remedy::Setting(
                Setting::CaFile,
                "name the certificate authority of the provider if it is a private one, and let this server reach the provider",
            ),
            Self::Timeout => Remedy::Provider(
                "let it be reached from this server, also through network policies",
            ),
            Self::Redirect(_) | Self::Status(_) => Remedy::Setting(
                Setting::Issuer,
                "name the issuer whose documents are answered with status 200 at once",
            ),
            Self::TooLarge { .. } | Self::Broken(_) => {
                Remedy::Provider("let its endpoints answer with JSON documents of the usual size")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::alone("max-age=600", Some(600))]
    #[case::among_others("public, Max-Age=60, must-revalidate", Some(60))]
    #[case::absent("no-store", None)]
    #[case::negative("max-age=-1", None)]
    #[case::text("max-age=soon", None)]
    #[case::shared("s-maxage=60", None)]
    fn age_is_read_from_header(#[case] header: &'static str, #[case] seconds: Option<u64>) {
        let header = HeaderValue::from_static(header);
        assert_eq!(max_age(Some(&header)), seconds.map(Duration::from_secs));
    }

    #[test]
    fn public_certificates_are_readable() {
        assert!(Client::new(None).is_ok());
    }

    #[rstest]
    #[case::nothing("")]
    #[case::text("not a certificate")]
    fn file_without_certificate_is_refused(#[case] pem: &str) {
        let fault = Client::new(Some(pem.as_bytes())).unwrap_err();
        assert!(matches!(fault, ClientFault::NoCertificate), "{fault}");
    }
}
