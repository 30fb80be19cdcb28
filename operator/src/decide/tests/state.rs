//! A new revision against the state that the old one keeps.

use dataflow::spec::{ActionKind, ExpectedStore, RecoveryAction};
use dataflow::steps::{Kept, Shape};

use super::store::{ID, SPREAD, ledger, ready};
use super::*;
use crate::observed::LostState;

const LOST: &str = "revision bbbbbbbbbb would lose state: step f.count was removed, and f.sum was added; if \
    it may be dropped, order it in spec.recovery.action (kubectl waxctl df commit \
    --accept-state-loss); revision aaaaaaaaaa runs on";

/// A gang runs on a store with a source and one step; the probe of another revision has passed, which
/// has these steps.
fn probed(steps: &[&str]) -> Observed {
    with(ready(2, ledger(SPREAD, None)), |o| {
        o.running = o.target.goal().cloned();
        let mut gang = gang(OLD, 2, 2);
        gang.own_volumes = true;
        o.gang = Slot::Ours(gang);
        o.pods = vec![pod(0, OLD, 2), pod(1, OLD, 2)];
        target_goal(o).revision = NEW.to_owned();
        let mut passed = probe(NEW, ProbeOutcome::Passed);
        passed.shape = Some(Shape {
            flow: "f".to_owned(),
            stateful: steps.iter().map(|step| (*step).to_owned()).collect(),
            windows: Vec::new(),
            engine: Some("0.21.1".to_owned()),
        });
        o.probes.push(passed);
    })
}

fn answer(step: &str) -> Option<Kept> {
    Some(Kept {
        steps: vec![step.to_owned()],
        windows: Vec::new(),
        engine: Some("0.21.0".to_owned()),
    })
}

/// The agents have said what lies on the two volumes.
fn answered(steps: &[&str]) -> Observed {
    with(probed(steps), |o| {
        o.answers.stored_steps = Some(vec![answer("f.in"), answer("f.count")]);
    })
}

fn dropping(step: &str) -> Option<RecoveryAction> {
    Some(RecoveryAction {
        kind: ActionKind::DropSteps,
        point: None,
        steps: vec![step.to_owned()],
        expect: ExpectedStore {
            store_id: ID.to_owned(),
            timeline: Some("1-0b7c4a52".to_owned()),
        },
    })
}

/// What status said when another revision was refused.
fn said_of(revision: &str) -> Option<LostState> {
    Some(LostState {
        sentence: LOST.replace(NEW, revision),
        steps: vec!["f.count".to_owned()],
    })
}

/// The gang was stopped, say to be started again after a failure.
fn down(o: &mut Observed) {
    o.gang = Slot::Ours(gang(OLD, 2, 0));
    o.pods.clear();
    o.answers.stored_steps = None;
}

#[rstest]
#[case::all_there(answered(&["f.in", "f.count"]), "Stop", Progressing, Reason::Stopping)]
#[case::one_more(answered(&["f.in", "f.count", "f.sum"]), "Stop", Progressing, Reason::Stopping)]
#[case::renamed(answered(&["f.in", "f.sum"]), "Rest", Stalled, Reason::StateLost)]
#[case::known_to_the_other_process_only(
    with(answered(&["f.in", "f.sum"]), |o| o.answers.stored_steps = Some(vec![None, answer("f.count")])),
    "Rest", Stalled, Reason::StateLost
)]
#[case::nobody_answers(
    with(probed(&["f.in"]), |o| o.answers.stored_steps = Some(vec![None, None])),
    "Rest", Progressing, Reason::Probing
)]
#[case::nobody_has_answered_for_long(
    with(probed(&["f.in"]), |o| { o.answers.stored_steps = Some(vec![None, None]); o.now = at(1020); }),
    "Stop", Progressing, Reason::Stopping
)]
#[case::dropped_as_ordered(
    with(answered(&["f.in", "f.sum"]), |o| o.store.action = dropping("f.count")),
    "Stop", Progressing, Reason::Stopping
)]
#[case::another_one_is_dropped(
    with(answered(&["f.in", "f.sum"]), |o| o.store.action = dropping("f.in")),
    "Rest", Stalled, Reason::StateLost
)]
#[case::ordered_for_an_earlier_timeline(
    with(answered(&["f.in", "f.sum"]), |o| {
        o.store.action = dropping("f.count");
        o.store.action.as_mut().unwrap().expect.timeline = Some("1-other".to_owned());
    }),
    "Rest", Stalled, Reason::StateLost
)]
#[case::another_format(
    with(answered(&["f.in", "f.count"]), |o| {
        let Some(kept) = &mut o.answers.stored_steps.as_mut().unwrap()[0] else { unreachable!() };
        kept.engine = Some("0.19.1".to_owned());
    }),
    "Rest", Stalled, Reason::StateLost
)]
#[case::no_state_is_kept_any_more(
    with(answered(&["f.in", "f.sum"]), |o| target_goal(o).store = None),
    "Stop", Progressing, Reason::Stopping
)]
#[case::refused_and_down_the_old_one_comes_back(
    with(probed(&["f.in", "f.sum"]), |o| { down(o); o.ledger.state_lost = said_of(NEW); }),
    "RemoveSet", Stalled, Reason::StateLost
)]
fn a_revision_that_loads(
    #[case] o: Observed,
    #[case] step: &str,
    #[case] kind: Kind,
    #[case] reason: Reason,
) {
    check(&o, step, kind, reason);
}

#[test]
fn what_is_kept_is_asked_first() {
    asks(&probed(&["f.in", "f.count"]), Question::StoredSteps);
}

#[test]
fn what_would_be_lost_is_named() {
    let decision = deed(&answered(&["f.in", "f.sum"]));
    assert_eq!(decision.standing.message, LOST);
    assert_eq!(decision.orphaned_steps, ["f.count"]);
}

#[test]
fn a_refused_revision_is_not_what_comes_back() {
    let lost = |o: &mut Observed| {
        down(o);
        the_gang(o).own_volumes = true;
        o.ledger.state_lost = said_of(NEW);
    };
    let refused = deed(&with(probed(&["f.in", "f.sum"]), lost));
    assert_eq!(word(&refused.step), "Start Running update above 3");
    let other = with(probed(&["f.in", "f.sum"]), |o| {
        lost(o);
        o.ledger.state_lost = said_of("cccccccccc");
    });
    assert_eq!(word(&deed(&other).step), "Start Target update above 3");
    let accepted = with(probed(&["f.in", "f.sum"]), |o| {
        lost(o);
        o.store.action = dropping("f.count");
    });
    assert_eq!(
        word(&deed(&accepted).step),
        "WriteLedger 2 DropSteps [0, 1, 0, 1]"
    );
}
