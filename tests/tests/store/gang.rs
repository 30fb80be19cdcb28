//! Provides a recovery store in folders of this machine, and runs gangs of real engines on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use process_group::Program;
use store::change::{self, Done};
use store::cut::ManifestFacts;
use store::identity::{StoreId, Timeline};
use store::locked_volume::LockedVolume;
use store::partition::{Beginning, PartitionFacts};
use store::resume::{self, Resume, ResumeFault};
use store::spec::{Change, ChangeSpec, Intervals, Placement, Source, StoreSpec};
use tempfile::TempDir;
use wax_tests::continuity::Continuity;
use wax_tests::local::bytewax_python;
use wax_tests::partitions;
use wax_tests::ports;
use wax_tests::programs::root;
use wax_tests::wait::until;

mod environment;

const STORE: &str = "6f1c1c86-4c39-4a2b-9a5e-0d6b9f3f4f10";

/// Number of keys of the flow.
const KEYS: usize = 4;

/// Held by each [`Store`], so that there is one at a time. An engine inherits every lock that is open in this process,
/// also the locks of another test in the same process.
static ALONE: Mutex<()> = Mutex::new(());

/// A recovery store, with the values that the ledger would have.
pub(crate) struct Store {
    folder: TempDir,
    places: Vec<u32>,
    timeline: u32,
    change_number: u64,
    start: u64,
    backup: u64,
    _alone: MutexGuard<'static, ()>,
    /// Resume point of each start.
    pub(crate) resumes: Vec<Resume>,
}

impl Store {
    /// Creates a store whose engines keep replaced snapshots for `backup` seconds.
    pub(crate) fn initialised(places: &[u32], backup: u64) -> Result<Self> {
        let store = Self {
            folder: TempDir::new()?,
            places: places.to_vec(),
            timeline: 1,
            change_number: 1,
            start: 0,
            backup,
            _alone: ALONE.lock().unwrap_or_else(PoisonError::into_inner),
            resumes: Vec::new(),
        };
        std::fs::create_dir(store.records())?;
        for ordinal in 0..4 {
            std::fs::create_dir_all(store.volume(ordinal))?;
        }
        for ordinal in places.iter().max().map_or(0..=0, |last| 0..=*last) {
            store.run_job([ordinal], Change::Initialise)?;
        }
        Ok(store)
    }

    pub(crate) fn volume(&self, ordinal: u32) -> PathBuf {
        self.folder.path().join(ordinal.to_string())
    }

    pub(crate) fn partition(&self, index: u32) -> PathBuf {
        let ordinal = self.places[index as usize];
        self.volume(ordinal).join(format!("part-{index}.sqlite3"))
    }

    pub(crate) fn scratch(&self) -> &Path {
        self.folder.path()
    }

    fn records(&self) -> PathBuf {
        self.folder.path().join("records")
    }

    pub(crate) fn continuity(&self) -> Result<Continuity> {
        Continuity::read(&self.records())
    }

    /// Judges the records after restores that resumed at these epochs.
    pub(crate) fn continuity_after(&self, epochs: &[u64]) -> Result<Continuity> {
        Continuity::read_restored(&self.records(), epochs)
    }

    /// Moves partitions to other volumes.
    pub(crate) fn relocate(&mut self, places: &[u32]) -> Result<()> {
        let change = Change::Move {
            before: Placement::new(self.places.clone())?,
            parent: timeline(self.timeline)?,
        };
        self.places = places.to_vec();
        self.change_number += 1;
        self.change(change)
    }

    /// Spreads the store over as many partitions as `places` has.
    pub(crate) fn repartition(&mut self, places: &[u32]) -> Result<()> {
        let change = Change::Repartition {
            before: Placement::new(self.places.clone())?,
            parent: timeline(self.timeline)?,
        };
        self.places = places.to_vec();
        self.change_number += 1;
        self.timeline += 1;
        self.change(change)
    }

    /// Removes the last partition without moving its rows.
    pub(crate) fn drop_last(&mut self) -> Result<()> {
        let all: Vec<_> = self.indexes().map(|index| self.partition(index)).collect();
        self.places.pop();
        partitions::drop_last(&all)
    }

