//! What a gang is made of: its size, its places, its folder and its ports.

use std::path::PathBuf;

use tempfile::TempDir;

/// How many keys the flow has.
pub const KEYS: usize = 4;

/// What the pods of one gang have in common.
pub(super) struct Gang {
    pub(super) folder: TempDir,
    /// The volume of each partition.
    pub(super) places: Vec<u32>,
    pub(super) size: u32,
    /// Whether all partitions lie on one volume that all processes mount.
    pub(super) shared: bool,
    pub(super) agent: PathBuf,
    pub(super) ports: Ports,
    pub(super) engine_ports: Vec<u16>,
    /// How often each pod has been made.
    pub(super) made: Vec<u32>,
}

/// Ports that all processes have, each at its own address.
pub(super) struct Ports {
    pub(super) process: u16,
    pub(super) rendezvous: u16,
    pub(super) api: u16,
}

impl Gang {
    /// Where the flow's records go.
    pub(super) fn records(&self) -> PathBuf {
        self.path("records")
    }

    /// Where an engine notes its process id.
    pub(super) fn engine_path(&self, process: u32) -> PathBuf {
        self.path(&format!("engine-{process}"))
    }

    /// A path in the gang's folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The name of a volume's folder.
pub(super) fn volume(ordinal: u32) -> String {
    format!("volume-{ordinal}")
}

/// Where a process listens, as a pod would at its own address.
pub(super) fn host(process: u32) -> String {
    format!("127.0.0.{}", process + 1)
}
