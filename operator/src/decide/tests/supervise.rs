//! A gang in force: well, apart, failing.

use agent::report::FailureKind;

use super::action::running;
use super::recovery::{SPREAD, ledger, ready};
use super::*;
use crate::observed::Claim;

#[rstest]
#[case::all_is_well(world(), "None", Ready, Reason::Running)]
#[case::being_deleted(with(world(), |observed| observed.deleting = true), "None", Reconciling, Reason::Stopping)]
#[case::crd_too_old(with(edited(), |observed| observed.crd_too_old = true), "None", Stalled, Reason::CRDTooOld)]
#[case::drops_what_nothing_needs(
    with(world(), |observed| observed.obsolete.push(Obsolete {
        kind: ObsoleteKind::Record, name: "flow-cccc".into(), version: version("r"),
    })),
    "DeleteObsolete flow-cccc", Ready, Reason::Running
)]
#[case::removes_a_probe_that_is_through(
    with(world(), |observed| observed.probes.push(probe(OLD, ProbeOutcome::Passed))),
    "DeleteProbe flow-probe-aaaaaaaaaa", Ready, Reason::Running
)]
fn a_gang_that_is_as_it_should_be(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] kind: SummaryKind,
    #[case] reason: Reason,
) {
    check(&observed, operation, kind, reason);
}

/// The agent names it, or else the kubelet.
fn cause(word: &str) -> Cause {
    let kind = serde_json::from_value(word.into());
    kind.map_or_else(|_| Cause::Kubelet(word.to_owned()), Cause::Agent)
}

fn termination(second: i64, reason: &str) -> Option<Termination> {
    Some(Termination {
        at: at(second),
        exit_code: 1,
        cause: cause(reason),
        message: "ValueError: bad row".to_owned(),
        step: Some("flow.parse".to_owned()),
        file: Some("flow.py".to_owned()),
        line: Some(7),
    })
}

/// All processes have run for so many seconds without being connected.
fn unready_for(observed: &mut Observed, seconds: i64) {
    let since = at(1000 - seconds);
    for pod in &mut observed.pods {
        (pod.state, pod.ready_changed) = (ProcessState::Running(since), since);
    }
}

fn answers(observed: &mut Observed) -> &mut Vec<Option<ProcessReport>> {
    observed.answers.processes.as_mut().unwrap()
}

