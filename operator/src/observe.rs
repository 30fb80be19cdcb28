//! Caches -> [`View`]: everything one pass knows about one Dataflow.

mod asked;
mod cache;
mod goal;
mod growth;
mod history;
mod object;
mod pod;
mod source;
mod store;

use std::sync::Arc;

use asked::{Answer, Asked};
pub use cache::{Beat, Caches};
use dataflow::label;
use dataflow::name::DataflowName;
use dataflow::plan::RevisionRecord;
use dataflow::quantity;
use dataflow::spec::Dataflow;
use dataflow::status::{self, ConditionType, DataflowStatus, Reason};
use dataflow::validate::Warning;
pub use goal::Prepared;
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod as ApiPod;
use kube::api::ListParams;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Client, ResourceExt};
pub use source::read as read_source;
pub use store::{ledger_status, read_inspection};

use crate::decide::Which;
use crate::observed::{
    BackupWish, Backups, Completion, Formed, Gang, Goal, Ledger, LostState, Observed, Parts, Pod,
    Resumption, Slot, StoreWish, Target,
};
use history::History;

/// What one pass knows, and what it needs to act on it.
pub struct View {
    /// The Dataflow as the cache had it.
    pub dataflow: Arc<Dataflow>,
    /// Its name in checked form; `None` if it can have no children.
    pub name: Option<DataflowName>,
    /// What decisions are made of.
    pub observed: Observed,
    /// What the spec asks for.
    pub target: Option<Prepared>,
    /// What last ran.
    pub running: Option<Prepared>,
    /// The number that the next revision gets.
    pub next_record: i64,
    /// What the spec holds that has no effect.
    pub warnings: Vec<Warning>,
}

impl View {
    /// The revision that a step is about.
    #[must_use]
    pub fn prepared(&self, which: Which) -> Option<&Prepared> {
        match which {
            Which::Target => self.target.as_ref(),
            Which::Running => self.running.as_ref(),
        }
    }

    /// Namespace of the Dataflow.
    #[must_use]
    pub fn namespace(&self) -> String {
        self.dataflow.namespace().unwrap_or_default()
    }
}

/// What observing needs besides the caches.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The agent's image for revisions that have no record yet.
    pub agent_image: String,
    /// How long a probe may take, in seconds.
    pub probe_deadline: i64,
}

/// Reads the caches, and the `ConfigMap` with the code if it has changed.
///
/// # Errors
///
/// Fails when the API server does not answer about that `ConfigMap`.
pub async fn observe(
    dataflow: Arc<Dataflow>,
    caches: &Caches,
    client: &Client,
    settings: &Settings,
    crd_too_old: bool,
    now: Timestamp,
) -> Result<View, kube::Error> {
    let name = dataflow.name_any();
    let namespace = dataflow.namespace().unwrap_or_default();
    let uid = dataflow.metadata.uid.clone().unwrap_or_default();
    let status = dataflow.status.clone().unwrap_or_default();
    let history = History::read(caches, &namespace, &name, &uid);
    let gang = gang(caches, &namespace, &name, &uid);
    let Asked {
        answer,
        code,
        warnings,
    } = asked::asked(&dataflow, caches, client, settings, &history).await?;
    let running = running(&dataflow, &gang, &status, &history);
    let goal = |prepared: &Prepared| {
        let available = code.as_ref() == Some(&prepared.code_hash);
        goal_of(prepared, available, caches, &namespace, &uid, &history)
    };
    let (target, prepared) = target(answer, &status, goal);
    let running_goal = running.as_ref().map(goal);
    let ledger = ledger(&status, &name);
    let goals = [target.goal(), running_goal.as_ref()];
    let mut store = store::objects(caches, &namespace, &name, &uid, &ledger.store, goals);
    store.action = prepared
        .as_ref()
        .and_then(|prepared| prepared.validated.recovery.as_ref()?.action.clone());
    let keep: Vec<&Prepared> = prepared.iter().chain(running.iter()).collect();
    let newest = keep.first().map(|prepared| &prepared.revision);
    let observed = Observed {
        now,
        dataflow: object::version(&dataflow.metadata),
        deleting: dataflow.metadata.deletion_timestamp.is_some(),
        suspend: dataflow.spec.suspended(),
        ledger,
        running: running_goal,
        previous_revision: newest.and_then(|revision| history.before(revision)),
        surplus: history.surplus(caches, &namespace, &name, &uid, &keep),
        target,
        gang,
        pods: pods(caches, &namespace, &name),
        probes: probes(caches, &namespace, &name, &uid),
        store,
        backups: Backups::unasked(now),
        crd_too_old,
        probe_deadline: settings.probe_deadline,
        listed: None,
        live: None,
        kept: None,
        resumption: Resumption::NotAsked,
    };
    Ok(View {
        name: DataflowName::try_from(name.as_str()).ok(),
        dataflow,
        observed,
        target: prepared,
        running,
        next_record: history.next_number(),
        warnings,
    })
}

