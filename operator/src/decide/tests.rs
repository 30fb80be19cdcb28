//! Tables over everything that decides: one row for every line of the state logic.

use dataflow::status::Reason;
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;

use super::{Decision, Kind, Step, Which, decide};
use crate::observed::{
    Completion, Death, Doing, Formed, Gang, Goal, InitFailure, Ledger, Live, Observed, Part, Parts,
    Pod, Probe, ProbeOutcome, Slot, Stamp, Surplus, SurplusKind, Target, Version,
};

const OLD: &str = "aaaaaaaaaa";
const NEW: &str = "bbbbbbbbbb";

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn version(id: &str) -> Version {
    Version {
        uid: format!("uid-{id}"),
        resource_version: "7".to_owned(),
    }
}

fn goal(revision: &str, size: i32) -> Goal {
    Goal {
        revision: revision.to_owned(),
        size,
        restarted_at: None,
        keep_alive: false,
        parts: Parts {
            snapshot: Part::Current,
            code_available: true,
            record: Part::Current,
            headless_service: Part::Current,
            api_service: Part::Current,
        },
    }
}

fn stamp(revision: &str, size: i32) -> Stamp {
    Stamp {
        revision: revision.to_owned(),
        size,
        start: 3,
        restarted_at: None,
    }
}

fn gang(revision: &str, size: i32, replicas: i32) -> Gang {
    Gang {
        version: version("set"),
        replicas,
        stamp: Some(stamp(revision, size)),
        settled: true,
        existing: replicas,
    }
}

fn pod(index: i32, revision: &str, size: i32) -> Pod {
    Pod {
        name: format!("flow-{index}"),
        version: version(&format!("pod-{index}")),
        created: at(0),
        stamp: Some(stamp(revision, size)),
        controller: Some("uid-set".to_owned()),
        deleting: None,
        node: Some("node-1".to_owned()),
        ready: true,
        ready_changed: at(10),
        unschedulable: None,
        doing: Doing::Running(at(5)),
        restarts: 0,
        death: None,
        init_failure: None,
    }
}

fn probe(revision: &str, outcome: ProbeOutcome) -> Probe {
    Probe {
        name: format!("flow-probe-{revision}"),
        version: version("probe"),
        revision: revision.to_owned(),
        created: at(900),
        deleting: false,
        outcome,
    }
}

/// Two processes of the old revision, all well, at second 1000.
fn world() -> Observed {
    Observed {
        now: at(1000),
        dataflow: version("dataflow"),
        deleting: false,
        suspend: false,
        ledger: Ledger {
            start: Some(3),
            completed: None,
            formed: Some(Formed {
                start: 3,
                restarts: 0,
            }),
            resting: false,
        },
        target: Target::Run(goal(OLD, 2)),
        running: Some(goal(OLD, 2)),
        previous_revision: None,
        gang: Slot::Ours(gang(OLD, 2, 2)),
        pods: vec![pod(0, OLD, 2), pod(1, OLD, 2)],
        probes: Vec::new(),
        surplus: Vec::new(),
        crd_too_old: false,
        probe_deadline: 120,
        listed: None,
        live: None,
    }
}

/// Nothing exists yet.
fn fresh() -> Observed {
    Observed {
        ledger: Ledger::default(),
        running: None,
        gang: Slot::Absent,
        pods: Vec::new(),
        ..world()
    }
}

/// The spec asks for another revision.
fn edited() -> Observed {
    Observed {
        target: Target::Run(goal(NEW, 2)),
        ..world()
    }
}

fn with(mut world: Observed, change: impl FnOnce(&mut Observed)) -> Observed {
    change(&mut world);
    world
}

fn target_goal(o: &mut Observed) -> &mut Goal {
    match &mut o.target {
        Target::Run(goal) => goal,
        _ => panic!("the target is a gang"),
    }
}