#[rstest]
#[case::a_restart_converges_by_itself(
    not_formed(|observed| {
        observed.pods[0].state = ProcessState::Ended;
        observed.pods[0].termination = termination(999, "UserError");
        observed.pods[1].termination = termination(999, "PeerLost");
    }),
    "None", Reconciling, Reason::Starting
)]
#[case::a_peer_may_be_older_than_a_death(
    not_formed(|observed| { observed.pods[0].termination = termination(900, "UserError"); observed.pods[1].state = ProcessState::Running(at(5)); }),
    "None", Reconciling, Reason::Starting
)]
#[case::engines_that_have_not_found_each_other_yet(
    not_formed(|observed| unready_for(observed, 119)), "None", Reconciling, Reason::Starting
)]
#[case::engines_that_do_not_find_each_other(
    not_formed(|observed| unready_for(observed, 120)), "Stop", Reconciling, Reason::Stopping
)]
#[case::a_gang_in_which_one_has_failed_counts_on(
    not_formed(|observed| { unready_for(observed, 120); observed.pods[1].restarts = 1; }), "None", Stalled, Reason::NotFormed
)]
#[case::engines_that_do_not_run_yet(
    not_formed(|observed| { unready_for(observed, 120); answers(observed)[1].as_mut().unwrap().running = false; }),
    "None", Stalled, Reason::NotFormed
)]
#[case::one_that_waits_will_bring_the_other_in(
    not_formed(|observed| { unready_for(observed, 120); answers(observed)[1] = Some(process_report(1, Some(("waits for process 0", false)))); }),
    "None", Stalled, Reason::NotFormed
)]
#[case::unready_for_another_reason(
    not_formed(|observed| {
        unready_for(observed, 120);
        answers(observed).iter_mut().flatten().for_each(|report| report.formed = true);
    }),
    "None", Stalled, Reason::NotFormed
)]
#[case::who_does_not_answer_may_wait(
    not_formed(|observed| { unready_for(observed, 120); answers(observed)[1] = None; }), "None", Stalled, Reason::NotFormed
)]
#[case::one_of_another_start_is_about_to_go(
    not_formed(|observed| { unready_for(observed, 120); answers(observed)[1].as_mut().unwrap().start = 2; }),
    "None", Stalled, Reason::NotFormed
)]
#[case::in_a_gang_that_never_formed_people_come_first(
    not_formed(|observed| { unready_for(observed, 120); observed.last_status.formed = None; }), "None", Stalled, Reason::NotFormed
)]
#[case::who_misses_another_for_long(
    not_formed(|observed| { unready_for(observed, 60); answers(observed)[0] = Some(process_report(0, Some(("waits for process 1", true)))); }),
    "None", Stalled, Reason::NotFormed
)]
#[case::who_has_missed_another_that_has_only_just_come(
    not_formed(|observed| { unready_for(observed, 59); answers(observed)[0] = Some(process_report(0, Some(("waits for process 1", true)))); }),
    "None", Reconciling, Reason::Starting
)]
#[case::a_pod_of_another_start(
    with(world(), |observed| observed.pods[1].stamp.as_mut().unwrap().start = 2),
    "Stop", Reconciling, Reason::Stopping
)]
#[case::a_pod_is_missing(with(world(), |observed| drop(observed.pods.pop())), "None", Reconciling, Reason::Starting)]
#[case::a_pod_does_not_go_away(
    with(world(), |observed| { observed.pods[1].deleting = Some(at(900)); observed.pods[1].ready = false; }),
    "None", Stalled, Reason::PodUnreachable
)]
#[case::two_failed_starts(
    not_formed(|observed| { observed.pods[0].restarts = 1; observed.pods[0].state = ProcessState::Ended; observed.pods[0].termination = termination(999, "UserError"); }),
    "None", Reconciling, Reason::Starting
)]
#[case::three_failed_starts(
    not_formed(|observed| { observed.pods[0].restarts = 2; observed.pods[0].state = ProcessState::Ended; observed.pods[0].termination = termination(999, "UserError"); }),
    "None", Stalled, Reason::CrashLoop
)]
#[case::three_since_it_last_formed(
    not_formed(|observed| {
        observed.last_status.formed = Some(Formed { start: 3, restarts: 4 });
        observed.pods[0].restarts = 7;
        observed.pods[0].termination = termination(994, "UserError");
    }),
    "None", Stalled, Reason::CrashLoop
)]
#[case::up_again_for_a_moment(
    with(world(), |observed| {
        observed.pods[0].restarts = 3;
        observed.pods[0].state = ProcessState::Running(at(995));
        observed.pods[0].termination = termination(994, "UserError");
    }),
    "None", Stalled, Reason::CrashLoop
)]
#[case::up_again_for_good(
    with(world(), |observed| {
        observed.pods[0].restarts = 3;
        observed.pods[0].state = ProcessState::Running(at(990));
        observed.pods[0].termination = termination(989, "UserError");
    }),
    "None", Ready, Reason::Running
)]
#[case::no_image(
    not_formed(|observed| observed.pods[0].state = ProcessState::ImagePull { image: "x".into(), message: "no such host".into() }),
    "None", Stalled, Reason::ImagePull
)]
#[case::the_code_cannot_be_fetched(
    not_formed(|observed| {
        observed.pods[0].state = ProcessState::Pending;
        observed.pods[0].init_failure =
            Some(InitFailure { container: "fetch".into(), failures: 3, message: "no".into(), kind: None });
    }),
    "None", Stalled, Reason::CrashLoop
)]
#[case::a_volume_is_refused(
    not_formed(|observed| {
        observed.pods[0].state = ProcessState::Pending;
        observed.pods[0].init_failure = Some(InitFailure {
            container: "verify".into(), failures: 1, message: "part-0 is missing".into(),
            kind: Some(FailureKind::StoreRefused),
        });
    }),
    "None", Stalled, Reason::StoreRefused
)]
#[case::a_volume_is_refused_by_the_process_itself(
    not_formed(|observed| { observed.pods[0].state = ProcessState::Ended; observed.pods[0].termination = termination(994, "StoreRefused"); }),
    "None", Stalled, Reason::StoreRefused
)]
#[case::a_volume_is_full(
    not_formed(|observed| {
        observed.pods[0].termination = termination(999, "PeerLost");
        observed.pods[1].state = ProcessState::Ended;
        observed.pods[1].termination = termination(999, "DiskFull");
    }),
    "None", Stalled, Reason::DiskFull
)]
#[case::a_volume_was_full_once(
    not_formed(|observed| { observed.pods[1].restarts = 1; observed.pods[1].termination = termination(994, "DiskFull"); }),
    "None", Reconciling, Reason::Starting
)]
#[case::a_volume_is_full_however_often_its_process_tries(
    not_formed(|observed| { observed.pods[1].restarts = 3; observed.pods[1].termination = termination(994, "DiskFull"); }),
    "None", Stalled, Reason::DiskFull
)]
#[case::a_volume_is_full_before_its_process_starts(
    not_formed(|observed| {
        observed.pods[1].state = ProcessState::Pending;
        observed.pods[1].init_failure = Some(InitFailure {
            container: "verify".into(), failures: 5, message: "disk is full".into(),
            kind: Some(FailureKind::DiskFull),
        });
    }),
    "None", Stalled, Reason::DiskFull
)]
#[case::a_secret_is_not_there_yet(
    not_formed(|observed| { observed.pods[0].created = at(971); observed.pods[0].state = ProcessState::Refused("secret x not found".into()); }),
    "None", Reconciling, Reason::WaitingForReference
)]
#[case::a_secret_is_missing(
    not_formed(|observed| { observed.pods[0].created = at(970); observed.pods[0].state = ProcessState::Refused("secret x not found".into()); }),
    "None", Stalled, Reason::MissingReference
)]
fn a_gang_in_trouble(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] kind: SummaryKind,
    #[case] reason: Reason,
) {
    check(&observed, operation, kind, reason);
}

