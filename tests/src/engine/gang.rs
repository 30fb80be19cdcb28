//! Engine processes that belong together.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};
use process_group::Program;

use super::{Bed, until};
use crate::command::Signal;
use crate::local::bytewax_python;
use crate::ports;
use crate::programs::root;

/// What the continuity flow is given.
#[derive(Clone, Debug)]
pub struct Input {
    /// How many keys.
    pub keys: usize,
    /// Seconds between two numbers of a key.
    pub pace: f64,
    /// Seconds after which a source at the latest wakes.
    pub poll: f64,
    /// The number that ends the input; endless without.
    pub last: Option<u64>,
}

impl Input {
    /// Endless input at this pace, polled all the time.
    pub fn endless(keys: usize, pace: f64) -> Self {
        Self {
            keys,
            pace,
            poll: 0.02,
            last: None,
        }
    }
}

/// One cluster of engines. Dropped, it is killed.
pub struct Gang {
    engines: BTreeMap<u32, Program>,
    addresses: String,
    log: PathBuf,
}

impl Gang {
    /// A cluster in which no engine has been started yet.
    pub fn gathering(bed: &Bed) -> Result<Self> {
        Ok(Self {
            engines: BTreeMap::new(),
            addresses: ports::gang(bed.shape().processes as usize)?,
            log: bed.records().with_file_name("engines.log"),
        })
    }

    /// Starts the engine of one process; in place of the one that was there.
    pub fn join(&mut self, bed: &Bed, input: &Input, process: u32) -> Result<()> {
        let log = File::options().append(true).create(true).open(&self.log)?;
        let epoch = bed.epoch.as_millis();
        let mut command = Command::new(bytewax_python()?);
        command
            .arg(root().join("tests/fixtures/engine.py"))
            .arg(root().join("tests/fixtures/flows/continuity.py"))
            .arg(bed.volume(process))
            .args([epoch, epoch * u128::from(bed.kept)].map(|length| length.to_string()))
            .args([bed.shape().workers, process].map(|number| number.to_string()))
            .arg(&self.addresses)
            .env("CONTINUITY_FOLDER", bed.records())
            .env("CONTINUITY_KEYS", input.keys.to_string())
            .env("CONTINUITY_PACE", input.pace.to_string())
            .env("CONTINUITY_POLL", input.poll.to_string())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        if let Some(last) = input.last {
            command.env("CONTINUITY_LAST", last.to_string());
        }
        self.engines.insert(process, Program::start(&mut command)?);
        Ok(())
    }

    /// The engine of a process.
    pub fn engine(&mut self, process: u32) -> &mut Program {
        self.engines
            .get_mut(&process)
            .expect("the process has been started")
    }

    /// How many engines have been started.
    pub fn size(&self) -> u32 {
        u32::try_from(self.engines.len()).expect("a gang is small")
    }

    /// Waits until an engine has a socket: it has imported the flow and wants its peers.
    pub fn wants_peers(&mut self, process: u32) -> Result<()> {
        until("an engine that wants its peers", || {
            self.alive()?;
            let open = self.open_files(process)?;
            Ok(open
                .iter()
                .any(|file| file.starts_with("socket:"))
                .then_some(()))
        })
    }

    /// What an engine has open.
    pub fn open_files(&mut self, process: u32) -> Result<Vec<String>> {
        let descriptors = std::fs::read_dir(format!("/proc/{}/fd", self.engine(process).id()))?;
        let targets = descriptors.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
        Ok(targets
            .map(|target| target.to_string_lossy().into_owned())
            .collect())
    }

    /// Fails when an engine has ended, with what all of them said.
    pub fn alive(&mut self) -> Result<()> {
        for engine in self.engines.values_mut() {
            if let Some(status) = engine.try_wait()? {
                bail!("an engine ended ({status}): {}", self.said());
            }
        }
        Ok(())
    }

    /// Kills all engines, the given one first.
    pub fn kill(mut self, first: u32) -> Result<()> {
        self.engine(first).signal(Signal::SIGKILL)?;
        for engine in self.engines.values() {
            engine.signal(Signal::SIGKILL)?;
        }
        self.wait().map(drop)
    }

    /// Kills one engine and waits for the others to follow it.
    pub fn kill_one(mut self, process: u32) -> Result<()> {
        self.engine(process).signal(Signal::SIGKILL)?;
        self.wait().map(drop)
    }

    /// Waits for the end of all engines; says whether all ended well.
    pub fn wait(&mut self) -> Result<bool> {
        let mut ended_well = true;
        for engine in self.engines.values_mut() {
            let status = until("the end of an engine", || Ok(engine.try_wait()?))?;
            ended_well &= status.success();
        }
        Ok(ended_well)
    }

    /// What all engines of this bed have printed.
    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}
