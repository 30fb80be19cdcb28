//! The processes of pods in a box. They are this machine's own, so that a test can kill each of them as
//! the kernel does.

use std::fs;

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A process in a pod.
#[derive(Clone, Debug)]
pub struct Process {
    pid: Pid,
    /// Its command line.
    pub command: String,
}

impl Process {
    /// Ends it at once; it may have ended by itself meanwhile.
    pub fn kill(&self) -> Result<()> {
        match kill(self.pid, Signal::SIGKILL) {
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(error) => Err(error).with_context(|| self.command.clone()),
        }
    }
}

/// The processes that run in the containers of a pod now.
pub fn of_pod(pod: &Pod) -> Result<Vec<Process>> {
    let uid = pod.metadata.uid.as_deref().context("a pod has a UID")?;
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let folder = entry?.path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let Ok(pid) = name.parse() else { continue };
        // One that has ended meanwhile has neither.
        let text = |file: &str| fs::read(folder.join(file)).unwrap_or_default();
        if !String::from_utf8_lossy(&text("cgroup")).contains(uid) {
            continue;
        }
        let words = text("cmdline");
        let words = words.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        let command = words.collect::<Vec<_>>().join(" ").trim().to_owned();
        // The sandbox is the runtime's, not ours.
        if !command.is_empty() && command != "/pause" {
            let pid = Pid::from_raw(pid);
            found.push(Process { pid, command });
        }
    }
    Ok(found)
}
