//! Picks context, cluster and user of a kubeconfig; the flags override their fields.

use std::collections::BTreeMap;
use std::path::Path;

use super::entry::{Cluster, Context, User};
use super::error::ChoiceError;
use super::file::Kubeconfig;
use crate::access::Access;
use crate::names;

/// One cluster and one user, without everything else.
#[derive(Debug, Clone, Default)]
pub(crate) struct Choice {
    /// The cluster.
    pub(crate) cluster: Cluster,
    /// Name of the cluster in the kubeconfig.
    pub(crate) cluster_name: String,
    /// The user.
    pub(crate) user: User,
    /// Name of the user in the kubeconfig.
    pub(crate) user_name: String,
    /// The namespace of requests, if one is given.
    pub(crate) namespace: Option<String>,
    /// Name of the context in the user's kubeconfig, if one was used.
    pub(crate) context: Option<String>,
}

/// Picks context, cluster and user from `kubeconfig`; the flags override their fields.
///
/// # Errors
/// A context, cluster or user that does not exist, none to choose, or entries that contradict themselves.
pub(crate) fn choose(kubeconfig: &Kubeconfig, flags: &Access) -> Result<Choice, ChoiceError> {
    let (name, context) = pick_context(kubeconfig, flags)?;
    let cluster_name = flags.cluster.clone().unwrap_or(context.cluster);
    let user_name = flags.user.clone().unwrap_or(context.user);
    let namespace = flags.namespace.clone().unwrap_or(context.namespace);
    let mut choice = Choice {
        cluster: pick_cluster(kubeconfig, flags, &cluster_name)?,
        user: pick_user(kubeconfig, flags, &user_name)?,
        cluster_name,
        user_name,
        namespace: Some(namespace).filter(|name| !name.is_empty()),
        // With another server the context's name would mislead.
        context: name.filter(|_| flags.server.is_none()),
    };
    choice.overlay(flags);
    choice.checked()
}

fn names_of<T>(entries: &BTreeMap<String, T>) -> Vec<String> {
    entries.keys().cloned().collect()
}

/// Creates the error for a name that the kubeconfig does not have; `flag` is the value of the flag of that kind.
fn unknown<T>(
    what: &'static str,
    name: &str,
    known: &BTreeMap<String, T>,
    flag: Option<&String>,
) -> ChoiceError {
    ChoiceError::Unknown {
        what,
        name: name.to_owned(),
        known: names_of(known),
        typed: flag.is_some(),
    }
}

fn pick_context(
    kubeconfig: &Kubeconfig,
    flags: &Access,
) -> Result<(Option<String>, Context), ChoiceError> {
    let current = Some(&kubeconfig.current_context).filter(|name| !name.is_empty());
    let Some(name) = flags.context.as_ref().or(current) else {
        if flags.server.is_some() || flags.cluster.is_some() {
            return Ok((None, Context::default()));
        }
        return Err(ChoiceError::NoContext {
            known: names_of(&kubeconfig.contexts),
        });
    };
    match kubeconfig.contexts.get(name) {
        Some(context) => Ok((Some(name.clone()), context.clone())),
        None => Err(unknown(
            "context",
            name,
            &kubeconfig.contexts,
            flags.context.as_ref(),
        )),
    }
}

fn pick_cluster(
    kubeconfig: &Kubeconfig,
    flags: &Access,
    name: &str,
) -> Result<Cluster, ChoiceError> {
    match kubeconfig.clusters.get(name) {
        Some(cluster) => Ok(cluster.clone()),
        None if flags.server.is_some() && flags.cluster.is_none() => Ok(Cluster::default()),
        None => Err(unknown(
            "cluster",
            name,
            &kubeconfig.clusters,
            flags.cluster.as_ref(),
        )),
    }
}

/// Picks the user. A context without a user, or with one that does not exist, is anonymous; only `--user` must exist.
fn pick_user(kubeconfig: &Kubeconfig, flags: &Access, name: &str) -> Result<User, ChoiceError> {
    match kubeconfig.users.get(name) {
        Some(user) => Ok(user.clone()),
        None if flags.user.is_none() => Ok(User::default()),
        None => Err(unknown(
            "user",
            name,
            &kubeconfig.users,
            flags.user.as_ref(),
        )),
    }
}

impl Choice {
    /// Applies the flags that override fields of the kubeconfig or of the pod's service account.
    pub(crate) fn overlay(&mut self, flags: &Access) {
        self.overlay_cluster(flags);
        self.overlay_user(flags);
    }

    fn overlay_cluster(&mut self, flags: &Access) {
        let cluster = &mut self.cluster;
        if let Some(server) = &flags.server {
            cluster.server.clone_from(server);
        }
        // The name belongs to the server in the kubeconfig; client-go drops it, too.
        if flags.server.is_some() || flags.tls_server_name.is_some() {
            cluster.tls_server_name = flags.tls_server_name.clone().unwrap_or_default();
        }
        if flags.certificate_authority.is_some() || flags.insecure_skip_tls_verify {
            cluster.certificate_authority = text(flags.certificate_authority.as_deref());
            cluster.certificate_authority_data = String::new();
            cluster.insecure_skip_tls_verify = flags.insecure_skip_tls_verify;
        }
        if let Some(url) = &flags.proxy_url {
            url.expose().clone_into(&mut cluster.proxy_url);
        }
    }

