//! Runs gangs of `waxrun launch` with volumes on this machine, without a cluster. [`Pods`] does what a kubelet does:
//! it starts, kills and replaces the processes.

mod gang;
mod roles;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use process_group::Program;
use serde_json::Value;
use tempfile::TempDir;

pub use self::gang::KEYS;

use self::gang::{Gang, Ports, host, volume};
use crate::command::{Signal, run};
use crate::continuity::Continuity;
use crate::ports;
use crate::programs::{programs, root};
use crate::sidecar::Sidecar;
use crate::wait::until;

/// The pods of one gang.
pub struct Pods {
    gang: Gang,
    /// Additional environment variables of the flow, which override the default ones.
    pub env: Vec<(&'static str, String)>,
    /// Whether engines run without `launch` and everything else of ours, as started by hand.
    pub plain: bool,
    launches: Vec<Option<Program>>,
}

impl Drop for Pods {
    fn drop(&mut self) {
        self.kill_all();
    }
}

impl Pods {
    /// Creates a gang of `size` processes. `places` has the volume of each partition.
    pub fn new(places: &[u32], size: u32) -> Result<Self> {
        Self::with_agent(&programs()?.agent, places, size)
    }

    /// Creates a gang that runs another build of `waxrun`.
    pub fn with_agent(agent: &Path, places: &[u32], size: u32) -> Result<Self> {
        let folder = TempDir::new()?;
        for name in ["records".to_owned()]
            .into_iter()
            .chain((0..size).map(volume))
        {
            fs::create_dir(folder.path().join(name))?;
        }
        let flow = root().join("tests/fixtures/flows/continuity.py");
        fs::copy(flow, folder.path().join("continuity.py"))?;
        let mut free = ports::free(3 + size as usize)?;
        Ok(Self {
            gang: Gang {
                folder,
                places: places.to_vec(),
                size,
                shared: false,
                agent: agent.to_owned(),
                engine_ports: free.split_off(3),
                ports: Ports {
                    process: free[0],
                    rendezvous: free[1],
                    api: free[2],
                },
                made: vec![0; size as usize],
            },
            env: Vec::new(),
            plain: false,
            launches: (0..size).map(|_| None).collect(),
        })
    }

    /// Creates a gang with all partitions on one volume that all processes mount.
    pub fn shared(partitions: usize, size: u32) -> Result<Self> {
        let mut pods = Self::new(&vec![0; partitions], size)?;
        pods.gang.shared = true;
        Ok(pods)
    }

    /// Creates the partitions, with one run of `waxrun store` for each volume.
    pub fn initialise(&self) -> Result<()> {
        let volumes = if self.gang.shared { 1 } else { self.gang.size };
        for ordinal in 0..volumes {
            let stores = self.gang.path(&format!("stores-{ordinal}"));
            fs::create_dir(&stores)?;
            std::os::unix::fs::symlink(
                self.gang.path(&volume(ordinal)),
                stores.join(ordinal.to_string()),
            )?;
            let mut command = self.gang.role("store", 0, 0, &self.env)?;
            command
                .env("WAXRUN_STORE_CHANGE", "initialise")
                .env("WAXRUN_STORE_ROOT", stores)
                .env("WAXRUN_VOLUMES", ordinal.to_string());
            run(&mut command, b"")?.ok()?;
        }
        Ok(())
    }

    /// Runs the init container `verify` of every pod.
    pub fn verify_all(&self) -> Result<()> {
        for process in 0..self.gang.size {
            let (code, said) = self.run_once("verify", process, 1)?;
            ensure!(code == 0, "{said}");
        }
        Ok(())
    }

    /// Replaces text in the code of the flow.
    pub fn edit(&self, old: &str, new: &str) -> Result<()> {
        let flow = self.gang.path("continuity.py");
        let text = fs::read_to_string(&flow)?;
        ensure!(text.contains(old), "the flow has no {old}");
        Ok(fs::write(flow, text.replace(old, new))?)
    }

    /// Starts every process.
    pub fn start_all(&mut self) -> Result<()> {
        (0..self.gang.size).try_for_each(|process| self.start(process))
    }

    /// Runs a role of `waxrun` to its end, with this start number; returns exit code and standard error.
    pub fn run_once(&self, role: &str, process: u32, start: u32) -> Result<(i32, String)> {
        let finished = run(&mut self.gang.role(role, process, start, &self.env)?, b"")?;
        Ok((finished.code, finished.stderr))
    }

    /// Returns the process id of a process's `launch`.
    pub fn launch_id(&mut self, process: u32) -> Result<u32> {
        Ok(self.launch(process)?.id())
    }

    /// Returns the process id of a process's newest engine, which the flow writes to a file.
    pub fn engine_id(&self, process: u32) -> Result<u32> {
        let text = fs::read_to_string(self.gang.engine_path(process))?;
        Ok(text.trim().parse()?)
    }

    /// Kills the engine of a process, but not its `launch`. Race: the engine may have ended, and the next one may not
    /// have started yet.
    pub fn kill_engine(&self, process: u32) -> Result<()> {
        let engine = Pid::from_raw(self.engine_id(process)?.try_into()?);
        match kill(engine, Signal::SIGKILL) {
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(error) => Err(error).context("cannot kill an engine"),
        }
    }

    /// Kills a container with SIGKILL and starts the next one in the same pod.
    pub fn kill(&mut self, process: u32) -> Result<()> {
        self.launch(process)?.kill()?;
        self.start(process)
    }

