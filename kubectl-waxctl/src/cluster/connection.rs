//! Turns flags, kubeconfig, pod and environment into the settings of one connection.

use std::path::PathBuf;

use http::Uri;
use kube::Config;
use kube::config::AuthInfo;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::credentials::plugin::Identity;
use super::credentials::{self, Credentials};
use super::exchange;
use super::explain::{ClusterError, Place, SettingsError};
use super::in_cluster::Surroundings;
use super::kubeconfig::entry::User;
use super::kubeconfig::{self, Choice, ChoiceError, KubeconfigLocations, Loaded};
use super::proxy::{Proxy, ProxyVariables};
use crate::access::Access;

/// The settings of one connection.
pub(super) struct Connection {
    /// kube's part of them.
    pub(super) config: Config,
    /// The proxy, if there is one.
    pub(super) proxy: Option<Proxy>,
    /// How requests are authenticated.
    pub(super) credentials: Credentials,
    /// What errors mention.
    pub(super) place: Place,
}

/// Chooses cluster and user, and gets the credentials.
pub(super) async fn settings(access: &Access) -> Result<Connection, ClusterError> {
    let choice = choose(
        access,
        &KubeconfigLocations::of_process(),
        &Surroundings::of_process(),
    )?;
    let mut config = Config::new(server(&choice)?);
    config.default_namespace = choice
        .namespace
        .clone()
        .unwrap_or_else(|| "default".to_owned());
    config.accept_invalid_certs = choice.cluster.insecure_skip_tls_verify;
    config.root_cert = authority(&choice)?;
    config.tls_server_name = filled(&choice.cluster.tls_server_name);
    config.auth_info = impersonation(&choice.user);
    let proxy = proxy(&choice, &config.cluster_url)?;
    let sent = credentials::are_sent_to(&config.cluster_url);
    let credentials = if sent {
        let (credentials, issued) = Credentials::of(&choice, access.for_completion).await?;
        identity(&mut config.auth_info, &choice.user, issued)?;
        credentials
    } else {
        Credentials::None
    };
    let server = exchange::address(&config.cluster_url);
    let place = Place {
        server: server.trim_end_matches('/').to_owned(),
        namespace: config.default_namespace.clone(),
        context: choice.context,
        credentials_withheld: !sent,
    };
    Ok(Connection {
        config,
        proxy,
        credentials,
        place,
    })
}

/// Chooses from the kubeconfig, or the pod's service account if nothing names a kubeconfig or an entry of one.
fn choose(
    access: &Access,
    locations: &KubeconfigLocations,
    surroundings: &Surroundings,
) -> Result<Choice, ChoiceError> {
    let Loaded {
        kubeconfig,
        files,
        missing,
    } = kubeconfig::read(access, locations)?;
    exchange::files_loaded(&files);
    let named = access.kubeconfig.is_some() || locations.names_a_file();
    let asked = named || access.named_entry().is_some() || access.server.is_some();
    let unused = kubeconfig.current_context.is_empty();
    let pod = surroundings.pod();
    if let Some(pod) = pod.filter(|_| unused && !asked) {
        let mut choice = pod.choice();
        choice.overlay(access);
        let own = || Some(pod.namespace().to_owned());
        choice.namespace = access.namespace.clone().or_else(own);
        return choice.checked();
    }
    if files.is_empty() && access.server.is_none() {
        let named = locations.names_a_file();
        return Err(without_kubeconfig(access, missing, named, surroundings));
    }
    let mut choice = kubeconfig::choose(&kubeconfig, access)?;
    // As in client-go: in a pod, a context without a namespace means the pod's own.
    if let Some(pod) = pod {
        choice
            .namespace
            .get_or_insert_with(|| pod.namespace().to_owned());
    }
    choice.checked()
}

/// Creates the error for a missing kubeconfig that nothing replaces.
fn without_kubeconfig(
    access: &Access,
    looked: Vec<PathBuf>,
    named: bool,
    surroundings: &Surroundings,
) -> ChoiceError {
    match access.named_entry() {
        Some((what, name)) => ChoiceError::NoKubeconfig {
            what,
            name: name.to_owned(),
            looked,
            named,
            in_pod: surroundings.pod().is_some(),
        },
        None => ChoiceError::NoCluster {
            looked,
            named,
            // With `KUBECONFIG` the user did not ask for the service account.
            no_token: surroundings
                .missing_token()
                .filter(|_| !named)
                .map(PathBuf::from),
        },
    }
}