fn target(
    answer: Answer,
    status: &DataflowStatus,
    goal: impl Fn(&Prepared) -> Goal,
) -> (Target, Option<Prepared>) {
    match answer {
        Answer::Run(prepared) => (Target::Run(goal(&prepared)), Some(*prepared)),
        Answer::Parked => (Target::Parked, None),
        Answer::Faults {
            not_supported,
            message,
        } => (
            Target::Refused {
                not_supported,
                message,
            },
            None,
        ),
        Answer::Missing(source) => (asked::missing(&source, status), None),
    }
}

/// Asks the API server itself for the pods of a gang, whoever owns them.
///
/// # Errors
///
/// Fails when the API server does not answer.
pub async fn list_pods(
    client: &Client,
    namespace: &str,
    name: &DataflowName,
) -> Result<Vec<Pod>, kube::Error> {
    let api: Api<ApiPod> = Api::namespaced(client.clone(), namespace);
    let selector = label::selector_text(name);
    let pods = api.list(&ListParams::default().labels(&selector)).await?;
    Ok(pods.items.iter().map(pod::process).collect())
}

/// What the template, or at least status, says ran last.
fn running(
    dataflow: &Dataflow,
    gang: &Slot<Gang>,
    status: &DataflowStatus,
    history: &History,
) -> Option<Prepared> {
    let stamp = match gang {
        Slot::Ours(gang) => gang.stamp.clone(),
        Slot::Absent | Slot::Leaving | Slot::Taken(_) => None,
    };
    let (revision, size, restarted_at) = match stamp {
        Some(stamp) => (stamp.revision, Some(stamp.size), stamp.restarted_at),
        None => {
            let size = status.processes.as_ref().map(|processes| processes.wanted);
            let restarted_at = dataflow.annotations().get(label::RESTARTED_AT).cloned();
            (status.revision.clone()?, size, restarted_at)
        }
    };
    let record: &RevisionRecord = history.record(&revision)?;
    let size = size
        .filter(|size| *size > 0)
        .unwrap_or_else(|| record.spec.processes());
    let prepared = Prepared::from_record(&dataflow.name_any(), record, size, restarted_at);
    Some(prepared.ok()?.keeping(status.backup_interval))
}

fn goal_of(
    prepared: &Prepared,
    code_available: bool,
    caches: &Caches,
    namespace: &str,
    uid: &str,
    history: &History,
) -> Goal {
    let name = prepared.name();
    let plan = prepared.plan(namespace, uid, 0, None);
    let snapshot_name = prepared.snapshot_name();
    let snapshot = caches
        .snapshots
        .get(&ObjectRef::new(&snapshot_name).within(namespace));
    let snapshot = snapshot.as_ref().map(|held| (&held.metadata, ()));
    let service = |desired: &k8s_openapi::api::core::v1::Service| {
        let live = caches
            .services
            .get(&ObjectRef::new(&desired.name_any()).within(namespace));
        let held = live.as_ref().map(|live| (&live.metadata, live.clone()));
        let slot = object::slot("Service", held, name.as_str(), uid);
        object::part(&slot, |live| {
            dataflow::plan::service_differs(desired, live).then(|| object::version(&live.metadata))
        })
    };
    Goal {
        revision: prepared.revision.to_string(),
        size: prepared.validated.processes,
        restarted_at: prepared.restarted_at.clone(),
        keep_alive: prepared.validated.keep_alive,
        store: prepared
            .validated
            .recovery
            .as_ref()
            .map(|recovery| StoreWish {
                partitions: recovery.partitions,
                single_volume: recovery.single_volume,
                volume_bytes: quantity::bytes(&recovery.size).unwrap_or(0),
            }),
        backup: backup_wish(prepared),
        parts: Parts {
            snapshot: object::part(
                &object::slot("ConfigMap", snapshot, name.as_str(), uid),
                |()| None,
            ),
            code_available,
            record: history.part(&prepared.revision),
            headless_service: service(&plan.headless_service),
            api_service: service(&plan.api_service),
        },
    }
}

