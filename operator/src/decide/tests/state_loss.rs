//! The state that a new revision would lose.

use dataflow::spec::{ActionKind, ExpectedStore, RecoveryAction};
use dataflow::steps::{Kept, Shape};

use super::recovery::{ID, SPREAD, ledger, ready};
use super::*;
use crate::observed::LostState;

const LOST: &str = "revision bbbbbbbbbb would lose state: step f.count was removed, and f.sum was \
    added; to drop it, set spec.recovery.action (kubectl waxctl df commit --accept-state-loss); revision \
    aaaaaaaaaa keeps running";

/// Returns a running gang with a store, and a passed probe of another revision that has these stateful steps.
fn probed(steps: &[&str]) -> Observed {
    with(ready(2, ledger(SPREAD, None)), |observed| {
        observed.running = observed.target.goal().cloned();
        let mut gang = gang(OLD, 2, 2);
        gang.own_volumes = true;
        observed.gang = Ownership::Owned(gang);
        observed.pods = vec![pod(0, OLD, 2), pod(1, OLD, 2)];
        target_goal(observed).revision = NEW.to_owned();
        let mut passed = probe(NEW, ProbeOutcome::Passed);
        passed.shape = Some(Shape {
            flow: "f".to_owned(),
            stateful: steps.iter().map(|step| (*step).to_owned()).collect(),
            windows: Vec::new(),
            engine: Some("0.21.1".to_owned()),
        });
        observed.probes.push(passed);
    })
}

fn answer(step: &str) -> Option<Kept> {
    Some(Kept {
        steps: vec![step.to_owned()],
        windows: Vec::new(),
        engine: Some("0.21.0".to_owned()),
    })
}

/// Returns the state of [`probed`] after the agents reported the steps on the two volumes.
fn answered(steps: &[&str]) -> Observed {
    with(probed(steps), |observed| {
        observed.answers.stored_steps = Some(vec![answer("f.in"), answer("f.count")]);
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

/// Returns the state loss that status reported for a refused revision.
fn reported_loss(revision: &str) -> Option<LostState> {
    Some(LostState {
        message: LOST.replace(NEW, revision),
        steps: vec!["f.count".to_owned()],
    })
}

/// Stops the gang, as after a failure.
fn down(observed: &mut Observed) {
    observed.gang = Ownership::Owned(gang(OLD, 2, 0));
    observed.pods.clear();
    observed.answers.stored_steps = None;
}

#[rstest]
#[case::same_steps(answered(&["f.in", "f.count"]), "Stop", Reconciling, Reason::Stopping)]
#[case::additional_step(answered(&["f.in", "f.count", "f.sum"]), "Stop", Reconciling, Reason::Stopping)]
#[case::renamed_step(answered(&["f.in", "f.sum"]), "None", Stalled, Reason::StateLost)]
#[case::stored_by_the_other_process_only(
    with(answered(&["f.in", "f.sum"]), |observed| observed.answers.stored_steps = Some(vec![None, answer("f.count")])),
    "None", Stalled, Reason::StateLost
)]
#[case::no_agent_answers(
    with(probed(&["f.in"]), |observed| observed.answers.stored_steps = Some(vec![None, None])),
    "None", Reconciling, Reason::Probing
)]
#[case::no_agent_answers_in_time(
    with(probed(&["f.in"]), |observed| {
        observed.answers.stored_steps = Some(vec![None, None]); observed.now = at(1020);
    }),
    "Stop", Reconciling, Reason::Stopping
)]
#[case::dropped_by_the_action(
    with(answered(&["f.in", "f.sum"]), |observed| observed.store.action = dropping("f.count")),
    "Stop", Reconciling, Reason::Stopping
)]
#[case::action_drops_another_step(
    with(answered(&["f.in", "f.sum"]), |observed| observed.store.action = dropping("f.in")),
    "None", Stalled, Reason::StateLost
)]
#[case::action_for_another_timeline(
    with(answered(&["f.in", "f.sum"]), |observed| {
        observed.store.action = dropping("f.count");
        observed.store.action.as_mut().unwrap().expect.timeline = Some("1-other".to_owned());
    }),
    "None", Stalled, Reason::StateLost
)]
#[case::unreadable_engine_format(
    with(answered(&["f.in", "f.count"]), |observed| {
        let Some(kept) = &mut observed.answers.stored_steps.as_mut().unwrap()[0] else { unreachable!() };
        kept.engine = Some("0.19.1".to_owned());
    }),
    "None", Stalled, Reason::StateLost
)]
#[case::state_is_turned_off(
    with(answered(&["f.in", "f.sum"]), |observed| target_goal(observed).store = None),
    "Stop", Reconciling, Reason::Stopping
)]
#[case::refused_and_gang_was_stopped(
    with(probed(&["f.in", "f.sum"]), |observed| {
        down(observed); observed.last_status.state_lost = reported_loss(NEW);
    }),
    "RemoveSet", Stalled, Reason::StateLost
)]
fn revision_that_loses_state_is_refused(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] kind: SummaryKind,
    #[case] reason: Reason,
) {
    check(&observed, operation, kind, reason);
}

#[test]
fn agents_are_asked_for_stored_steps() {
    asks(&probed(&["f.in", "f.count"]), Question::StoredSteps);
}

#[test]
fn refusal_names_lost_steps() {
    let decision = decided(&answered(&["f.in", "f.sum"]));
    assert_eq!(decision.summary.message, LOST);
    assert_eq!(decision.orphaned_steps, ["f.count"]);
}

#[test]
fn stopped_gang_restarts_without_refused_revision() {
    let lost = |observed: &mut Observed| {
        down(observed);
        the_gang(observed).own_volumes = true;
        observed.last_status.state_lost = reported_loss(NEW);
    };
    let refused = decided(&with(probed(&["f.in", "f.sum"]), lost));
    assert_eq!(describe(&refused.operation), "Start Running update above 3");
    let other = with(probed(&["f.in", "f.sum"]), |observed| {
        lost(observed);
        observed.last_status.state_lost = reported_loss("cccccccccc");
    });
    assert_eq!(
        describe(&decided(&other).operation),
        "Start Target update above 3"
    );
    let accepted = with(probed(&["f.in", "f.sum"]), |observed| {
        lost(observed);
        observed.store.action = dropping("f.count");
    });
    assert_eq!(
        describe(&decided(&accepted).operation),
        "WriteLedger 2 DropSteps [0, 1, 0, 1]"
    );
}