fn the_gang(o: &mut Observed) -> &mut Gang {
    match &mut o.gang {
        Slot::Ours(gang) => gang,
        _ => panic!("the gang is ours"),
    }
}

fn word(step: &Step) -> String {
    match step {
        Step::Start {
            which, set, above, ..
        } => {
            let how = if set.is_some() { "update" } else { "create" };
            format!("Start {which:?} {how} above {above}")
        }
        Step::Stop(_) => "Stop".to_owned(),
        Step::DeleteProbe(name, _) => format!("DeleteProbe {name}"),
        Step::DeletePods(pods) => format!("DeletePods {}", pods.len()),
        Step::CreateSnapshot(which) => format!("CreateSnapshot {which:?}"),
        Step::CreateRecord(which) => format!("CreateRecord {which:?}"),
        Step::WriteHeadlessService(which, _) => format!("WriteHeadlessService {which:?}"),
        Step::WriteApiService(which, _) => format!("WriteApiService {which:?}"),
        Step::Complete(_) => "Complete".to_owned(),
        Step::Drop(surplus) => format!("Drop {}", surplus.name),
        Step::Rest | Step::ListPods | Step::AskAgents | Step::CreateProbe => format!("{step:?}"),
    }
}

fn check(o: &Observed, step: &str, kind: Kind, reason: Reason) -> Decision {
    let decision = decide(o);
    assert_eq!(word(&decision.step), step, "{decision:?}");
    assert_eq!(
        (decision.standing.kind, decision.standing.reason),
        (kind, reason),
        "{decision:?}"
    );
    decision
}

use Kind::{Progressing, Settled, Stalled};

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

#[rstest]
#[case::snapshot(|parts: &mut Parts| parts.snapshot = Part::Absent, "CreateSnapshot Target")]
#[case::record(|parts: &mut Parts| parts.record = Part::Absent, "CreateRecord Target")]
#[case::headless(|parts: &mut Parts| parts.headless_service = Part::Absent, "WriteHeadlessService Target")]
#[case::api(|parts: &mut Parts| parts.api_service = Part::Absent, "WriteApiService Target")]
#[case::api_edited(
    |parts: &mut Parts| parts.api_service = Part::Drifted(version("s")), "WriteApiService Target"
)]
#[case::being_deleted(|parts: &mut Parts| parts.record = Part::Leaving, "Rest")]
fn a_missing_child_is_written_before_anything_starts(
    #[case] miss: fn(&mut Parts),
    #[case] step: &str,
) {
    let o = with(fresh(), |o| miss(&mut target_goal(o).parts));
    check(&o, step, Progressing, Reason::Starting);
}

#[test]
fn the_first_start_lists_then_creates_all_processes_at_once() {
    let o = check(&fresh(), "ListPods", Progressing, Reason::Stopping);
    assert_eq!(o.again, None);
    let listed = with(fresh(), |o| o.listed = Some(Vec::new()));
    check(
        &listed,
        "Start Target create above 0",
        Progressing,
        Reason::Starting,
    );
}

#[rstest]
#[case::headless(|o: &mut Observed| {
    target_goal(o).parts.headless_service = Part::Taken("Service flow".into());
})]
#[case::stateful_set(|o: &mut Observed| o.gang = Slot::Taken("StatefulSet flow".into()))]
#[case::strange_pod(|o: &mut Observed| o.pods = vec![Pod {
    stamp: None, controller: None, ..pod(0, OLD, 1)
}])]
fn a_name_that_somebody_else_holds_is_left_alone(#[case] take: fn(&mut Observed)) {
    check(&with(fresh(), take), "Rest", Stalled, Reason::NameTaken);
}

