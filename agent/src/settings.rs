//! Reads the settings of each role from its environment. Every fault is reported, each with its remedy.

use std::{collections::BTreeSet, path::PathBuf};

use store::spec::{Change, ChangeSpec, StoreSpec};

mod backup;
mod identity;
mod reader;
mod recovery;

pub use backup::{AccessKey, BackupSettings, Keys, RestoreSettings, SidecarBackup};
pub use identity::ProcessIdentity;
pub use reader::{Lookup, SettingsError};

use identity::PORTS;
use reader::Reader;

/// The settings of `launch`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LaunchSettings {
    /// The identity of the process.
    pub identity: ProcessIdentity,
    /// Worker threads of the process, at least 1. The engine accepts 0, and then runs nothing.
    pub workers: u32,
    /// The dataflow's import string (`simple.py`, `pkg/mod.py:get_flow(5)`).
    pub python_file: String,
    /// Whether the user wants the pod to stay after the end.
    pub keep_alive: bool,
    /// The code folder.
    pub workdir: PathBuf,
    /// The folder that `launch` and the sidecar share.
    pub run_dir: PathBuf,
    /// The file from which the kubelet reads the termination message.
    pub termination_log: PathBuf,
    /// The specification of the recovery store, with recovery.
    pub recovery: Option<StoreSpec>,
}

/// The settings of `verify`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifySettings {
    /// The specification of the recovery store.
    pub recovery: StoreSpec,
}

/// The settings of `store`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoreSettings {
    /// The store change. The sources of a restore are still missing.
    pub spec: ChangeSpec,
    /// The bucket with the sources of a restore.
    pub restore: Option<RestoreSettings>,
}

/// The settings of `inspect`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InspectSettings {
    /// The folder in which each volume is mounted under its ordinal.
    pub root: PathBuf,
    /// The mounted volumes.
    pub volumes: BTreeSet<u32>,
}

/// The settings of `probe`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProbeSettings {
    /// The dataflow's import string.
    pub python_file: String,
    /// The code folder.
    pub workdir: PathBuf,
    /// A folder for the probe alone; it is created if it does not exist.
    pub scratch: PathBuf,
    /// The file from which the kubelet reads the termination message.
    pub termination_log: PathBuf,
}

/// The settings of `fetch`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FetchSettings {
    /// The mounted ConfigMap with the code.
    pub code: PathBuf,
    /// The key that contains a tar; without it every key is a file.
    pub tar: Option<String>,
    /// The folder to which the code is copied.
    pub workdir: PathBuf,
}

/// The settings of the sidecar.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SidecarSettings {
    /// The identity of the process.
    pub identity: ProcessIdentity,
    /// The port of its HTTP server.
    pub api_port: u16,
    /// The folder that `launch` and the sidecar share.
    pub run_dir: PathBuf,
    /// The kernel's socket tables of the pod's network namespace.
    pub proc_net: PathBuf,
    /// The mount path of the recovery volume.
    pub store: Option<PathBuf>,
    /// The settings of backups.
    pub backup: Option<SidecarBackup>,
}

/// The settings of `install`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InstallSettings {
    /// The folder for the copy of the program.
    pub folder: PathBuf,
}

impl LaunchSettings {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(lookup);
        let identity = reader.identity();
        let settings = Self {
            recovery: reader.store_spec(&identity),
            identity,
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
        let identity = reader.identity();
        // Without a store there is nothing to verify, so its variable was forgotten.
        reader.text("WAXRUN_STORE_DIR");
        let recovery = reader.store_spec(&identity);
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
        let spec = reader.change_spec();
        let restore = match &spec {
            Some(spec) if matches!(spec.change, Change::Restore { .. }) => {
                let settings = reader.restore();
                match settings {
                    None => return reader.all(None),
                    settings => settings,
                }
            }
            _ => None,
        };
        reader.all(spec.map(|spec| Self { spec, restore }))
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
            code: reader.path("WAXRUN_CODE_DIR", "/snapshot"),
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
        let identity = reader.identity();
        let settings = Self {
            backup: reader.sidecar_backup(&identity),
            identity,
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
