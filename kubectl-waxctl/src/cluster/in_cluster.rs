//! The API server and the service account of the pod that this program runs in.

use std::path::{Path, PathBuf};

use super::kubeconfig::Choice;
use super::kubeconfig::entry::{Cluster, User};

/// Where the kubelet mounts the service account.
const FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// What a pod knows of its cluster.
#[derive(Debug, Clone)]
pub(crate) struct Pod {
    server: String,
    namespace: String,
    folder: PathBuf,
}

impl Pod {
    /// Reads environment and files of this process. `None` if it does not run in a pod that may use the API server.
    #[must_use]
    pub(crate) fn of_process() -> Option<Self> {
        let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        Self::find(Path::new(FOLDER), variable)
    }

    /// Applies client-go's test (`inClusterClientConfig.Possible`): two variables and a token.
    pub(super) fn find(folder: &Path, variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let host = variable("KUBERNETES_SERVICE_HOST")?;
        let port = variable("KUBERNETES_SERVICE_PORT")?;
        if !folder.join("token").is_file() {
            return None;
        }
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host
        };
        let file = std::fs::read_to_string(folder.join("namespace")).unwrap_or_default();
        let namespace = variable("POD_NAMESPACE")
            .or_else(|| Some(file.trim().to_owned()).filter(|name| !name.is_empty()));
        Some(Self {
            server: format!("https://{host}:{port}"),
            namespace: namespace.unwrap_or_else(|| "default".to_owned()),
            folder: folder.to_owned(),
        })
    }

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
        assert!(Pod::find(folder.path(), environment(both)).is_none());
        std::fs::write(folder.path().join("token"), "t").unwrap();
        assert!(Pod::find(folder.path(), environment(&both[..1])).is_none());
        let pod = Pod::find(folder.path(), environment(both)).unwrap();
        assert_eq!(pod.namespace(), "default");
        std::fs::write(folder.path().join("namespace"), "shop\n").unwrap();
        let pod = Pod::find(folder.path(), environment(both)).unwrap();
        assert_eq!(pod.namespace(), "shop");
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
        let pod = Pod::find(folder.path(), variable).unwrap();
        assert_eq!(pod.choice().cluster.server, "https://[fd00::1]:443");
    }
}
