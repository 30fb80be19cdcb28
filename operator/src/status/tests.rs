//! Status in the situations that users and GitOps tools evaluate.

use agent::report::FailureKind;
use dataflow::name::DataflowName;
use dataflow::status::{ConditionType, Reason, find, holds};
use jiff::Timestamp;
use rstest::rstest;

use super::failure::report;
use super::*;
use crate::decide::Decision;
use crate::observed::{
    Answers, Backups, Cause, ChildState, ChildStates, Goal, LastStatus, Ownership, Pod,
    ProcessState, Stamp, StoreObjects, Termination, Version,
};

fn version() -> Version {
    Version {
        uid: "u".to_owned(),
        resource_version: "1".to_owned(),
    }
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn stamp() -> Stamp {
    Stamp {
        revision: "aaaaaaaaaa".to_owned(),
        processes: 2,
        start: 3,
        restarted_at: None,
    }
}

fn pod(index: i32, ready: bool) -> Pod {
    Pod {
        name: format!("flow-{index}"),
        version: version(),
        created: at(0),
        stamp: Some(stamp()),
        controller: None,
        deleting: None,
        node: None,
        ready,
        ready_changed: at(0),
        unschedulable: None,
        state: ProcessState::Running(at(0)),
        restarts: 0,
        termination: None,
        init_failure: None,
    }
}

pub(super) fn observed() -> Observed {
    let children = ChildStates {
        code_config_map: ChildState::Current,
        code_available: true,
        record: ChildState::Current,
        headless_service: ChildState::Current,
        api_service: ChildState::Current,
    };
    let goal = Goal {
        revision: "aaaaaaaaaa".to_owned(),
        processes: 2,
        restarted_at: None,
        keep_alive: false,
        store: None,
        backup: None,
        children,
    };
    Observed {
        now: at(1000),
        dataflow: version(),
        deleting: false,
        suspend: false,
        timed_suspension: None,
        last_status: LastStatus::default(),
        target: Target::Run(goal.clone()),
        running: Some(goal),
        previous_revision: None,
        gang: Ownership::Owned(Gang {
            version: version(),
            replicas: 2,
            stamp: Some(stamp()),
            settled: true,
            existing: 2,
            gated: false,
            own_volumes: false,
            store: None,
            retention: None,
        }),
        pods: vec![pod(0, true), pod(1, true)],
        probes: Vec::new(),
        store: StoreObjects::default(),
        backups: Backups::unasked(at(1000)),
        obsolete: Vec::new(),
        crd_too_old: false,
        probe_deadline: 120,
        answers: Answers::default(),
    }
}

fn computed(previous: &DataflowStatus, observed: &Observed, summary: Summary) -> DataflowStatus {
    decided(previous, observed, &Decision::idle(summary))
}

pub(super) fn decided(
    previous: &DataflowStatus,
    observed: &Observed,
    decision: &Decision,
) -> DataflowStatus {
    let name = "flow".parse::<DataflowName>().unwrap();
    compute(&Facts {
        name: Some(&name),
        generation: 4,
        previous,
        processes: 2,
        observed,
        decision,
        warnings: &[],
    })
}

#[rstest]
#[case::running(Summary::ready(Reason::Running, ""), [true, false, false], Phase::Running)]
#[case::suspended(Summary::ready(Reason::Suspended, ""), [true, false, false], Phase::Suspended)]
#[case::completed(Summary::ready(Reason::Completed, ""), [true, false, false], Phase::Completed)]
#[case::starting(Summary::reconciling(Reason::Starting, ""), [false, true, false], Phase::Starting)]
#[case::stopping(Summary::reconciling(Reason::Stopping, ""), [false, true, false], Phase::Stopping)]
#[case::probing(Summary::reconciling(Reason::Probing, ""), [false, true, false], Phase::Running)]
#[case::invalid(Summary::stalled(Reason::InvalidSpec, ""), [false, false, true], Phase::Stalled)]
#[case::crash_loop(Summary::stalled(Reason::CrashLoop, ""), [false, false, true], Phase::Failed)]
fn summary_becomes_conditions_for_kstatus(
    #[case] summary: Summary,
    #[case] expected: [bool; 3],
    #[case] phase: Phase,
) {
    let status = computed(&DataflowStatus::default(), &observed(), summary);
    let kinds = [
        ConditionType::Ready,
        ConditionType::Reconciling,
        ConditionType::Stalled,
    ];
    assert_eq!(kinds.map(|kind| holds(&status.conditions, kind)), expected);
    assert!(
        find(&status.conditions, ConditionType::Ready).is_some(),
        "Ready is always present"
    );
    assert_eq!((status.phase, status.observed_generation), (Some(phase), 4));
}

#[test]
fn unchanged_observation_leaves_status_unchanged() {
    let mut world = observed();
    let summary = Summary::stalled(Reason::CrashLoop, "it fails");
    world.pods[1].termination = Some(termination(990, "UserError"));
    let first = computed(&DataflowStatus::default(), &world, summary.clone());
    world.now = at(5000);
    assert_eq!(computed(&first, &world, summary), first);
}

#[test]
fn transition_time_changes_only_with_condition_status() {
    let mut world = observed();
    let first = computed(
        &DataflowStatus::default(),
        &world,
        Summary::reconciling(Reason::Starting, "starts"),
    );
    world.now = at(2000);
    let second = computed(
        &first,
        &world,
        Summary::reconciling(Reason::Stopping, "stops"),
    );
    let since = |status: &DataflowStatus, kind| {
        find(&status.conditions, kind)
            .unwrap()
            .last_transition_time
            .0
    };
    assert_eq!(since(&second, ConditionType::Ready), at(1000));
    world.now = at(3000);
    let third = computed(&second, &world, Summary::ready(Reason::Running, "runs"));
    assert_eq!(since(&third, ConditionType::Ready), at(3000));
}

fn termination(second: i64, reason: &str) -> Termination {
    Termination {
        at: at(second),
        exit_code: 1,
        cause: match reason {
            "PeerLost" => Cause::Agent(FailureKind::PeerLost),
            "UserError" => Cause::Agent(FailureKind::UserError),
            _ => Cause::Kubelet(reason.to_owned()),
        },
        message: "ValueError: bad row".to_owned(),
        step: Some("flow.parse".to_owned()),
        file: None,
        line: None,
    }
}

#[rstest]
#[case::the_first(None, (990, "PeerLost"), (990, "PeerLost"))]
#[case::the_cause_comes_late(Some((990, "PeerLost")), (989, "UserError"), (989, "UserError"))]
#[case::an_echo_does_not_displace_the_cause(
    Some((989, "UserError")), (990, "PeerLost"), (989, "UserError")
)]
#[case::a_later_breakdown(Some((900, "UserError")), (990, "PeerLost"), (990, "PeerLost"))]
fn last_failure_is_cause_not_peer_loss(
    #[case] known: Option<(i64, &str)>,
    #[case] seen: (i64, &str),
    #[case] expected: (i64, &str),
) {
    let summary = || Summary::reconciling(Reason::Starting, "");
    let mut previous = computed(&DataflowStatus::default(), &observed(), summary());
    previous.last_failure =
        known.map(|(second, reason)| report(&pod(0, true), &termination(second, reason)));
    let mut world = observed();
    world.pods[1].termination = Some(termination(seen.0, seen.1));
    let failure = computed(&previous, &world, summary()).last_failure.unwrap();
    assert_eq!(
        (failure.time.unwrap().0, failure.reason.as_str()),
        (at(expected.0), expected.1)
    );
}

