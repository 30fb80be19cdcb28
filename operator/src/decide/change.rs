//! Which revision to bring about: what the spec asks for, or what runs, while that is tried.

use dataflow::status::Reason;
use jiff::Timestamp;

use super::patience::{PROBE_ROOM_PATIENCE, REFERENCE_PATIENCE, after};
use super::question::Question;
use super::standing::Standing;
use super::state::{self, Verdict};
use super::step::Step;
use super::{parts, store};
use crate::observed::{Goal, Observed, Probe, ProbeOutcome, Target, Which};

/// What to bring about and what to say about the spec meanwhile.
pub(super) struct Choice<'a> {
    /// The goal in force.
    pub(crate) goal: Option<(Which, &'a Goal)>,
    /// What is said about the spec, when it is not the goal.
    pub(crate) verdict: Option<Standing>,
    /// What has to be known for the answer.
    pub(crate) question: Option<Question>,
    /// A step towards the answer.
    pub(crate) step: Option<Step>,
    /// When the answer may change by itself.
    pub(crate) again: Option<Timestamp>,
    /// Why the target goes on untried.
    pub(crate) skipped: Option<String>,
    /// Steps whose state the target would leave behind.
    pub(crate) orphaned_steps: Vec<String>,
}

impl<'a> Choice<'a> {
    fn target(goal: &'a Goal) -> Self {
        Self {
            goal: Some((Which::Target, goal)),
            verdict: None,
            question: None,
            step: None,
            again: None,
            skipped: None,
            orphaned_steps: Vec::new(),
        }
    }

    fn keep(o: &'a Observed, verdict: Standing) -> Self {
        let goal = o.running.as_ref().map(|goal| (Which::Running, goal));
        Self {
            goal,
            verdict: Some(verdict),
            question: None,
            step: None,
            again: None,
            skipped: None,
            orphaned_steps: Vec::new(),
        }
    }
}

pub(super) fn choose(o: &Observed) -> Choice<'_> {
    match &o.target {
        Target::Run(goal) => match superseded_probe(o, goal) {
            Some(step) => Choice {
                step: Some(step),
                ..Choice::keep(o, Standing::probing())
            },
            None => try_target(o, goal),
        },
        Target::Parked => Choice::keep(o, Standing::progressing(Reason::Starting, "")),
        Target::Refused {
            not_supported,
            message,
        } => {
            let reason = if *not_supported {
                Reason::NotSupportedYet
            } else {
                Reason::InvalidSpec
            };
            Choice::keep(o, Standing::stalled(reason, runs_on(o, message)))
        }
        Target::Missing {
            message,
            waiting_since,
            given_up,
        } => {
            let deadline = waiting_since.map(|since| after(since, REFERENCE_PATIENCE));
            if *given_up || deadline.is_some_and(|deadline| o.now >= deadline) {
                Choice::keep(
                    o,
                    Standing::stalled(Reason::MissingReference, runs_on(o, message)),
                )
            } else {
                let verdict =
                    Standing::progressing(Reason::WaitingForReference, runs_on(o, message));
                let deadline = deadline.unwrap_or_else(|| after(o.now, REFERENCE_PATIENCE));
                Choice {
                    again: Some(deadline),
                    ..Choice::keep(o, verdict)
                }
            }
        }
    }
}

