//! Decides whether a revision that loads would lose state.
//!
//! State is lost if a step or the whole dataflow has another name, or if the engine cannot read the stored state.

use dataflow::spec::ActionKind;
use dataflow::steps::{Kept, Loss, lost, message};

use super::recovery;
use super::timeouts::after;
use crate::observed::{Goal, LedgerState, LostState, Observed, Probe, RevisionRef};

/// The effect of a revision on the state.
pub(super) enum Verdict {
    /// All state is kept, or the spec drops what would be lost.
    Kept,
    /// The agents must be asked first.
    Ask,
    /// No agent has answered yet.
    Unknown,
    /// Some state would be lost.
    Lost(LostState),
}

/// Compares a revision whose probe has passed with the stored state of the running revision.
///
/// `launch` in every process compares again before its engine starts, because the operator may not know the stored
/// steps.
pub(super) fn verdict(observed: &Observed, goal: &Goal, probe: &Probe) -> Verdict {
    let keeps =
        matches!(&observed.last_status.ledger, LedgerState::Known(ledger) if !ledger.detached);
    let Some(shape) = probe
        .shape
        .as_ref()
        .filter(|_| keeps && goal.store.is_some())
    else {
        return Verdict::Kept;
    };
    let given_up = given_up(observed, goal);
    if matches!(given_up, GivenUp::All) {
        return Verdict::Kept;
    }
    let revision = format!("revision {} ", goal.revision);
    if !observed.gang_is_up() {
        // No agent runs. The loss that status reports is still valid, unless the spec drops state now.
        let earlier = observed.last_status.state_lost.as_ref();
        let earlier = earlier.filter(|earlier| earlier.message.starts_with(&revision));
        return match (earlier, given_up) {
            (Some(earlier), GivenUp::Nothing) => Verdict::Lost(earlier.clone()),
            (_, GivenUp::Nothing | GivenUp::Steps(_) | GivenUp::All) => Verdict::Kept,
        };
    }
    let Some(answers) = &observed.answers.stored_steps else {
        return Verdict::Ask;
    };
    if answers.iter().all(Option::is_none) {
        let deadline = after(probe.created, observed.probe_deadline);
        return match observed.now < deadline {
            true => Verdict::Unknown,
            false => Verdict::Kept,
        };
    }
    let mut losses = lost(&union(answers), shape);
    if let GivenUp::Steps(steps) = given_up {
        losses.retain(|loss| !steps.contains(&loss.step));
    }
    match losses.is_empty() {
        true => Verdict::Kept,
        false => Verdict::Lost(LostState {
            message: revision + "would lose state: " + &loss_message(&losses),
            steps: losses.into_iter().map(|loss| loss.step).collect(),
        }),
    }
}

fn loss_message(losses: &[Loss]) -> String {
    format!(
        "{}; to drop it, set spec.recovery.action (kubectl waxctl df commit --accept-state-loss)",
        message(losses)
    )
}

/// The part of the state that the spec drops.
enum GivenUp<'a> {
    Nothing,
    Steps(&'a [String]),
    All,
}

fn given_up<'a>(observed: &'a Observed, goal: &Goal) -> GivenUp<'a> {
    let action = observed.store.action.as_ref();
    match action.filter(|_| recovery::is_due(observed, RevisionRef::Target, goal)) {
        None => GivenUp::Nothing,
        Some(action) => match action.kind {
            ActionKind::DropSteps => GivenUp::Steps(&action.steps),
            ActionKind::Reset | ActionKind::Restore | ActionKind::Adopt => GivenUp::All,
        },
    }
}

/// Returns the union of what all processes keep.
fn union(answers: &[Option<Kept>]) -> Kept {
    let mut all = Kept::default();
    for kept in answers.iter().flatten() {
        all.steps.extend(kept.steps.iter().cloned());
        all.windows.extend(kept.windows.iter().cloned());
        all.engine = all.engine.or_else(|| kept.engine.clone());
    }
    all.steps.sort();
    all.steps.dedup();
    all
}