    fn overlay_user(&mut self, flags: &Access) {
        let user = &mut self.user;
        // Order: a token or a password of the command line replaces every other way to authenticate.
        let password = flags.username.is_some() || flags.password.is_some();
        if flags.token.is_some() || password {
            user.token = String::new();
            user.token_file = String::new();
            user.exec = None;
            user.auth_provider = None;
            user.username = String::new();
            user.password = String::new();
        }
        if let Some(token) = &flags.token {
            token.expose().clone_into(&mut user.token);
        }
        if password {
            user.username = flags.username.clone().unwrap_or_default();
            let password = flags
                .password
                .as_ref()
                .map_or("", |password| password.expose());
            password.clone_into(&mut user.password);
        }
        if let Some(path) = flags.client_certificate.as_deref() {
            user.client_certificate = text(Some(path));
            user.client_certificate_data = String::new();
        }
        if let Some(path) = flags.client_key.as_deref() {
            user.client_key = text(Some(path));
            user.client_key_data = String::new();
        }
        if let Some(name) = &flags.as_user {
            user.as_user.clone_from(name);
        }
        if !flags.as_group.is_empty() {
            user.as_groups.clone_from(&flags.as_group);
        }
        if let Some(uid) = &flags.as_uid {
            user.as_uid.clone_from(uid);
        }
        if !flags.as_user_extra.is_empty() {
            user.as_user_extra = extra(&flags.as_user_extra);
        }
    }

    /// Returns the choice, unless its entries contradict themselves.
    pub(crate) fn checked(self) -> Result<Self, ChoiceError> {
        let faults = self.faults();
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(ChoiceError::Unusable { faults })
        }
    }

    /// Returns each rule of the cluster, and whether it is broken.
    fn cluster_faults(&self) -> [(bool, String); 3] {
        let (cluster, name) = (&self.cluster, &self.cluster_name);
        let has_file = !cluster.certificate_authority.is_empty();
        let has_data = !cluster.certificate_authority_data.is_empty();
        [
            (
                cluster.server.is_empty(),
                format!("cluster `{name}` has no server"),
            ),
            (
                has_file && has_data,
                format!(
                    "cluster `{name}` has both certificate-authority and certificate-authority-data"
                ),
            ),
            (
                cluster.insecure_skip_tls_verify && (has_file || has_data),
                format!(
                    "cluster `{name}` has both a certificate authority and insecure-skip-tls-verify"
                ),
            ),
        ]
    }

    /// Returns why no namespace can have this name. It is a part of the path of each request.
    fn namespace_fault(&self) -> Option<String> {
        let name = self.namespace.as_deref()?;
        let fault = names::namespace_fault(name)?;
        Some(format!("the namespace `{name}` is not valid: {fault}"))
    }

    /// Returns what client-go refuses, too (`validateClusterInfo`, `validateAuthInfo`).
    fn faults(&self) -> Vec<String> {
        let (user, user_name) = (&self.user, &self.user_name);
        let mut faults: Vec<String> = self.namespace_fault().into_iter().collect();
        let mut refuse = |wrong: bool, fault: String| {
            if wrong {
                faults.push(fault);
            }
        };
        for (wrong, fault) in self.cluster_faults() {
            refuse(wrong, fault);
        }
        let both = |file: &str, data: &str| !file.is_empty() && !data.is_empty();
        refuse(
            both(&user.client_certificate, &user.client_certificate_data),
            format!("user `{user_name}` has both client-certificate and client-certificate-data"),
        );
        refuse(
            both(&user.client_key, &user.client_key_data),
            format!("user `{user_name}` has both client-key and client-key-data"),
        );
        let (certificate, key) = (
            user.client_certificate.len() + user.client_certificate_data.len(),
            user.client_key.len() + user.client_key_data.len(),
        );
        refuse(
            certificate > 0 && key == 0,
            format!("user `{user_name}` has a client certificate but no client key"),
        );
        let password = user.username.len() + user.password.len();
        refuse(
            !user.token.is_empty() && password > 0,
            format!("user `{user_name}` has both a token and a password"),
        );
        refuse(
            user.exec.is_some() && user.auth_provider.is_some(),
            format!("user `{user_name}` has both exec and auth-provider"),
        );
        let attributes = user.as_uid.len() + user.as_groups.len() + user.as_user_extra.len();
        refuse(
            attributes > 0 && user.as_user.is_empty(),
            "a group, UID or extra attribute is impersonated without a user".to_owned(),
        );
        faults
    }
}

/// Reads KEY=VALUE pairs; kubectl skips those without `=`, too.
fn extra(pairs: &[String]) -> BTreeMap<String, Vec<String>> {
    let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in pairs.iter().filter_map(|pair| pair.split_once('=')) {
        attributes
            .entry(key.to_owned())
            .or_default()
            .push(value.to_owned());
    }
    attributes
}

fn text(path: Option<&Path>) -> String {
    path.map_or_else(String::new, |path| path.to_string_lossy().into_owned())
}