    /// Ends a pod with SIGTERM and starts another pod of the same name.
    pub fn replace(&mut self, process: u32) -> Result<()> {
        self.signal(process, Signal::SIGTERM)?;
        self.launch(process)?.wait()?;
        self.gang.made[process as usize] += 1;
        self.start(process)
    }

    /// Sends a signal to the `launch` of a process.
    pub fn signal(&mut self, process: u32, signal: Signal) -> Result<()> {
        Ok(self.launch(process)?.signal(signal)?)
    }

    /// Kills all pods, and waits until their engines have released the locks of the volumes.
    pub fn kill_all(&mut self) {
        for mut launch in self.launches.iter_mut().filter_map(Option::take) {
            drop(launch.kill());
        }
        for ordinal in 0..self.gang.size {
            // A volume that no engine has used has no lock yet.
            if let Ok(lock) = File::open(self.gang.path(&volume(ordinal)).join(".waxrun.lock")) {
                drop(lock.lock());
            }
        }
    }

    /// Waits until every key has advanced by 40 numbers, and restarts processes that end meanwhile.
    pub async fn advance(&mut self) -> Result<()> {
        let goal = self
            .continuity()?
            .highest
            .values()
            .max()
            .map_or(40, |highest| highest + 40);
        until(&format!("number {goal} of every key"), || {
            self.restart()?;
            let seen = self.continuity()?;
            Ok((seen.reached(KEYS, goal)).then_some(()))
        })
        .await
    }

    /// Waits until the logs of all processes report the end of the input.
    pub async fn all_ended(&mut self) -> Result<()> {
        until("the end of all input", || {
            self.restart()?;
            let logs: Result<Vec<String>> = (0..self.gang.size)
                .map(|process| self.log(process))
                .collect();
            let ended = logs?
                .iter()
                .all(|log| log.contains("reached the end of all input"));
            Ok(ended.then_some(()))
        })
        .await
    }

    /// Waits until a `launch` refuses its recovery store (exit code 3), and returns its log. It is started again
    /// while a killed engine still locks the volume.
    pub async fn refusal(&mut self, process: u32) -> Result<String> {
        until("a refusal", || {
            let ended = self.launch(process)?.try_wait()?;
            if ended.and_then(|status| status.code()) == Some(3) {
                return self.log(process).map(Some);
            }
            self.restart()?;
            Ok(None)
        })
        .await
    }

    /// Waits until a `launch` ends, and returns its exit code and log.
    pub async fn end_of(&mut self, process: u32) -> Result<(i32, String)> {
        let code = until("the end of a launch", || {
            let ended = self.launch(process)?.try_wait()?;
            Ok(ended.map(|status| status.code().unwrap_or(-1)))
        })
        .await?;
        Ok((code, self.log(process)?))
    }

    /// Starts the sidecar of a process.
    pub async fn sidecar(&self, process: u32) -> Result<Sidecar> {
        let address = (host(process), self.gang.ports.api);
        Sidecar::start(self.gang.role("sidecar", process, 1, &self.env)?, address).await
    }

    /// Returns what the sidecar of a process reports about the recovery store.
    pub async fn store_report(&self, process: u32) -> Result<Value> {
        let sidecar = self.sidecar(process).await?;
        let (code, text) = sidecar.ask("GET", "/v1/store", "", &Value::Null)?;
        ensure!(code == 200, "{code}: {text}");
        Ok(serde_json::from_str(&text)?)
    }

    /// Returns the folder to which the flow writes its records.
    pub fn records(&self) -> PathBuf {
        self.gang.records()
    }

    /// Judges the records.
    pub fn continuity(&self) -> Result<Continuity> {
        Continuity::read(&self.records())
    }

    /// Copies the files of a volume whose pod does not run.
    pub fn copy(&self, ordinal: u32) -> Result<PathBuf> {
        let copy = self.gang.path("copy");
        copy_files(&self.gang.path(&volume(ordinal)), &copy)?;
        Ok(copy)
    }

    /// Replaces the files of a volume by a copy.
    pub fn put_back(&self, ordinal: u32, copy: &Path) -> Result<()> {
        let place = self.gang.path(&volume(ordinal));
        fs::remove_dir_all(&place)?;
        copy_files(copy, &place)
    }

    fn start(&mut self, process: u32) -> Result<()> {
        let log = File::create(self.log_path(process))?;
        let mut command = if self.plain {
            self.gang.by_hand(process, &self.env)?
        } else {
            self.gang.role("launch", process, 1, &self.env)?
        };
        command.stdout(log.try_clone()?).stderr(log);
        self.launches[process as usize] = Some(Program::start(&mut command)?);
        Ok(())
    }

    fn restart(&mut self) -> Result<()> {
        for process in 0..self.gang.size {
            let ended = self.launch(process)?.try_wait()?;
            if ended.is_some_and(|status| !status.success()) {
                self.start(process)?;
            }
        }
        Ok(())
    }

    fn launch(&mut self, process: u32) -> Result<&mut Program> {
        self.launches[process as usize]
            .as_mut()
            .context("the launch was not started")
    }

    fn log(&self, process: u32) -> Result<String> {
        Ok(fs::read_to_string(self.log_path(process))?)
    }

    fn log_path(&self, process: u32) -> PathBuf {
        self.gang.path(&format!("log-{process}"))
    }
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
