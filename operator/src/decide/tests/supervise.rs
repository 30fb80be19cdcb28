//! A gang in force: well, apart, failing.

use agent::report::FailureKind;

use super::action::running;
use super::store::{SPREAD, ledger, ready};
use super::*;
use crate::observed::Claim;

#[rstest]
#[case::all_is_well(world(), "Rest", Settled, Reason::Running)]
#[case::being_deleted(with(world(), |o| o.deleting = true), "Rest", Progressing, Reason::Stopping)]
#[case::crd_too_old(with(edited(), |o| o.crd_too_old = true), "Rest", Stalled, Reason::CRDTooOld)]
#[case::drops_what_nothing_needs(
    with(world(), |o| o.surplus.push(Surplus {
        kind: SurplusKind::Record, name: "flow-cccc".into(), version: version("r"),
    })),
    "Drop flow-cccc", Settled, Reason::Running
)]
#[case::removes_a_probe_that_is_through(
    with(world(), |o| o.probes.push(probe(OLD, ProbeOutcome::Passed))),
    "DeleteProbe flow-probe-aaaaaaaaaa", Settled, Reason::Running
)]
fn a_gang_that_is_as_it_should_be(
    #[case] o: Observed,
    #[case] step: &str,
    #[case] kind: Kind,
    #[case] reason: Reason,
) {
    check(&o, step, kind, reason);
}

/// The agent names it, or else the kubelet.
fn cause(word: &str) -> Cause {
    let kind = serde_json::from_value(word.into());
    kind.map_or_else(|_| Cause::Kubelet(word.to_owned()), Cause::Agent)
}