#[test]
fn failure_is_kept_until_the_revision_changes() {
    let summary = || Summary::reconciling(Reason::Starting, "");
    let mut world = observed();
    world.pods[1].termination = Some(termination(990, "UserError"));
    let failed = computed(&DataflowStatus::default(), &world, summary());
    let failed = computed(&failed, &world, summary());
    assert!(failed.last_failure.is_some());
    world.pods[1].termination = None;
    assert_eq!(
        computed(&failed, &world, summary()).last_failure,
        failed.last_failure
    );
    if let Ownership::Owned(gang) = &mut world.gang {
        gang.stamp = Some(Stamp {
            revision: "bbbbbbbbbb".to_owned(),
            ..stamp()
        });
    }
    assert_eq!(computed(&failed, &world, summary()).last_failure, None);
}

#[test]
fn first_message_of_a_failed_pull_is_kept() {
    let world = observed();
    let first = computed(
        &DataflowStatus::default(),
        &world,
        Summary::stalled(Reason::ImagePull, "image x cannot be pulled: no such host"),
    );
    let second = computed(
        &first,
        &world,
        Summary::stalled(Reason::ImagePull, "back-off"),
    );
    assert_eq!(second, first);
}

#[test]
fn failing_start_as_status_json() {
    let mut world = observed();
    world.pods[1] = pod(1, false);
    world.pods[1].termination = Some(termination(990, "UserError"));
    let status = computed(
        &DataflowStatus {
            start: Some(3),
            ..DataflowStatus::default()
        },
        &world,
        Summary::reconciling(
            Reason::Starting,
            "starting 2 processes of revision aaaaaaaaaa",
        ),
    );
    insta::assert_json_snapshot!(status);
}
