//! Runs a credential plugin (`exec` in a kubeconfig) in the way of client-go.
//!
//! The plugin's standard error goes to the terminal. Its standard output, arguments and variables are secrets: no error
//! contains them. It runs once per process of waxctl, and again when its token has expired or was refused.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::cluster::kubeconfig::entry::{Cluster, Exec};
use crate::interrupt;

/// The extension of a cluster that plugins get.
const CLUSTER_EXTENSION: &str = "client.authentication.k8s.io/exec";

/// The versions of credentials that kubectl accepts.
const VERSIONS: [&str; 2] = [
    "client.authentication.k8s.io/v1",
    "client.authentication.k8s.io/v1beta1",
];

/// The maximum size of what a plugin prints, 1 MiB.
const MAX_OUTPUT: u64 = 1 << 20;

/// Programs that never open a browser and never ask, so that they may run while a shell waits for completions.
const SILENT: [&str; 5] = [
    "aws",
    "aws-iam-authenticator",
    "doctl",
    "gke-gcloud-auth-plugin",
    "tsh",
];

/// Programs that may open a browser although their kubeconfig says `interactiveMode: Never`.
const BROWSING: [&str; 4] = ["kubectl", "kubectl-oidc_login", "kubelogin", "oidc-login"];

/// Error: a plugin issued no credentials.
#[derive(Debug, Error)]
pub(crate) enum PluginError {
    /// The program does not exist, or may not be run.
    #[error("the credential plugin `{program}` cannot be run: {source}")]
    Missing {
        /// Its name or path.
        program: String,
        /// The kubeconfig's text about it.
        install_hint: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// It failed.
    #[error("the credential plugin `{program}` failed with exit code {code}")]
    Failed {
        /// Its name or path.
        program: String,
        /// Its exit code; 128 plus its number for a signal.
        code: i32,
    },
    /// It printed something else.
    #[error("the credential plugin `{program}` printed no ExecCredential of `{version}`")]
    NotACredential {
        /// Its name or path.
        program: String,
        /// The version of the kubeconfig.
        version: String,
    },
    /// It printed an object without credentials.
    #[error(
        "the credential plugin `{program}` issued neither a token nor a certificate with its key"
    )]
    Nothing {
        /// Its name or path.
        program: String,
    },
    /// The kubeconfig names a version that does not exist.
    #[error("the credential plugin `{program}` has the unknown apiVersion `{version}`")]
    Version {
        /// Its name or path.
        program: String,
        /// The version.
        version: String,
    },
    /// It needs a terminal.
    #[error("the credential plugin `{program}` needs a terminal, and standard input is none")]
    NoTerminal {
        /// Its name or path.
        program: String,
    },
    /// It might open a browser, and a shell waits.
    #[error("the credential plugin `{program}` does not run for completions")]
    Completion {
        /// Its name or path.
        program: String,
    },
    /// The system refused a call.
    #[error("cannot run the credential plugin `{program}`: {source}")]
    System {
        /// Its name or path.
        program: String,
        /// The system's error.
        source: std::io::Error,
    },
}

/// The client certificate that a plugin issued, with its key, both in PEM.
pub(crate) type Identity = (String, String);

/// What a plugin issued.
#[derive(Clone, Default)]
pub(crate) struct Issued {
    /// A bearer token.
    pub(super) token: Option<String>,
    /// A client certificate with its key.
    pub(super) certificate: Option<Identity>,
    /// The end of both.
    expires: Option<Timestamp>,
}