#[rstest]
#[case::tries_it_first(edited(), "CreateProbe", Progressing, Reason::Probing)]
#[case::the_probe_needs_the_code(
    with(edited(), |o| target_goal(o).parts.snapshot = Part::Absent),
    "CreateSnapshot Target", Progressing, Reason::Probing
)]
#[case::waits_for_the_probe(
    with(edited(), |o| o.probes.push(probe(NEW, ProbeOutcome::Pending))),
    "Rest", Progressing, Reason::Probing
)]
#[case::the_deadline(
    with(edited(), |o| { o.probes.push(probe(NEW, ProbeOutcome::Pending)); o.now = at(1020); }),
    "Rest", Stalled, Reason::ProbeFailed
)]
#[case::it_does_not_load(
    with(edited(), |o| o.probes.push(probe(NEW, ProbeOutcome::Failed("no".into())))),
    "Rest", Stalled, Reason::ProbeFailed
)]
#[case::no_image(
    with(edited(), |o| o.probes.push(probe(NEW, ProbeOutcome::ImagePull {
        image: "x".into(), message: "gone".into(),
    }))),
    "Rest", Stalled, Reason::ImagePull
)]
#[case::no_room_yet(
    with(edited(), |o| o.probes.push(probe(NEW, ProbeOutcome::Unschedulable(at(971), "cpu".into())))),
    "Rest", Progressing, Reason::Probing
)]
#[case::no_room_for_long(
    with(edited(), |o| o.probes.push(probe(NEW, ProbeOutcome::Unschedulable(at(970), "cpu".into())))),
    "Stop", Progressing, Reason::Stopping
)]
#[case::it_loads(
    with(edited(), |o| o.probes.push(probe(NEW, ProbeOutcome::Passed))),
    "Stop", Progressing, Reason::Stopping
)]
#[case::a_probe_of_yet_another_revision(
    with(edited(), |o| o.probes.push(probe("cccccccccc", ProbeOutcome::Passed))),
    "DeleteProbe flow-probe-cccccccccc", Progressing, Reason::Probing
)]
#[case::size_needs_no_probe(
    with(world(), |o| target_goal(o).size = 3), "Stop", Progressing, Reason::Stopping
)]
#[case::restart_needs_no_probe(
    with(world(), |o| target_goal(o).restarted_at = Some("now".into())),
    "Stop", Progressing, Reason::Stopping
)]
#[case::somebody_scaled_the_stateful_set(
    with(world(), |o| the_gang(o).replicas = 3), "Stop", Progressing, Reason::Stopping
)]
fn a_change(#[case] o: Observed, #[case] step: &str, #[case] kind: Kind, #[case] reason: Reason) {
    check(&o, step, kind, reason);
}

/// The old gang, scaled to 0 on the way to the new revision.
fn stopped() -> Observed {
    with(edited(), |o| {
        o.gang = Slot::Ours(gang(OLD, 2, 0));
        o.pods.clear();
        o.probes.push(probe(NEW, ProbeOutcome::Passed));
    })
}

#[rstest]
#[case::asks_the_api_server(stopped(), "ListPods", Progressing, Reason::Stopping)]
#[case::one_write_starts_all(
    with(stopped(), |o| o.listed = Some(Vec::new())),
    "Start Target update above 3", Progressing, Reason::Starting
)]
#[case::a_pod_the_cache_has_forgotten(
    with(stopped(), |o| o.listed = Some(vec![pod(1, OLD, 2)])), "Rest", Progressing, Reason::Stopping
)]
#[case::the_controller_has_not_seen_it(
    with(stopped(), |o| the_gang(o).settled = false), "Rest", Progressing, Reason::Stopping
)]
#[case::the_controller_still_counts_pods(
    with(stopped(), |o| the_gang(o).existing = 1), "Rest", Progressing, Reason::Stopping
)]
#[case::a_pod_is_on_its_way_out(
    with(stopped(), |o| o.pods = vec![Pod { deleting: Some(at(995)), ..pod(0, OLD, 2) }]),
    "Rest", Progressing, Reason::Stopping
)]
#[case::a_pod_outlives_its_grace_by_a_minute(
    with(stopped(), |o| o.pods = vec![Pod { deleting: Some(at(940)), ..pod(0, OLD, 2) }]),
    "Rest", Stalled, Reason::PodUnreachable
)]
#[case::pods_that_lost_their_stateful_set(
    with(stopped(), |o| o.pods = vec![Pod { controller: None, ..pod(0, OLD, 2) }]),
    "DeletePods 1", Progressing, Reason::Stopping
)]
#[case::a_failed_gang_is_started_again_while_its_successor_does_not_load(
    with(stopped(), |o| {
        o.probes = vec![probe(NEW, ProbeOutcome::Failed("no".into()))];
        o.listed = Some(Vec::new());
    }),
    "Start Running update above 3", Stalled, Reason::ProbeFailed
)]
fn a_gang_that_has_been_stopped(
    #[case] o: Observed,
    #[case] step: &str,
    #[case] kind: Kind,
    #[case] reason: Reason,
) {
    check(&o, step, kind, reason);
}

