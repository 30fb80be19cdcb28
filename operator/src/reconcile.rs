//! One pass over one Dataflow: observe, decide, act, say so.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dataflow::label;
use dataflow::spec::Dataflow;
use jiff::Timestamp;
use kube::runtime::controller::Action;
use kube::runtime::events::{Event, Recorder};
use kube::runtime::reflector::ObjectRef;
use kube::{Client, Resource, ResourceExt};

use crate::agents::Agents;
use crate::decide::{Decision, Step, StoreStep, Which, decide, name_taken};
use crate::error::ReconcileError;
use crate::health::{Health, Subject};
use crate::last_backups::LastBackups;
use crate::looks::Looks;
use crate::metrics::Metrics;
use crate::observe::{Caches, Settings, View, list_pods, observe, of_component, read_inspection};
use crate::observed::Resumption;
use crate::queue::Queue;
use crate::{act, event, status};

/// How soon to look again after a step, should no event say that it is through.
const AFTER_STEP: Duration = Duration::from_secs(5);
/// About the first pause after an error or a conflict: by then the caches have caught up.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause after errors.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Everything a pass uses.
pub struct Context {
    /// The API server, behind the request limit.
    pub client: Client,
    /// What is known of the scope.
    pub caches: Caches,
    /// What observing needs.
    pub settings: Settings,
    /// The agents.
    pub agents: Agents,
    /// Where events go.
    pub recorder: Recorder,
    /// What keeps the operator from its work.
    pub health: Arc<Health>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The clock.
    pub clock: fn() -> Timestamp,
    /// Errors in a row.
    pub failures: Failures,
    /// When agents were last asked how copies stand.
    pub looks: Looks,
    /// Copies that are being made before a stop.
    pub last_backups: LastBackups,
    /// Who wants a look.
    pub queue: Queue,
}

/// Does one pass.
///
/// # Errors
///
/// Fails when the API server refuses or does not answer.
pub async fn reconcile(
    dataflow: Arc<Dataflow>,
    context: Arc<Context>,
) -> Result<Action, ReconcileError> {
    let started = Instant::now();
    let object = ObjectRef::from_obj(dataflow.as_ref());
    let outcome = pass(dataflow, &context).await;
    match &outcome {
        Ok(_) => {
            context.failures.clear(&object);
            context.metrics.passed("ok", started.elapsed());
        }
        Err(error) => context.metrics.passed(error.class(), started.elapsed()),
    }
    outcome
}

/// Says when to try again after an error.
#[must_use]
pub fn retry(dataflow: &Dataflow, error: &ReconcileError, context: &Context) -> Action {
    let object = ObjectRef::from_obj(dataflow);
    let pause = context.failures.next_pause(&object);
    if error.is_benign() {
        return Action::requeue(pause);
    }
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(
        dataflow.name = dataflow.name_any(),
        dataflow.namespace = dataflow.namespace(),
        %error,
        cause,
        "a pass failed"
    );
    Action::requeue(pause)
}

async fn pass(dataflow: Arc<Dataflow>, context: &Context) -> Result<Action, ReconcileError> {
    let Context {
        client,
        caches,
        settings,
        health,
        ..
    } = context;
    let now = whole_seconds((context.clock)());
    let too_old = health.has(Subject::Crd);
    let mut view = observe(dataflow, caches, client, settings, too_old, now)
        .await
        .map_err(ReconcileError::api("read the ConfigMap with the code"))?;
    let object = ObjectRef::from_obj(view.dataflow.as_ref());
    view.observed.backups.looked = last_look(&view, context);
    view.observed.backups.last = context.last_backups.of(&object);
    let mut decision = answered(&mut view, context).await?;
    context.metrics.stepped(step_word(&decision.step));
    if decision.step != Step::Rest {
        tracing::info!(
            dataflow.name = view.dataflow.name_any(),
            dataflow.namespace = view.namespace(),
            step = step_word(&decision.step),
            "{}",
            decision.standing.message
        );
    }
    match act::act(&mut view, &decision.step, client).await {
        Err(ReconcileError::CrdTooOld) => return Ok(too_old_found(context)),
        // Only the API server knows of objects without our labels.
        Err(ReconcileError::NameTaken(what)) => {
            decision = Decision::rest(name_taken(&what)).again(&view.observed, 30);
        }
        // And only it knows which volumes can grow.
        Err(ReconcileError::CannotGrow { uid, bytes, why }) => {
            view.observed.store.refuse_growth(&uid, &why, now);
            caches.refusals.note(&uid, bytes, why, now);
        }
        acted => acted?,
    }
    last_backup(&view, &object, &decision, context).await;
    match report(&view, &decision, context).await {
        Err(ReconcileError::CrdTooOld) => return Ok(too_old_found(context)),
        reported => reported?,
    }
    Ok(next_look(&decision, now))
}

