//! A gang that matches the desired state: formed, forming, failing.

use agent::report::FailureKind;

use super::action::running;
use super::recovery::{SPREAD, ledger, ready};
use super::*;
use crate::observed::Claim;

#[rstest]
#[case::formed(world(), "None", Ready, Reason::Running)]
#[case::dataflow_is_deleted(with(world(), |observed| observed.deleting = true), "None", Reconciling, Reason::Stopping)]
#[case::crd_too_old(with(edited(), |observed| observed.crd_too_old = true), "None", Stalled, Reason::CRDTooOld)]
#[case::obsolete_object_is_deleted(
    with(world(), |observed| observed.obsolete.push(Obsolete {
        kind: ObsoleteKind::Record, name: "flow-cccc".into(), version: version("r"),
    })),
    "DeleteObsolete flow-cccc", Ready, Reason::Running
)]
#[case::completed_probe_is_deleted(
    with(world(), |observed| observed.probes.push(probe(OLD, ProbeOutcome::Passed))),
    "DeleteProbe flow-probe-aaaaaaaaaa", Ready, Reason::Running
)]
fn formed_gang_keeps_running(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] kind: SummaryKind,
    #[case] reason: Reason,
) {
    check(&observed, operation, kind, reason);
}

/// Returns a cause that the agent names, or else the kubelet.
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

