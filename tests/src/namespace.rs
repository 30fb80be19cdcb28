//! One test's own namespace: an operator, a client, the tools; dumped when the test fails, then deleted.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use dataflow::Dataflow;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{ListParams, LogParams};
use kube::{Api, Client};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::command::{Finished, isolate_git, run};
use crate::operator::Operator;
use crate::programs::{programs, root};
use crate::wait;

/// A namespace with restricted pod security that lives as long as its test.
pub struct TestNamespace {
    /// The cluster it lies in.
    pub cluster: &'static Cluster,
    /// Its name.
    pub name: String,
    /// A client of this test's own runtime.
    pub client: Client,
    operator: Option<Operator>,
    home: TempDir,
}

impl TestNamespace {
    /// Makes a namespace on the shared box and starts an operator for it.
    pub async fn new(test: &str) -> Result<Self> {
        let mut namespace = Self::without_operator(Cluster::shared()?, test).await?;
        namespace.start_operator(&[])?;
        Ok(namespace)
    }

    /// Makes a namespace on `cluster`; the CRD is ours, and no operator looks at it yet.
    pub async fn without_operator(cluster: &'static Cluster, test: &str) -> Result<Self> {
        cluster.has_crd(&programs()?.operator)?;
        let home = TempDir::new()?;
        let unique = home
            .path()
            .file_name()
            .context("a temporary folder has a name")?
            .to_string_lossy();
        let suffix: String = unique
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_lowercase();
        let name = format!("{test}-{suffix}").replace("-tmp", "-");
        let manifest = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
        });
        cluster
            .kubectl(&["create", "-f", "-"], manifest.to_string().as_bytes())?
            .ok()?;
        Ok(Self {
            cluster,
            name,
            client: cluster.client().await?,
            operator: None,
            home,
        })
    }

    /// Starts an operator for this namespace, with further arguments.
    pub fn start_operator(&mut self, arguments: &[&str]) -> Result<()> {
        self.start_program(&programs()?.operator, arguments)
    }

    /// Starts another build of the operator for this namespace.
    pub fn start_program(&mut self, program: &Path, arguments: &[&str]) -> Result<()> {
        let log = self.operator_log();
        self.operator = Some(Operator::start(
            program,
            self.cluster,
            &self.name,
            &log,
            arguments,
        )?);
        Ok(())
    }

    /// The running operator.
    pub fn operator(&self) -> Result<&Operator> {
        self.operator.as_ref().context("an operator runs")
    }

    /// Hands out the running operator, to kill or stop it.
    pub fn take_operator(&mut self) -> Result<Operator> {
        self.operator.take().context("an operator runs")
    }

    fn operator_log(&self) -> PathBuf {
        self.home.path().join("operator.log")
    }

    /// Everything that operators of this namespace have said.
    pub fn operator_said(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.operator_log())?)
    }

    /// A folder of this test's own.
    pub fn folder(&self) -> &Path {
        self.home.path()
    }

    /// Runs kubectl in this namespace.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<Finished> {
        self.kubectl_with(arguments, b"")
    }

    /// Runs kubectl in this namespace with `input` on standard input.
    pub fn kubectl_with(&self, arguments: &[&str], input: &[u8]) -> Result<Finished> {
        self.cluster
            .kubectl(&[&["-n", &self.name], arguments].concat(), input)
    }

    /// Applies manifests on the server's side.
    pub fn apply(&self, manifests: &str) -> Result<()> {
        self.kubectl_with(&["apply", "--server-side", "-f", "-"], manifests.as_bytes())?
            .ok()
            .map(drop)
    }

    /// `waxctl` in `folder`, for a user with an empty home and this cluster's kubeconfig.
    pub fn waxctl_command(&self, folder: &Path, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(&programs()?.waxctl);
        self.cluster.environment(&mut command);
        isolate_git(&mut command, self.folder());
        command.current_dir(folder).args(arguments);
        Ok(command)
    }

    /// Runs `waxctl` in `folder` as a user with an empty home and this cluster's kubeconfig.
    pub fn waxctl_in(&self, folder: &Path, arguments: &[&str]) -> Result<Finished> {
        run(&mut self.waxctl_command(folder, arguments)?, b"")
    }

    /// Runs `waxctl` in this test's folder.
    pub fn waxctl(&self, arguments: &[&str]) -> Result<Finished> {
        self.waxctl_in(self.folder(), arguments)
    }

    /// Makes a Dataflow and its source ConfigMap from one Python text.
    pub fn start_flow(&self, name: &str, python: &str, spec: &Value) -> Result<()> {
        self.apply(&manifests(name, python, spec))
    }

    /// Writes the source ConfigMap `NAME-source` with the one file `flow.py`.
    pub fn source(&self, name: &str, python: &str) -> Result<()> {
        self.apply(&source(name, python).to_string())
    }

    /// Applies a Dataflow of `flow.py` on the stock image; `spec` is laid over that.
    pub fn dataflow(&self, name: &str, spec: &Value) -> Result<()> {
        self.apply(&dataflow(name, spec).to_string())
    }

    /// Dataflows of this namespace.
    pub fn dataflows(&self) -> Api<Dataflow> {
        Api::namespaced(self.client.clone(), &self.name)
    }

    /// Pods of this namespace.
    pub fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.client.clone(), &self.name)
    }

    /// Waits until the status of Dataflow `name`, as JSON and seen for its present generation, `holds`.
    pub async fn status(
        &self,
        name: &str,
        what: &str,
        mut holds: impl FnMut(&Value) -> bool,
    ) -> Result<Value> {
        let seen = wait::object(&self.dataflows(), name, what, |flow| {
            let status = serde_json::to_value(&flow.status).unwrap_or_default();
            status["observedGeneration"].as_i64() == flow.metadata.generation && holds(&status)
        })
        .await?;
        Ok(serde_json::to_value(seen.status)?)
    }

    /// Waits until Dataflow `name` is Ready as its present generation wants it.
    pub async fn ready(&self, name: &str) -> Result<Value> {
        self.status(name, "Ready", |status| {
            condition(status, "Ready")["status"] == "True" && condition(status, "Stalled").is_null()
        })
        .await
    }

    /// Waits until Dataflow `name` is Stalled for `reason`, and returns the sentence.
    pub async fn stalled(&self, name: &str, reason: &str) -> Result<String> {
        let status = self
            .status(name, &format!("Stalled {reason}"), |status| {
                let stalled = condition(status, "Stalled");
                stalled["status"] == "True" && stalled["reason"] == reason
            })
            .await?;
        Ok(condition(&status, "Stalled")["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// Lists the process pods of Dataflow `name` by name.
    pub async fn gang(&self, name: &str) -> Result<Vec<Pod>> {
        let selector = format!("bytewax.io/dataflow-info={name},bytewax.io/component=process");
        let mut pods = self
            .pods()
            .list(&ListParams::default().labels(&selector))
            .await?
            .items;
        pods.sort_by(|one, other| one.metadata.name.cmp(&other.metadata.name));
        Ok(pods)
    }

    /// Waits until the log of `pod` holds `text`.
    pub async fn log_line(&self, pod: &str, text: &str) -> Result<String> {
        let (pods, process) = (
            self.pods(),
            LogParams {
                container: Some("process".to_owned()),
                ..LogParams::default()
            },
        );
        wait::until_async(&format!("{text:?} in the log of {pod}"), async || {
            // There is none before the container has started.
            let log = pods.logs(pod, &process).await.unwrap_or_default();
            Ok(log.contains(text).then_some(log))
        })
        .await
    }

    fn dump(&self) {
        let folder = root().join("target/failures").join(&self.name);
        drop(std::fs::create_dir_all(&folder));
        drop(std::fs::copy(
            self.operator_log(),
            folder.join("operator.log"),
        ));
        let everything = [
            "get",
            "dataflows,statefulsets,pods,persistentvolumeclaims,configmaps,services,controllerrevisions,events",
            "-o",
            "yaml",
        ];
        for (file, arguments) in [
            ("objects.yaml", &everything[..]),
            ("pods.txt", &["describe", "pods"]),
        ] {
            if let Ok(finished) = self.kubectl(arguments) {
                drop(std::fs::write(folder.join(file), finished.stdout));
            }
        }
        let names = self
            .kubectl(&["get", "pods", "-o", "name"])
            .map(|finished| finished.stdout)
            .unwrap_or_default();
        for pod in names.lines() {
            for (suffix, previous) in [
                ("log", "--previous=false"),
                ("previous.log", "--previous=true"),
            ] {
                if let Ok(finished) =
                    self.kubectl(&["logs", pod, "--all-containers", "--prefix", previous])
                {
                    let file = format!("{}.{suffix}", pod.trim_start_matches("pod/"));
                    drop(std::fs::write(
                        folder.join(file),
                        finished.stdout + &finished.stderr,
                    ));
                }
            }
        }
    }
}

impl Drop for TestNamespace {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.dump();
        }
        drop(self.operator.take());
        drop(
            self.cluster
                .kubectl(&["delete", "namespace", &self.name, "--wait=false"], b""),
        );
    }
}

/// What [`TestNamespace::start_flow`] applies; several of them one after the other are manifests, too.
pub fn manifests(name: &str, python: &str, spec: &Value) -> String {
    format!("{}\n{}\n", source(name, python), dataflow(name, spec))
}

fn source(name: &str, python: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": format!("{name}-source")},
        "data": {"flow.py": python},
    })
}

fn dataflow(name: &str, spec: &Value) -> Value {
    let mut whole = json!({
        "image": {"repository": "bytewax/bytewax", "tag": "0.21.1-python3.11", "pullPolicy": "IfNotPresent", "pullSecret": ""},
        "pythonFileName": "flow.py",
        "configMapName": format!("{name}-source"),
    });
    merge(&mut whole, spec);
    json!({
        "apiVersion": "bytewax.io/v1alpha1",
        "kind": "Dataflow",
        "metadata": {"name": name},
        "spec": whole,
    })
}

/// Returns the condition `kind` of a status, or null.
pub fn condition<'status>(status: &'status Value, kind: &str) -> &'status Value {
    let conditions = status["conditions"].as_array();
    conditions
        .and_then(|all| all.iter().find(|condition| condition["type"] == kind))
        .unwrap_or(&Value::Null)
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}
