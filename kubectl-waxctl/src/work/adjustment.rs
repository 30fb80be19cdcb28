//! Suspends, resumes, restarts and scales a flow: in the cluster, or as a commit if a GitOps controller would undo the
//! change there.

use std::rc::Rc;
use std::time::Duration;

use dataflow::Dataflow;
use dataflow::suspension::TimedSuspension;
use gitops::adjustment::{Adjustment, AdjustmentError, operations};
use gitops::object::dynamic;
use gitops::ownership::is_managed_by_git;
use gitops::rendered::Rendered;
use jiff::Timestamp;
use kube::api::DynamicObject;

use super::losses::Acceptance;
use super::publish::Order;
use super::recovery_action::{self, GitPlace, InGit};
use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::dry_run::DryRun;
use crate::error::CommandError;
use crate::ui::Ui;

/// Where a change is made.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// In the cluster, whoever manages the flow.
    Cluster,
    /// In git if the flow is managed from there or the user names its place there, else in the cluster.
    Managed(GitPlace),
}

/// What was done.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Nothing: the flow already is so.
    Unchanged(Box<DynamicObject>),
    /// The cluster was changed.
    Applied {
        /// Namespace of the flow.
        namespace: String,
        /// The Dataflow after the change.
        object: Box<DynamicObject>,
        /// Whether the flow also has other desired values in git, so that its controller can undo the change.
        in_git: bool,
    },
    /// It was changed in git.
    InGit(InGit),
}

/// Returns a suspension that ends by itself, requested by the user of the cluster.
///
/// # Errors
/// The time is too far away, or the cluster cannot be reached.
pub(crate) fn suspension(
    duration: Duration,
    reason: Option<&str>,
    access: &Access,
) -> Result<Adjustment, CommandError> {
    let now = Timestamp::from_second(Timestamp::now().as_second());
    let until = now.and_then(|now| now.checked_add(duration));
    let until = until.map_err(|error| {
        CommandError::usage("cannot suspend a dataflow for this time").because(error)
    })?;
    let by = block_on(async {
        let session = Session::connect(access).await?;
        Ok::<_, CommandError>(session.user().await)
    })?;
    Ok(Adjustment::SuspendUntil(TimedSuspension {
        until,
        by,
        reason: reason.map(str::to_owned),
    }))
}

/// Makes the change. A dry run returns what would be there.
///
/// # Errors
/// There is no such flow, the change has no effect, or the cluster or git refuses.
pub(crate) fn apply(
    adjustment: &Adjustment,
    name: &str,
    place: &Place,
    dry_run: DryRun,
    access: &Access,
    ui: &mut Ui,
) -> Result<Outcome, CommandError> {
    let (live, namespace) = recovery_action::live(name, access)?;
    let managed = is_managed_by_git(&live);
    let in_cluster = adjustment.belongs_to_cluster(&live);
    match place {
        Place::Managed(git) if git.is_named() || (managed && !in_cluster) => {
            let change = (adjustment, &*namespace);
            commit(change, &live, git, dry_run, access, ui)
        }
        Place::Managed(_) | Place::Cluster => {
            let Some(changed) = changed(adjustment, &live, &namespace)? else {
                return Ok(Outcome::Unchanged(Box::new(dynamic(&live))));
            };
            let object = match dry_run {
                DryRun::Client => dynamic(&changed),
                DryRun::Server | DryRun::None => block_on(async {
                    let session = Session::connect(access).await?;
                    let operations = operations(&live, &changed);
                    let checked = dry_run.is_on();
                    Ok(session.change_fields(&live, operations, checked).await?)
                })?,
            };
            Ok(Outcome::Applied {
                namespace,
                object: Box::new(object),
                in_git: managed && !in_cluster,
            })
        }
    }
}

fn changed(
    adjustment: &Adjustment,
    flow: &Dataflow,
    namespace: &str,
) -> Result<Option<Dataflow>, CommandError> {
    let name = flow.metadata.name.as_deref().unwrap_or_default();
    adjustment.apply(flow).map_err(|error| {
        let refused =
            CommandError::failure(format!("cannot {} dataflow `{name}`", adjustment.action()))
                .because(&error);
        match error {
            AdjustmentError::Suspended => refused.hint(format!(
                "start it: `waxctl df resume {name} -n {namespace}`"
            )),
            AdjustmentError::NoEnd => refused.hint(format!(
                "end that first: `waxctl df resume {name} -n {namespace}`"
            )),
            AdjustmentError::Nothing => refused.hint("pass `--processes N` or `--workers N`"),
        }
    })
}

/// Makes a change, given with the namespace of the flow, as a commit.
fn commit(
    (adjustment, namespace): (&Adjustment, &str),
    live: &Dataflow,
    git: &GitPlace,
    dry_run: DryRun,
    access: &Access,
    ui: &mut Ui,
) -> Result<Outcome, CommandError> {
    let (wanted, namespace) = (adjustment.clone(), namespace.to_owned());
    let order = Order {
        name: live.metadata.name.clone().unwrap_or_default(),
        change: Rc::new(move |flow: &Rendered| {
            let mut new = flow.clone();
            if let Some(changed) = changed(&wanted, &flow.dataflow, &namespace)? {
                new.dataflow = changed;
            }
            Ok(new)
        }),
    };
    // No adjustment changes the code, so no state can be lost.
    let acceptance = Acceptance {
        accepted: true,
        unchecked: true,
        store: None,
    };
    let in_git = git.commit(order, acceptance, dry_run, access, ui);
    let in_git = in_git.map_err(|error| match git.is_named() {
        true => error,
        false => error.hint("or change only the cluster: add `--live`"),
    })?;
    let changes_nothing = match &in_git {
        InGit::Committed(published) => published.commit.is_none(),
        InGit::Previewed(preview) => preview.changes.is_empty(),
    };
    match TimedSuspension::at(live, Timestamp::now()) {
        _ if !changes_nothing => Ok(Outcome::InGit(in_git)),
        Some(timed) if *adjustment == Adjustment::Resume => Err(only_in_cluster(live, &timed)),
        Some(_) | None => Ok(Outcome::Unchanged(Box::new(dynamic(live)))),
    }
}

/// Creates the error for a suspension that git cannot end, since it was made in the cluster.
fn only_in_cluster(live: &Dataflow, timed: &TimedSuspension) -> CommandError {
    let name = live.metadata.name.as_deref().unwrap_or_default();
    let namespace = live.metadata.namespace.as_deref().unwrap_or("default");
    CommandError::failure(format!("cannot resume dataflow `{name}` through git"))
        .because(format!("it is {}, which is not in git", timed.phrase()))
        .hint(format!(
            "end it in the cluster: `waxctl df resume {name} -n {namespace} --live`"
        ))
}
