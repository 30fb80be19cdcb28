//! Which revision to bring about: what the spec asks for, or what runs, while that is tried.

use dataflow::status::Reason;
use jiff::Timestamp;

use super::state::{self, Verdict};
use super::step::after;
use super::{
    PROBE_ROOM_PATIENCE, REFERENCE_PATIENCE, Standing, Step, Which, gang_is_up, parts, store,
};
use crate::observed::{Goal, Observed, Probe, ProbeOutcome, Slot, Target};

/// What to bring about and what to say about the spec meanwhile.
pub(super) struct Choice<'a> {
    /// The goal in force.
    pub goal: Option<(Which, &'a Goal)>,
    /// What is said about the spec, when it is not the goal.
    pub verdict: Option<Standing>,
    /// A step towards the answer.
    pub step: Option<Step>,
    /// When the answer may change by itself.
    pub again: Option<Timestamp>,
    /// Why the target goes on untried.
    pub skipped: Option<String>,
    /// Steps whose state the target would leave behind.
    pub orphaned_steps: Vec<String>,
}

impl<'a> Choice<'a> {
    fn target(goal: &'a Goal) -> Self {
        Self {
            goal: Some((Which::Target, goal)),
            verdict: None,
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
    if gang_is_up(o)
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
    let stamped = match &o.gang {
        Slot::Ours(gang) => gang.stamp.as_ref().map(|stamp| &stamp.revision),
        Slot::Absent | Slot::Leaving | Slot::Taken(_) => None,
    };
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
        None if gang_is_up(o) => match parts::before_probe(o, goal) {
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
    match &probe.outcome {
        ProbeOutcome::Passed => match state::verdict(o, goal, probe) {
            Verdict::Kept => Choice::target(goal),
            Verdict::Ask => Choice {
                step: Some(Step::AskStore),
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
        },
        ProbeOutcome::Failed(sentence) => Choice::keep(
            o,
            Standing::stalled(Reason::ProbeFailed, failed(o, goal, sentence)),
        ),
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
            let sentence = format!("it did not load within {} s", o.probe_deadline);
            Choice::keep(
                o,
                Standing::stalled(Reason::ProbeFailed, failed(o, goal, &sentence)),
            )
        }
        ProbeOutcome::Pending => Choice {
            again: Some(deadline),
            ..Choice::keep(o, Standing::probing())
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

fn failed(o: &Observed, goal: &Goal, sentence: &str) -> String {
    runs_on(
        o,
        &format!("revision {} cannot be loaded: {sentence}", goal.revision),
    )
}

/// Adds which revision goes on running.
fn runs_on(o: &Observed, message: &str) -> String {
    match &o.gang {
        Slot::Ours(gang) if gang.replicas > 0 => match &gang.stamp {
            Some(stamp) => format!("{message}; revision {} runs on", stamp.revision),
            None => message.to_owned(),
        },
        Slot::Ours(_) | Slot::Absent | Slot::Leaving | Slot::Taken(_) => message.to_owned(),
    }
}