fn refused(o: Observed) -> Observed {
    let message = "spec.image.tag: is empty".to_owned();
    Observed {
        target: Target::Refused {
            not_supported: false,
            message,
        },
        ..o
    }
}

fn missing(waiting_since: Option<i64>, o: Observed) -> Observed {
    let target = Target::Missing {
        message: "ConfigMap code does not exist".to_owned(),
        waiting_since: waiting_since.map(at),
        given_up: false,
    };
    Observed { target, ..o }
}

#[rstest]
#[case::invalid(refused(fresh()), "Rest", Stalled, Reason::InvalidSpec)]
#[case::invalid_while_one_runs(refused(world()), "Rest", Stalled, Reason::InvalidSpec)]
#[case::invalid_and_the_gang_is_gone(
    with(refused(world()), |o| {
        o.gang = Slot::Absent; o.pods.clear(); o.listed = Some(Vec::new());
    }),
    "Start Running create above 3", Stalled, Reason::InvalidSpec
)]
#[case::invalid_after_a_rest(
    with(refused(world()), |o| { o.gang = Slot::Ours(gang(OLD, 2, 0)); o.pods.clear(); o.ledger.resting = true; }),
    "Rest", Stalled, Reason::InvalidSpec
)]
#[case::invalid_and_the_snapshot_is_gone(
    with(refused(world()), |o| o.running.as_mut().unwrap().parts.snapshot = Part::Absent),
    "CreateSnapshot Running", Stalled, Reason::InvalidSpec
)]
#[case::not_supported(
    with(fresh(), |o| o.target = Target::Refused { not_supported: true, message: String::new() }),
    "Rest", Stalled, Reason::NotSupportedYet
)]
#[case::missing_just_now(
    missing(None, fresh()),
    "Rest",
    Progressing,
    Reason::WaitingForReference
)]
#[case::missing_for_29_s(
    missing(Some(971), fresh()),
    "Rest",
    Progressing,
    Reason::WaitingForReference
)]
#[case::missing_for_30_s(missing(Some(970), fresh()), "Rest", Stalled, Reason::MissingReference)]
#[case::the_code_is_lost(
    with(fresh(), |o| {
        target_goal(o).parts.snapshot = Part::Absent; target_goal(o).parts.code_available = false;
    }),
    "Rest", Stalled, Reason::MissingReference
)]
fn a_spec_that_cannot_run(
    #[case] o: Observed,
    #[case] step: &str,
    #[case] kind: Kind,
    #[case] reason: Reason,
) {
    check(&o, step, kind, reason);
}

#[test]
fn a_spec_that_cannot_run_names_the_revision_that_runs_on() {
    let message = decide(&refused(world())).standing.message;
    assert_eq!(
        message,
        "spec.image.tag: is empty; revision aaaaaaaaaa runs on"
    );
}