/// Lets all processes run for `seconds` without being connected.
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
#[case::one_failed_and_peer_lost(
    not_formed(|observed| {
        observed.pods[0].state = ProcessState::Terminated;
        observed.pods[0].termination = termination(999, "UserError");
        observed.pods[1].termination = termination(999, "PeerLost");
    }),
    "None", Reconciling, Reason::Starting
)]
#[case::peer_runs_longer(
    not_formed(|observed| {
        observed.pods[0].termination = termination(900, "UserError");
        observed.pods[1].state = ProcessState::Running(at(5));
    }),
    "None", Reconciling, Reason::Starting
)]
#[case::unconnected_for_119_s(
    not_formed(|observed| unready_for(observed, 119)), "None", Reconciling, Reason::Starting
)]
#[case::unconnected_for_120_s(
    not_formed(|observed| unready_for(observed, 120)), "Stop", Reconciling, Reason::Stopping
)]
#[case::unconnected_after_a_failure(
    not_formed(|observed| {
        unready_for(observed, 120); observed.pods[1].restarts = 1;
    }),
    "None", Stalled, Reason::NotFormed
)]
#[case::engine_does_not_run(
    not_formed(|observed| { unready_for(observed, 120); answers(observed)[1].as_mut().unwrap().running = false; }),
    "None", Stalled, Reason::NotFormed
)]
#[case::process_waits_for_another(
    not_formed(|observed| {
        unready_for(observed, 120);
        answers(observed)[1] = Some(process_report(1, Some(("waits for process 0", false))));
    }),
    "None", Stalled, Reason::NotFormed
)]
#[case::connected_but_not_ready(
    not_formed(|observed| {
        unready_for(observed, 120);
        answers(observed).iter_mut().flatten().for_each(|report| report.formed = true);
    }),
    "None", Stalled, Reason::NotFormed
)]
#[case::agent_does_not_answer(
    not_formed(|observed| {
        unready_for(observed, 120); answers(observed)[1] = None;
    }),
    "None", Stalled, Reason::NotFormed
)]
#[case::report_of_another_start(
    not_formed(|observed| { unready_for(observed, 120); answers(observed)[1].as_mut().unwrap().start = 2; }),
    "None", Stalled, Reason::NotFormed
)]
#[case::never_formed(
    not_formed(|observed| {
        unready_for(observed, 120); observed.last_status.formed = None;
    }),
    "None", Stalled, Reason::NotFormed
)]
#[case::overdue_for_60_s(
    not_formed(|observed| {
        unready_for(observed, 60); answers(observed)[0] = Some(process_report(0, Some(("waits for process 1", true))));
    }),
    "None", Stalled, Reason::NotFormed
)]
#[case::overdue_for_59_s(
    not_formed(|observed| {
        unready_for(observed, 59); answers(observed)[0] = Some(process_report(0, Some(("waits for process 1", true))));
    }),
    "None", Reconciling, Reason::Starting
)]
#[case::pod_of_another_start(
    with(world(), |observed| observed.pods[1].stamp.as_mut().unwrap().start = 2),
    "Stop", Reconciling, Reason::Stopping
)]
#[case::pod_is_missing(with(world(), |observed| drop(observed.pods.pop())), "None", Reconciling, Reason::Starting)]
#[case::pod_does_not_terminate(
    with(world(), |observed| { observed.pods[1].deleting = Some(at(900)); observed.pods[1].ready = false; }),
    "None", Stalled, Reason::PodUnreachable
)]
#[case::two_failed_starts(
    not_formed(|observed| {
        observed.pods[0].restarts = 1;
        observed.pods[0].state = ProcessState::Terminated;
        observed.pods[0].termination = termination(999, "UserError");
    }),
    "None", Reconciling, Reason::Starting
)]
#[case::three_failed_starts(
    not_formed(|observed| {
        observed.pods[0].restarts = 2;
        observed.pods[0].state = ProcessState::Terminated;
        observed.pods[0].termination = termination(999, "UserError");
    }),
    "None", Stalled, Reason::CrashLoop
)]
#[case::three_failed_starts_after_forming(
    not_formed(|observed| {
        observed.last_status.formed = Some(Formed { start: 3, restarts: 4 });
        observed.pods[0].restarts = 7;
        observed.pods[0].termination = termination(994, "UserError");
    }),
    "None", Stalled, Reason::CrashLoop
)]
#[case::formed_again_for_5_s(
    with(world(), |observed| {
        observed.pods[0].restarts = 3;
        observed.pods[0].state = ProcessState::Running(at(995));
        observed.pods[0].termination = termination(994, "UserError");
    }),
    "None", Stalled, Reason::CrashLoop
)]
#[case::formed_again_for_10_s(
    with(world(), |observed| {
        observed.pods[0].restarts = 3;
        observed.pods[0].state = ProcessState::Running(at(990));
        observed.pods[0].termination = termination(989, "UserError");
    }),
    "None", Ready, Reason::Running
)]
#[case::image_cannot_be_pulled(
    not_formed(|observed| {
        let (image, message) = ("x".into(), "no such host".into());
        observed.pods[0].state = ProcessState::ImagePull { image, message };
    }),
    "None", Stalled, Reason::ImagePull
)]
#[case::fetch_fails(
    not_formed(|observed| {
        observed.pods[0].state = ProcessState::Pending;
        observed.pods[0].init_failure =
            Some(InitFailure { container: "fetch".into(), failures: 3, message: "no".into(), kind: None });
    }),
    "None", Stalled, Reason::CrashLoop
)]
#[case::verify_refuses_volume(
    not_formed(|observed| {
        observed.pods[0].state = ProcessState::Pending;
        observed.pods[0].init_failure = Some(InitFailure {
            container: "verify".into(), failures: 1, message: "part-0 is missing".into(),
            kind: Some(FailureKind::StoreRefused),
        });
    }),
    "None", Stalled, Reason::StoreRefused
)]
#[case::launch_refuses_volume(
    not_formed(|observed| {
        observed.pods[0].state = ProcessState::Terminated; observed.pods[0].termination = termination(994, "StoreRefused");
    }),
    "None", Stalled, Reason::StoreRefused
)]
#[case::volume_is_full(
    not_formed(|observed| {
        observed.pods[0].termination = termination(999, "PeerLost");
        observed.pods[1].state = ProcessState::Terminated;
        observed.pods[1].termination = termination(999, "DiskFull");
    }),
    "None", Stalled, Reason::DiskFull
)]
#[case::volume_was_full_once(
    not_formed(|observed| {
        observed.pods[1].restarts = 1; observed.pods[1].termination = termination(994, "DiskFull");
    }),
    "None", Reconciling, Reason::Starting
)]
#[case::volume_is_full_after_three_restarts(
    not_formed(|observed| {
        observed.pods[1].restarts = 3; observed.pods[1].termination = termination(994, "DiskFull");
    }),
    "None", Stalled, Reason::DiskFull
)]
#[case::volume_is_full_before_start(
    not_formed(|observed| {
        observed.pods[1].state = ProcessState::Pending;
        observed.pods[1].init_failure = Some(InitFailure {
            container: "verify".into(), failures: 5, message: "disk is full".into(),
            kind: Some(FailureKind::DiskFull),
        });
    }),
    "None", Stalled, Reason::DiskFull
)]
#[case::secret_missing_for_29_s(
    not_formed(|observed| {
        observed.pods[0].created = at(971); observed.pods[0].state = ProcessState::Refused("secret x not found".into());
    }),
    "None", Reconciling, Reason::WaitingForReference
)]
#[case::secret_missing_for_30_s(
    not_formed(|observed| {
        observed.pods[0].created = at(970); observed.pods[0].state = ProcessState::Refused("secret x not found".into());
    }),
    "None", Stalled, Reason::MissingReference
)]
fn problem_is_reported_or_gang_restarted(
    #[case] observed: Observed,
    #[case] operation: &str,
    #[case] kind: SummaryKind,
    #[case] reason: Reason,
) {
    check(&observed, operation, kind, reason);
}

