//! Runs a `wax-operator` process on this machine for one namespace.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use process_group::Program;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::command::Signal;
use crate::wait;

/// A running `wax-operator`. It is killed when this value is dropped.
#[derive(Debug)]
pub struct Operator {
    process: Program,
    log: PathBuf,
    log_start: usize,
}

impl Operator {
    /// Starts the operator `program`, which reconciles only `namespace` and appends its log to `path`.
    pub fn start(
        program: &Path,
        cluster: &Cluster,
        namespace: &str,
        path: &Path,
        arguments: &[&str],
    ) -> Result<Self> {
        let log = File::options().create(true).append(true).open(path)?;
        // Everything after the present end of the log is written by this operator.
        let log_start = usize::try_from(log.metadata()?.len())?;
        let mut command = Command::new(program);
        cluster.environment(&mut command);
        command
            // As environment variables, because the arguments of a test take precedence over them.
            .env("WAX_KUBECONFIG", &cluster.kubeconfig)
            .env("WAX_AGENT_IMAGE", &cluster.agent_image)
            // Importing a dataflow may take long on a busy machine, which must not fail the probe pod.
            .env("WAX_PROBE_DEADLINE", "600")
            .args(["run", "--namespace", namespace, "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(Self {
            process: Program::start(&mut command).context("cannot start wax-operator")?,
            log: path.to_owned(),
            log_start,
        })
    }

    /// Sends a GET request to the admin endpoint once the operator listens; returns the status code and the body.
    pub async fn ask(&self, path: &str) -> Result<(u16, String)> {
        let address = wait::until("the operator listens", || self.address()).await?;
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        let answer = client
            .get(format!("http://{address}{path}").parse()?)
            .await?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    /// Waits until the operator is leader and has made `dataflows` successful reconciles.
    pub async fn has_reconciled(&self, dataflows: usize) -> Result<()> {
        wait::until_async("reconciles of all Dataflows", async || {
            let (_, metrics) = self.ask("/metrics").await?;
            let reconciles = metrics
                .lines()
                .find_map(|line| {
                    line.strip_prefix("wax_operator_reconciles_total{outcome=\"ok\"} ")
                })
                .map_or(Ok(0), str::parse)?;
            Ok((reconciles >= dataflows).then_some(()))
        })
        .await
    }

    /// Whether the operator is leader.
    pub async fn leads(&self) -> Result<bool> {
        let (_, metrics) = self.ask("/metrics").await?;
        Ok(metrics.lines().any(|line| line == "wax_operator_leader 1"))
    }

    /// Returns the address of the admin endpoint, as the operator's log reports it.
    fn address(&self) -> Result<Option<String>> {
        let log = fs::read(&self.log)?;
        let said = log.get(self.log_start..).unwrap_or_default();
        Ok(said.split(|&byte| byte == b'\n').find_map(|line| {
            let line: Value = serde_json::from_slice(line).ok()?;
            let address = line["fields"]["address"].as_str()?;
            Some(address.to_owned())
        }))
    }

    /// Kills the operator with SIGKILL, as the loss of its node would.
    pub fn kill(mut self) -> Result<()> {
        Ok(self.process.kill()?)
    }

    /// Ends the operator with SIGTERM, as a rolling update does, and waits until it has exited.
    pub fn stop(mut self) -> Result<()> {
        self.process.signal(Signal::SIGTERM)?;
        self.process.wait()?;
        Ok(())
    }

    /// Returns the process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}
