//! Finds the processes of pods in a box. They are processes of this machine, so a test can kill each of them with
//! SIGKILL.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Mount point of the cgroup hierarchy, or the parent folder of several hierarchies.
const HIERARCHIES: &str = "/sys/fs/cgroup";

/// A process of a pod.
#[derive(Clone, Debug)]
pub struct Process {
    pid: Pid,
    /// Command line of the process.
    pub command: String,
}

impl Process {
    /// Kills the process with SIGKILL. A process that has already ended is not an error.
    pub fn kill(&self) -> Result<()> {
        match kill(self.pid, Signal::SIGKILL) {
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(error) => Err(error).with_context(|| self.command.clone()),
        }
    }
}

/// Returns the processes that run in the containers of a pod now: the members of its cgroups.
pub fn of_pod(pod: &Pod) -> Result<Vec<Process>> {
    let uid = pod.metadata.uid.as_deref().context("the pod has no UID")?;
    let mut members = BTreeSet::new();
    for group in boxes()? {
        collect(&group, uid, false, &mut members)?;
    }
    let mut found = Vec::new();
    for pid in members {
        // Race: the process may have ended since, and then has no command line.
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words = words.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        let command = words.collect::<Vec<_>>().join(" ").trim().to_owned();
        // `/pause` is the sandbox of the container runtime.
        if !command.is_empty() && command != "/pause" {
            let pid = Pid::from_raw(pid);
            found.push(Process { pid, command });
        }
    }
    Ok(found)
}

/// Returns the cgroups of all boxes, in every hierarchy.
fn boxes() -> Result<Vec<PathBuf>> {
    let root = PathBuf::from(HIERARCHIES);
    let mut hierarchies = folders(&root)?;
    hierarchies.push(root);
    let mut found = Vec::new();
    for hierarchy in hierarchies {
        found.extend(folders(&hierarchy)?.into_iter().filter(|group| {
            let name = group.file_name().unwrap_or_default();
            name.to_string_lossy().starts_with("waxbox")
        }));
    }
    Ok(found)
}

/// Adds the members of the pod's cgroup and of all cgroups below it. The name of the pod's cgroup contains `uid`.
fn collect(group: &Path, uid: &str, within: bool, members: &mut BTreeSet<i32>) -> Result<()> {
    let name = group.file_name().unwrap_or_default().to_string_lossy();
    let within = within || name.contains(uid);
    if within {
        let text = gone_is_empty(fs::read_to_string(group.join("cgroup.procs")))?;
        for pid in text.split_whitespace() {
            members.insert(pid.parse()?);
        }
    }
    for inner in folders(group)? {
        collect(&inner, uid, within, members)?;
    }
    Ok(())
}

fn folders(group: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(group).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    for entry in gone_is_empty(entries)? {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Treats a cgroup that no longer exists as empty. Race: the container runtime may remove a cgroup while it is read.
fn gone_is_empty<T: Default>(read: io::Result<T>) -> io::Result<T> {
    match read {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(T::default()),
        Err(error) if error.raw_os_error() == Some(nix::libc::ENODEV) => Ok(T::default()),
        read => read,
    }
}
