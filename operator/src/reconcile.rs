//! One reconcile of one Dataflow: observe, decide, act, then write status and events.
//!
//! Begin reading with [`reconcile`]. Each reconcile carries out at most one operation; the next reconcile
//! sees its result.

mod context;
mod copies;
mod failures;
mod processes;
mod questions;
mod report;

use std::sync::Arc;
use std::time::{Duration, Instant};

use dataflow::spec::Dataflow;
use jiff::Timestamp;
use kube::ResourceExt;
use kube::runtime::controller::Action;
use kube::runtime::reflector::ObjectRef;

pub(crate) use context::Context;
pub(crate) use failures::Failures;

use crate::act;
use crate::decide::{CRD_TOO_OLD, Decision, Operation, Summary};
use crate::error::{Call, ReconcileError};
use crate::health::Subject;
use crate::observe::{View, observe};
use failures::FIRST_PAUSE;
use questions::decide_with_answers;

/// Requeue delay after an operation, in case no watch event reports its result.
const AFTER_OPERATION: Duration = Duration::from_secs(5);
/// Requeue delay while the installed CRD is too old.
const CRD_PAUSE: Duration = Duration::from_secs(10);

/// Reconciles one Dataflow once, and counts the outcome.
///
/// # Errors
///
/// Fails if the API server rejects a request or does not answer.
pub(crate) async fn reconcile(
    dataflow: Arc<Dataflow>,
    context: Arc<Context>,
) -> Result<Action, ReconcileError> {
    let started = Instant::now();
    let object = ObjectRef::from_obj(dataflow.as_ref());
    let outcome = reconcile_once(dataflow, &context).await;
    match &outcome {
        Ok(_) => {
            context.failures.clear(&object);
            context.metrics.count_reconcile("ok", started.elapsed());
        }
        Err(error) => context
            .metrics
            .count_reconcile(error.class(), started.elapsed()),
    }
    outcome
}

/// Returns the requeue after an error, and logs the error.
#[must_use]
pub(crate) fn retry(dataflow: &Dataflow, error: &ReconcileError, context: &Context) -> Action {
    let object = ObjectRef::from_obj(dataflow);
    let pause = context.failures.next_pause(&object);
    let (name, namespace) = (dataflow.name_any(), dataflow.namespace());
    if error.is_benign() {
        tracing::debug!(dataflow.name = name, dataflow.namespace = namespace, %error, "reconcile conflict");
    } else {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::warn!(
            dataflow.name = name,
            dataflow.namespace = namespace,
            %error,
            cause,
            "reconcile failed"
        );
    }
    Action::requeue(pause)
}

async fn reconcile_once(
    dataflow: Arc<Dataflow>,
    context: &Context,
) -> Result<Action, ReconcileError> {
    let now = whole_seconds((context.clock)());
    let object = ObjectRef::from_obj(dataflow.as_ref());
    let mut view = observe_all(dataflow, &object, context, now).await?;
    let decided = decide_with_answers(&mut view, context).await?;
    log_and_count(&view, &decided, context);
    let Some(decision) = carry_out(&mut view, decided, context).await? else {
        return Ok(requeue_while_crd_too_old(context));
    };
    copies::before_stop(&view, &object, &decision, context).await;
    match report::report(&view, &decision, context).await {
        Err(ReconcileError::CrdTooOld) => return Ok(requeue_while_crd_too_old(context)),
        reported => reported?,
    }
    Ok(next_reconcile(&decision, now))
}

/// Observes the Dataflow, and adds what this operator keeps in memory: the health of the CRD, the
/// last backup and the last poll.
async fn observe_all(
    dataflow: Arc<Dataflow>,
    object: &ObjectRef<Dataflow>,
    context: &Context,
    now: Timestamp,
) -> Result<View, ReconcileError> {
    let Context {
        client,
        caches,
        settings,
        ..
    } = context;
    let action = "read the ConfigMap with the code";
    let mut view = observe(dataflow, caches, client, settings, now)
        .await
        .map_err(ReconcileError::api(Call::Read, action))?;
    let observed = &mut view.observed;
    observed.crd_too_old = context.health.has(Subject::Crd);
    observed.backups.last = context.last_backups.get(object);
    if observed.deleting {
        context.backup_polls.forget(object);
    } else {
        observed.backups.last_polled = context.backup_polls.last(object, now);
    }
    Ok(view)
}

/// Counts the operation, and logs it unless there is none.
fn log_and_count(view: &View, decision: &Decision, context: &Context) {
    let operation = decision.operation.name();
    context.metrics.count_operation(operation);
    if decision.operation != Operation::None {
        tracing::info!(
            dataflow.name = view.dataflow.name_any(),
            dataflow.namespace = view.namespace(),
            operation,
            "{}",
            decision.summary.message
        );
    }
}

/// Carries out the operation and returns the decision that status reports.
///
/// Returns `None` if the installed CRD is too old to hold the status.
async fn carry_out(
    view: &mut View,
    decision: Decision,
    context: &Context,
) -> Result<Option<Decision>, ReconcileError> {
    match act::act(view, &decision.operation, &context.client).await {
        Ok(()) => Ok(Some(decision)),
        Err(ReconcileError::CrdTooOld) => Ok(None),
        // The caches contain only objects with our labels, so only the write finds another object of
        // this name.
        Err(ReconcileError::NameTaken(what)) => {
            let summary = Summary::name_taken(&what);
            Ok(Some(
                Decision::idle(summary).requeue_after(&view.observed, 30),
            ))
        }
        // Whether a volume can be expanded is known only from the API server's response.
        Err(ReconcileError::CannotGrow { uid, bytes, why }) => {
            let now = view.observed.now;
            view.observed.store.refuse_growth(&uid, &why, now);
            context.caches.refusals.record(&uid, bytes, why, now);
            Ok(Some(decision))
        }
        // Status keeps its last content.
        Err(refused @ ReconcileError::Refused(_)) => Err(refused),
        Err(
            failed @ (ReconcileError::Overtaken { .. }
            | ReconcileError::SourceChanged
            | ReconcileError::NoAnswer { .. }),
        ) => Err(failed),
    }
}

/// Records that the installed CRD is too old.
///
/// The first requeue is short, so that the next decision takes it into account.
fn requeue_while_crd_too_old(context: &Context) -> Action {
    let news = context
        .health
        .set(Subject::Crd, Some(CRD_TOO_OLD.to_owned()));
    if news {
        tracing::error!("{CRD_TOO_OLD}");
        return Action::requeue(FIRST_PAUSE);
    }
    Action::requeue(CRD_PAUSE)
}

fn next_reconcile(decision: &Decision, now: Timestamp) -> Action {
    let planned = decision.requeue_at.map(|at| {
        let pause = at.duration_since(now).as_secs().max(1);
        Duration::from_secs(pause.unsigned_abs())
    });
    let after_operation = (decision.operation != Operation::None).then_some(AFTER_OPERATION);
    match planned.into_iter().chain(after_operation).min() {
        Some(pause) => Action::requeue(pause),
        None => Action::await_change(),
    }
}

/// Truncates a time to whole seconds.
///
/// Status stores whole seconds. With a finer clock, the computed status would always differ from the
/// stored one.
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
