//! Copies the partitions of this process while the engine runs, and uploads them to the bucket.

use std::{
    collections::BTreeMap,
    fs::File,
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use store::{
    backup::{
        Catalogue, CopyName, Listed, MANIFEST_FORMAT, Manifest, Origin, Retention, Stem, prune,
    },
    engine::SCHEMA_VERSION,
    partition::{Partition, PartitionError, PartitionFacts},
};

use crate::{
    backup::{Bucket, BucketError, scratch::remove_slowly},
    random::word,
    report::{BackupFault, PointReport},
    reporting::in_full,
    settings::{ProcessIdentity, SidecarBackup},
    state::RunDir,
};

use super::{failure::NotCopied, frontier};

/// The number of effective intervals without a copy of a partition after which nothing is removed.
const OVERDUE: u64 = 4;
/// Makes and uploads copies.
pub(super) struct Copier {
    backup: SidecarBackup,
    identity: ProcessIdentity,
    api_port: u16,
    run_dir: RunDir,
    bucket: Bucket,
    sequence: u64,
    /// The last copy of each partition, so that an unchanged partition is not uploaded again.
    sent: BTreeMap<u32, Sent>,
    manifests: BTreeMap<CopyName, Manifest>,
}

struct Sent {
    sha256: String,
    name: CopyName,
}

/// A local copy.
struct Made {
    facts: PartitionFacts,
    newest_snap: Option<u64>,
    sha256: String,
    size: u64,
    taken: u64,
}

impl Copier {
    pub(super) fn new(
        backup: SidecarBackup,
        identity: ProcessIdentity,
        api_port: u16,
        run_dir: RunDir,
    ) -> Result<Self, BucketError> {
        let origin = Origin {
            namespace: identity.namespace.clone(),
            name: identity.name.clone(),
            store: backup.spec.store.clone(),
        };
        Ok(Self {
            bucket: Bucket::open(&backup.to, origin)?,
            backup,
            identity,
            api_port,
            run_dir,
            sequence: 0,
            sent: BTreeMap::new(),
            manifests: BTreeMap::new(),
        })
    }

    /// Returns the configured seconds between two copies.
    pub(super) fn interval(&self) -> u64 {
        self.backup.to.interval
    }

    /// Copies and uploads every partition of this process. Returns when the first copy was taken, and how long all
    /// of them took.
    pub(super) async fn round(&mut self) -> Result<(u64, Duration), NotCopied> {
        let (begun, taken) = (Instant::now(), now());
        for index in self.backup.spec.partitions() {
            let NotCopied { fault, why } = match self.partition(index).await {
                Ok(()) => continue,
                Err(failure) => failure,
            };
            let why = format!("partition {index}: {why}");
            return Err(NotCopied { fault, why });
        }
        Ok((taken, begun.elapsed()))
    }

    /// Returns true if this process removes old copies of all processes and looks for restore points.
    pub(super) fn is_first(&self) -> bool {
        self.backup.spec.partitions().contains(&0)
    }

    /// Returns the newest restore points of all processes, and notes about unusable or missing copies.
    pub(super) async fn points(
        &mut self,
        most: usize,
    ) -> Result<(Vec<PointReport>, Vec<String>), String> {
        let (listed, mut notes) = self.listed().await?;
        let spec = &self.backup.spec;
        let catalogue = Catalogue::new(&listed, &spec.store, &spec.timeline);
        let points: Vec<PointReport> = catalogue
            .newest(most)
            .iter()
            .map(|point| PointReport {
                point: point.name(&spec.timeline).to_string(),
                epoch: point.cut.epoch,
                taken: point.taken,
                size: point.size(),
            })
            .collect();
        if points.is_empty() {
            notes.extend(catalogue.faults().iter().map(ToString::to_string));
        }
        Ok((points, notes))
    }

    /// Removes copies that are no longer needed.
    pub(super) async fn prune(&mut self, interval: u64) -> Result<(), String> {
        let (listed, _) = self.listed().await?;
        let SidecarBackup { to, spec, .. } = &self.backup;
        let retention = Retention {
            cuts: usize::try_from(to.keep).unwrap_or(usize::MAX),
            age: to.keep_seconds,
            overdue: interval.saturating_mul(OVERDUE),
        };
        let gone = prune(&listed, &spec.store, &spec.timeline, retention);
        // The manifest of the next unchanged copy will refer to the last one, so that stays.
        let last: Vec<&CopyName> = self.sent.values().map(|sent| &sent.name).collect();
        let text = |error: BucketError| in_full(&error);
        for name in &gone.manifests {
            self.bucket.remove_manifest(name).await.map_err(text)?;
        }
        for name in gone.copies.iter().filter(|name| !last.contains(name)) {
            self.bucket.remove_copy(name).await.map_err(text)?;
        }
        Ok(())
    }

    async fn listed(&mut self) -> Result<(Vec<Listed>, Vec<String>), String> {
        let head = &self.backup.spec.timeline;
        let lineage = self.bucket.lineage(head, &mut self.manifests);
        lineage.await.map_err(|error| in_full(&error))
    }

    async fn partition(&mut self, index: u32) -> Result<(), NotCopied> {
        let spec = &self.backup.spec;
        let live = spec.folder.join(format!("part-{index}.sqlite3"));
        let frontier = frontier::of_gang(&self.identity, self.api_port, spec).await;
        let file = self.backup.to.scratch.join(format!("part-{index}.copy"));
        let made = {
            let (live, file) = (live, file.clone());
            let made = tokio::task::spawn_blocking(move || make(&live, &file)).await;
            made.map_err(|error| error.to_string())??
        };
        let sent = self.send(made, frontier, &file).await;
        let removed = tokio::task::spawn_blocking(move || remove_slowly(&file)).await;
        let removed = removed.map_err(|error| error.to_string())?;
        let removed = removed.map_err(|error| in_full(&error));
        sent.and(removed.map_err(NotCopied::from))
    }

    async fn send(
        &mut self,
        made: Made,
        frontier: Option<u64>,
        file: &Path,
    ) -> Result<(), NotCopied> {
        let bucket = |error: BucketError| NotCopied::from(&error);
        let spec = &self.backup.spec;
        let passport = &made.facts.passport;
        if passport.store != spec.store || passport.timeline != spec.timeline {
            let why = "the partition belongs to another recovery store or timeline".to_owned();
            return Err(why.into());
        }
        self.sequence += 1;
        let random = word().map_err(|error| in_full(&error))?;
        let random = u32::from_str_radix(&random[..8], 16).map_err(|error| in_full(&error))?;
        let execution = passport
            .last_start
            .as_ref()
            .map_or(0, |start| start.execution);
        let name = CopyName {
            timeline: spec.timeline.clone(),
            part: made.facts.index,
            stem: Stem::new(execution, spec.start, self.sequence, random),
        };
        let part = name.part;
        let sent = self.sent.get(&part);
        let copy = match sent.filter(|sent| sent.sha256 == made.sha256) {
            Some(sent) => sent.name.clone(),
            None => {
                self.bucket.send(&name, file).await.map_err(bucket)?;
                name.clone()
            }
        };
        let manifest = Manifest {
            v: MANIFEST_FORMAT,
            facts: made.facts,
            newest_snap: made.newest_snap,
            frontier,
            engine_schema: SCHEMA_VERSION,
            engine: self.run_dir.flow().map(|flow| flow.engine),
            taken: made.taken,
            copy: copy.stem.clone(),
            size: made.size,
            sha256: made.sha256.clone(),
        };
        let announced = self.bucket.announce(&name, &manifest).await;
        announced.map_err(bucket)?;
        let sha256 = made.sha256;
        self.sent.insert(part, Sent { sha256, name: copy });
        Ok(())
    }
}

/// Returns the time in seconds since 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// Copies a partition in use into the scratch folder and reads the facts of the copy.
fn make(live: &Path, file: &Path) -> Result<Made, NotCopied> {
    let partition_error = |error: PartitionError| in_full(&error);
    remove_slowly(file).map_err(|error| in_full(&error))?;
    let partition = Partition::open_read_only(live).map_err(partition_error)?;
    let size = partition.copy_size().map_err(partition_error)?;
    check_scratch_space(file, size)?;
    let taken = now();
    // Unwritten pages of the copy would delay the engine's own writes, so they are written step by step. Errors
    // are ignored: a lost copy is made again.
    let written = || drop(File::open(file).and_then(|copy| copy.sync_data()));
    partition.copy_to(file, written).map_err(partition_error)?;
    drop(partition);
    let copy = Partition::open_read_only(file).map_err(partition_error)?;
    let facts = copy.facts().map_err(partition_error)?;
    let newest_snap = copy.newest_snap().map_err(partition_error)?;
    drop(copy);
    Ok(Made {
        facts,
        newest_snap,
        sha256: store::checksum(file).map_err(|error| in_full(&error))?,
        size: file.metadata().map_err(|error| in_full(&error))?.len(),
        taken,
    })
}

/// Checks that a copy fits into the scratch folder. A full scratch folder would end the pod.
fn check_scratch_space(file: &Path, size: u64) -> Result<(), NotCopied> {
    let folder = file.parent().unwrap_or(file);
    let free = nix::sys::statvfs::statvfs(folder).map_err(|error| in_full(&error))?;
    let free = free.blocks_available() * free.fragment_size();
    if size < free {
        Ok(())
    } else {
        Err(NotCopied {
            fault: BackupFault::ScratchFull,
            why: format!("a copy needs {size} bytes, and the scratch folder has {free} free"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copy_larger_than_free_space_is_refused() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("part-0.copy");
        assert!(check_scratch_space(&file, 1).is_ok());
        let failure = check_scratch_space(&file, u64::MAX).unwrap_err();
        assert_eq!(failure.fault, BackupFault::ScratchFull);
    }
}
