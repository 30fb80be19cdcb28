//! Status for the situations that people and GitOps tools judge.

use agent::report::FailureKind;
use dataflow::name::DataflowName;
use dataflow::status::{ConditionType, Reason, find, holds};
use jiff::Timestamp;
use rstest::rstest;

use super::failure::report;
use super::*;
use crate::decide::Deed;
use crate::observed::{
    Answers, Backups, Cause, Death, Doing, Goal, Ledger, Part, Parts, Pod, Slot, Stamp,
    StoreObjects, Version,
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
        size: 2,
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
        doing: Doing::Running(at(0)),
        restarts: 0,
        death: None,
        init_failure: None,
    }
}

pub(super) fn observed() -> Observed {
    let parts = Parts {
        code_config_map: Part::Current,
        code_available: true,
        record: Part::Current,
        headless_service: Part::Current,
        api_service: Part::Current,
    };
    let goal = Goal {
        revision: "aaaaaaaaaa".to_owned(),
        size: 2,
        restarted_at: None,
        keep_alive: false,
        store: None,
        backup: None,
        parts,
    };
    Observed {
        now: at(1000),
        dataflow: version(),
        deleting: false,
        suspend: false,
        ledger: Ledger::default(),
        target: Target::Run(goal.clone()),
        running: Some(goal),
        previous_revision: None,
        gang: Slot::Ours(Gang {
            version: version(),
            replicas: 2,
            stamp: Some(stamp()),
            settled: true,
            existing: 2,
            gated: false,
            own_volumes: false,
            store: None,
            kept: None,
        }),
        pods: vec![pod(0, true), pod(1, true)],
        probes: Vec::new(),
        store: StoreObjects::default(),
        backups: Backups::unasked(at(1000)),
        surplus: Vec::new(),
        crd_too_old: false,
        probe_deadline: 120,
        answers: Answers::default(),
    }
}

fn computed(previous: &DataflowStatus, observed: &Observed, standing: Standing) -> DataflowStatus {
    decided(previous, observed, &Deed::rest(standing))
}

pub(super) fn decided(
    previous: &DataflowStatus,
    observed: &Observed,
    deed: &Deed,
) -> DataflowStatus {
    let name = "flow".parse::<DataflowName>().unwrap();
    compute(&Facts {
        name: Some(&name),
        generation: 4,
        previous,
        size: 2,
        observed,
        deed,
        warnings: &[],
    })
}

#[rstest]
#[case::running(Standing::settled(Reason::Running, ""), [true, false, false], Phase::Running)]
#[case::suspended(Standing::settled(Reason::Suspended, ""), [true, false, false], Phase::Suspended)]
#[case::completed(Standing::settled(Reason::Completed, ""), [true, false, false], Phase::Completed)]
#[case::starting(Standing::progressing(Reason::Starting, ""), [false, true, false], Phase::Starting)]
#[case::stopping(Standing::progressing(Reason::Stopping, ""), [false, true, false], Phase::Stopping)]
#[case::probing(Standing::progressing(Reason::Probing, ""), [false, true, false], Phase::Running)]
#[case::invalid(Standing::stalled(Reason::InvalidSpec, ""), [false, false, true], Phase::Stalled)]
#[case::crash_loop(Standing::stalled(Reason::CrashLoop, ""), [false, false, true], Phase::Failed)]
fn conditions_as_kstatus_reads_them(
    #[case] standing: Standing,
    #[case] expected: [bool; 3],
    #[case] phase: Phase,
) {
    let status = computed(&DataflowStatus::default(), &observed(), standing);
    let kinds = [
        ConditionType::Ready,
        ConditionType::Reconciling,
        ConditionType::Stalled,
    ];
    assert_eq!(kinds.map(|kind| holds(&status.conditions, kind)), expected);
    assert!(
        find(&status.conditions, ConditionType::Ready).is_some(),
        "Ready is always there"
    );
    assert_eq!((status.phase, status.observed_generation), (Some(phase), 4));
}

#[test]
fn a_second_look_at_the_same_world_changes_nothing() {
    let mut world = observed();
    let standing = Standing::stalled(Reason::CrashLoop, "it fails");
    world.pods[1].death = Some(death(990, "UserError"));
    let first = computed(&DataflowStatus::default(), &world, standing.clone());
    world.now = at(5000);
    assert_eq!(computed(&first, &world, standing), first);
}

#[test]
fn the_time_of_a_condition_changes_only_with_its_status() {
    let mut world = observed();
    let first = computed(
        &DataflowStatus::default(),
        &world,
        Standing::progressing(Reason::Starting, "starts"),
    );
    world.now = at(2000);
    let second = computed(
        &first,
        &world,
        Standing::progressing(Reason::Stopping, "stops"),
    );
    let since = |status: &DataflowStatus, kind| {
        find(&status.conditions, kind)
            .unwrap()
            .last_transition_time
            .0
    };
    assert_eq!(since(&second, ConditionType::Ready), at(1000));
    world.now = at(3000);
    let third = computed(&second, &world, Standing::settled(Reason::Running, "runs"));
    assert_eq!(since(&third, ConditionType::Ready), at(3000));
}

fn death(second: i64, reason: &str) -> Death {
    Death {
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
fn the_last_failure_is_the_cause(
    #[case] known: Option<(i64, &str)>,
    #[case] seen: (i64, &str),
    #[case] expected: (i64, &str),
) {
    let standing = || Standing::progressing(Reason::Starting, "");
    let mut previous = computed(&DataflowStatus::default(), &observed(), standing());
    previous.last_failure =
        known.map(|(second, reason)| report(&pod(0, true), &death(second, reason)));
    let mut world = observed();
    world.pods[1].death = Some(death(seen.0, seen.1));
    let failure = computed(&previous, &world, standing())
        .last_failure
        .unwrap();
    assert_eq!(
        (failure.time.unwrap().0, failure.reason.as_str()),
        (at(expected.0), expected.1)
    );
}

#[test]
fn a_failure_outlives_its_pod_but_not_its_revision() {
    let standing = || Standing::progressing(Reason::Starting, "");
    let mut world = observed();
    world.pods[1].death = Some(death(990, "UserError"));
    let failed = computed(&DataflowStatus::default(), &world, standing());
    let failed = computed(&failed, &world, standing());
    assert!(failed.last_failure.is_some());
    world.pods[1].death = None;
    assert_eq!(
        computed(&failed, &world, standing()).last_failure,
        failed.last_failure
    );
    if let Slot::Ours(gang) = &mut world.gang {
        gang.stamp = Some(Stamp {
            revision: "bbbbbbbbbb".to_owned(),
            ..stamp()
        });
    }
    assert_eq!(computed(&failed, &world, standing()).last_failure, None);
}

#[test]
fn the_first_wording_of_a_failed_pull_stays() {
    let world = observed();
    let first = computed(
        &DataflowStatus::default(),
        &world,
        Standing::stalled(Reason::ImagePull, "image x cannot be pulled: no such host"),
    );
    let second = computed(
        &first,
        &world,
        Standing::stalled(Reason::ImagePull, "back-off"),
    );
    assert_eq!(second, first);
}

#[test]
fn a_status_as_people_see_it() {
    let mut world = observed();
    world.pods[1] = pod(1, false);
    world.pods[1].death = Some(death(990, "UserError"));
    let status = computed(
        &DataflowStatus {
            start: Some(3),
            ..DataflowStatus::default()
        },
        &world,
        Standing::progressing(
            Reason::Starting,
            "starts 2 processes of revision aaaaaaaaaa",
        ),
    );
    insta::assert_json_snapshot!(status);
}
