//! Kills the operator before and after every write of a start, a change and a stop. The next operator finishes the work.
//!
//! Begin reading at `start_change_and_stop`.

use std::sync::Mutex;

use futures::future::join_all;
use serde_json::{Value, json};
use wax_tests::gang::GangWatch;
use wax_tests::namespace::condition;
use wax_tests::proxy::{Point, Proxy, Row, When};
use wax_tests::sample::{Extent, Sample};
use wax_tests::{Cluster, TestNamespace, wait};

use super::hello;

/// Number of Dataflows whose operators are killed at the same time.
const SIDE_BY_SIDE: usize = 4;

/// Number of writes to objects of a change, which has more than a start or a stop. A campaign fails if there are more.
const OBJECT_WRITES: usize = 6;
/// Approximate number of writes to the status of a change. It depends on when the operator reconciles.
const STATUS_WRITES: usize = 7;

/// Number of days in which each point is taken once.
const SHARES: usize = 5;

/// A task of the operator.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Task {
    Start,
    Change,
    Stop,
}

/// One kill of an operator.
#[derive(Clone, Debug)]
struct Death {
    task: Task,
    point: Point,
    write: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_killed_at_any_write_is_replaced() {
    let cluster = Cluster::shared().unwrap();
    let sample = Sample::of_this_run().unwrap();
    let points = points(sample);
    let cases = sample.cases("operator_kills", points.len(), SHARES);
    let queue: Mutex<Vec<Point>> = Mutex::new(cases.iter().map(|case| points[*case]).collect());
    let deaths = join_all((0..SIDE_BY_SIDE).map(async |_| {
        let mut ns = TestNamespace::without_operator(cluster, "kills")
            .await
            .unwrap();
        let mut deaths = Vec::new();
        while let Some(point) = next(&queue) {
            let died = start_change_and_stop(&mut ns, point).await;
            has_the_known_writes(point, &died);
            deaths.extend(died);
        }
        deaths
    }))
    .await
    .concat();
    if sample.extent == Extent::All {
        every_write_was_met(&deaths);
    }
    report(&deaths);
}

fn next(queue: &Mutex<Vec<Point>>) -> Option<Point> {
    queue.lock().unwrap().pop()
}

/// Returns all points at which to kill. A campaign includes one write more than there should be.
fn points(sample: Sample) -> Vec<Point> {
    let further = sample.choose(1, 0);
    let writes = [
        (Row::Objects, OBJECT_WRITES),
        (Row::Statuses, STATUS_WRITES),
    ];
    let rows = writes.into_iter().flat_map(|(row, writes)| {
        let both = [When::Before, When::After].into_iter();
        both.flat_map(move |when| {
            (1..=writes + further).map(move |write| Point { row, write, when })
        })
    });
    rows.collect()
}

/// Checks that an operator was killed at every existing write to an object, and at none after the last one.
fn has_the_known_writes(point: Point, died: &[Death]) {
    if point.row == Row::Objects {
        let beyond = point.write > OBJECT_WRITES;
        assert_eq!(died.is_empty(), beyond, "{point:?}: {died:#?}");
    }
}

/// Checks that operators were killed on both sides of the essential writes of every task. Without it, the test would
/// prove nothing.
fn every_write_was_met(deaths: &[Death]) {
    for (task, write) in [
        (Task::Start, "POST configmaps"),
        (Task::Start, "POST controllerrevisions"),
        (Task::Start, "POST services"),
        (Task::Start, "POST statefulsets"),
        (Task::Change, "POST pods"),
        (Task::Change, "PATCH statefulsets"),
        (Task::Change, "PUT statefulsets"),
        (Task::Change, "DELETE pods"),
        (Task::Stop, "PATCH statefulsets"),
        (Task::Stop, "PUT dataflows"),
    ] {
        for when in [When::Before, When::After] {
            let seen = deaths.iter().any(|death| {
                death.task == task && death.point.when == when && death.write.starts_with(write)
            });
            assert!(
                seen,
                "no operator was killed {when:?} {write} of a {task:?}: {deaths:#?}"
            );
        }
    }
}

/// Starts, changes and stops one Dataflow. Each time, the operator is killed at `point`, if it gets there, and the next
/// operator finishes the work. Returns the kills.
async fn start_change_and_stop(ns: &mut TestNamespace, point: Point) -> Vec<Death> {
    let Point { row, write, when } = point;
    let name = format!("{row:?}-{when:?}-{write}").to_lowercase();
    let watch = GangWatch::start(ns, &name);
    let mut deaths = Vec::new();
    let mut before = Value::Null;
    for task in [Task::Start, Task::Change, Task::Stop] {
        match task {
            Task::Start => ns.start_flow(&name, &hello(), &json!({})),
            Task::Change => ns.source(&name, &hello().replace("'hello'", "'good day'")),
            Task::Stop => ns.dataflow(&name, &json!({"suspend": true})),
        }
        .unwrap();
        let proxy = Proxy::start(ns.cluster, point).await.unwrap();
        let kubeconfig = proxy.kubeconfig().display().to_string();
        ns.start_operator(&["--no-lease", "--kubeconfig", &kubeconfig])
            .unwrap();
        let status = tokio::select! {
            reached = proxy.reached() => {
                ns.take_operator().unwrap().kill().unwrap();
                deaths.push(Death { task, point, write: reached.write });
                ns.start_operator(&["--no-lease"]).unwrap();
                task_is_done(ns, &name, task, &before).await
            }
            status = task_is_done(ns, &name, task, &before) => status,
        };
        let gang = ns.gang(&name).await.unwrap();
        let revisions: Vec<_> = gang
            .iter()
            .map(|pod| pod.metadata.labels.as_ref().unwrap()["bytewax.io/revision"].as_str())
            .collect();
        match task {
            Task::Start | Task::Change => {
                assert_eq!(revisions, [status["revision"].as_str().unwrap()]);
            }
            Task::Stop => assert!(revisions.is_empty(), "{revisions:?}"),
        }
        ns.take_operator().unwrap().kill().unwrap();
        before = status;
    }
    wait::until("both ends of the gang", || {
        Ok((watch.so_far()?.stops >= 2).then_some(()))
    })
    .await
    .unwrap();
    let seen = watch.finish().unwrap();
    assert_eq!(
        seen.in_turn().unwrap(),
        (2, 2),
        "{name}: {:#?}",
        seen.starts
    );
    deaths
}

/// Waits until the task is done, and returns the status.
async fn task_is_done(ns: &TestNamespace, name: &str, task: Task, before: &Value) -> Value {
    let done = |status: &Value| match task {
        Task::Start | Task::Change => {
            condition(status, "Ready")["reason"] == "Running"
                && status["revision"] != before["revision"]
        }
        Task::Stop => status["phase"] == "Suspended",
    };
    ns.status(name, &format!("{task:?} carried out"), done)
        .await
        .unwrap()
}

#[expect(
    clippy::print_stdout,
    reason = "the number of kills is a result of this test"
)]
fn report(deaths: &[Death]) {
    for task in [Task::Start, Task::Change, Task::Stop] {
        let of_task = || deaths.iter().filter(|death| death.task == task);
        println!("{task:?}: {} deaths", of_task().count());
        for Death { point, write, .. } in of_task() {
            println!(
                "  {:?} {:?} {}: {write}",
                point.when, point.row, point.write
            );
        }
    }
}
