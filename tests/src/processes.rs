//! The processes of pods in a box. They are this machine's own, so that a test can kill each of them as
//! the kernel does.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Where cgroups are: one hierarchy, or a folder for each.
const HIERARCHIES: &str = "/sys/fs/cgroup";

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

/// The processes that run in the containers of a pod now: the members of its cgroups.
pub fn of_pod(pod: &Pod) -> Result<Vec<Process>> {
    let uid = pod.metadata.uid.as_deref().context("a pod has a UID")?;
    let mut members = BTreeSet::new();
    for group in boxes()? {
        collect(&group, uid, false, &mut members)?;
    }
    let mut found = Vec::new();
    for pid in members {
        // One that has ended meanwhile has none.
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
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

/// The cgroups of all boxes, in every hierarchy.
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

/// Adds the members of all groups below the one that is named by the pod.
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

/// A group goes with its last process, also while it is read.
fn gone_is_empty<T: Default>(read: io::Result<T>) -> io::Result<T> {
    match read {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(T::default()),
        Err(error) if error.raw_os_error() == Some(nix::libc::ENODEV) => Ok(T::default()),
        read => read,
    }
}