/// Decides, and finds out what the decision hangs on.
async fn answered(view: &mut View, context: &Context) -> Result<Decision, ReconcileError> {
    loop {
        let decision = decide(&view.observed);
        let namespace = view.namespace();
        match (&decision.step, &view.name) {
            (Step::ListPods, Some(name)) => {
                let pods = list_pods(&context.client, &namespace, name)
                    .await
                    .map_err(ReconcileError::api("list the pods"))?;
                view.observed.listed = Some(pods);
            }
            (
                step @ (Step::AskAgents | Step::AskStore | Step::AskBackups | Step::AskResumption),
                Some(name),
            ) => {
                let pods = of_component(&context.caches, &namespace, name.as_str(), label::PROCESS);
                let (agents, port) = (&context.agents, api_port(view));
                match step {
                    Step::AskResumption => {
                        let start = view.observed.ledger.start.unwrap_or_default();
                        let resumed = agents.resumed(&pods, port, start).await;
                        view.observed.resumption =
                            resumed.map_or(Resumption::Unknown, Resumption::Known);
                    }
                    Step::AskStore => view.observed.kept = Some(agents.kept(&pods, port).await),
                    Step::AskBackups => {
                        let object = ObjectRef::from_obj(view.dataflow.as_ref());
                        context.looks.looked(&object, view.observed.now);
                        let answers = agents.backups(&pods, port).await;
                        let backups = &mut view.observed.backups;
                        (backups.looked, backups.answers) = (view.observed.now, Some(answers));
                    }
                    _ => view.observed.live = Some(agents.live(&pods, port).await),
                }
            }
            (Step::ReadInspection(pod), _) => {
                let read = read_inspection(&context.client, &namespace, pod).await;
                let report = read.map_err(ReconcileError::api("read the log of a store pod"))?;
                view.observed.store.report = Some(report);
            }
            _ => return Ok(decision),
        }
    }
}

/// When the agents of one Dataflow were last asked how copies stand.
fn last_look(view: &View, context: &Context) -> Timestamp {
    let object = ObjectRef::from_obj(view.dataflow.as_ref());
    if view.observed.deleting {
        context.looks.forget(&object);
        return view.observed.now;
    }
    context.looks.last(&object, view.observed.now)
}

/// Has copies made before a stop, and forgets them when there is none, or no more.
async fn last_backup(
    view: &View,
    object: &ObjectRef<Dataflow>,
    decision: &Decision,
    context: &Context,
) {
    let (backups, queue) = (&context.last_backups, &context.queue);
    match &decision.step {
        Step::BackUp => {
            let (namespace, name) = (view.namespace(), view.dataflow.name_any());
            let pods = of_component(&context.caches, &namespace, &name, label::PROCESS);
            let (agents, port) = (context.agents.clone(), api_port(view));
            let make = move |id: String| async move { agents.back_up(&pods, port, &id).await };
            backups.begin(object, view.observed.now, queue, make);
        }
        // An old view may show the gang as it was; what was copied for it holds.
        Step::Stop(_) => {}
        _ => backups.forget(object),
    }
    if let (Step::Stop(_), Some(why)) = (&decision.step, &decision.not_backed_up) {
        publish(&event::not_backed_up(why), view, context).await;
    }
}

/// Where the agents of the pods that run listen.
fn api_port(view: &View) -> i32 {
    view.prepared(Which::Running)
        .map_or(dataflow::chart_values::DEFAULT_API_PORT, |running| {
            running.validated.chart.api_port()
        })
}

