//! Computes the frontier of the gang from the partitions of all processes.

use std::time::Duration;

use futures::future::join_all;
use store::{partition::PartitionFacts, resume, spec::StoreSpec};

use super::{facts::facts, scrape};
use crate::{hosts::host, report::StoreReport, settings::ProcessIdentity};

/// How long another process may take to answer. A copy is made without its answer, too.
const LIMIT: Duration = Duration::from_secs(2);

/// Returns the epoch before which all epochs are closed in all partitions; `None` if that is
/// unknown: a process does not answer, a partition cannot be read or is missing, or the partitions belong to different
/// stores or timelines.
///
/// Order: it is read before the copy begins. So the copy contains all epochs before it, whenever it was taken.
pub(super) async fn of_gang(
    identity: &ProcessIdentity,
    port: u16,
    spec: &StoreSpec,
) -> Option<u64> {
    let folder = spec.folder.clone();
    let here = tokio::task::spawn_blocking(move || facts(folder));
    let mut facts = here.await.ok()??;
    if !spec.shared {
        let others = (0..identity.processes).filter(|process| *process != identity.process);
        let asked = others.map(|process| ask(host(identity, process), port, identity.start));
        for answer in join_all(asked).await {
            facts.extend(answer?);
        }
    }
    let count = spec.placement.count();
    let whole = (0..count).all(|index| facts.iter().any(|facts| facts.index == index));
    let ours = facts.iter().all(|facts| {
        let passport = &facts.passport;
        passport.store == spec.store && passport.timeline == spec.timeline
    });
    (whole && ours).then(|| resume::next(&facts).epoch)
}

async fn ask(host: String, port: u16, start: i64) -> Option<Vec<PartitionFacts>> {
    let answer = scrape::ask(&host, port, "/v1/store");
    let (_, body) = tokio::time::timeout(LIMIT, answer).await.ok()?.ok()?;
    let report: StoreReport = serde_json::from_slice(&body).ok()?;
    let facts = report
        .partitions
        .into_iter()
        .map(|partition| partition.facts);
    (report.start == start).then(|| facts.collect::<Option<_>>())?
}