impl Issued {
    fn is_valid(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

/// A plugin and what it issued last.
#[derive(Clone)]
pub(crate) struct Plugin {
    exec: Exec,
    info: String,
    interactive: bool,
    for_completion: bool,
    issued: Option<Issued>,
}

/// What was issued to this process, so that several connections of one verb ask the user once.
static ISSUED: Mutex<Vec<(Exec, String, Issued)>> = Mutex::new(Vec::new());

impl Plugin {
    /// Checks the settings of a plugin.
    pub(super) fn new(
        exec: &Exec,
        cluster: &Cluster,
        for_completion: bool,
    ) -> Result<Self, PluginError> {
        let program = exec.command.clone();
        if !VERSIONS.contains(&exec.api_version.as_str()) {
            return Err(PluginError::Version {
                program,
                version: exec.api_version.clone(),
            });
        }
        if for_completion && !may_complete(exec) {
            return Err(PluginError::Completion { program });
        }
        let terminal = !for_completion && std::io::stdin().is_terminal();
        let interactive = match exec.interactive_mode.as_str() {
            "Never" => false,
            "Always" if !terminal => return Err(PluginError::NoTerminal { program }),
            _ => terminal,
        };
        let mut spec = Map::from_iter([("interactive".to_owned(), interactive.into())]);
        if exec.provide_cluster_info {
            spec.insert("cluster".to_owned(), cluster_info(cluster));
        }
        let info = json!({
            "kind": "ExecCredential", "apiVersion": exec.api_version, "spec": spec,
        });
        Ok(Self {
            exec: exec.clone(),
            info: info.to_string(),
            interactive,
            for_completion,
            issued: None,
        })
    }

    /// Returns credentials that are still valid; runs the plugin if there are none.
    pub(super) async fn credential(&mut self) -> Result<Issued, PluginError> {
        let now = Timestamp::now();
        let known = self.issued.take().or_else(|| self.shared());
        if let Some(issued) = known.filter(|issued| issued.is_valid(now)) {
            self.issued = Some(issued.clone());
            return Ok(issued);
        }
        let plugin = self.clone();
        // A thread of its own, so that Ctrl-C and time limits still work.
        let run = tokio::task::spawn_blocking(move || plugin.run());
        let issued = match run.await {
            Ok(issued) => issued?,
            Err(_) => return Err(self.nothing()),
        };
        self.share(&issued);
        self.issued = Some(issued.clone());
        Ok(issued)
    }

    /// Forgets credentials that the API server has refused.
    pub(super) fn forget(&mut self) {
        self.issued = None;
        let mut shared = ISSUED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.retain(|(exec, info, _)| *exec != self.exec || *info != self.info);
    }

    fn shared(&self) -> Option<Issued> {
        let shared = ISSUED.lock().unwrap_or_else(PoisonError::into_inner);
        let found = shared
            .iter()
            .find(|(exec, info, _)| *exec == self.exec && *info == self.info);
        found.map(|(_, _, issued)| issued.clone())
    }

    fn share(&mut self, issued: &Issued) {
        self.forget();
        let mut shared = ISSUED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.push((self.exec.clone(), self.info.clone(), issued.clone()));
    }

    fn run(&self) -> Result<Issued, PluginError> {
        let program = || self.exec.command.clone();
        interrupt::watch();
        let mut command = Command::new(&self.exec.command);
        command
            .args(&self.exec.args)
            .envs(
                self.exec
                    .env
                    .iter()
                    .map(|variable| (&variable.name, &variable.value)),
            )
            .env("KUBERNETES_EXEC_INFO", &self.info)
            .stdin(if self.interactive {
                Stdio::inherit()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(if self.for_completion {
                Stdio::null()
            } else {
                Stdio::inherit()
            });
        let child = command.spawn().map_err(|source| PluginError::Missing {
            program: program(),
            install_hint: self.exec.install_hint.clone(),
            source,
        })?;
        let (output, code) = finish(child).map_err(|source| PluginError::System {
            program: program(),
            source,
        })?;
        interrupt::stop_here();
        if code != 0 {
            return Err(PluginError::Failed {
                program: program(),
                code,
            });
        }
        self.read(&output)
    }

    fn read(&self, output: &[u8]) -> Result<Issued, PluginError> {
        let version = &self.exec.api_version;
        let other = || PluginError::NotACredential {
            program: self.exec.command.clone(),
            version: version.clone(),
        };
        let text = std::str::from_utf8(output).map_err(|_| other())?;
        let object: Value = dataflow::yaml::first_document(text).map_err(|_| other())?;
        if object["kind"] != "ExecCredential" || object["apiVersion"] != version.as_str() {
            return Err(other());
        }
        let status = &object["status"];
        let field = |name: &str| {
            let text = status[name].as_str().filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        let expires = match field("expirationTimestamp") {
            Some(time) => Some(time.parse().map_err(|_| other())?),
            None => None,
        };
        let pair = (field("clientCertificateData"), field("clientKeyData"));
        let (token, certificate) = match (field("token"), pair) {
            (token, (Some(certificate), Some(key))) => (token, Some((certificate, key))),
            (Some(token), (None, None)) => (Some(token), None),
            _ => return Err(self.nothing()),
        };
        Ok(Issued {
            token,
            certificate,
            expires,
        })
    }

    fn nothing(&self) -> PluginError {
        PluginError::Nothing {
            program: self.exec.command.clone(),
        }
    }
}

/// Reads what a plugin prints, and waits for its end.
fn finish(mut child: Child) -> std::io::Result<(Vec<u8>, i32)> {
    use std::os::unix::process::ExitStatusExt as _;
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MAX_OUTPUT + 1).read_to_end(&mut output)?;
    }
    let status = child.wait()?;
    let signal = status.signal().map(|signal| 128 + signal);
    Ok((output, status.code().or(signal).unwrap_or(-1)))
}

/// Whether a plugin can neither ask nor open a browser, as far as its kubeconfig and its name tell.
fn may_complete(exec: &Exec) -> bool {
    let name = Path::new(&exec.command)
        .file_name()
        .and_then(|name| name.to_str());
    let name = name.unwrap_or_default();
    SILENT.contains(&name) || (exec.interactive_mode == "Never" && !BROWSING.contains(&name))
}

/// Returns what a plugin learns about the cluster, as in client-go (`ConfigToExecCluster`).
fn cluster_info(cluster: &Cluster) -> Value {
    use base64::Engine as _;
    let mut info = json!({ "server": cluster.server });
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            info[name] = value.into();
        }
    };
    add("tls-server-name", &cluster.tls_server_name);
    add("proxy-url", &cluster.proxy_url);
    let data = if cluster.certificate_authority_data.is_empty() {
        let file = std::fs::read(&cluster.certificate_authority).unwrap_or_default();
        base64::prelude::BASE64_STANDARD.encode(file)
    } else {
        cluster.certificate_authority_data.clone()
    };
    add("certificate-authority-data", &data);
    if cluster.insecure_skip_tls_verify {
        info["insecure-skip-tls-verify"] = true.into();
    }
    let mut extensions = cluster.extensions.iter();
    let config = extensions.find(|extension| extension.name == CLUSTER_EXTENSION);
    info["config"] = config.map_or(Value::Null, |extension| extension.extension.clone());
    info
}

#[cfg(test)]
mod tests;
