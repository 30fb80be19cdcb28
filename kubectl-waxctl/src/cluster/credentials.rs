//! Authenticates requests: by nothing, a password, a token, a file with a token, or a plugin.
//!
//! The order of client-go counts: a token, then a password, then a plugin unless there is a client certificate, then a
//! provider that is part of kubectl. Nothing in this module prints a token, and no error contains one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use thiserror::Error;
use tokio::sync::Mutex;

use super::kubeconfig::Choice;
use super::kubeconfig::entry::{Cluster, User};
use oidc::ProviderError;
use plugin::{Identity, Issued, Plugin, PluginError};

pub(crate) mod oidc;
pub(crate) mod plugin;

/// The time after which a file with a token is read again, as in client-go.
const TOKEN_FILE_AGE: Duration = Duration::from_secs(60);

/// Error: there are no credentials.
#[derive(Debug, Error)]
pub(crate) enum CredentialsError {
    /// The plugin issued none.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The provider of the kubeconfig has none.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The file with the token cannot be read.
    #[error("cannot read the token file {}: {source}", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A token or password contains characters that no header can have.
    #[error("the {0} has characters that are not allowed in a request")]
    NotAHeader(&'static str),
}

/// How requests are authenticated.
#[derive(Clone)]
pub(crate) enum Credentials {
    /// Not at all, or with a client certificate.
    None,
    /// With a header that never changes.
    Fixed(HeaderValue),
    /// With the token in a file, which other programs renew.
    File(Arc<Mutex<TokenFile>>),
    /// With what a plugin issues.
    Plugin(Arc<Mutex<Plugin>>),
}

/// A file with a token, and the token that was read last.
pub(crate) struct TokenFile {
    path: PathBuf,
    token: String,
    read: Option<Instant>,
}

impl Credentials {
    /// Chooses from the fields of a user. Runs a plugin once; returns the certificate that it issued.
    ///
    /// # Errors
    /// There are no credentials, although the kubeconfig says where they come from.
    pub(crate) async fn of(
        choice: &Choice,
        for_completion: bool,
    ) -> Result<(Self, Option<Identity>), CredentialsError> {
        let user = &choice.user;
        if !user.token.is_empty() || !user.token_file.is_empty() {
            return Ok((Self::token(user)?, None));
        }
        if !user.username.is_empty() || !user.password.is_empty() {
            let pair = format!("{}:{}", user.username, user.password);
            let value = format!("Basic {}", BASE64_STANDARD.encode(pair));
            return Ok((Self::Fixed(header(&value, "password")?), None));
        }
        let certificate =
            !user.client_certificate.is_empty() || !user.client_certificate_data.is_empty();
        if let Some(exec) = user.exec.as_ref().filter(|_| !certificate) {
            let plugin = Plugin::new(exec, &choice.cluster, for_completion)?;
            return Self::issued(plugin).await;
        }
        if let Some(provider) = &user.auth_provider {
            let token = oidc::token(provider, &choice.user_name)?;
            return Ok((Self::Fixed(bearer(&token)?), None));
        }
        Ok((Self::None, None))
    }

    fn token(user: &User) -> Result<Self, CredentialsError> {
        if user.token_file.is_empty() {
            return Ok(Self::Fixed(bearer(&user.token)?));
        }
        let mut file = TokenFile {
            path: PathBuf::from(&user.token_file),
            token: user.token.clone(),
            read: None,
        };
        // The token in the kubeconfig serves while the file cannot be read.
        match file.reload() {
            Err(source) if file.token.is_empty() => Err(CredentialsError::TokenFile {
                path: file.path,
                source,
            }),
            _ => Ok(Self::File(Arc::new(Mutex::new(file)))),
        }
    }

    async fn issued(mut plugin: Plugin) -> Result<(Self, Option<Identity>), CredentialsError> {
        let Issued {
            token, certificate, ..
        } = plugin.credential().await?;
        match (token, certificate) {
            (None, certificate) => Ok((Self::None, certificate)),
            (Some(_), certificate) => Ok((Self::Plugin(Arc::new(Mutex::new(plugin))), certificate)),
        }
    }

    /// Returns the header of the next request.
    ///
    /// # Errors
    /// A plugin that had to run again issued nothing.
    pub(crate) async fn header(&self) -> Result<Option<HeaderValue>, CredentialsError> {
        match self {
            Self::None => Ok(None),
            Self::Fixed(value) => Ok(Some(value.clone())),
            Self::File(file) => {
                let mut file = file.lock().await;
                if file
                    .read
                    .is_none_or(|read| read.elapsed() >= TOKEN_FILE_AGE)
                {
                    // An error leaves the last token, which may still be valid.
                    file.reload().ok();
                }
                bearer(&file.token).map(Some)
            }
            Self::Plugin(plugin) => {
                let issued = plugin.lock().await.credential().await?;
                issued.token.as_deref().map(bearer).transpose()
            }
        }
    }

    /// Forgets a token that the API server has refused, so that the next request gets a new one.
    pub(crate) async fn refused(&self) {
        match self {
            Self::None | Self::Fixed(_) => {}
            Self::File(file) => file.lock().await.read = None,
            Self::Plugin(plugin) => plugin.lock().await.forget(),
        }
    }
}

impl TokenFile {
    fn reload(&mut self) -> std::io::Result<()> {
        self.read = Some(Instant::now());
        let text = std::fs::read_to_string(&self.path)?;
        let text = text.trim();
        if text.is_empty() {
            return Err(std::io::Error::other("it is empty"));
        }
        text.clone_into(&mut self.token);
        Ok(())
    }
}

/// Whether client-go sends credentials to a server: with TLS. To this machine itself they are sent without TLS, too,
/// because nothing on the way can read them.
pub(crate) fn are_sent_to(cluster: &http::Uri) -> bool {
    cluster.scheme_str() == Some("https") || cluster.host().is_some_and(super::proxy::is_loopback)
}

/// Returns the scheme that an address without one gets: with TLS settings it is https, as in client-go.
pub(crate) fn default_scheme(cluster: &Cluster, user: &User) -> &'static str {
    let with_tls = cluster.insecure_skip_tls_verify
        || [
            &cluster.certificate_authority,
            &cluster.certificate_authority_data,
            &user.client_certificate,
            &user.client_certificate_data,
        ]
        .iter()
        .any(|field| !field.is_empty());
    if with_tls { "https" } else { "http" }
}

fn bearer(token: &str) -> Result<HeaderValue, CredentialsError> {
    header(&format!("Bearer {token}"), "token")
}

fn header(value: &str, what: &'static str) -> Result<HeaderValue, CredentialsError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| CredentialsError::NotAHeader(what))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests;