/// Returns the address of the API server, without a query.
fn server(choice: &Choice) -> Result<Uri, SettingsError> {
    let server = choice.cluster.server.trim();
    let text = if server.contains("://") {
        server.to_owned()
    } else {
        let scheme = credentials::default_scheme(&choice.cluster, &choice.user);
        format!("{scheme}://{server}")
    };
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let uri: Uri = text.parse().map_err(|_| SettingsError::Server)?;
    match uri.scheme_str() {
        Some("http" | "https") if uri.host().is_some_and(|host| !host.is_empty()) => Ok(uri),
        _ => Err(SettingsError::Server),
    }
}

/// Returns the certificates that the API server's one is checked with; `None` means those of the system.
fn authority(choice: &Choice) -> Result<Option<Vec<Vec<u8>>>, SettingsError> {
    let cluster = &choice.cluster;
    let file = (&cluster.certificate_authority, "certificate authority");
    let Some(pem) = data(&cluster.certificate_authority_data, file)? else {
        return Ok(None);
    };
    let certificates: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(&pem)
        .filter_map(Result::ok)
        .map(|certificate| certificate.to_vec())
        .collect();
    if certificates.is_empty() {
        return Err(SettingsError::NoCertificate);
    }
    Ok(Some(certificates))
}

/// Returns embedded data, else the content of a file.
fn data(
    embedded: &str,
    (path, what): (&String, &'static str),
) -> Result<Option<Vec<u8>>, SettingsError> {
    use base64::Engine as _;
    if let Some(embedded) = filled(embedded) {
        // It was checked when the file was read.
        return Ok(base64::prelude::BASE64_STANDARD.decode(embedded).ok());
    }
    let Some(path) = filled(path) else {
        return Ok(None);
    };
    match std::fs::read(&path) {
        Ok(content) => Ok(Some(content)),
        Err(source) => Err(SettingsError::File { what, path, source }),
    }
}

/// Returns the headers of impersonation. An identity without a user was refused before.
fn impersonation(user: &User) -> AuthInfo {
    let extra = user.as_user_extra.clone().into_iter().collect();
    AuthInfo {
        impersonate: filled(&user.as_user),
        impersonate_uid: filled(&user.as_uid),
        impersonate_groups: Some(user.as_groups.clone()).filter(|groups| !groups.is_empty()),
        impersonate_user_extra: Some(extra),
        ..AuthInfo::default()
    }
}

/// Sets the client certificate: that of the kubeconfig, else the one that a plugin has issued.
fn identity(
    auth: &mut AuthInfo,
    user: &User,
    issued: Option<Identity>,
) -> Result<(), SettingsError> {
    use base64::Engine as _;
    let encode = |bytes: &[u8]| base64::prelude::BASE64_STANDARD.encode(bytes);
    let file = (&user.client_certificate, "client certificate");
    let certificate = data(&user.client_certificate_data, file)?;
    let key = data(&user.client_key_data, (&user.client_key, "client key"))?;
    let pair = match (certificate, key, issued) {
        (Some(certificate), Some(key), _) => Some((certificate, key)),
        (_, _, Some((certificate, key))) => Some((certificate.into_bytes(), key.into_bytes())),
        _ => None,
    };
    if let Some((certificate, key)) = pair {
        auth.client_certificate_data = Some(encode(&certificate));
        auth.client_key_data = Some(encode(&key).into());
    }
    Ok(())
}

fn proxy(choice: &Choice, server: &Uri) -> Result<Option<Proxy>, SettingsError> {
    if let Some(url) = filled(&choice.cluster.proxy_url) {
        return Proxy::from_url(&url)
            .map(Some)
            .map_err(SettingsError::ProxyUrl);
    }
    let found = ProxyVariables::of_process().for_server(server);
    found.map_err(|(variable, source)| SettingsError::ProxyVariable { variable, source })
}

fn filled(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
