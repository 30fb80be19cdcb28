//! The operator dies before and after every single write of a start, a change and a stop; another one
//! takes over.

use std::sync::Mutex;

use futures::future::join_all;
use serde_json::{Value, json};
use wax_tests::gang::GangWatch;
use wax_tests::namespace::condition;
use wax_tests::proxy::{Point, Proxy, Row, When};
use wax_tests::sample::{Extent, Sample};
use wax_tests::{Cluster, TestNamespace, wait};

use super::hello;

/// How many Dataflows live through their deaths at the same time.
const SIDE_BY_SIDE: usize = 4;

/// How many writes the change has to objects, which is the longest of the orders. A campaign fails when there
/// are more.
const OBJECT_WRITES: usize = 6;
/// How many it has to the status, more or less: that depends on when the operator looks.
const STATUS_WRITES: usize = 7;

/// In how many days each point is taken once.
const SHARES: usize = 5;

/// What is requested of the operator.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    Start,
    Change,
    Stop,
}

/// One death of an operator.
#[derive(Clone, Debug)]
struct Death {
    order: Order,
    point: Point,
    write: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_killed_around_any_write_is_no_loss() {
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
            is_as_long_as_we_know(point, &died);
            deaths.extend(died);
        }
        deaths
    }))
    .await
    .concat();
    if sample.extent == Extent::All {
        all_orders_were_met(&deaths);
    }
    report(&deaths);
}

fn next(queue: &Mutex<Vec<Point>>) -> Option<Point> {
    queue.lock().unwrap().pop()
}

/// All points to die at. A campaign looks one write further than there should be any.
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

/// Somebody died at each write to an object that there is, and nobody beyond.
fn is_as_long_as_we_know(point: Point, died: &[Death]) {
    if point.row == Row::Objects {
        let beyond = point.write > OBJECT_WRITES;
        assert_eq!(died.is_empty(), beyond, "{point:?}: {died:#?}");
    }
}

/// That the points were there, and in every order: else nothing was shown.
fn all_orders_were_met(deaths: &[Death]) {
    for (order, write) in [
        (Order::Start, "POST configmaps"),
        (Order::Start, "POST controllerrevisions"),
        (Order::Start, "POST services"),
        (Order::Start, "POST statefulsets"),
        (Order::Change, "POST pods"),
        (Order::Change, "PATCH statefulsets"),
        (Order::Change, "PUT statefulsets"),
        (Order::Change, "DELETE pods"),
        (Order::Stop, "PATCH statefulsets"),
        (Order::Stop, "PUT dataflows"),
    ] {
        for when in [When::Before, When::After] {
            let seen = deaths.iter().any(|death| {
                death.order == order && death.point.when == when && death.write.starts_with(write)
            });
            assert!(
                seen,
                "nobody died {when:?} {write} of a {order:?}: {deaths:#?}"
            );
        }
    }
}

/// Starts, changes and stops one Dataflow; each time the operator dies at `point` and the next one
/// finishes the work. Returns the deaths that there were.
async fn start_change_and_stop(ns: &mut TestNamespace, point: Point) -> Vec<Death> {
    let Point { row, write, when } = point;
    let name = format!("{row:?}-{when:?}-{write}").to_lowercase();
    let watch = GangWatch::start(ns, &name);
    let mut deaths = Vec::new();
    let mut before = Value::Null;
    for order in [Order::Start, Order::Change, Order::Stop] {
        match order {
            Order::Start => ns.start_flow(&name, &hello(), &json!({})),
            Order::Change => ns.source(&name, &hello().replace("'hello'", "'good day'")),
            Order::Stop => ns.dataflow(&name, &json!({"suspend": true})),
        }
        .unwrap();
        let proxy = Proxy::start(ns.cluster, point).await.unwrap();
        let kubeconfig = proxy.kubeconfig().display().to_string();
        ns.start_operator(&["--no-lease", "--kubeconfig", &kubeconfig])
            .unwrap();
        let status = tokio::select! {
            reached = proxy.reached() => {
                ns.take_operator().unwrap().kill().unwrap();
                deaths.push(Death { order, point, write: reached.write });
                ns.start_operator(&["--no-lease"]).unwrap();
                arrived(ns, &name, order, &before).await
            }
            status = arrived(ns, &name, order, &before) => status,
        };
        let gang = ns.gang(&name).await.unwrap();
        let revisions: Vec<_> = gang
            .iter()
            .map(|pod| pod.metadata.labels.as_ref().unwrap()["bytewax.io/revision"].as_str())
            .collect();
        match order {
            Order::Start | Order::Change => {
                assert_eq!(revisions, [status["revision"].as_str().unwrap()]);
            }
            Order::Stop => assert!(revisions.is_empty(), "{revisions:?}"),
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

/// Waits until the order is carried out.
async fn arrived(ns: &TestNamespace, name: &str, order: Order, before: &Value) -> Value {
    let done = |status: &Value| match order {
        Order::Start | Order::Change => {
            condition(status, "Ready")["reason"] == "Running"
                && status["revision"] != before["revision"]
        }
        Order::Stop => status["phase"] == "Suspended",
    };
    ns.status(name, &format!("{order:?} carried out"), done)
        .await
        .unwrap()
}

#[expect(
    clippy::print_stdout,
    reason = "the number of points is what this test is about"
)]
fn report(deaths: &[Death]) {
    for order in [Order::Start, Order::Change, Order::Stop] {
        let of_order = || deaths.iter().filter(|death| death.order == order);
        println!("{order:?}: {} deaths", of_order().count());
        for Death { point, write, .. } in of_order() {
            println!(
                "  {:?} {:?} {}: {write}",
                point.when, point.row, point.write
            );
        }
    }
}
