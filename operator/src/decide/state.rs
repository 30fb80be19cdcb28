//! Whether a revision that loads would leave state behind: a step or the whole dataflow has another
//! name, or the engine cannot read what is kept.

use dataflow::spec::ActionKind;
use dataflow::steps::{Kept, Loss, lost, message};

use super::patience::after;
use super::store;
use crate::observed::{Goal, LostState, Observed, Probe, StoreRecord, Which};

/// What becomes of the state.
pub(super) enum Verdict {
    /// It is kept, or given up as the spec says.
    Kept,
    /// The agents have to be asked first.
    Ask,
    /// No agent has answered yet.
    Unknown,
    /// Some would be left behind.
    Lost(LostState),
}

/// Judges a revision whose probe has passed, by the state there is while the old one runs.
///
/// Every process of a start looks once more for itself, as the store may not be known here.
pub(super) fn verdict(o: &Observed, goal: &Goal, probe: &Probe) -> Verdict {
    let keeps = matches!(&o.ledger.store, StoreRecord::Known(ledger) if !ledger.detached);
    let Some(shape) = probe
        .shape
        .as_ref()
        .filter(|_| keeps && goal.store.is_some())
    else {
        return Verdict::Kept;
    };
    let given_up = given_up(o, goal);
    if matches!(given_up, GivenUp::All) {
        return Verdict::Kept;
    }
    let revision = format!("revision {} ", goal.revision);
    if !o.gang_is_up() {
        // Nobody can be asked; what was found while it ran still holds, until something is ordered.
        let said = o.ledger.state_lost.as_ref();
        let said = said.filter(|said| said.sentence.starts_with(&revision));
        return match (said, given_up) {
            (Some(said), GivenUp::Nothing) => Verdict::Lost(said.clone()),
            (_, GivenUp::Nothing | GivenUp::Steps(_) | GivenUp::All) => Verdict::Kept,
        };
    }
    let Some(answers) = &o.answers.stored_steps else {
        return Verdict::Ask;
    };
    if answers.iter().all(Option::is_none) {
        let patience = after(probe.created, o.probe_deadline);
        return match o.now < patience {
            true => Verdict::Unknown,
            false => Verdict::Kept,
        };
    }
    let mut losses = lost(&together(answers), shape);
    if let GivenUp::Steps(steps) = given_up {
        losses.retain(|loss| !steps.contains(&loss.step));
    }
    match losses.is_empty() {
        true => Verdict::Kept,
        false => Verdict::Lost(LostState {
            sentence: revision + "would lose state: " + &told(&losses),
            steps: losses.into_iter().map(|loss| loss.step).collect(),
        }),
    }
}

fn told(losses: &[Loss]) -> String {
    format!(
        "{}; if it may be dropped, order it in spec.recovery.action (kubectl waxctl df commit \
         --accept-state-loss)",
        message(losses)
    )
}

/// What the spec gives up of the state there is now.
enum GivenUp<'a> {
    Nothing,
    Steps(&'a [String]),
    All,
}

fn given_up<'a>(o: &'a Observed, goal: &Goal) -> GivenUp<'a> {
    let action = o.store.action.as_ref();
    match action.filter(|_| store::is_due(o, Which::Target, goal)) {
        None => GivenUp::Nothing,
        Some(action) => match action.kind {
            ActionKind::DropSteps => GivenUp::Steps(&action.steps),
            ActionKind::Reset | ActionKind::Restore | ActionKind::Adopt => GivenUp::All,
        },
    }
}

/// What all processes together keep.
fn together(answers: &[Option<Kept>]) -> Kept {
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
