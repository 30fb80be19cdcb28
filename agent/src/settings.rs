//! Environment -> typed settings. Every fault is named, each with what to write instead.

use std::{collections::BTreeSet, fmt, ops::RangeInclusive, path::PathBuf, str::FromStr};

use store::{
    backup::PointName,
    orders::{GangOrders, JobOrders},
};
use thiserror::Error;

mod backup;
mod recovery;

pub use backup::{AccessKey, BackupSettings, Keys};

/// Looks up one environment variable.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Every variable that is missing or wrong.
#[derive(Debug, Error, Eq, PartialEq)]
pub struct SettingsError {
    /// One sentence for each fault.
    pub faults: Vec<String>,
}

/// Which process of which dataflow this pod is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// The dataflow's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The index of this process, from 0.
    pub process: u32,
    /// How many processes the dataflow has, at least 1.
    pub processes: u32,
    /// The start number this pod was made for.
    pub start: i64,
    /// The revision this pod was made for.
    pub revision: String,
    /// The port on which processes talk to each other.
    pub process_port: u16,
    /// The port of the engine's own web server.
    pub engine_port: u16,
    /// The port on which process 0 gives the rounds.
    pub rendezvous_port: u16,
    /// Where all processes are, if they are not the pods of a StatefulSet.
    pub hosts: Option<Vec<String>>,
}

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
    /// The folder `launch` and `keep` share.
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

/// Where a restore gets its copies from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RestoreSettings {
    /// The bucket, and a folder for what is fetched.
    pub from: BackupSettings,
    /// The namespace of the dataflow.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The moment; the newest if none.
    pub point: Option<PointName>,
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

/// What `keep` needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeepSettings {
    /// Which process it stands beside.
    pub member: Member,
    /// The port it serves.
    pub api_port: u16,
    /// The folder `launch` and `keep` share.
    pub run_dir: PathBuf,
    /// The kernel's socket tables of the pod's network namespace.
    pub proc_net: PathBuf,
    /// Where the recovery volume is mounted.
    pub store: Option<PathBuf>,
    /// What copies are made of, and where they go.
    pub backup: Option<KeepBackup>,
}

/// What `keep` needs to make copies of the recovery store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeepBackup {
    /// Where they go, and how often.
    pub to: BackupSettings,
    /// The store, and which of its partitions are this process's.
    pub orders: GangOrders,
    /// What a request for a copy must carry: who may see pods knows it, who only reaches them by
    /// network does not.
    pub secret: String,
}

/// What `install` needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InstallSettings {
    /// The folder the program copies itself to.
    pub folder: PathBuf,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.faults.join("\n"))
    }
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

impl KeepSettings {
    /// Reads the environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(lookup);
        let member = reader.member();
        let settings = Self {
            backup: reader.keep_backup(&member),
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

const PORTS: RangeInclusive<u16> = 1..=u16::MAX;

/// Reads variables one by one and remembers what is wrong; a wrong one gives an empty value that
/// `finish` never lets out.
struct Reader<'a> {
    lookup: Lookup<'a>,
    faults: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(lookup: Lookup<'a>) -> Self {
        Self {
            lookup,
            faults: Vec::new(),
        }
    }

    fn finish<T>(self, settings: T) -> Result<T, SettingsError> {
        if self.faults.is_empty() {
            Ok(settings)
        } else {
            Err(SettingsError {
                faults: self.faults,
            })
        }
    }

    /// An empty variable is as good as none: templates write them so.
    fn optional(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    fn text(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.faults.push(format!("{name} is not set"));
            String::new()
        })
    }

    fn path(&self, name: &str, default: &str) -> PathBuf {
        self.optional(name)
            .map_or_else(|| PathBuf::from(default), PathBuf::from)
    }

    fn flag(&mut self, name: &str) -> bool {
        match self.optional(name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                self.faults
                    .push(format!("{name} is {other:?}; write \"true\" or \"false\""));
                false
            }
        }
    }

    fn number<T>(&mut self, name: &str, default: Option<T>, range: RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + Copy + fmt::Display,
    {
        let (least, most) = (*range.start(), *range.end());
        let fault = match (self.optional(name), default) {
            (None, Some(default)) => return default,
            (None, None) => format!("{name} is not set"),
            (Some(text), _) => match text.parse() {
                Ok(number) if range.contains(&number) => return number,
                _ => format!("{name} is {text:?}; write a whole number from {least} to {most}"),
            },
        };
        self.faults.push(fault);
        least
    }

    fn member(&mut self) -> Member {
        let name = self.text("WAXRUN_NAME");
        let processes = self.number("WAXRUN_PROCESSES", None, 1..=10_000);
        let pod = self.text("WAXRUN_POD_NAME");
        Member {
            process: self.process(&name, &pod, processes),
            name,
            namespace: self.text("WAXRUN_NAMESPACE"),
            processes,
            start: self.number("WAXRUN_START", None, 0..=i64::MAX),
            revision: self.text("WAXRUN_REVISION"),
            process_port: self.number("WAXRUN_PROCESS_PORT", Some(9999), PORTS),
            engine_port: self.number("WAXRUN_ENGINE_PORT", Some(3031), PORTS),
            rendezvous_port: self.number("WAXRUN_RENDEZVOUS_PORT", Some(3032), PORTS),
            hosts: self.hosts(processes),
        }
    }

    fn hosts(&mut self, processes: u32) -> Option<Vec<String>> {
        let text = self.optional("WAXRUN_HOSTS")?;
        let hosts: Vec<String> = text.split(',').map(|host| host.trim().to_owned()).collect();
        if hosts.len() != processes as usize {
            self.faults.push(format!(
                "WAXRUN_HOSTS names {} hosts; write one for each of {processes} processes",
                hosts.len()
            ));
        }
        Some(hosts)
    }

    /// Takes the index out of a StatefulSet pod's name. An index the others do not know of would
    /// make the whole dataflow wait for ever in silence.
    fn process(&mut self, name: &str, pod: &str, processes: u32) -> u32 {
        if name.is_empty() || pod.is_empty() {
            return 0;
        }
        let ordinal = pod
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('-'));
        match ordinal.and_then(|digits| digits.parse().ok()) {
            Some(process) if process < processes => process,
            Some(process) => {
                self.faults.push(format!(
                    "WAXRUN_POD_NAME is {pod:?}, process {process} of only {processes} \
                     (WAXRUN_PROCESSES)"
                ));
                0
            }
            None => {
                self.faults.push(format!(
                    "WAXRUN_POD_NAME is {pod:?}; it must be {name}-0, {name}-1, ... (WAXRUN_NAME)"
                ));
                0
            }
        }
    }
}

#[cfg(test)]
mod tests;
