//! Copies of this process's partitions, made while the engine runs on and sent to the bucket.

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
    settings::{Member, SidecarBackup},
    state::RunDir,
    telling::in_full,
};

use super::{failure::NotCopied, frontier};

/// How many effective intervals a partition may be without a copy before nothing is removed.
const OVERDUE: u64 = 4;
/// Makes and sends copies.
pub(super) struct Copier {
    backup: SidecarBackup,
    member: Member,
    api_port: u16,
    run_dir: RunDir,
    bucket: Bucket,
    sequence: u64,
    /// The last copy of each partition, so that one that has not changed is not sent again.
    sent: BTreeMap<u32, Sent>,
    manifests: BTreeMap<CopyName, Manifest>,
}

struct Sent {
    sha256: String,
    name: CopyName,
}

/// A copy on this side.
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
        member: Member,
        api_port: u16,
        run_dir: RunDir,
    ) -> Result<Self, BucketError> {
        let origin = Origin {
            namespace: member.namespace.clone(),
            name: member.name.clone(),
            store: backup.orders.store.clone(),
        };
        Ok(Self {
            bucket: Bucket::open(&backup.to, origin)?,
            backup,
            member,
            api_port,
            run_dir,
            sequence: 0,
            sent: BTreeMap::new(),
            manifests: BTreeMap::new(),
        })
    }

    /// Seconds between two copies, as asked for.
    pub(super) fn interval(&self) -> u64 {
        self.backup.to.interval
    }

    /// Copies and sends every partition of this process; says when the first copy was taken, and how
    /// long it took.
    pub(super) async fn round(&mut self) -> Result<(u64, Duration), NotCopied> {
        let (begun, taken) = (Instant::now(), now());
        for index in self.backup.orders.partitions() {
            let NotCopied { fault, why } = match self.partition(index).await {
                Ok(()) => continue,
                Err(failure) => failure,
            };
            let why = format!("partition {index}: {why}");
            return Err(NotCopied { fault, why });
        }
        Ok((taken, begun.elapsed()))
    }

    /// Whether this process looks after what all processes have sent.
    pub(super) fn is_first(&self) -> bool {
        self.backup.orders.partitions().contains(&0)
    }

    /// The newest moments that copies of all processes lead back to, and what is to be said of them.
    pub(super) async fn points(
        &mut self,
        most: usize,
    ) -> Result<(Vec<PointReport>, Vec<String>), String> {
        let (listed, mut notes) = self.listed().await?;
        let orders = &self.backup.orders;
        let catalogue = Catalogue::new(&listed, &orders.store, &orders.timeline);
        let points: Vec<PointReport> = catalogue
            .newest(most)
            .iter()
            .map(|point| PointReport {
                point: point.name(&orders.timeline).to_string(),
                epoch: point.cut.epoch,
                taken: point.taken,
                size: point.size(),
            })
            .collect();
        if points.is_empty() {
            notes.extend(catalogue.why_none().iter().map(ToString::to_string));
        }
        Ok((points, notes))
    }

    /// Removes what is no longer needed.
    pub(super) async fn prune(&mut self, interval: u64) -> Result<(), String> {
        let (listed, _) = self.listed().await?;
        let SidecarBackup { to, orders, .. } = &self.backup;
        let retention = Retention {
            cuts: usize::try_from(to.keep).unwrap_or(usize::MAX),
            age: to.keep_seconds,
            overdue: interval.saturating_mul(OVERDUE),
        };
        let gone = prune(&listed, &orders.store, &orders.timeline, retention);
        // What the next unchanged copy will speak of stays.
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
        let head = &self.backup.orders.timeline;
        let lineage = self.bucket.lineage(head, &mut self.manifests);
        lineage.await.map_err(|error| in_full(&error))
    }

    async fn partition(&mut self, index: u32) -> Result<(), NotCopied> {
        let orders = &self.backup.orders;
        let live = orders.folder.join(format!("part-{index}.sqlite3"));
        let frontier = frontier::of_gang(&self.member, self.api_port, orders).await;
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
        let orders = &self.backup.orders;
        let passport = &made.facts.passport;
        if passport.store != orders.store || passport.timeline != orders.timeline {
            let why = "it is of another store or timeline than the orders".to_owned();
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
            timeline: orders.timeline.clone(),
            part: made.facts.index,
            stem: Stem::new(execution, orders.start, self.sequence, random),
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

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// Copies a live partition into the scratch folder and reads what the copy says.
fn make(live: &Path, file: &Path) -> Result<Made, NotCopied> {
    let partition_error = |error: PartitionError| in_full(&error);
    remove_slowly(file).map_err(|error| in_full(&error))?;
    let partition = Partition::look(live).map_err(partition_error)?;
    let size = partition.copy_size().map_err(partition_error)?;
    room(file, size)?;
    let taken = now();
    // What waits to be written to the disk would hold up the engine's own writes behind it. Whether
    // it is there makes no difference to a copy that is made again if it is lost.
    let written = || drop(File::open(file).and_then(|copy| copy.sync_data()));
    partition.copy_to(file, written).map_err(partition_error)?;
    drop(partition);
    let copy = Partition::look(file).map_err(partition_error)?;
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

/// Checks that a copy fits: a scratch folder that runs full would end the pod.
fn room(file: &Path, size: u64) -> Result<(), NotCopied> {
    let folder = file.parent().unwrap_or(file);
    let free = nix::sys::statvfs::statvfs(folder).map_err(|error| in_full(&error))?;
    let free = free.blocks_available() * free.fragment_size();
    if size < free {
        Ok(())
    } else {
        Err(NotCopied {
            fault: BackupFault::ScratchFull,
            why: format!("a copy takes {size} bytes, and the scratch folder has {free} left"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_without_room_is_not_begun() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("part-0.copy");
        assert!(room(&file, 1).is_ok());
        let failure = room(&file, u64::MAX).unwrap_err();
        assert_eq!(failure.fault, BackupFault::ScratchFull);
    }
}