fn death(second: i64, reason: &str) -> Option<Death> {
    Some(Death {
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
fn unready_for(o: &mut Observed, seconds: i64) {
    let since = at(1000 - seconds);
    for pod in &mut o.pods {
        (pod.doing, pod.ready_changed) = (Doing::Running(since), since);
    }
}

fn answers(o: &mut Observed) -> &mut Vec<Option<ProcessReport>> {
    o.answers.processes.as_mut().unwrap()
}

#[rstest]
#[case::a_restart_converges_by_itself(
    apart(|o| {
        o.pods[0].doing = Doing::Ended;
        o.pods[0].death = death(999, "UserError");
        o.pods[1].death = death(999, "PeerLost");
    }),
    "Rest", Progressing, Reason::Starting
)]
#[case::a_peer_may_be_older_than_a_death(
    apart(|o| { o.pods[0].death = death(900, "UserError"); o.pods[1].doing = Doing::Running(at(5)); }),
    "Rest", Progressing, Reason::Starting
)]
#[case::engines_that_have_not_found_each_other_yet(
    apart(|o| unready_for(o, 119)), "Rest", Progressing, Reason::Starting
)]
#[case::engines_that_do_not_find_each_other(
    apart(|o| unready_for(o, 120)), "Stop", Progressing, Reason::Stopping
)]
#[case::a_gang_in_which_one_has_failed_counts_on(
    apart(|o| { unready_for(o, 120); o.pods[1].restarts = 1; }), "Rest", Stalled, Reason::NotFormed
)]
#[case::engines_that_do_not_run_yet(
    apart(|o| { unready_for(o, 120); answers(o)[1].as_mut().unwrap().running = false; }),
    "Rest", Stalled, Reason::NotFormed
)]
#[case::one_that_waits_will_bring_the_other_in(
    apart(|o| { unready_for(o, 120); answers(o)[1] = Some(live(1, Some(("waits for process 0", false)))); }),
    "Rest", Stalled, Reason::NotFormed
)]
#[case::unready_for_another_reason(
    apart(|o| {
        unready_for(o, 120);
        answers(o).iter_mut().flatten().for_each(|live| live.formed = true);
    }),
    "Rest", Stalled, Reason::NotFormed
)]
#[case::who_does_not_answer_may_wait(
    apart(|o| { unready_for(o, 120); answers(o)[1] = None; }), "Rest", Stalled, Reason::NotFormed
)]
#[case::one_of_another_start_is_about_to_go(
    apart(|o| { unready_for(o, 120); answers(o)[1].as_mut().unwrap().start = 2; }),
    "Rest", Stalled, Reason::NotFormed
)]
#[case::in_a_gang_that_never_formed_people_come_first(
    apart(|o| { unready_for(o, 120); o.ledger.formed = None; }), "Rest", Stalled, Reason::NotFormed
)]
#[case::who_misses_another_for_long(
    apart(|o| { unready_for(o, 60); answers(o)[0] = Some(live(0, Some(("waits for process 1", true)))); }),
    "Rest", Stalled, Reason::NotFormed
)]
#[case::who_has_missed_another_that_has_only_just_come(
    apart(|o| { unready_for(o, 59); answers(o)[0] = Some(live(0, Some(("waits for process 1", true)))); }),
    "Rest", Progressing, Reason::Starting
)]
#[case::a_pod_of_another_start(
    with(world(), |o| o.pods[1].stamp.as_mut().unwrap().start = 2),
    "Stop", Progressing, Reason::Stopping
)]
#[case::a_pod_is_missing(with(world(), |o| drop(o.pods.pop())), "Rest", Progressing, Reason::Starting)]
#[case::a_pod_does_not_go_away(
    with(world(), |o| { o.pods[1].deleting = Some(at(900)); o.pods[1].ready = false; }),
    "Rest", Stalled, Reason::PodUnreachable
)]
#[case::two_failed_starts(
    apart(|o| { o.pods[0].restarts = 1; o.pods[0].doing = Doing::Ended; o.pods[0].death = death(999, "UserError"); }),
    "Rest", Progressing, Reason::Starting
)]
#[case::three_failed_starts(
    apart(|o| { o.pods[0].restarts = 2; o.pods[0].doing = Doing::Ended; o.pods[0].death = death(999, "UserError"); }),
    "Rest", Stalled, Reason::CrashLoop
)]
#[case::three_since_it_last_formed(
    apart(|o| {
        o.ledger.formed = Some(Formed { start: 3, restarts: 4 });
        o.pods[0].restarts = 7;
        o.pods[0].death = death(994, "UserError");
    }),
    "Rest", Stalled, Reason::CrashLoop
)]
#[case::up_again_for_a_moment(
    with(world(), |o| {
        o.pods[0].restarts = 3;
        o.pods[0].doing = Doing::Running(at(995));
        o.pods[0].death = death(994, "UserError");
    }),
    "Rest", Stalled, Reason::CrashLoop
)]
#[case::up_again_for_good(
    with(world(), |o| {
        o.pods[0].restarts = 3;
        o.pods[0].doing = Doing::Running(at(990));
        o.pods[0].death = death(989, "UserError");
    }),
    "Rest", Settled, Reason::Running
)]
#[case::no_image(
    apart(|o| o.pods[0].doing = Doing::ImagePull { image: "x".into(), message: "no such host".into() }),
    "Rest", Stalled, Reason::ImagePull
)]
#[case::the_code_cannot_be_fetched(
    apart(|o| {
        o.pods[0].doing = Doing::Pending;
        o.pods[0].init_failure =
            Some(InitFailure { container: "fetch".into(), failures: 3, message: "no".into(), kind: None });
    }),
    "Rest", Stalled, Reason::CrashLoop
)]
#[case::a_volume_is_refused(
    apart(|o| {
        o.pods[0].doing = Doing::Pending;
        o.pods[0].init_failure = Some(InitFailure {
            container: "verify".into(), failures: 1, message: "part-0 is missing".into(),
            kind: Some(FailureKind::StoreRefused),
        });
    }),
    "Rest", Stalled, Reason::StoreRefused
)]
#[case::a_volume_is_refused_by_the_process_itself(
    apart(|o| { o.pods[0].doing = Doing::Ended; o.pods[0].death = death(994, "StoreRefused"); }),
    "Rest", Stalled, Reason::StoreRefused
)]
#[case::a_volume_is_full(
    apart(|o| {
        o.pods[0].death = death(999, "PeerLost");
        o.pods[1].doing = Doing::Ended;
        o.pods[1].death = death(999, "DiskFull");
    }),
    "Rest", Stalled, Reason::DiskFull
)]
#[case::a_volume_was_full_once(
    apart(|o| { o.pods[1].restarts = 1; o.pods[1].death = death(994, "DiskFull"); }),
    "Rest", Progressing, Reason::Starting
)]
#[case::a_volume_is_full_however_often_its_process_tries(
    apart(|o| { o.pods[1].restarts = 3; o.pods[1].death = death(994, "DiskFull"); }),
    "Rest", Stalled, Reason::DiskFull
)]
#[case::a_volume_is_full_before_its_process_starts(
    apart(|o| {
        o.pods[1].doing = Doing::Pending;
        o.pods[1].init_failure = Some(InitFailure {
            container: "verify".into(), failures: 5, message: "disk is full".into(),
            kind: Some(FailureKind::DiskFull),
        });
    }),
    "Rest", Stalled, Reason::DiskFull
)]
#[case::a_secret_is_not_there_yet(
    apart(|o| { o.pods[0].created = at(971); o.pods[0].doing = Doing::Refused("secret x not found".into()); }),
    "Rest", Progressing, Reason::WaitingForReference
)]
#[case::a_secret_is_missing(
    apart(|o| { o.pods[0].created = at(970); o.pods[0].doing = Doing::Refused("secret x not found".into()); }),
    "Rest", Stalled, Reason::MissingReference
)]
fn a_gang_in_trouble(
    #[case] o: Observed,
    #[case] step: &str,
    #[case] kind: Kind,
    #[case] reason: Reason,
) {
    check(&o, step, kind, reason);
}

