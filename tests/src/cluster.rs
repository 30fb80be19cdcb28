//! The cluster under test: a box of ours with our images in it, or the one `WAX_KUBECONFIG` names.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow};
use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::command::{Finished, run};
use crate::programs::root;

/// A real cluster, ready for use.
#[derive(Debug)]
pub struct Cluster {
    /// Name of the box; none when the cluster came from outside.
    pub(crate) box_name: Option<&'static str>,
    /// Administrator's kubeconfig.
    pub kubeconfig: PathBuf,
    /// `PATH` that begins with the cluster's own kubectl.
    pub path: String,
    /// Reference of the agent's image.
    pub agent_image: String,
    /// Reference of the operator's image.
    pub operator_image: String,
    /// Whether our CRD is there for all tests. Elsewhere each test installs it first, since a test may
    /// have changed it.
    keeps_crd: bool,
}

/// Name of the box that all tests share.
const SHARED_BOX: &str = "test";

impl Cluster {
    /// Returns the box that all tests share, started on first use.
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<std::result::Result<Cluster, String>> = OnceLock::new();
        get(SHARED.get_or_init(|| Self::start(SHARED_BOX).map_err(|error| format!("{error:#}"))))
    }

    /// Returns the box for tests that disturb a whole cluster.
    pub fn disruptive() -> Result<&'static Self> {
        static DISRUPTIVE: OnceLock<std::result::Result<Cluster, String>> = OnceLock::new();
        get(DISRUPTIVE
            .get_or_init(|| Self::start("disruptive").map_err(|error| format!("{error:#}"))))
    }

    fn start(name: &'static str) -> Result<Self> {
        let path = std::env::var("PATH").unwrap_or_default();
        if let Some(kubeconfig) = std::env::var_os("WAX_KUBECONFIG") {
            let image = |variable: &str| {
                std::env::var(variable).with_context(|| format!("WAX_KUBECONFIG is set, so {variable} must name an image that cluster can pull"))
            };
            return Ok(Self {
                box_name: None,
                kubeconfig: kubeconfig.into(),
                path,
                agent_image: image("WAX_AGENT_IMAGE")?,
                operator_image: image("WAX_OPERATOR_IMAGE")?,
                keeps_crd: false,
            });
        }
        let exports = exports(&prepared(name)?);
        let export = |variable: &str| {
            let value = exports.get(variable).cloned();
            value.with_context(|| format!("prepare.sh prints {variable}"))
        };
        Ok(Self {
            box_name: Some(name),
            kubeconfig: export("KUBECONFIG")?.into(),
            path: export("PATH")?.replace("$PATH", &path),
            agent_image: export("WAX_AGENT_IMAGE")?,
            operator_image: export("WAX_OPERATOR_IMAGE")?,
            keeps_crd: name == SHARED_BOX,
        })
    }

    /// Makes a client for the runtime that calls it: each test has its own.
    pub async fn client(&self) -> Result<kube::Client> {
        let kubeconfig = Kubeconfig::read_from(&self.kubeconfig)?;
        let config =
            kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        Ok(kube::Client::try_from(config)?)
    }

    /// Runs the cluster's kubectl with `input` on standard input.
    pub fn kubectl(&self, arguments: &[&str], input: &[u8]) -> Result<Finished> {
        let mut command = Command::new("kubectl");
        self.environment(&mut command);
        run(command.args(arguments), input)
    }

    /// Points `command` at this cluster and at nothing else.
    pub fn environment(&self, command: &mut Command) {
        command
            .env("KUBECONFIG", &self.kubeconfig)
            .env("PATH", &self.path);
    }

    /// Runs a verb of the box script on this box, such as `kubelet NAME stop`.
    pub fn box_verb(&self, verb: &str, arguments: &[&str]) -> Result<Finished> {
        let name = self
            .box_name
            .with_context(|| format!("`box {verb}` needs a box of ours, not WAX_KUBECONFIG"))?;
        run(box_script().args([verb, name]).args(arguments), b"")
    }

    /// Installs our CRD, as the operator prints it, and waits until the API server serves it.
    pub fn install_crd(&self, operator: &Path) -> Result<()> {
        let crd = run(Command::new(operator).arg("crd"), b"")?.ok()?;
        self.kubectl(
            &["apply", "--server-side", "--force-conflicts", "-f", "-"],
            crd.as_bytes(),
        )?
        .ok()?;
        self.crd_is_served()
    }

    /// Installs our CRD unless it is there for all tests.
    pub(crate) fn has_crd(&self, operator: &Path) -> Result<()> {
        if self.keeps_crd {
            return Ok(());
        }
        self.install_crd(operator)
    }

    /// Waits until the API server serves the CRD that is there.
    pub fn crd_is_served(&self) -> Result<()> {
        let established = [
            "wait",
            "--for=condition=Established",
            "--timeout=120s",
            "crd/dataflows.bytewax.io",
        ];
        self.kubectl(&established, b"")?.ok().map(drop)
    }
}

fn get(started: &'static std::result::Result<Cluster, String>) -> Result<&'static Cluster> {
    started.as_ref().map_err(|error| anyhow!("{error}"))
}

fn box_script() -> Command {
    Command::new(root().join("tests/cluster/box"))
}

/// Prepares the box `name` and returns the lines that `prepare.sh` prints. The processes of one run share
/// them in the folder that `WAX_BOXES` names, so that one of them prepares a box and the others wait.
fn prepared(name: &str) -> Result<String> {
    let mut script = Command::new(root().join("tests/prepare.sh"));
    script.arg(name);
    let Some(folder) = std::env::var_os("WAX_BOXES") else {
        return run(&mut script, b"")?.ok();
    };
    let path = PathBuf::from(folder).join(name);
    let lock = File::create(path.with_extension("lock"))?;
    lock.lock()?;
    if path.exists() {
        return Ok(fs::read_to_string(path)?);
    }
    let lines = run(&mut script, b"")?.ok()?;
    fs::write(path, &lines)?;
    Ok(lines)
}

/// Reads the `export NAME=VALUE` lines that `prepare.sh` prints for a shell.
fn exports(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.strip_prefix("export ")?.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.replace(['"', '\''], "")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::exports;

    #[test]
    fn export_lines_are_read_with_and_without_quotes() {
        let exports =
            exports("# talk\nexport KUBECONFIG='/a b'\nexport PATH='/bin/of/box':\"$PATH\"\n");
        assert_eq!(exports["KUBECONFIG"], "/a b");
        assert_eq!(exports["PATH"], "/bin/of/box:$PATH");
    }
}
