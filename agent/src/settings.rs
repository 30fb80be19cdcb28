//! Environment -> typed settings. Every fault is named, each with what to write instead.

use std::{collections::BTreeSet, path::PathBuf};

use store::orders::{Change, GangOrders, JobOrders};

mod backup;
mod member;
mod reader;
mod recovery;

pub use backup::{AccessKey, BackupSettings, Keys, RestoreSettings, SidecarBackup};
pub use member::Member;
pub use reader::{Lookup, SettingsError};

use member::PORTS;
use reader::Reader;

/// What `launch` needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LaunchSettings {
    /// Which process this is.
    pub member: Member,
    /// Worker threads in the process, at least 1 (the engine takes 0 and then runs nothing).
    pub workers: u32,
    /// The dataflow's import string (`simple.py`, `pkg/mod.py:get_flow(5)`).
    pub python_file: String,
    /// Whether the user wants the pod to stay after the end.
    pub keep_alive: bool,
    /// The folder that holds the code.
    pub workdir: PathBuf,
    /// The folder that `launch` and the sidecar share.
    pub run_dir: PathBuf,
    /// Where the kubelet reads the termination message.
    pub termination_log: PathBuf,
    /// The recovery store and what it must be.
    pub recovery: Option<GangOrders>,
}

/// What `verify` needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifySettings {
    /// What the recovery store must be.
    pub recovery: GangOrders,
}

/// What `store` needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoreSettings {
    /// What is to be done. A restore has no sources yet.
    pub orders: JobOrders,
    /// Where a restore gets its sources from.
    pub restore: Option<RestoreSettings>,
}

/// What `inspect` needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InspectSettings {
    /// The folder below which each volume is mounted under its ordinal.
    pub root: PathBuf,
    /// The mounted volumes.
    pub volumes: BTreeSet<u32>,
}

/// What `probe` needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProbeSettings {
    /// The dataflow's import string.
    pub python_file: String,
    /// The folder that holds the code.
    pub workdir: PathBuf,
    /// A folder of the probe's own; made if it is not there.
    pub scratch: PathBuf,
    /// Where the kubelet reads the termination message.
    pub termination_log: PathBuf,
}

/// What `fetch` needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FetchSettings {
    /// The mounted code snapshot.
    pub snapshot: PathBuf,
    /// The snapshot's key that holds a tar; without it every key is a file.
    pub tar: Option<String>,
    /// The folder the code goes to.
    pub workdir: PathBuf,
}

/// What the sidecar needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SidecarSettings {
    /// Which process it stands beside.
    pub member: Member,
    /// The port it serves.
    pub api_port: u16,
    /// The folder that `launch` and the sidecar share.
    pub run_dir: PathBuf,
    /// The kernel's socket tables of the pod's network namespace.
    pub proc_net: PathBuf,
    /// Where the recovery volume is mounted.
    pub store: Option<PathBuf>,
    /// What copies are made of, and where they go.
    pub backup: Option<SidecarBackup>,
}

/// What `install` needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InstallSettings {
    /// The folder the program copies itself to.
    pub folder: PathBuf,
}

impl LaunchSettings {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(lookup);
        let member = reader.member();
        let settings = Self {
            recovery: reader.gang_orders(&member),
            member,
            workers: reader.number("WAXRUN_WORKERS", Some(1), 1..=1024),
            python_file: reader.text("WAXRUN_PYTHON_FILE"),
            keep_alive: reader.flag("WAXRUN_KEEP_ALIVE"),
            workdir: reader.path("WAXRUN_WORKDIR", "/var/bytewax"),
            run_dir: reader.path("WAXRUN_RUN_DIR", "/run/waxrun"),
            termination_log: reader.path("WAXRUN_TERMINATION_LOG", "/dev/termination-log"),
        };
        reader.finish(settings)
    }
}

impl VerifySettings {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(lookup);
        let member = reader.member();
        // Without a store there is nothing to verify, so whoever calls has forgotten it.
        reader.text("WAXRUN_STORE_DIR");
        let recovery = reader.gang_orders(&member);
        reader.all(recovery.map(|recovery| Self { recovery }))
    }
}

impl StoreSettings {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(lookup);
        let orders = reader.job_orders();
        let restore = match &orders {
            Some(orders) if matches!(orders.change, Change::Restore { .. }) => {
                let settings = reader.restore();
                match settings {
                    None => return reader.all(None),
                    settings => settings,
                }
            }
            _ => None,
        };
        reader.all(orders.map(|orders| Self { orders, restore }))
    }
}

impl InspectSettings {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(lookup);
        let volumes = reader.ordinals("WAXRUN_VOLUMES");
        let root = reader.path("WAXRUN_STORE_ROOT", "/stores");
        reader.all(volumes.map(|volumes| Self {
            root,
            volumes: BTreeSet::from_iter(volumes),
        }))
    }
}

impl ProbeSettings {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(lookup);
        let settings = Self {
            python_file: reader.text("WAXRUN_PYTHON_FILE"),
            workdir: reader.path("WAXRUN_WORKDIR", "/var/bytewax"),
            scratch: reader.path("WAXRUN_PROBE_DIR", "/tmp/waxrun"),
            termination_log: reader.path("WAXRUN_TERMINATION_LOG", "/dev/termination-log"),
        };
        reader.finish(settings)
    }
}

impl FetchSettings {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let reader = Reader::new(lookup);
        let settings = Self {
            snapshot: reader.path("WAXRUN_SNAPSHOT_DIR", "/snapshot"),
            tar: reader.optional("WAXRUN_TAR"),
            workdir: reader.path("WAXRUN_WORKDIR", "/var/bytewax"),
        };
        reader.finish(settings)
    }
}

impl SidecarSettings {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(lookup);
        let member = reader.member();
        let settings = Self {
            backup: reader.sidecar_backup(&member),
            member,
            api_port: reader.number("WAXRUN_API_PORT", Some(3030), PORTS),
            run_dir: reader.path("WAXRUN_RUN_DIR", "/run/waxrun"),
            proc_net: reader.path("WAXRUN_PROC_NET", "/proc/net"),
            store: reader.optional("WAXRUN_STORE_DIR").map(PathBuf::from),
        };
        reader.finish(settings)
    }
}

impl InstallSettings {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names every variable that is wrong.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let reader = Reader::new(lookup);
        let settings = Self {
            folder: reader.path("WAXRUN_INSTALL_DIR", "/waxrun"),
        };
        reader.finish(settings)
    }
}

#[cfg(test)]
mod tests;