#[test]
fn a_crash_loop_tells_the_error_and_the_way_back() {
    let o = apart(|o| {
        o.previous_revision = Some("0123456789".to_owned());
        for pod in &mut o.pods {
            pod.restarts = 2;
            pod.doing = Doing::Ended;
        }
        o.pods[0].death = death(998, "PeerLost");
        o.pods[1].death = death(999, "UserError");
    });
    assert_eq!(
        deed(&o).standing.message,
        "flow-1 failed in step flow.parse (flow.py, line 7): ValueError: bad row; \
         the revision before aaaaaaaaaa was 0123456789"
    );
}

#[test]
fn who_is_missing_is_named_in_the_words_of_the_first_process() {
    let o = apart(|o| {
        unready_for(o, 60);
        let waits = |process, what| Some(live(process, Some((what, true))));
        *answers(o) = vec![
            waits(1, "waiting for process 0, which hosts the rendezvous: timed out"),
            waits(0, "waiting for process 1 to start"),
        ];
    });
    assert_eq!(
        deed(&o).standing.message,
        "process 0: waiting for process 1 to start"
    );
}

#[test]
fn a_full_volume_is_told_with_what_gives_it_room() {
    let o = apart(|o| {
        let claim = |volume| Claim {
            name: format!("recovery-flow-{volume}"),
            held: None,
        };
        o.store.claims = (0..2).map(|volume| (volume, claim(volume))).collect();
        o.pods[1].doing = Doing::Ended;
        o.pods[1].death = Some(Death {
            message: "recovery volume 1 is full: database or disk is full".to_owned(),
            ..death(999, "DiskFull").unwrap()
        });
    });
    assert_eq!(
        deed(&o).standing.message,
        "pod flow-1: recovery volume 1 is full: database or disk is full; raise \
         spec.recovery.persistence.size, or grow the claim recovery-flow-1; nothing is lost meanwhile"
    );
}

#[test]
fn a_lost_peer_that_is_reported_first_does_not_hide_the_error() {
    // The kubelet reports pods one by one: the third death of flow-1 is not in yet.
    let o = apart(|o| {
        o.pods[0].restarts = 2;
        o.pods[0].doing = Doing::Ended;
        o.pods[0].death = death(998, "PeerLost");
        o.pods[1].restarts = 2;
        o.pods[1].death = death(960, "UserError");
    });
    let message = deed(&o).standing.message;
    assert!(message.starts_with("flow-1 failed"), "{message}");
}

#[test]
fn an_error_of_long_ago_explains_no_new_loss() {
    let o = apart(|o| {
        o.pods[0].restarts = 2;
        o.pods[0].doing = Doing::Ended;
        o.pods[0].death = death(998, "PeerLost");
        o.pods[1].death = death(998 - 601, "UserError");
    });
    let message = deed(&o).standing.message;
    assert!(message.starts_with("flow-0 failed"), "{message}");
}

#[test]
fn forming_is_noted_with_the_restarts_it_took() {
    let o = with(world(), |o| {
        o.ledger.formed = None;
        o.pods[1].restarts = 2;
    });
    assert_eq!(
        deed(&o).formed,
        Some(Formed {
            start: 3,
            restarts: 2
        })
    );
}

#[test]
fn whoever_forms_on_a_store_is_asked_once_where_it_went_on() {
    let formed = with(ready(2, ledger(SPREAD, None)), |o| {
        running(o);
        o.ledger.formed = None;
        o.answers.resumption = Resumption::NotAsked;
    });
    asks(&formed, Question::Resumption);
    let silent = with(formed.clone(), |o| {
        o.answers.resumption = Resumption::Unknown;
    });
    let decision = check(&silent, "Rest", Settled, Reason::Running);
    assert_eq!(decision.again, Some(at(1030)), "silence is asked again");
    let told = with(formed.clone(), |o| {
        o.ledger.formed = decision.formed;
        o.ledger.resumed = o.ledger.start;
    });
    check(&told, "Rest", Settled, Reason::Running);
    // A pod that was replaced has no more restarts than the one before.
    let replaced = with(told, |o| o.ledger.away = true);
    asks(&replaced, Question::Resumption);
    let without = with(formed, |o| target_goal(o).store = None);
    check(&without, "Rest", Settled, Reason::Running);
}
