//! Returns what the user's own access contains and nobody else may see: credentials, and the address of the API server.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use super::kubeconfig::entry::User;
use super::kubeconfig::{self, KubeconfigLocations};
use super::session::Session;
use crate::access::Access;

/// The time limit for a plugin that has to renew its credentials.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(5);

/// What nobody else may see.
#[derive(Default)]
pub(crate) struct OwnSecrets {
    /// Texts that are secrets as a whole.
    pub(crate) values: Vec<String>,
    /// Settings of plugins and providers, which may contain secrets.
    pub(crate) settings: Vec<Value>,
}

impl Session {
    /// Returns the secrets of the kubeconfig, of the flags, and of this connection. What cannot be read is left out.
    pub(crate) async fn own_secrets(&self, access: &Access) -> OwnSecrets {
        let mut own = OwnSecrets::default();
        own.values.extend(addresses(&self.place.server));
        let header = timeout(CREDENTIALS_TIMEOUT, self.credentials.header()).await;
        if let Ok(Ok(Some(header))) = header
            && let Ok(text) = header.to_str()
        {
            let credential = text.split_once(' ').map_or(text, |(_, rest)| rest);
            own.values.push(credential.to_owned());
        }
        for flag in [&access.token, &access.password, &access.proxy_url] {
            let text = flag.as_ref().map(|flag| flag.expose().to_owned());
            own.values.extend(text);
        }
        if let Ok(loaded) = kubeconfig::read(access, &KubeconfigLocations::of_process()) {
            for cluster in loaded.kubeconfig.clusters.values() {
                own.values.extend(addresses(&cluster.server));
            }
            for user in loaded.kubeconfig.users.values() {
                own.add_user(user);
            }
        }
        own
    }
}

impl OwnSecrets {
    fn add_user(&mut self, user: &User) {
        let texts = [&user.token, &user.password, &user.client_key_data];
        self.values.extend(texts.map(String::clone));
        let exec = user.exec.as_ref().map(serde_json::to_value);
        let provider = user.auth_provider.as_ref().map(serde_json::to_value);
        let settings = [exec, provider].into_iter().flatten();
        self.settings.extend(settings.filter_map(Result::ok));
    }
}

/// Returns the texts that name a server: its host with the port, and its host. A name that every machine has for itself
/// is no address.
fn addresses(server: &str) -> Vec<String> {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let is_port = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = authority.rsplit_once(':').filter(|(_, port)| is_port(port));
    let host = parts.map_or(authority, |(host, _)| host);
    let host = host.trim_matches(['[', ']']);
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let is_everywhere =
        is_loopback || host == "localhost" || host.starts_with("kubernetes.default");
    let with_port = parts.map(|_| authority.to_owned());
    let alone = (!is_everywhere).then(|| host.to_owned());
    with_port.into_iter().chain(alone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("https://api.shop.example:6443/k8s", &["api.shop.example:6443", "api.shop.example"])]
    #[case("https://api.shop.example", &["api.shop.example"])]
    #[case("https://[2001:db8::1]:6443", &["[2001:db8::1]:6443", "2001:db8::1"])]
    #[case("http://127.0.0.1:8001", &["127.0.0.1:8001"])]
    #[case("https://localhost", &[])]
    #[case("https://kubernetes.default.svc", &[])]
    fn address_has_host_and_port(#[case] server: &str, #[case] expected: &[&str]) {
        assert_eq!(addresses(server), expected);
    }
}
