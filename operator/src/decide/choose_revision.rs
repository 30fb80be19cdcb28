//! Chooses the revision to pursue: the desired one, or the running one until the desired one has passed its probe.
//!
//! A probe is needed if another revision runs or ran last. Its outcome decides:
//!
//! | probe | revision | reason in status |
//! |---|---|---|
//! | none yet, and a gang runs | running; the probe pod is created | Probing |
//! | none, and no gang runs | desired | |
//! | loading, or terminating | running | Probing |
//! | loaded, and all state is kept | desired | |
//! | loaded, and the stored steps are not known yet | running | Probing |
//! | loaded, and state would be lost | running | StateLost |
//! | failed, or not loaded within the probe timeout | running | ProbeFailed |
//! | image cannot be pulled | running | ImagePull |
//! | unschedulable for less than 30 s | running | Probing |
//! | unschedulable for 30 s (`PROBE_SCHEDULING_TIMEOUT`) | desired, without a probe | condition `ProbeSkipped` |
//!
//! Begin at [`choose`].

use dataflow::status::Reason;
use jiff::Timestamp;

use super::operation::Operation;
use super::question::Question;
use super::state_loss::{self, Verdict};
use super::summary::Summary;
use super::timeouts::{PROBE_SCHEDULING_TIMEOUT, REFERENCE_TIMEOUT, after};
use super::{children, recovery};
use crate::observed::{Goal, Observed, Probe, ProbeOutcome, RevisionRef, Target};

/// The revision to pursue, and the summary of the spec if that is not the desired revision.
pub(super) struct Choice<'a> {
    /// The goal to pursue; `None` if nothing has run yet and the spec cannot be run.
    pub(crate) goal: Option<(RevisionRef, &'a Goal)>,
    /// The summary of the spec, if the goal is the running revision.
    pub(crate) verdict: Option<Summary>,
    /// The question whose answer the choice depends on.
    pub(crate) question: Option<Question>,
    /// The operation that the choice depends on.
    pub(crate) operation: Option<Operation>,
    /// The time at which the choice may change without an event.
    pub(crate) requeue_at: Option<Timestamp>,
    /// The reason why the desired revision is started without a probe.
    pub(crate) skipped: Option<String>,
    /// The steps whose state the desired revision would lose.
    pub(crate) orphaned_steps: Vec<String>,
}

impl<'a> Choice<'a> {
    /// Pursues the desired revision.
    fn target(goal: &'a Goal) -> Self {
        Self {
            goal: Some((RevisionRef::Target, goal)),
            verdict: None,
            question: None,
            operation: None,
            requeue_at: None,
            skipped: None,
            orphaned_steps: Vec::new(),
        }
    }

    /// Pursues the running revision, and reports `verdict` about the spec.
    fn keep(observed: &'a Observed, verdict: Summary) -> Self {
        let goal = observed
            .running
            .as_ref()
            .map(|goal| (RevisionRef::Running, goal));
        Self {
            goal,
            verdict: Some(verdict),
            question: None,
            operation: None,
            requeue_at: None,
            skipped: None,
            orphaned_steps: Vec::new(),
        }
    }
}

/// Returns the revision to pursue.
pub(super) fn choose(observed: &Observed) -> Choice<'_> {
    match &observed.target {
        Target::Run(goal) => match superseded_probe(observed, goal) {
            Some(operation) => Choice {
                operation: Some(operation),
                ..Choice::keep(observed, Summary::probing())
            },
            None => try_target(observed, goal),
        },
        Target::Suspended => Choice::keep(observed, Summary::reconciling(Reason::Starting, "")),
        Target::Refused {
            not_supported,
            message,
        } => {
            let reason = if *not_supported {
                Reason::NotSupportedYet
            } else {
                Reason::InvalidSpec
            };
            Choice::keep(
                observed,
                Summary::stalled(reason, runs_on(observed, message)),
            )
        }
        Target::Missing {
            message,
            waiting_since,
            given_up,
        } => {
            let deadline = waiting_since.map(|since| after(since, REFERENCE_TIMEOUT));
            if *given_up || deadline.is_some_and(|deadline| observed.now >= deadline) {
                Choice::keep(
                    observed,
                    Summary::stalled(Reason::MissingReference, runs_on(observed, message)),
                )
            } else {
                let verdict =
                    Summary::reconciling(Reason::WaitingForReference, runs_on(observed, message));
                let deadline = deadline.unwrap_or_else(|| after(observed.now, REFERENCE_TIMEOUT));
                Choice {
                    requeue_at: Some(deadline),
                    ..Choice::keep(observed, verdict)
                }
            }
        }
    }
}

