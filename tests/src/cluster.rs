//! The cluster under test: a box of ours with our images in it, or the one `WAX_KUBECONFIG` names.

use std::collections::BTreeMap;
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
    pub box_name: Option<&'static str>,
    /// Administrator's kubeconfig.
    pub kubeconfig: PathBuf,
    /// `PATH` that begins with the cluster's own kubectl.
    pub path: String,
    /// Reference of the agent's image.
    pub agent_image: String,
    /// Reference of the operator's image.
    pub operator_image: String,
}

impl Cluster {
    /// Returns the box that all tests share, started on first use.
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<std::result::Result<Cluster, String>> = OnceLock::new();
        get(SHARED.get_or_init(|| Self::start("test").map_err(|error| format!("{error:#}"))))
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
            });
        }
        let exports = exports(&run(box_script().args(["up", name]), b"")?.ok()?);
        let images = run(&mut Command::new(root().join("tests/images.sh")), b"")?.ok()?;
        let images: BTreeMap<&str, (&str, &str)> = images
            .lines()
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                Some((words.next()?, (words.next()?, words.next()?)))
            })
            .collect();
        let (agent_image, agent_archive) = images
            .get("agent")
            .context("images.sh prints the agent's image")?;
        let (operator_image, operator_archive) = images
            .get("operator")
            .context("images.sh prints the operator's image")?;
        run(
            box_script().args(["load", name, agent_archive, operator_archive]),
            b"",
        )?
        .ok()?;
        Ok(Self {
            box_name: Some(name),
            kubeconfig: exports
                .get("KUBECONFIG")
                .context("box up prints KUBECONFIG")?
                .into(),
            path: exports
                .get("PATH")
                .map_or_else(|| path.clone(), |value| value.replace("$PATH", &path)),
            agent_image: (*agent_image).to_owned(),
            operator_image: (*operator_image).to_owned(),
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

/// Reads the `export NAME=VALUE` lines that `box up` prints for a shell.
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