#[test]
fn crash_loop_names_error_and_previous_revision() {
    let observed = not_formed(|observed| {
        observed.previous_revision = Some("0123456789".to_owned());
        for pod in &mut observed.pods {
            pod.restarts = 2;
            pod.state = ProcessState::Terminated;
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
fn not_formed_names_wait_of_lowest_process() {
    let observed = not_formed(|observed| {
        unready_for(observed, 60);
        let waits = |process, what| Some(process_report(process, Some((what, true))));
        *answers(observed) = vec![
            waits(
                1,
                "waiting for waiting for process 0, which hosts the rendezvous: timed out",
            ),
            waits(0, "waiting for process 1 to start"),
        ];
    });
    assert_eq!(
        decided(&observed).summary.message,
        "process 0: waiting for process 1 to start"
    );
}

#[test]
fn full_volume_names_field_and_pvc() {
    let observed = not_formed(|observed| {
        let claim = |volume| Claim {
            name: format!("recovery-flow-{volume}"),
            held: None,
        };
        observed.store.claims = (0..2).map(|volume| (volume, claim(volume))).collect();
        observed.pods[1].state = ProcessState::Terminated;
        observed.pods[1].termination = Some(Termination {
            message: "recovery volume 1 is full: database or disk is full".to_owned(),
            ..termination(999, "DiskFull").unwrap()
        });
    });
    assert_eq!(
        decided(&observed).summary.message,
        "pod flow-1: recovery volume 1 is full: database or disk is full; increase \
         spec.recovery.persistence.size, or expand PVC recovery-flow-1; no state is lost"
    );
}

#[test]
fn error_explains_lost_peer_reported_before_it() {
    // The kubelet reports pods one by one: the third termination of flow-1 is not reported yet.
    let observed = not_formed(|observed| {
        observed.pods[0].restarts = 2;
        observed.pods[0].state = ProcessState::Terminated;
        observed.pods[0].termination = termination(998, "PeerLost");
        observed.pods[1].restarts = 2;
        observed.pods[1].termination = termination(960, "UserError");
    });
    let message = decided(&observed).summary.message;
    assert!(message.starts_with("flow-1 failed"), "{message}");
}

#[test]
fn error_over_10_min_explains_no_lost_peer() {
    let observed = not_formed(|observed| {
        observed.pods[0].restarts = 2;
        observed.pods[0].state = ProcessState::Terminated;
        observed.pods[0].termination = termination(998, "PeerLost");
        observed.pods[1].termination = termination(998 - 601, "UserError");
    });
    let message = decided(&observed).summary.message;
    assert!(message.starts_with("flow-0 failed"), "{message}");
}

#[test]
fn formed_start_counts_restarts_until_then() {
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
fn formed_gang_with_store_reports_resume_epoch() {
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
        "agents that did not answer are asked again"
    );
    let reported = with(formed.clone(), |observed| {
        observed.last_status.formed = decision.formed;
        observed.last_status.resumed = observed.last_status.start;
    });
    check(&reported, "None", Ready, Reason::Running);
    // Race: a recreated pod may have as many restarts as the one before, so restarts do not show the outage.
    let replaced = with(reported, |observed| observed.last_status.away = true);
    asks(&replaced, Question::Resumption);
    let without = with(formed, |observed| target_goal(observed).store = None);
    check(&without, "None", Ready, Reason::Running);
}
