//! Chooses cluster and user from the kubeconfig files; kubectl's flags override them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use kube::config::{
    AuthInfo, Cluster, Context, Kubeconfig, KubeconfigError, NamedAuthInfo, NamedCluster,
    NamedContext,
};
use thiserror::Error;

use crate::access::Access;

/// The name of the only context of a [`Choice`].
const CHOSEN: &str = "chosen";

/// No cluster could be chosen.
#[derive(Debug, Error)]
pub(crate) enum ChoiceError {
    /// A kubeconfig file cannot be read or parsed.
    #[error("cannot use the kubeconfig file {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: KubeconfigError,
    },
    /// There is no kubeconfig file and no `--server`.
    #[error("no cluster is configured")]
    NoCluster {
        /// The files that do not exist.
        looked: Vec<PathBuf>,
    },
    /// Neither the kubeconfig nor the command line names a context.
    #[error("the kubeconfig has no current context")]
    NoContext {
        /// The contexts of the kubeconfig.
        known: Vec<String>,
    },
    /// The kubeconfig does not have the requested name.
    #[error("the kubeconfig has no {what} `{name}`")]
    Unknown {
        /// `context`, `cluster` or `user`.
        what: &'static str,
        /// The requested name.
        name: String,
        /// The names in the kubeconfig.
        known: Vec<String>,
    },
}

/// The paths where kubeconfig files are looked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct KubeconfigLocations {
    /// `$KUBECONFIG`, a list of paths.
    pub(crate) kubeconfig: Option<OsString>,
    /// The user's home directory.
    pub(crate) home: Option<PathBuf>,
}

impl KubeconfigLocations {
    /// Reads the environment of this process.
    #[must_use]
    pub(crate) fn of_process() -> Self {
        Self {
            kubeconfig: std::env::var_os("KUBECONFIG"),
            home: std::env::home_dir(),
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        let listed: Vec<PathBuf> = self
            .kubeconfig
            .iter()
            .flat_map(std::env::split_paths)
            .filter(|path| !path.as_os_str().is_empty())
            .collect();
        if !listed.is_empty() {
            return listed;
        }
        self.home
            .iter()
            .map(|home| home.join(".kube").join("config"))
            .collect()
    }
}

/// One context with its cluster and user, without everything else.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// A kubeconfig with exactly this context.
    pub(crate) kubeconfig: Kubeconfig,
    /// The namespace of requests.
    pub(crate) namespace: String,
    /// Name of the context in the user's kubeconfig, if one was used.
    pub(crate) context: Option<String>,
    /// Whether the cluster entry names a proxy.
    pub(crate) has_proxy: bool,
}

/// Reads the files that `flags` and `locations` name and merges them as kubectl does.
///
/// A missing file of the list is skipped; a file named by `--kubeconfig` must exist.
///
/// # Errors
/// A file that cannot be read or parsed, or no file at all.
pub(crate) fn read(
    flags: &Access,
    locations: &KubeconfigLocations,
) -> Result<Kubeconfig, ChoiceError> {
    if let Some(path) = &flags.kubeconfig {
        return read_file(path);
    }
    let files = locations.files();
    let present: Vec<&PathBuf> = files.iter().filter(|path| path.exists()).collect();
    if present.is_empty() && flags.server.is_none() {
        return Err(ChoiceError::NoCluster { looked: files });
    }
    present
        .into_iter()
        .try_fold(Kubeconfig::default(), |merged, path| {
            let next = read_file(path)?;
            merged.merge(next).map_err(|source| ChoiceError::File {
                path: path.clone(),
                source,
            })
        })
}

fn read_file(path: &Path) -> Result<Kubeconfig, ChoiceError> {
    Kubeconfig::read_from(path).map_err(|source| ChoiceError::File {
        path: path.to_owned(),
        source,
    })
}

/// Picks context, cluster and user from `kubeconfig`; the flags override their fields.
///
/// # Errors
/// A context, cluster or user that does not exist, or none to choose.
pub(crate) fn choose(kubeconfig: &Kubeconfig, flags: &Access) -> Result<Choice, ChoiceError> {
    let (name, context) = pick_context(kubeconfig, flags)?;
    let mut cluster = pick_cluster(kubeconfig, flags, &context)?;
    let mut user = pick_user(kubeconfig, flags, &context)?;
    overlay_cluster(&mut cluster, flags);
    overlay_user(&mut user, flags);
    let namespace = flags
        .namespace
        .clone()
        .or_else(|| context.namespace.clone())
        .filter(|name| !name.is_empty());
    let has_proxy = cluster
        .proxy_url
        .as_ref()
        .is_some_and(|url| !url.is_empty());
    let chosen = Context {
        cluster: CHOSEN.into(),
        user: Some(CHOSEN.into()),
        ..Context::default()
    };
    let kubeconfig = Kubeconfig {
        clusters: vec![NamedCluster {
            name: CHOSEN.into(),
            cluster: Some(cluster),
            ..NamedCluster::default()
        }],
        auth_infos: vec![NamedAuthInfo {
            name: CHOSEN.into(),
            auth_info: Some(user),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: CHOSEN.into(),
            context: Some(chosen),
            ..NamedContext::default()
        }],
        current_context: Some(CHOSEN.into()),
        ..Kubeconfig::default()
    };
    Ok(Choice {
        kubeconfig,
        namespace: namespace.unwrap_or_else(|| "default".into()),
        // With another server the context's name would mislead.
        context: name.filter(|_| flags.server.is_none()),
        has_proxy,
    })
}