#[rstest]
#[case::stops(with(world(), |o| o.suspend = true), "Stop", Progressing, Reason::Stopping)]
#[case::waits(
    with(stopped(), |o| { o.suspend = true; o.probes.clear(); o.pods = vec![pod(0, OLD, 2)]; }),
    "Rest", Progressing, Reason::Stopping
)]
#[case::rests(
    with(stopped(), |o| { o.suspend = true; o.probes.clear(); o.target = Target::Parked; }),
    "Rest", Settled, Reason::Suspended
)]
#[case::removes_probes(
    with(stopped(), |o| o.suspend = true),
    "DeleteProbe flow-probe-bbbbbbbbbb", Progressing, Reason::Stopping
)]
#[case::never_started(with(fresh(), |o| o.suspend = true), "Rest", Settled, Reason::Suspended)]
#[case::invalid_as_well(
    with(refused(fresh()), |o| o.suspend = true), "Rest", Stalled, Reason::InvalidSpec
)]
#[case::unreachable(
    with(stopped(), |o| {
        o.suspend = true; o.probes.clear();
        o.pods = vec![Pod { deleting: Some(at(900)), ..pod(0, OLD, 2) }];
    }),
    "Rest", Stalled, Reason::PodUnreachable
)]
fn a_suspended_flow(
    #[case] o: Observed,
    #[case] step: &str,
    #[case] kind: Kind,
    #[case] reason: Reason,
) {
    check(&o, step, kind, reason);
}

/// A gang whose pods run and are not connected.
fn apart(change: impl FnOnce(&mut Observed)) -> Observed {
    with(world(), |o| {
        for pod in &mut o.pods {
            pod.ready = false;
            pod.ready_changed = at(995);
            pod.doing = Doing::Running(at(995));
        }
        o.live = Some(vec![
            Some(Live {
                start: 3,
                ended: false
            });
            2
        ]);
        change(o);
    })
}

fn live(answers: [Option<(i64, bool)>; 2]) -> Option<Vec<Option<Live>>> {
    Some(
        answers
            .map(|answer| answer.map(|(start, ended)| Live { start, ended }))
            .to_vec(),
    )
}

fn done(revision: &str) -> Option<Completion> {
    Some(Completion {
        revision: revision.to_owned(),
        restarted_at: None,
    })
}

#[rstest]
#[case::asks(apart(|o| o.live = None), "AskAgents", Progressing, Reason::Starting)]
#[case::all_ended(
    apart(|o| o.live = live([Some((3, true)), Some((3, true))])),
    "Complete", Settled, Reason::Completed
)]
#[case::one_still_runs(
    apart(|o| o.live = live([Some((3, true)), Some((3, false))])), "Rest", Progressing, Reason::Starting
)]
#[case::one_is_silent(
    apart(|o| o.live = live([Some((3, true)), None])), "Rest", Progressing, Reason::Starting
)]
#[case::one_ended_in_an_earlier_start(
    apart(|o| o.live = live([Some((3, true)), Some((2, true))])), "Rest", Progressing, Reason::Starting
)]
#[case::noted_so_it_stops(
    apart(|o| o.ledger.completed = done(OLD)), "Stop", Settled, Reason::Completed
)]
#[case::noted_and_stopped(
    with(stopped(), |o| {
        o.target = Target::Run(goal(OLD, 2)); o.probes.clear(); o.ledger.completed = done(OLD);
    }),
    "Rest", Settled, Reason::Completed
)]
#[case::keeps_its_pods_if_asked(
    apart(|o| { o.ledger.completed = done(OLD); target_goal(o).keep_alive = true; }),
    "Rest", Settled, Reason::Completed
)]
#[case::another_revision_runs_again(
    with(stopped(), |o| { o.ledger.completed = done(OLD); o.listed = Some(Vec::new()); }),
    "Start Target update above 3", Progressing, Reason::Starting
)]
fn the_end_of_input(
    #[case] o: Observed,
    #[case] step: &str,
    #[case] kind: Kind,
    #[case] reason: Reason,
) {
    check(&o, step, kind, reason);
}

