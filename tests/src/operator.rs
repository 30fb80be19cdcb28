//! An operator process run from the shell, for one namespace.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::cluster::Cluster;

/// A running `wax-operator`; dropped, it is killed.
#[derive(Debug)]
pub struct Operator {
    child: Child,
}

impl Operator {
    /// Starts the operator `program`, which looks after `namespace` only and appends to `log`.
    pub fn start(
        program: &Path,
        cluster: &Cluster,
        namespace: &str,
        log: &Path,
        arguments: &[&str],
    ) -> Result<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new(program);
        cluster.environment(&mut command);
        command
            .args([
                "run",
                "--namespace",
                namespace,
                "--agent-image",
                &cluster.agent_image,
            ])
            // A busy machine may take long to import a dataflow; that is no fault of the flow.
            .args(["--probe-deadline", "600"])
            .args(["--listen", "127.0.0.1:0", "--kubeconfig"])
            .arg(&cluster.kubeconfig)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(Self {
            child: command.spawn().context("cannot start wax-operator")?,
        })
    }

    /// Kills it as a lost node would: no chance to say goodbye.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end, as a rolling update does, and waits until it is gone.
    pub fn stop(mut self) -> Result<()> {
        crate::command::run(
            Command::new("kill").args(["-TERM", &self.child.id().to_string()]),
            b"",
        )?
        .ok()?;
        self.child.wait()?;
        Ok(())
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        // Already gone after `kill` and `stop`.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