/// Whether the target needs a probe, and what that probe has found.
///
/// A gang that was stopped while its successor had not passed (to be restarted after a failure) is
/// told from one that was stopped for the change by the probe pod, which stays until the change is
/// through.
fn try_target<'a>(o: &'a Observed, goal: &'a Goal) -> Choice<'a> {
    if o.gang_is_up()
        && let Some(standing) = store::refusal(o, Which::Target, goal)
    {
        let message = runs_on(o, &standing.message);
        return Choice::keep(
            o,
            Standing {
                message,
                ..standing
            },
        );
    }
    let other = o.running.as_ref().map(|running| &running.revision);
    let gang = o.gang.ours();
    let stamped = gang.and_then(|gang| Some(&gang.stamp.as_ref()?.revision));
    let another_ran = stamped
        .or(other)
        .is_some_and(|revision| *revision != goal.revision);
    let probe = o
        .probes
        .iter()
        .find(|probe| probe.revision == goal.revision);
    if !another_ran {
        return Choice::target(goal);
    }
    match probe {
        None if o.gang_is_up() => match parts::before_probe(goal) {
            Ok(step) => Choice {
                step: Some(step.unwrap_or(Step::CreateProbe)),
                ..Choice::keep(o, Standing::probing())
            },
            Err(verdict) => Choice::keep(o, verdict),
        },
        None => Choice::target(goal),
        Some(probe) if probe.deleting => Choice::keep(o, Standing::probing()),
        Some(probe) => judge(o, goal, probe),
    }
}

fn judge<'a>(o: &'a Observed, goal: &'a Goal, probe: &Probe) -> Choice<'a> {
    let deadline = after(probe.created, o.probe_deadline);
    let failing = |why: &str| {
        let why = format!("revision {} cannot be loaded: {why}", goal.revision);
        Choice::keep(o, Standing::stalled(Reason::ProbeFailed, runs_on(o, &why)))
    };
    match &probe.outcome {
        ProbeOutcome::Passed => passed(o, goal, probe),
        ProbeOutcome::Failed(sentence) => failing(sentence),
        ProbeOutcome::ImagePull { image, message } => Choice::keep(
            o,
            Standing::stalled(Reason::ImagePull, runs_on(o, &image_pull(image, message))),
        ),
        ProbeOutcome::Unschedulable(since, why) => {
            let patience = after(*since, PROBE_ROOM_PATIENCE);
            if o.now >= patience {
                let skipped = format!("revision {} was not tried: {why}", goal.revision);
                Choice {
                    skipped: Some(skipped),
                    ..Choice::target(goal)
                }
            } else {
                Choice {
                    again: Some(patience),
                    ..Choice::keep(o, Standing::probing())
                }
            }
        }
        ProbeOutcome::Pending if o.now >= deadline => {
            failing(&format!("it did not load within {} s", o.probe_deadline))
        }
        ProbeOutcome::Pending => Choice {
            again: Some(deadline),
            ..Choice::keep(o, Standing::probing())
        },
    }
}

/// A revision that loads is taken, unless it would leave state behind.
fn passed<'a>(o: &'a Observed, goal: &'a Goal, probe: &Probe) -> Choice<'a> {
    match state::verdict(o, goal, probe) {
        Verdict::Kept => Choice::target(goal),
        Verdict::Ask => Choice {
            question: Some(Question::StoredSteps),
            ..Choice::keep(o, Standing::probing())
        },
        Verdict::Unknown => Choice {
            again: Some(after(o.now, 5)),
            ..Choice::keep(o, Standing::probing())
        },
        Verdict::Lost(lost) => Choice {
            orphaned_steps: lost.steps,
            ..Choice::keep(
                o,
                Standing::stalled(Reason::StateLost, runs_on(o, &lost.sentence)),
            )
        },
    }
}

fn superseded_probe(o: &Observed, goal: &Goal) -> Option<Step> {
    o.probes
        .iter()
        .find(|probe| probe.revision != goal.revision && !probe.deleting)
        .map(|probe| Step::DeleteProbe(probe.name.clone(), probe.version.clone()))
}

/// The sentence for an image that cannot be pulled.
pub(super) fn image_pull(image: &str, message: &str) -> String {
    if message.is_empty() {
        format!("image {image} cannot be pulled")
    } else {
        format!("image {image} cannot be pulled: {message}")
    }
}

/// Adds which revision goes on running.
fn runs_on(o: &Observed, message: &str) -> String {
    let up = o.gang.ours().filter(|gang| gang.replicas > 0);
    match up.and_then(|gang| gang.stamp.as_ref()) {
        Some(stamp) => format!("{message}; revision {} runs on", stamp.revision),
        None => message.to_owned(),
    }
}