/// Chooses between a valid desired revision and the running one, by the probe.
///
/// A gang with 0 replicas was stopped for the change, or after a failure before the probe passed. The probe pod tells
/// them apart: it stays until the change is complete.
fn try_target<'a>(observed: &'a Observed, goal: &'a Goal) -> Choice<'a> {
    if observed.gang_is_up()
        && let Some(summary) = recovery::refusal(observed, RevisionRef::Target, goal)
    {
        let message = runs_on(observed, &summary.message);
        return Choice::keep(observed, Summary { message, ..summary });
    }
    let other = observed.running.as_ref().map(|running| &running.revision);
    let gang = observed.gang.owned();
    let stamped = gang.and_then(|gang| Some(&gang.stamp.as_ref()?.revision));
    let another_ran = stamped
        .or(other)
        .is_some_and(|revision| *revision != goal.revision);
    let probe = observed
        .probes
        .iter()
        .find(|probe| probe.revision == goal.revision);
    if !another_ran {
        return Choice::target(goal);
    }
    match probe {
        None if observed.gang_is_up() => match children::before_probe(goal) {
            Ok(operation) => Choice {
                operation: Some(operation.unwrap_or(Operation::CreateProbe)),
                ..Choice::keep(observed, Summary::probing())
            },
            Err(verdict) => Choice::keep(observed, verdict),
        },
        None => Choice::target(goal),
        Some(probe) if probe.deleting => Choice::keep(observed, Summary::probing()),
        Some(probe) => judge(observed, goal, probe),
    }
}

/// Chooses by the outcome of the probe.
fn judge<'a>(observed: &'a Observed, goal: &'a Goal, probe: &Probe) -> Choice<'a> {
    let deadline = after(probe.created, observed.probe_deadline);
    let failing = |why: &str| {
        let why = format!("revision {} cannot be loaded: {why}", goal.revision);
        Choice::keep(
            observed,
            Summary::stalled(Reason::ProbeFailed, runs_on(observed, &why)),
        )
    };
    match &probe.outcome {
        ProbeOutcome::Passed => passed(observed, goal, probe),
        ProbeOutcome::Failed(message) => failing(message),
        ProbeOutcome::ImagePull { image, message } => Choice::keep(
            observed,
            Summary::stalled(
                Reason::ImagePull,
                runs_on(observed, &image_pull_message(image, message)),
            ),
        ),
        ProbeOutcome::Unschedulable(since, why) => {
            let deadline = after(*since, PROBE_SCHEDULING_TIMEOUT);
            if observed.now >= deadline {
                let skipped = format!("revision {} was not tried: {why}", goal.revision);
                Choice {
                    skipped: Some(skipped),
                    ..Choice::target(goal)
                }
            } else {
                Choice {
                    requeue_at: Some(deadline),
                    ..Choice::keep(observed, Summary::probing())
                }
            }
        }
        ProbeOutcome::Pending if observed.now >= deadline => failing(&format!(
            "it did not load within {} s",
            observed.probe_deadline
        )),
        ProbeOutcome::Pending => Choice {
            requeue_at: Some(deadline),
            ..Choice::keep(observed, Summary::probing())
        },
    }
}

/// Chooses a revision that loads, unless it would lose state.
fn passed<'a>(observed: &'a Observed, goal: &'a Goal, probe: &Probe) -> Choice<'a> {
    match state_loss::verdict(observed, goal, probe) {
        Verdict::Kept => Choice::target(goal),
        Verdict::Ask => Choice {
            question: Some(Question::StoredSteps),
            ..Choice::keep(observed, Summary::probing())
        },
        Verdict::Unknown => Choice {
            requeue_at: Some(after(observed.now, 5)),
            ..Choice::keep(observed, Summary::probing())
        },
        Verdict::Lost(lost) => Choice {
            orphaned_steps: lost.steps,
            ..Choice::keep(
                observed,
                Summary::stalled(Reason::StateLost, runs_on(observed, &lost.message)),
            )
        },
    }
}

/// Returns the deletion of a probe pod of a revision that is no longer desired.
fn superseded_probe(observed: &Observed, goal: &Goal) -> Option<Operation> {
    observed
        .probes
        .iter()
        .find(|probe| probe.revision != goal.revision && !probe.deleting)
        .map(|probe| Operation::DeleteProbe(probe.name.clone(), probe.version.clone()))
}

/// Returns the message for an image that cannot be pulled.
pub(super) fn image_pull_message(image: &str, message: &str) -> String {
    if message.is_empty() {
        format!("image {image} cannot be pulled")
    } else {
        format!("image {image} cannot be pulled: {message}")
    }
}

/// Appends the revision that keeps running, and whether the operator can supervise it.
fn runs_on(observed: &Observed, message: &str) -> String {
    let up = observed.gang.owned().filter(|gang| gang.replicas > 0);
    match up.and_then(|gang| gang.stamp.as_ref()) {
        Some(stamp) if observed.running.is_none() => format!(
            "{message}; revision {} keeps running, but this operator cannot supervise it: it has no record of that \
             revision, or refuses it",
            stamp.revision
        ),
        Some(stamp) => format!("{message}; revision {} keeps running", stamp.revision),
        None => message.to_owned(),
    }
}