    /// Empties all volumes, as if their PVCs had been created again.
    pub(crate) fn lose(&mut self) -> Result<()> {
        for ordinal in 0..4 {
            std::fs::remove_dir_all(self.volume(ordinal))?;
            std::fs::create_dir(self.volume(ordinal))?;
        }
        Ok(())
    }

    /// Restores the store from copies.
    pub(crate) fn restore(&mut self, copies: &[PathBuf], places: &[u32]) -> Result<()> {
        self.places = places.to_vec();
        self.restore_from_timeline(self.timeline, copies, ManifestFacts::default())
    }

    /// Restores the store from copies of an older timeline.
    pub(crate) fn restore_from_timeline(
        &mut self,
        from: u32,
        copies: &[PathBuf],
        manifest_facts: ManifestFacts,
    ) -> Result<()> {
        let sources = copies.iter().map(|path| Source {
            path: path.clone(),
            frontier: None,
        });
        let change = Change::Restore {
            sources: sources.collect(),
            manifest_facts,
            from: timeline(from)?,
        };
        self.change_number += 1;
        self.timeline += 1;
        self.change(change)
    }

    /// Returns the indexes of all partitions.
    pub(crate) fn indexes(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.places.len()).unwrap()
    }

    fn change(&mut self, change: Change) -> Result<()> {
        let done = self.run_job(0..4, change)?;
        anyhow::ensure!(done == Done::Changed, "the job found nothing to do");
        Ok(())
    }

    fn run_job(&self, mounted: impl IntoIterator<Item = u32>, change: Change) -> Result<Done> {
        let claims = (0..4).map(|ordinal| format!("claim-{ordinal}").parse().map(Some));
        Ok(change::run(&ChangeSpec {
            root: self.folder.path().to_owned(),
            volumes: mounted.into_iter().collect(),
            claims: claims.collect::<Result<_, _>>()?,
            store: store_id()?,
            change_number: self.change_number,
            start: self.start,
            timeline: timeline(self.timeline)?,
            placement: Placement::new(self.places.clone())?,
            change,
        })?)
    }

    /// Locks all volumes and reads the facts of their partitions, as `launch` does before an engine start.
    pub(crate) fn offers(
        &mut self,
        processes: u32,
    ) -> Result<(Vec<LockedVolume>, Vec<PartitionFacts>)> {
        self.start += 1;
        let (mut members, mut facts) = (Vec::new(), Vec::new());
        for ordinal in 0..processes {
            let claims = (0..processes).map(|ordinal| format!("claim-{ordinal}").parse());
            let member = LockedVolume::enter(StoreSpec {
                folder: self.volume(ordinal),
                store: store_id()?,
                timeline: timeline(self.timeline)?,
                change_number: self.change_number,
                start: self.start,
                ordinal,
                processes,
                placement: Placement::new(self.places.clone())?,
                claims: claims.collect::<Result<_, _>>()?,
                shared: false,
                intervals: Intervals::new(1, self.backup)?,
            })?;
            facts.extend(member.offer()?);
            members.push(member);
        }
        Ok((members, facts))
    }

    /// Returns where the gang resumes according to these facts, or why it must not start.
    pub(crate) fn agree(&self, facts: &[PartitionFacts]) -> Result<Resume, Vec<ResumeFault>> {
        let count = u32::try_from(self.places.len()).unwrap();
        let timeline = timeline(self.timeline).unwrap();
        resume::agree(facts, count, &store_id().unwrap(), &timeline)
    }

    /// Starts a gang, kills it when each key has advanced by `further` numbers, and checks that the engine
    /// resumed from the epoch that was agreed on.
    pub(crate) async fn run_and_kill(&mut self, processes: u32, further: u64) -> Result<()> {
        let gang = self.start_gang(processes)?;
        let goal = self.goal(further)?;
        until("the keys' numbers", || {
            let reached = self.continuity()?.reached(KEYS, goal);
            Ok(reached.then_some(()))
        })
        .await?;
        gang.kill()?;
        self.check_resume(processes)
    }

    /// Starts a gang of one process without any checks of the store, and kills it when some key has advanced by
    /// `further` numbers. Returns the epoch from which it resumed.
    pub(crate) async fn run_unchecked(&mut self, further: u64) -> Result<u64> {
        let facts = self.indexes().map(|index| {
            let path = self.partition(index);
            Ok(store::partition::Partition::open_read_only(&path)?.facts()?)
        });
        let resume = resume::next(&facts.collect::<Result<Vec<_>>>()?);
        let engine = self.engine(0, &ports::gang(1)?)?;
        let gang = Gang {
            engines: vec![engine],
            _members: Vec::new(),
        };
        let source_runs = self.continuity()?.source_runs;
        let goal = self.goal(further)?;
        until("a key's number", || {
            let seen = self.continuity()?;
            let furthest = seen.highest.values().max();
            let begun = seen.source_runs == source_runs + KEYS;
            Ok((begun && furthest.is_some_and(|number| *number >= goal)).then_some(()))
        })
        .await?;
        gang.kill()?;
        Ok(resume.epoch)
    }

    /// Returns the number that each key reaches when it has advanced by `further` numbers.
    pub(crate) fn goal(&self, further: u64) -> Result<u64> {
        let highest = self.continuity()?.highest;
        Ok(highest.into_values().max().unwrap_or(0) + further)
    }

    /// Locks the volumes, agrees on the resume epoch, trims the partitions, and starts an engine for each process.
    pub(crate) fn start_gang(&mut self, processes: u32) -> Result<Gang> {
        let (members, facts) = self.offers(processes)?;
        let resume = self
            .agree(&facts)
            .map_err(|faults| anyhow::anyhow!("{faults:?}"))?;
        for member in &members {
            member.begin(&Beginning {
                start: self.start,
                round: "only".into(),
                execution: resume.execution,
                resume_epoch: resume.epoch,
                intervals: Intervals::new(1, self.backup)?,
            })?;
        }
        self.resumes.push(resume);
        let addresses = ports::gang(processes as usize)?;
        let engines = (0..processes).map(|ordinal| self.engine(ordinal, &addresses));
        Ok(Gang {
            engines: engines.collect::<Result<_>>()?,
            _members: members,
        })
    }

    fn engine(&self, ordinal: u32, addresses: &str) -> Result<Program> {
        let flow = root().join("tests/fixtures/flows/continuity.py");
        let mut command = Command::new(bytewax_python()?);
        command
            .args(["-m", "bytewax.run"])
            .arg(format!("{}:flow", flow.display()))
            .arg("-r")
            .arg(self.volume(ordinal))
            .args(["-s", "1", "-b", &self.backup.to_string()])
            .args(["-i", &ordinal.to_string(), "-a", addresses])
            .env("CONTINUITY_FOLDER", self.records())
            .env("CONTINUITY_KEYS", KEYS.to_string())
            .current_dir(self.volume(ordinal))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Program::start(&mut command).context("cannot start an engine")
    }

    /// Checks that the engine's own row of the last execution has the epoch that was agreed on.
    fn check_resume(&self, processes: u32) -> Result<()> {
        let agreed = self.resumes.last().context("there was no start")?;
        let mut rows = Vec::new();
        for index in 0..u32::try_from(self.places.len())? {
            let facts =
                store::partition::Partition::open_read_only(&self.partition(index))?.facts()?;
            rows.extend(facts.executions);
        }
        let row = rows.iter().find(|row| row.number == agreed.execution);
        let row = row.context("the engine has no row for its execution")?;
        anyhow::ensure!(
            (row.resume_epoch, row.workers) == (agreed.epoch, u64::from(processes)),
            "agreed on {agreed:?}, the engine noted {row:?}"
        );
        Ok(())
    }
}

/// Running engines, with the locks of their volumes.
pub(crate) struct Gang {
    engines: Vec<Program>,
    _members: Vec<LockedVolume>,
}

impl Gang {
    /// Kills all engines with SIGKILL.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        for engine in &self.engines {
            engine.signal(Signal::SIGKILL)?;
        }
        for engine in &mut self.engines {
            engine.wait()?;
        }
        self.engines.clear();
        Ok(())
    }
}

impl Drop for Gang {
    fn drop(&mut self) {
        drop(self.end());
    }
}

fn store_id() -> Result<StoreId> {
    Ok(STORE.parse()?)
}

fn timeline(number: u32) -> Result<Timeline> {
    Ok(format!("{number}-0a1b2c3d").parse()?)
}