/// Writes status, if it is news, and the events that go with it.
async fn report(view: &View, decision: &Decision, context: &Context) -> Result<(), ReconcileError> {
    let dataflow = &view.dataflow;
    if dataflow.metadata.deletion_timestamp.is_some() {
        return Ok(());
    }
    let previous = dataflow.status.clone().unwrap_or_default();
    let computed = status::compute(&status::Facts {
        name: view.name.as_ref(),
        generation: dataflow.metadata.generation.unwrap_or_default(),
        previous: &previous,
        size: dataflow.spec.processes(),
        observed: &view.observed,
        decision,
        warnings: &view.warnings,
    });
    // While the CRD is too old the same write is tried again: that it survives is how we learn
    // that a newer one has been installed.
    if computed == previous && !view.observed.crd_too_old {
        return Ok(());
    }
    let version = crate::observed::Version {
        uid: dataflow.metadata.uid.clone().unwrap_or_default(),
        resource_version: dataflow
            .metadata
            .resource_version
            .clone()
            .unwrap_or_default(),
    };
    act::write_status(&context.client, dataflow, &version, computed.clone()).await?;
    if view.observed.crd_too_old && context.health.set(Subject::Crd, None) {
        tracing::info!("the installed CustomResourceDefinition keeps all status fields now");
    }
    context.metrics.wrote_status();
    for event in event::between(&previous, &computed) {
        publish(&event, view, context).await;
    }
    Ok(())
}

/// Writes an event. One that does not get through is not worth another pass.
async fn publish(event: &Event, view: &View, context: &Context) {
    let object = view.dataflow.object_ref(&());
    if let Err(error) = context.recorder.publish(event, &object).await {
        tracing::debug!(%error, "an event was lost");
    }
}

fn too_old_found(context: &Context) -> Action {
    let news = context
        .health
        .set(Subject::Crd, Some(crate::decide::CRD_TOO_OLD.to_owned()));
    if news {
        tracing::error!("{}", crate::decide::CRD_TOO_OLD);
        return Action::requeue(FIRST_PAUSE);
    }
    Action::requeue(Duration::from_secs(10))
}

fn next_look(decision: &Decision, now: Timestamp) -> Action {
    let planned = decision.again.map(|at| {
        let pause = at.duration_since(now).as_secs().max(1);
        Duration::from_secs(pause.unsigned_abs())
    });
    let after_step = (decision.step != Step::Rest).then_some(AFTER_STEP);
    match planned.into_iter().chain(after_step).min() {
        Some(pause) => Action::requeue(pause),
        None => Action::await_change(),
    }
}

/// Status carries whole seconds; a finer clock would make every comparison a difference.
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn step_word(step: &Step) -> &'static str {
    match step {
        Step::Rest => "rest",
        Step::ListPods => "list_pods",
        Step::AskAgents => "ask_agents",
        Step::AskStore => "ask_store",
        Step::AskBackups => "ask_backups",
        Step::AskResumption => "ask_resumption",
        Step::ReadInspection(_) => "read_inspection",
        Step::CreateSnapshot(_) => "create_snapshot",
        Step::CreateRecord(_) => "create_record",
        Step::WriteHeadlessService(..) => "write_headless_service",
        Step::WriteApiService(..) => "write_api_service",
        Step::CreateProbe => "create_probe",
        Step::DeleteProbe(..) => "delete_probe",
        Step::BackUp => "back_up",
        Step::Stop(_) => "stop",
        Step::DeletePods(_) => "delete_pods",
        Step::Start { .. } => "start",
        Step::Store(_, StoreStep::WriteLedger { .. }) => "write_ledger",
        Step::Store(_, StoreStep::Inspect(_)) => "inspect_volumes",
        Step::Store(_, StoreStep::CreateClaim(_)) => "create_claim",
        Step::Store(_, StoreStep::GrowClaim { .. }) => "grow_claim",
        Step::Store(_, StoreStep::CreatePod { .. }) => "create_store_pod",
        Step::Store(_, StoreStep::DeletePod(..)) => "delete_store_pod",
        Step::RemoveSet(_) => "remove_set",
        Step::Gate(_) => "gate",
        Step::Complete(_) => "complete",
        Step::Drop(_) => "drop",
    }
}

/// Errors in a row of each Dataflow, for pauses that grow.
#[derive(Default)]
pub struct Failures {
    counts: Mutex<HashMap<ObjectRef<Dataflow>, u32>>,
    random: RandomState,
}

impl Failures {
    fn clear(&self, object: &ObjectRef<Dataflow>) {
        self.counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(object);
    }

    /// Between half of the pause and all of it, so that many that failed together come apart.
    fn next_pause(&self, object: &ObjectRef<Dataflow>) -> Duration {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(object.clone()).or_default();
        let full = FIRST_PAUSE.saturating_mul(1 << (*count).min(10));
        *count = count.saturating_add(1);
        let share = self.random.hash_one((object, *count)) % 1000;
        full.min(LONGEST_PAUSE)
            .mul_f64(0.5 + f64::from(u32::try_from(share).unwrap_or(0)) / 2000.0)
    }
}
