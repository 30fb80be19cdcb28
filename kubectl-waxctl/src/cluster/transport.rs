//! Builds the client of one connection: TLS, proxy, time limits and retries around [`Exchange`].
//!
//! kube's own builder is not used, because it runs credential plugins itself, three times for each client, and sends no
//! user and password to SOCKS proxies.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, Uri};
use hyper::rt::{Read, Write};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::rt::TokioExecutor;
use kube::client::retry::RetryPolicy;
use kube::client::{Body, ConfigExt as _};
use kube::{Client, Config};
use tower::{BoxError, Service, ServiceBuilder};

use super::credentials::Credentials;
use super::exchange::Exchange;
use super::proxy::{Protocol, Proxy};

/// Builds the client.
///
/// # Errors
/// The certificates of the settings cannot be used.
pub(super) fn client(
    config: &Config,
    proxy: Option<Proxy>,
    credentials: Credentials,
) -> Result<Client, kube::Error> {
    let mut direct = HttpConnector::new();
    direct.enforce_http(false);
    let Some(proxy) = proxy else {
        return over(direct, config, credentials);
    };
    match proxy.protocol {
        Protocol::Http => over(tunnel(proxy, direct), config, credentials),
        Protocol::Https => {
            let secure = config.rustls_https_connector_with_connector(direct)?;
            over(tunnel(proxy, secure), config, credentials)
        }
        Protocol::Socks5 => {
            let socks = SocksV5::new(proxy.address, direct);
            let socks = match proxy.user {
                Some((user, password)) => socks.with_auth(user, password),
                None => socks,
            };
            over(socks, config, credentials)
        }
    }
}

fn tunnel<C>(proxy: Proxy, connector: C) -> Tunnel<C> {
    let tunnel = Tunnel::new(proxy.address, connector);
    let header = proxy.user.and_then(|(user, password)| {
        let pair = BASE64_STANDARD.encode(format!("{user}:{password}"));
        HeaderValue::from_str(&format!("Basic {pair}")).ok()
    });
    match header {
        Some(mut header) => {
            header.set_sensitive(true);
            tunnel.with_auth(header)
        }
        None => tunnel,
    }
}

fn over<C>(connector: C, config: &Config, credentials: Credentials) -> Result<Client, kube::Error>
where
    C: Service<Uri> + Clone + Send + Sync + 'static,
    C::Response: Connection + Read + Write + Send + Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: Into<BoxError>,
{
    let https = config.rustls_https_connector_with_connector(connector)?;
    let mut timed = TimeoutConnector::new(https);
    timed.set_connect_timeout(config.connect_timeout);
    timed.set_read_timeout(config.read_timeout);
    timed.set_write_timeout(config.write_timeout);
    // Else the time for which a connection was idle would count.
    timed.set_reset_reader_on_write(true);
    let http: HttpClient<_, Body> = HttpClient::builder(TokioExecutor::new()).build(timed);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .retry(RetryPolicy::server_retry())
        .layer(config.extra_headers_layer()?)
        .service(Exchange::new(http, credentials));
    Ok(Client::new(service, config.default_namespace.clone()))
}