fn backup_wish(prepared: &Prepared) -> Option<BackupWish> {
    let recovery = prepared.validated.recovery.as_ref()?;
    let backup = recovery.backup.as_ref()?;
    Some(BackupWish {
        interval: backup.interval.into(),
        kept: recovery.backup_interval.into(),
    })
}

fn ledger(status: &DataflowStatus, name: &str) -> Ledger {
    let ready = status::find(&status.conditions, ConditionType::Ready);
    let resting = [Reason::Suspended, Reason::Completed];
    Ledger {
        start: status.start,
        completed: status.completed.clone().map(|completed| Completion {
            revision: completed.revision,
            restarted_at: completed.restarted_at,
        }),
        formed: status.formed.as_ref().map(|formed| Formed {
            start: formed.start,
            restarts: i32::try_from(formed.restarts).unwrap_or(i32::MAX),
        }),
        resumed: status.resumed.as_ref().map(|resumed| resumed.start),
        away: status
            .last_outage
            .as_ref()
            .is_some_and(|outage| outage.seconds.is_none()),
        resting: ready
            .is_some_and(|ready| resting.iter().any(|reason| ready.reason == reason.as_ref())),
        state_lost: status::find(&status.conditions, ConditionType::Stalled)
            .filter(|stalled| stalled.reason == Reason::StateLost.as_ref())
            .map(|stalled| LostState {
                sentence: stalled.message.clone(),
                steps: status.orphaned_steps.clone(),
            }),
        store: store::record(status, name),
    }
}

fn gang(caches: &Caches, namespace: &str, name: &str, uid: &str) -> Slot<Gang> {
    let held = caches.sets.get(&ObjectRef::new(name).within(namespace));
    let held = held.as_ref().map(|set| (&set.metadata, read_gang(set)));
    object::slot("StatefulSet", held, name, uid)
}

fn read_gang(set: &StatefulSet) -> Gang {
    let spec = set.spec.clone().unwrap_or_default();
    let status = set.status.clone().unwrap_or_default();
    let meta = spec.template.metadata.unwrap_or_default();
    let pod = spec.template.spec.unwrap_or_default();
    let (store, kept) = (store::told(&pod), store::kept(&pod));
    let gates = pod.scheduling_gates.unwrap_or_default();
    let generation = set.metadata.generation.unwrap_or_default();
    Gang {
        version: object::version(&set.metadata),
        replicas: spec.replicas.unwrap_or(1),
        stamp: object::stamp(
            &meta.labels.unwrap_or_default(),
            &meta.annotations.unwrap_or_default(),
        ),
        settled: status.observed_generation.unwrap_or_default() >= generation,
        existing: status.replicas,
        gated: gates.iter().any(|gate| gate.name == label::ENDED),
        own_volumes: spec
            .volume_claim_templates
            .is_some_and(|all| !all.is_empty()),
        store,
        kept,
    }
}

fn pods(caches: &Caches, namespace: &str, name: &str) -> Vec<Pod> {
    let mut pods: Vec<Pod> = of_component(caches, namespace, name, label::PROCESS)
        .iter()
        .map(|pod| pod::process(pod))
        .collect();
    pods.sort_by(|one, other| one.name.cmp(&other.name));
    pods
}

fn probes(caches: &Caches, namespace: &str, name: &str, uid: &str) -> Vec<crate::observed::Probe> {
    let ours = |pod: &&Arc<ApiPod>| {
        object::controller(&pod.metadata).is_some_and(|owner| owner.uid == uid)
    };
    of_component(caches, namespace, name, label::PROBE)
        .iter()
        .filter(ours)
        .map(|pod| pod::probe(pod))
        .collect()
}

/// The pods of one Dataflow as the cache has them.
pub fn of_component(
    caches: &Caches,
    namespace: &str,
    name: &str,
    component: &str,
) -> Vec<Arc<ApiPod>> {
    caches.pods.state_filter(|pod| {
        pod.metadata.namespace.as_deref() == Some(namespace)
            && pod
                .labels()
                .get(label::DATAFLOW_INFO)
                .is_some_and(|of| of == name)
            && pod
                .labels()
                .get(label::COMPONENT)
                .is_some_and(|is| is == component)
    })
}