#[test]
fn a_crash_loop_tells_the_error_and_the_way_back() {
    let observed = not_formed(|observed| {
        observed.previous_revision = Some("0123456789".to_owned());
        for pod in &mut observed.pods {
            pod.restarts = 2;
            pod.state = ProcessState::Ended;
        }
        observed.pods[0].termination = termination(998, "PeerLost");
        observed.pods[1].termination = termination(999, "UserError");
    });
    assert_eq!(
        decided(&observed).summary.message,
        "flow-1 failed in step flow.parse (flow.py, line 7): ValueError: bad row; \
         the revision before aaaaaaaaaa was 0123456789"
    );
}

#[test]
fn who_is_missing_is_named_in_the_words_of_the_first_process() {
    let observed = not_formed(|observed| {
        unready_for(observed, 60);
        let waits = |process, what| Some(process_report(process, Some((what, true))));
        *answers(observed) = vec![
            waits(1, "process 0 cannot be asked to start together: timed out"),
            waits(0, "waits for process 1 to start together"),
        ];
    });
    assert_eq!(
        decided(&observed).summary.message,
        "process 0 waits for process 1 to start together"
    );
}

#[test]
fn a_full_volume_is_told_with_what_gives_it_room() {
    let observed = not_formed(|observed| {
        let claim = |volume| Claim {
            name: format!("recovery-flow-{volume}"),
            held: None,
        };
        observed.store.claims = (0..2).map(|volume| (volume, claim(volume))).collect();
        observed.pods[1].state = ProcessState::Ended;
        observed.pods[1].termination = Some(Termination {
            message: "recovery volume 1 is full: database or disk is full".to_owned(),
            ..termination(999, "DiskFull").unwrap()
        });
    });
    assert_eq!(
        decided(&observed).summary.message,
        "pod flow-1: recovery volume 1 is full: database or disk is full; raise \
         spec.recovery.persistence.size, or grow the claim recovery-flow-1; nothing is lost meanwhile"
    );
}

#[test]
fn a_lost_peer_that_is_reported_first_does_not_hide_the_error() {
    // The kubelet reports pods one by one: the third death of flow-1 is not in yet.
    let observed = not_formed(|observed| {
        observed.pods[0].restarts = 2;
        observed.pods[0].state = ProcessState::Ended;
        observed.pods[0].termination = termination(998, "PeerLost");
        observed.pods[1].restarts = 2;
        observed.pods[1].termination = termination(960, "UserError");
    });
    let message = decided(&observed).summary.message;
    assert!(message.starts_with("flow-1 failed"), "{message}");
}

#[test]
fn an_error_of_long_ago_explains_no_new_loss() {
    let observed = not_formed(|observed| {
        observed.pods[0].restarts = 2;
        observed.pods[0].state = ProcessState::Ended;
        observed.pods[0].termination = termination(998, "PeerLost");
        observed.pods[1].termination = termination(998 - 601, "UserError");
    });
    let message = decided(&observed).summary.message;
    assert!(message.starts_with("flow-0 failed"), "{message}");
}

#[test]
fn forming_is_noted_with_the_restarts_it_took() {
    let observed = with(world(), |observed| {
        observed.last_status.formed = None;
        observed.pods[1].restarts = 2;
    });
    assert_eq!(
        decided(&observed).formed,
        Some(Formed {
            start: 3,
            restarts: 2
        })
    );
}

#[test]
fn whoever_forms_on_a_store_is_asked_once_where_it_went_on() {
    let formed = with(ready(2, ledger(SPREAD, None)), |observed| {
        running(observed);
        observed.last_status.formed = None;
        observed.answers.resumption = Resumption::NotAsked;
    });
    asks(&formed, Question::Resumption);
    let silent = with(formed.clone(), |observed| {
        observed.answers.resumption = Resumption::Unknown;
    });
    let decision = check(&silent, "None", Ready, Reason::Running);
    assert_eq!(
        decision.requeue_at,
        Some(at(1030)),
        "silence is asked again"
    );
    let told = with(formed.clone(), |observed| {
        observed.last_status.formed = decision.formed;
        observed.last_status.resumed = observed.last_status.start;
    });
    check(&told, "None", Ready, Reason::Running);
    // A pod that was replaced has no more restarts than the one before.
    let replaced = with(told, |observed| observed.last_status.away = true);
    asks(&replaced, Question::Resumption);
    let without = with(formed, |observed| target_goal(observed).store = None);
    check(&without, "None", Ready, Reason::Running);
}
