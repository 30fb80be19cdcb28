//! Size, placement, folder and ports of a gang.

use std::path::PathBuf;

use tempfile::TempDir;

/// Number of keys of the flow.
pub const KEYS: usize = 4;

/// Settings that all pods of one gang share.
pub(super) struct Gang {
    pub(super) folder: TempDir,
    /// The volume of each partition.
    pub(super) places: Vec<u32>,
    pub(super) size: u32,
    /// Whether all partitions are on one volume that all processes mount.
    pub(super) shared: bool,
    pub(super) agent: PathBuf,
    pub(super) ports: Ports,
    pub(super) engine_ports: Vec<u16>,
    /// Number of times that each pod has been replaced.
    pub(super) made: Vec<u32>,
}

/// Ports on which every process listens at its own address.
pub(super) struct Ports {
    pub(super) process: u16,
    pub(super) rendezvous: u16,
    pub(super) api: u16,
}

impl Gang {
    /// Returns the folder to which the flow writes its records.
    pub(super) fn records(&self) -> PathBuf {
        self.path("records")
    }

    /// Returns the file to which the engine of a process writes its process id.
    pub(super) fn engine_path(&self, process: u32) -> PathBuf {
        self.path(&format!("engine-{process}"))
    }

    /// Returns a path in the gang's folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Returns the name of a volume's folder.
pub(super) fn volume(ordinal: u32) -> String {
    format!("volume-{ordinal}")
}

/// Returns the loopback address of a process, which stands for the address of its pod.
pub(super) fn host(process: u32) -> String {
    format!("127.0.0.{}", process + 1)
}