fn pick_context(
    kubeconfig: &Kubeconfig,
    flags: &Access,
) -> Result<(Option<String>, Context), ChoiceError> {
    let known = || {
        kubeconfig
            .contexts
            .iter()
            .map(|named| named.name.clone())
            .collect()
    };
    let current = kubeconfig
        .current_context
        .as_ref()
        .filter(|name| !name.is_empty());
    let Some(name) = flags.context.as_ref().or(current) else {
        if flags.server.is_some() || flags.cluster.is_some() {
            return Ok((None, Context::default()));
        }
        return Err(ChoiceError::NoContext { known: known() });
    };
    let context = kubeconfig
        .contexts
        .iter()
        .find(|named| &named.name == name)
        .and_then(|named| named.context.clone());
    match context {
        Some(context) => Ok((Some(name.clone()), context)),
        None => Err(ChoiceError::Unknown {
            what: "context",
            name: name.clone(),
            known: known(),
        }),
    }
}

fn pick_cluster(
    kubeconfig: &Kubeconfig,
    flags: &Access,
    context: &Context,
) -> Result<Cluster, ChoiceError> {
    let name = flags.cluster.as_ref().unwrap_or(&context.cluster);
    let cluster = kubeconfig
        .clusters
        .iter()
        .find(|named| &named.name == name)
        .and_then(|named| named.cluster.clone());
    match cluster {
        Some(cluster) => Ok(cluster),
        None if flags.server.is_some() => Ok(Cluster::default()),
        None => Err(ChoiceError::Unknown {
            what: "cluster",
            name: name.clone(),
            known: kubeconfig
                .clusters
                .iter()
                .map(|named| named.name.clone())
                .collect(),
        }),
    }
}

/// Picks the user. A context without a user, or with one that does not exist, is anonymous; only `--user` must exist.
fn pick_user(
    kubeconfig: &Kubeconfig,
    flags: &Access,
    context: &Context,
) -> Result<AuthInfo, ChoiceError> {
    let Some(name) = flags.user.as_ref().or(context.user.as_ref()) else {
        return Ok(AuthInfo::default());
    };
    let user = kubeconfig
        .auth_infos
        .iter()
        .find(|named| &named.name == name);
    match user {
        Some(named) => Ok(named.auth_info.clone().unwrap_or_default()),
        None if flags.user.is_none() => Ok(AuthInfo::default()),
        None => Err(ChoiceError::Unknown {
            what: "user",
            name: name.clone(),
            known: kubeconfig
                .auth_infos
                .iter()
                .map(|named| named.name.clone())
                .collect(),
        }),
    }
}

fn overlay_cluster(cluster: &mut Cluster, flags: &Access) {
    if let Some(server) = &flags.server {
        let has_scheme = server.contains("://");
        cluster.server = Some(if has_scheme {
            server.clone()
        } else {
            format!("http://{server}")
        });
        // The name belongs to the server in the kubeconfig; client-go drops it, too.
        cluster.tls_server_name = None;
    }
    if let Some(name) = &flags.tls_server_name {
        cluster.tls_server_name = Some(name.clone());
    }
    if let Some(path) = &flags.certificate_authority {
        cluster.certificate_authority = Some(path.display().to_string());
        cluster.certificate_authority_data = None;
        cluster.insecure_skip_tls_verify = None;
    }
    if flags.insecure_skip_tls_verify {
        cluster.insecure_skip_tls_verify = Some(true);
        cluster.certificate_authority = None;
        cluster.certificate_authority_data = None;
    }
    if flags.disable_compression {
        cluster.disable_compression = Some(true);
    }
}

fn overlay_user(user: &mut AuthInfo, flags: &Access) {
    if let Some(token) = &flags.token {
        user.token = Some(token.clone().into());
        user.token_file = None;
        user.exec = None;
        user.auth_provider = None;
    }
    if let Some(path) = &flags.client_certificate {
        user.client_certificate = Some(path.display().to_string());
        user.client_certificate_data = None;
    }
    if let Some(path) = &flags.client_key {
        user.client_key = Some(path.display().to_string());
        user.client_key_data = None;
    }
    if let Some(name) = &flags.as_user {
        user.impersonate = Some(name.clone());
    }
    if !flags.as_group.is_empty() {
        user.impersonate_groups = Some(flags.as_group.clone());
    }
    if let Some(uid) = &flags.as_uid {
        user.impersonate_uid = Some(uid.clone());
    }
}

#[cfg(test)]
mod tests;
