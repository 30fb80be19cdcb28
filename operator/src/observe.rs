//! Reads the caches into a [`View`]: everything that one reconcile knows about one Dataflow.
//!
//! Begin reading with [`observe`]. Every submodule reads one kind of object or one part of status.

mod cache;
mod gang;
mod goal;
mod growth;
mod history;
mod identity;
mod last_status;
mod object;
mod pod;
mod prepared;
mod recovery;
mod settings;
mod source;
mod store_ledger;
mod target;
mod template;
mod view;
mod watch_health;

use std::sync::Arc;

use dataflow::label;
use dataflow::name::DataflowName;
use dataflow::spec::Dataflow;
use dataflow::status::DataflowStatus;
use dataflow::suspension::TimedSuspension;
use jiff::Timestamp;
use kube::{Client, ResourceExt};

pub(crate) use cache::Caches;
pub(crate) use gang::list_pods;
pub(crate) use prepared::Prepared;
pub(crate) use recovery::read_inspection;
pub(crate) use settings::Settings;
pub(crate) use source::read as read_source;
pub(crate) use store_ledger::ledger_status;
pub(crate) use view::View;
pub(crate) use watch_health::WatchHealth;

use crate::observed::{Answers, Backups, Gang, Observed};
use history::History;
use identity::Identity;
use target::SpecReading;

/// Observes a Dataflow: reads the caches, and the user's `ConfigMap` if it has changed.
///
/// # Errors
///
/// Fails if the API server does not return that `ConfigMap`.
pub(crate) async fn observe(
    dataflow: Arc<Dataflow>,
    caches: &Caches,
    client: &Client,
    settings: &Settings,
    now: Timestamp,
) -> Result<View, kube::Error> {
    let identity = Identity::new(&dataflow);
    let history = History::read(caches, &identity);
    let reading = target::read(&dataflow, caches, client, settings, &history).await?;
    Ok(assemble(
        dataflow, caches, settings, &identity, &history, reading, now,
    ))
}

/// Assembles the view from the caches and the checked spec.
fn assemble(
    dataflow: Arc<Dataflow>,
    caches: &Caches,
    settings: &Settings,
    identity: &Identity,
    history: &History,
    reading: SpecReading,
    now: Timestamp,
) -> View {
    let status = dataflow.status.clone().unwrap_or_default();
    let gang = gang::gang(caches, identity);
    let running = running(&dataflow, gang.owned(), &status, history);
    let goal = |prepared: &Prepared| {
        let available = reading.code.as_ref() == Some(&prepared.code_hash);
        goal::goal_of(prepared, available, caches, identity, history)
    };
    let (target, prepared) = target::target(reading.outcome, &status, goal);
    let running_goal = running.as_ref().map(goal);
    let last_status = last_status::read(&status, &identity.name);
    let goals = [target.goal(), running_goal.as_ref()];
    let action = prepared.as_ref().and_then(Prepared::action);
    let store = recovery::objects(caches, identity, &last_status.ledger, goals, action);
    let keep: Vec<&Prepared> = prepared.iter().chain(running.iter()).collect();
    let timed_suspension = TimedSuspension::at(&dataflow, now);
    let observed = Observed {
        now,
        dataflow: object::version(&dataflow.metadata),
        deleting: dataflow.metadata.deletion_timestamp.is_some(),
        suspend: dataflow.spec.suspended() || timed_suspension.is_some(),
        timed_suspension,
        last_status,
        running: running_goal,
        previous_revision: keep
            .first()
            .and_then(|prepared| history.before(&prepared.revision)),
        obsolete: history.obsolete(caches, identity, &keep),
        target,
        gang,
        pods: gang::pods(caches, identity),
        probes: gang::probes(caches, identity),
        store,
        backups: Backups::unasked(now),
        crd_too_old: false,
        probe_deadline: settings.probe_deadline,
        answers: Answers::default(),
    };
    View {
        name: DataflowName::try_from(identity.name.as_str()).ok(),
        dataflow,
        observed,
        target: prepared,
        running,
        next_record: history.next_number(),
        warnings: reading.warnings,
    }
}

/// Returns the revision that ran last, according to the pod template or, without one, status.
fn running(
    dataflow: &Dataflow,
    gang: Option<&Gang>,
    status: &DataflowStatus,
    history: &History,
) -> Option<Prepared> {
    let stamp = gang.and_then(|gang| gang.stamp.clone());
    let (revision, processes, restarted_at) = match stamp {
        Some(stamp) => (stamp.revision, Some(stamp.processes), stamp.restarted_at),
        None => {
            let processes = status.processes.as_ref().map(|processes| processes.wanted);
            let restarted_at = dataflow.annotations().get(label::RESTARTED_AT).cloned();
            (status.revision.clone()?, processes, restarted_at)
        }
    };
    let record = history.record(&revision)?;
    let processes = processes
        .filter(|processes| *processes > 0)
        .unwrap_or_else(|| record.spec.processes());
    let prepared = Prepared::from_record(&dataflow.name_any(), record, processes, restarted_at);
    Some(prepared.ok()?.keeping(status.backup_interval))
}
