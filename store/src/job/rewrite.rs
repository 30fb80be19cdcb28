//! Changes that write every partition anew.

use super::{
    plan::{NewFile, Place, Plan},
    prepare::unwritten,
    volumes::Volumes,
};
use crate::{
    disk::Disk,
    fault::Refusal,
    orders::JobOrders,
    partition::{Branch, Partition, PartitionError, PartitionFacts, Passport, Selection, Tally},
    resume::{self, Resume},
    route,
    volume::JobFile,
};

/// What the new set is made of.
pub(super) struct Rewrite<'a> {
    /// The old partitions, live or copies.
    pub(super) sources: Vec<Partition>,
    /// What is taken from them.
    pub(super) selection: Selection<'a>,
    /// The passport of every new partition.
    pub(super) passport: Passport,
    /// How far the engine has collected in any of them.
    pub(super) commit: Option<u64>,
    /// An execution to add, with the epoch the next one is to resume from.
    pub(super) resume: Option<Resume>,
}

/// Spreads all rows over the partitions the orders name, without the state of some steps.
pub(super) fn prepare(
    disk: &mut Disk<'_>,
    orders: &JobOrders,
    volumes: &Volumes,
    facts: &[PartitionFacts],
) -> Result<Plan, Refusal> {
    let (Some(before), Some(parent)) = (orders.before(), orders.parent()) else {
        return Ok(Plan::new(orders, Vec::new(), Vec::new()));
    };
    // Old rows of one moment and new rows of another would become one set that nothing tells apart.
    let resume =
        resume::agree(facts, before.count(), &orders.store, parent).map_err(Refusal::Resume)?;
    let retire: Vec<_> = before
        .iter()
        .map(|(index, volume)| Place { index, volume })
        .collect();
    let mut sources = Vec::new();
    for place in &retire {
        let path = place.of(volumes).partition(place.index);
        disk.sqlite(&path)?;
        let source = Partition::open(&path).and_then(|source| source.fold().map(|()| source));
        sources.push(source.map_err(|error| unwritten(&path, error))?);
    }
    let passports = || facts.iter().map(|facts| &facts.passport);
    let starts = passports().filter_map(|passport| passport.last_start.clone());
    let rewrite = Rewrite {
        sources,
        selection: Selection {
            before: None,
            without_steps: orders.dropped_steps(),
        },
        passport: Passport {
            store: orders.store.clone(),
            timeline: orders.timeline.clone(),
            branch: Some(Branch {
                parent: parent.clone(),
                epoch: resume.epoch,
                execution: resume.execution,
            }),
            step: orders.step,
            last_start: starts.max_by_key(|start| start.execution),
            highest_commit: facts
                .iter()
                .filter_map(PartitionFacts::highest_commit)
                .max(),
        },
        commit: facts.iter().filter_map(|facts| facts.commit).max(),
        resume: None,
    };
    let activate = rewrite.write(disk, orders, volumes)?;
    Ok(Plan::new(orders, retire, activate))
}

impl Rewrite<'_> {
    /// Writes the new set as incoming files and reads all of it again.
    pub(super) fn write(
        self,
        disk: &mut Disk<'_>,
        orders: &JobOrders,
        volumes: &Volumes,
    ) -> Result<Vec<NewFile>, Refusal> {
        let places: Vec<_> = orders
            .placement
            .iter()
            .map(|(index, volume)| Place { index, volume })
            .collect();
        let count = orders.placement.count();
        let (mut paths, mut targets) = (Vec::new(), Vec::new());
        for place in &places {
            let path = place.of(volumes).incoming(JobFile {
                step: orders.step,
                index: place.index,
            });
            disk.sqlite(&path)?;
            let target = Partition::create(&path, place.index, count, &self.passport);
            targets.push(target.map_err(|error| unwritten(&path, error))?);
            paths.push(path);
        }
        let all = targets[0].path().to_owned();
        disk.sqlite(&all)?;
        let sent = self
            .fill(&targets)
            .map_err(|error| unwritten(&all, error))?;
        drop(targets);
        // Read again from the files, each row by its own hash in the partition it must be in.
        let mut received = Tally::default();
        for path in &paths {
            let found = Partition::open(path).and_then(|target| target.tally());
            received = received.plus(found.map_err(|error| unwritten(path, error))?);
        }
        if received != sent {
            return Err(unwritten(&all, PartitionError::RowsLost));
        }
        if let Some(resume) = self.resume {
            let path = &paths[route::of_execution(resume.execution, count) as usize];
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
        let mut sent = Tally::default();
        for target in targets {
            target.begin_writing()?;
        }
        for source in &self.sources {
            sent = sent.plus(source.spread(targets, &self.selection)?);
        }
        for target in targets {
            if let Some(epoch) = self.commit {
                target.set_commit(epoch)?;
            }
            target.end_writing()?;
        }
        Ok(sent)
    }
}
