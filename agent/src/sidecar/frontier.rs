//! How far the whole gang has come, asked of all processes.

use std::time::Duration;

use futures::future::join_all;
use store::{orders::GangOrders, partition::PartitionFacts, resume};

use super::{facts::facts, scrape};
use crate::{hosts::host, report::StoreReport, settings::Member};

/// How long another process may take; a copy is made also without its answer.
const LIMIT: Duration = Duration::from_secs(2);

/// The epoch before which everything is closed in all partitions; none if someone does not answer.
///
/// Read before a copy is begun, it says what the copy holds completely, whichever moment it is of.
pub(super) async fn of_gang(member: &Member, port: u16, orders: &GangOrders) -> Option<u64> {
    let folder = orders.folder.clone();
    let here = tokio::task::spawn_blocking(move || facts(folder));
    let mut facts = here.await.ok()??;
    if !orders.shared {
        let others = (0..member.processes).filter(|process| *process != member.process);
        let asked = others.map(|process| ask(host(member, process), port, member.start));
        for answer in join_all(asked).await {
            facts.extend(answer?);
        }
    }
    let count = orders.placement.count();
    let whole = (0..count).all(|index| facts.iter().any(|facts| facts.index == index));
    let ours = facts.iter().all(|facts| {
        let passport = &facts.passport;
        passport.store == orders.store && passport.timeline == orders.timeline
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