fn death(second: i64, reason: &str) -> Option<Death> {
    Some(Death {
        at: at(second),
        exit_code: 1,
        reason: reason.to_owned(),
        peer_lost: reason == "PeerLost",
        message: "ValueError: bad row".to_owned(),
        step: Some("flow.parse".to_owned()),
        file: Some("flow.py".to_owned()),
        line: Some(7),
    })
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
#[case::a_peer_older_than_a_death_gets_30_s(
    apart(|o| { o.pods[0].death = death(971, "UserError"); o.pods[1].doing = Doing::Running(at(5)); }),
    "Rest", Progressing, Reason::Starting
)]
#[case::a_peer_that_outlived_a_death_for_30_s(
    apart(|o| { o.pods[0].death = death(970, "UserError"); o.pods[1].doing = Doing::Running(at(5)); }),
    "Stop", Progressing, Reason::Stopping
)]
#[case::in_a_gang_that_never_formed_people_come_first(
    apart(|o| {
        o.ledger.formed = None;
        o.pods[0].death = death(970, "UserError");
        o.pods[1].doing = Doing::Running(at(5));
    }),
    "Rest", Progressing, Reason::Starting
)]
#[case::a_pod_was_replaced_while_its_peer_ran_on(
    apart(|o| {
        o.pods[0].created = at(960);
        o.pods[0].doing = Doing::Running(at(970));
        o.pods[1].doing = Doing::Running(at(5));
    }),
    "Stop", Progressing, Reason::Stopping
)]
#[case::a_pod_was_replaced_just_now(
    apart(|o| {
        o.pods[0].created = at(960);
        o.pods[0].doing = Doing::Running(at(971));
        o.pods[1].doing = Doing::Running(at(5));
    }),
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
            Some(InitFailure { container: "fetch".into(), failures: 3, message: "no".into() });
    }),
    "Rest", Stalled, Reason::CrashLoop
)]
#[case::a_secret_is_not_there_yet(
    apart(|o| { o.pods[0].created = at(971); o.pods[0].doing = Doing::Refused("secret x not found".into()); }),
    "Rest", Progressing, Reason::WaitingForReference
)]
#[case::a_secret_is_missing(
    apart(|o| { o.pods[0].created = at(970); o.pods[0].doing = Doing::Refused("secret x not found".into()); }),
    "Rest", Stalled, Reason::MissingReference
)]
#[case::does_not_form(
    apart(|o| for pod in &mut o.pods { pod.doing = Doing::Running(at(880)); pod.ready_changed = at(880); }),
    "Rest", Stalled, Reason::NotFormed
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
        decide(&o).standing.message,
        "flow-1 failed in step flow.parse (flow.py, line 7): ValueError: bad row; \
         the revision before aaaaaaaaaa was 0123456789"
    );
}

#[test]
fn forming_is_noted_with_the_restarts_it_took() {
    let o = with(world(), |o| {
        o.ledger.formed = None;
        o.pods[1].restarts = 2;
    });
    assert_eq!(
        decide(&o).formed,
        Some(Formed {
            start: 3,
            restarts: 2
        })
    );
}

#[test]
fn a_probe_without_room_is_skipped_and_says_so() {
    let o = with(edited(), |o| {
        o.probes.push(probe(
            NEW,
            ProbeOutcome::Unschedulable(at(970), "no cpu".into()),
        ));
    });
    assert_eq!(
        decide(&o).probe_skipped.as_deref(),
        Some("revision bbbbbbbbbb was not tried: no cpu")
    );
}

#[test]
fn every_step_of_the_running_revision_is_about_the_running_revision() {
    let o = with(refused(world()), |o| {
        o.running.as_mut().unwrap().parts.headless_service = Part::Absent;
    });
    assert_eq!(
        decide(&o).step,
        Step::WriteHeadlessService(Which::Running, None)
    );
}
