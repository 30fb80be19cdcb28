use std::{collections::BTreeSet, fs, io, path::Path};

use rstest::rstest;

use crate::{
    disk::Operation,
    fault::FaultKind,
    fixture::{self, claim, placement, store, timeline},
    member::Member,
    partition::{Partition, companion},
};

use super::*;

mod initialise;
mod relocate;
mod replace;
mod rewrite;

/// The state of the volumes at a moment a job could have been killed.
struct Moment {
    volumes: fixture::Volumes,
    next: Operation,
}

/// Runs a job and keeps what a SIGKILL before each of its operations would have left.
fn moments(volumes: &fixture::Volumes, orders: &JobOrders) -> Vec<Moment> {
    let mut moments = Vec::new();
    let mut watch = |operation: &Operation| -> io::Result<()> {
        moments.push(Moment {
            volumes: volumes.copy(),
            next: operation.clone(),
        });
        Ok(())
    };
    assert_eq!(
        run_on(&mut Disk::watched(&mut watch), orders).unwrap(),
        Done::Changed
    );
    moments
}

/// The orders with their volumes under another root.
fn at(volumes: &fixture::Volumes, orders: &JobOrders) -> JobOrders {
    JobOrders {
        root: volumes.root().to_owned(),
        ..orders.clone()
    }
}

fn job(
    volumes: &fixture::Volumes,
    mounted: impl IntoIterator<Item = u32>,
    after: &[u32],
    change: Change,
) -> JobOrders {
    JobOrders {
        root: volumes.root().to_owned(),
        volumes: mounted.into_iter().collect(),
        claims: (0..4).map(|ordinal| Some(claim(ordinal))).collect(),
        store: store(),
        step: 2,
        start: 1,
        timeline: timeline(1),
        placement: placement(after),
        change,
    }
}

/// Whether a gang with these orders could start on the volumes.
fn holds(volumes: &fixture::Volumes, processes: u32, places: &[u32], number: u32) -> bool {
    (0..processes).all(|ordinal| {
        let mut orders = volumes.gang(ordinal, processes, places);
        (orders.step, orders.timeline) = (2, timeline(number));
        Member::enter(orders).is_ok()
    })
}

/// Every operation that makes a name durable comes before anything on another volume.
fn assert_durable_in_order(moments: &[Moment]) {
    assert_durable_but_for(moments, &[]);
}

/// The same, where some names may be renamed as they are: nothing is known to be in them.
fn assert_durable_but_for(moments: &[Moment], damaged: &[&str]) {
    let operations: Vec<_> = moments.iter().map(|moment| &moment.next).collect();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    for (at, operation) in operations.iter().enumerate() {
        let Operation::Rename(from, _) = operation else {
            continue;
        };
        let synced = operations[..at].iter().any(|earlier| match earlier {
            Operation::SyncFile(path) => name(path) == name(from),
            _ => false,
        });
        assert!(
            synced || damaged.contains(&name(from).as_str()),
            "{operation:?} comes before the content is safe"
        );
        assert!(
            matches!(operations.get(at + 1), Some(Operation::SyncFolder(_))),
            "{operation:?} is not made durable at once"
        );
    }
}
