//! The API server and the service account of the pod that this program runs in.

use std::path::{Path, PathBuf};

use super::kubeconfig::Choice;
use super::kubeconfig::entry::{Cluster, User};

/// Where the kubelet mounts the service account.
const FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Where this process runs.
#[derive(Debug, Clone)]
pub(crate) enum Surroundings {
    /// In no pod.
    Elsewhere,
    /// In a pod without a token of its service account. The kubelet would mount it at this path.
    NoToken(PathBuf),
    /// In a pod that may use the API server.
    Pod(Pod),
}

/// What a pod knows of its cluster.
#[derive(Debug, Clone)]
pub(crate) struct Pod {
    server: String,
    namespace: String,
    folder: PathBuf,
}

impl Surroundings {
    /// Reads environment and files of this process.
    #[must_use]
    pub(crate) fn of_process() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        Self::find(Path::new(FOLDER), variable)
    }

    /// Applies client-go's test (`inClusterClientConfig.Possible`): two variables and a token.
    pub(super) fn find(folder: &Path, variable: impl Fn(&str) -> Option<String>) -> Self {
        let host = variable("KUBERNETES_SERVICE_HOST");
        let (Some(host), Some(port)) = (host, variable("KUBERNETES_SERVICE_PORT")) else {
            return Self::Elsewhere;
        };
        let token = folder.join("token");
        if !token.is_file() {
            return Self::NoToken(token);
        }
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host
        };
        let file = std::fs::read_to_string(folder.join("namespace")).unwrap_or_default();
        let namespace = variable("POD_NAMESPACE")
            .or_else(|| Some(file.trim().to_owned()).filter(|name| !name.is_empty()));
        Self::Pod(Pod {
            server: format!("https://{host}:{port}"),
            namespace: namespace.unwrap_or_else(|| "default".to_owned()),
            folder: folder.to_owned(),
        })
    }

    /// Returns the pod, if it may use the API server.
    pub(crate) fn pod(&self) -> Option<&Pod> {
        match self {
            Self::Pod(pod) => Some(pod),
            Self::Elsewhere | Self::NoToken(_) => None,
        }
    }

    /// Returns where the token of the pod's service account is missing.
    pub(crate) fn missing_token(&self) -> Option<&Path> {
        match self {
            Self::NoToken(path) => Some(path),
            Self::Elsewhere | Self::Pod(_) => None,
        }
    }
}

impl Pod {
    /// Returns the pod's own namespace.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Returns the pod's API server with the pod's service account.
    pub(crate) fn choice(&self) -> Choice {
        let file = |name: &str| self.folder.join(name).to_string_lossy().into_owned();
        Choice {
            cluster: Cluster {
                server: self.server.clone(),
                certificate_authority: file("ca.crt"),
                ..Cluster::default()
            },
            user: User {
                token_file: file("token"),
                ..User::default()
            },
            ..Choice::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pod_needs_both_variables_and_token() {
        let folder = tempfile::tempdir().unwrap();
        let environment = |names: &'static [&str]| {
            move |name: &str| names.contains(&name).then(|| "10.0.0.1".to_owned())
        };
        let both = &["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"];
        let find =
            |names: &'static [&'static str]| Surroundings::find(folder.path(), environment(names));
        let token = folder.path().join("token");
        assert_eq!(find(both).missing_token(), Some(token.as_path()));
        assert!(find(both).pod().is_none());
        std::fs::write(&token, "t").unwrap();
        let elsewhere = find(&both[..1]);
        assert!(elsewhere.pod().is_none() && elsewhere.missing_token().is_none());
        assert_eq!(find(both).pod().unwrap().namespace(), "default");
        std::fs::write(folder.path().join("namespace"), "shop\n").unwrap();
        assert_eq!(find(both).pod().unwrap().namespace(), "shop");
    }

    #[test]
    fn address_of_pod_brackets_ipv6() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "t").unwrap();
        let variable = |name: &str| match name {
            "KUBERNETES_SERVICE_HOST" => Some("fd00::1".to_owned()),
            "KUBERNETES_SERVICE_PORT" => Some("443".to_owned()),
            _ => None,
        };
        let found = Surroundings::find(folder.path(), variable);
        let choice = found.pod().unwrap().choice();
        assert_eq!(choice.cluster.server, "https://[fd00::1]:443");
    }
}
