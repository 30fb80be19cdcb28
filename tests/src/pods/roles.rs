//! Builds the commands of a pod's containers, with their environment variables.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::gang::{Gang, KEYS, host, volume};
use crate::local::bytewax_python;

const STORE: &str = "6f1a2b3c-0000-4000-8000-000000000001";

/// Additional environment variables of the flow, which override the default ones.
type Env = [(&'static str, String)];

impl Gang {
    /// Returns the command `waxrun ROLE` of a process in this start.
    pub(super) fn role(&self, role: &str, process: u32, start: u32, env: &Env) -> Result<Command> {
        let pod = self.path(&format!("pod-{process}-{}", self.made[process as usize]));
        fs::create_dir_all(&pod)?;
        let python = bytewax_python()?;
        let path = python
            .parent()
            .context("the path of Python has no folder")?;
        let mut command = Command::new(&self.agent);
        command
            .arg(role)
            .env_clear()
            .env("PATH", path)
            .env("WAXRUN_NAME", "flow")
            .env("WAXRUN_NAMESPACE", "test")
            .env("WAXRUN_POD_NAME", format!("flow-{process}"))
            .env("WAXRUN_PROCESSES", self.size.to_string())
            .env("WAXRUN_START", start.to_string())
            .env("WAXRUN_REVISION", "revision")
            .env("WAXRUN_PYTHON_FILE", "continuity.py")
            .env("WAXRUN_HOSTS", listed((0..self.size).map(host)))
            .env("WAXRUN_PROCESS_PORT", self.ports.process.to_string())
            .env("WAXRUN_RENDEZVOUS_PORT", self.ports.rendezvous.to_string())
            .env(
                "WAXRUN_ENGINE_PORT",
                self.engine_ports[process as usize].to_string(),
            )
            .env("WAXRUN_WORKDIR", self.folder.path())
            .env("WAXRUN_RUN_DIR", &pod)
            .env("WAXRUN_TERMINATION_LOG", pod.join("message"));
        self.set_store(&mut command, process);
        self.set_flow(&mut command, process, env);
        Ok(command)
    }

    /// Returns the command `python -m bytewax.run` as the documentation of Bytewax shows it, with the intervals that
    /// `launch` would use.
    pub(super) fn by_hand(&self, process: u32, env: &Env) -> Result<Command> {
        let port = self.ports.process;
        let addresses: Vec<_> = (0..self.size)
            .map(|process| format!("{}:{port}", host(process)))
            .collect();
        let mut command = Command::new(bytewax_python()?);
        command
            .args(["-m", "bytewax.run", "continuity.py:flow"])
            .arg("-r")
            .arg(self.path(&volume(self.mounted(process))))
            .args(["-s", "1", "-b", "0", "-i", &process.to_string()])
            .args(["-a", &addresses.join(";")])
            .env_clear()
            .current_dir(self.folder.path());
        self.set_flow(&mut command, process, env);
        Ok(command)
    }

    fn set_store(&self, command: &mut Command, process: u32) {
        let volumes = if self.shared { 1 } else { self.size };
        let claims = (0..volumes).map(|ordinal| format!("claim-{ordinal}"));
        let places = self.places.iter().map(u32::to_string);
        command
            .env(
                "WAXRUN_STORE_DIR",
                self.path(&volume(self.mounted(process))),
            )
            .env("WAXRUN_STORE_ID", STORE)
            .env("WAXRUN_STORE_TIMELINE", "1-0a1b2c3d")
            .env("WAXRUN_STORE_STEP", "1")
            .env("WAXRUN_PARTITIONS", listed(places))
            .env("WAXRUN_CLAIMS", listed(claims))
            .env("WAXRUN_SHARED_VOLUME", self.shared.to_string())
            .env("WAXRUN_SNAPSHOT_INTERVAL", "1")
            .env("WAXRUN_BACKUP_INTERVAL", "0");
    }

    fn set_flow(&self, command: &mut Command, process: u32, env: &Env) {
        command
            .env("CONTINUITY_FOLDER", self.records())
            .env("CONTINUITY_KEYS", KEYS.to_string())
            .env("CONTINUITY_ENGINE", self.engine_path(process))
            .envs(env.iter().cloned())
            .stdin(Stdio::null());
    }

    fn mounted(&self, process: u32) -> u32 {
        if self.shared { 0 } else { process }
    }
}

fn listed(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(",")
}
