//! Makes the changes that write every partition again: repartition and drop steps.
//!
//! Restore and reset use [`Rewrite`] too.

use super::{
    plan::{NewFile, Place, Plan},
    prepare::unwritten,
    volumes::Volumes,
};
use crate::{
    disk::Disk,
    fault::Refusal,
    partition::{Branch, Partition, PartitionError, PartitionFacts, Passport, Selection, Tally},
    resume::{self, Resume},
    route,
    spec::ChangeSpec,
    volume::ChangeFile,
};

/// The content of a new set.
pub(super) struct Rewrite<'a> {
    /// The partitions whose rows are copied: the old set, or backup copies.
    pub(super) sources: Vec<Partition>,
    /// The rows that are copied.
    pub(super) selection: Selection<'a>,
    /// The passport of every new partition.
    pub(super) passport: Passport,
    /// The highest commit epoch of the engine in any source.
    pub(super) commit: Option<u64>,
    /// An execution to add, with the epoch from which the next one resumes.
    pub(super) resume: Option<Resume>,
}

/// Distributes all rows over the partitions of the spec, without the state of dropped steps.
pub(super) fn prepare(
    disk: &mut Disk<'_>,
    spec: &ChangeSpec,
    volumes: &Volumes,
    facts: &[PartitionFacts],
) -> Result<Plan, Refusal> {
    let (Some(before), Some(parent)) = (spec.before(), spec.parent()) else {
        return Ok(Plan::new(spec, Vec::new(), Vec::new()));
    };
    // An old copy must be found here: in the new set, its rows could no longer be recognised as old.
    let resume =
        resume::agree(facts, before.count(), &spec.store, parent).map_err(Refusal::Resume)?;
    let retire: Vec<_> = before
        .iter()
        .map(|(index, volume)| Place { index, volume })
        .collect();
    let mut sources = Vec::new();
    for place in &retire {
        let path = place.of(volumes).partition(place.index);
        disk.sqlite(&path)?;
        let source = Partition::open(&path).and_then(|source| source.checkpoint().map(|()| source));
        sources.push(source.map_err(|error| unwritten(&path, error))?);
    }
    let passports = || facts.iter().map(|facts| &facts.passport);
    let starts = passports().filter_map(|passport| passport.last_start.clone());
    let rewrite = Rewrite {
        sources,
        selection: Selection {
            before: None,
            without_steps: spec.dropped_steps(),
        },
        passport: Passport {
            store: spec.store.clone(),
            timeline: spec.timeline.clone(),
            branch: Some(Branch {
                parent: parent.clone(),
                epoch: resume.epoch,
                execution: resume.execution,
            }),
            change_number: spec.change_number,
            last_start: starts.max_by_key(|start| start.execution),
            highest_commit: facts
                .iter()
                .filter_map(PartitionFacts::highest_commit)
                .max(),
        },
        commit: facts.iter().filter_map(|facts| facts.commit).max(),
        resume: None,
    };
    let activate = rewrite.write(disk, spec, volumes)?;
    Ok(Plan::new(spec, retire, activate))
}

impl Rewrite<'_> {
    /// Writes the new set as incoming files and reads all rows back.
    pub(super) fn write(
        self,
        disk: &mut Disk<'_>,
        spec: &ChangeSpec,
        volumes: &Volumes,
    ) -> Result<Vec<NewFile>, Refusal> {
        let places: Vec<_> = spec
            .placement
            .iter()
            .map(|(index, volume)| Place { index, volume })
            .collect();
        let count = spec.placement.count();
        let (mut paths, mut targets) = (Vec::new(), Vec::new());
        for place in &places {
            let path = place.of(volumes).incoming(ChangeFile {
                change_number: spec.change_number,
                index: place.index,
            });
            disk.sqlite(&path)?;
            let target = Partition::create(&path, place.index, count, &self.passport);
            targets.push(target.map_err(|error| unwritten(&path, error))?);
            paths.push(path);
        }
        let all = targets[0].path().to_owned();
        disk.sqlite(&all)?;
        let written = self
            .fill(&targets)
            .map_err(|error| unwritten(&all, error))?;
        drop(targets);
        // Every row is read back, and its hash must lead to the partition in which it was found.
        let mut read_back = Tally::default();
        for path in &paths {
            let found = Partition::open(path).and_then(|target| target.tally());
            read_back = read_back.plus(found.map_err(|error| unwritten(path, error))?);
        }
        if read_back != written {
            return Err(unwritten(&all, PartitionError::RowsLost));
        }
        if let Some(resume) = self.resume {
            let path = &paths[route::partition_of_execution(resume.execution, count) as usize];
            disk.sqlite(path)?;
            Partition::open(path)
                .and_then(|target| target.add_execution(resume))
                .map_err(|error| unwritten(path, error))?;
        }
        let sealed = paths.iter().zip(places);
        sealed
            .map(|(path, place)| NewFile::seal(disk, path, place))
            .collect()
    }

    fn fill(&self, targets: &[Partition]) -> Result<Tally, PartitionError> {
        let mut written = Tally::default();
        for target in targets {
            target.begin_writing()?;
        }
        for source in &self.sources {
            written = written.plus(source.spread(targets, &self.selection)?);
        }
        for target in targets {
            if let Some(epoch) = self.commit {
                target.set_commit(epoch)?;
            }
            target.end_writing()?;
        }
        Ok(written)
    }
}
