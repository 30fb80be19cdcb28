//! Kills the operator before and after every write of a store change. The next operator continues, until one has
//! nothing left to write.
//!
//! Begin reading at `die_at_every_write`.

use futures::FutureExt as _;
use futures::future::{LocalBoxFuture, join_all};
use serde_json::{Value, json};
use wax_tests::audit::{Audit, Mark};
use wax_tests::continuity::Kind;
use wax_tests::counting::{Counting, KEYS, NAME, RequestedFlow};
use wax_tests::namespace::condition;
use wax_tests::proxy::{Point, Proxy, Reached, Row, When};
use wax_tests::sample::Sample;
use wax_tests::wait::DEADLINE;
use wax_tests::{Cluster, TestNamespace};

use super::actions::{action, store};
use super::backups::{backed_up, point};

/// More kills than any change has writes.
const MANY: usize = 200;

/// The kills of operators during one change, in their order.
struct Deaths(Vec<Reached>);

/// Starts one operator after the other and kills each at its first write. If an operator was killed before a write,
/// the next operator is killed after the same write. This ends with an operator that sees `done` and has nothing to
/// write.
///
/// An operator that starts a gang first allocates a start number. After a kill at that write, the next operators
/// allocate a number again, so they are killed at their second write.
async fn die_at_every_write(ns: &mut TestNamespace, done: impl Fn(&Value) -> bool) -> Deaths {
    let mut deaths: Vec<Reached> = Vec::new();
    let mut allocated = start(ns).await;
    loop {
        let proxy = match deaths.last() {
            Some(last) if last.when == When::Before => Proxy::again(ns.cluster, last).await,
            last => {
                let before = std::mem::replace(&mut allocated, start(ns).await);
                let has_allocated = allocated != before;
                let only_allocated = has_allocated && last.is_some_and(|last| last.number == 1);
                let point = Point {
                    row: Row::Every,
                    write: if only_allocated { 2 } else { 1 },
                    when: When::Before,
                };
                Proxy::start(ns.cluster, point).await
            }
        }
        .unwrap();
        let kubeconfig = proxy.kubeconfig().display().to_string();
        let was_done = is(ns, &done).await;
        let arguments = ["--no-lease", "--kubeconfig", &kubeconfig];
        ns.start_operator(&arguments).unwrap();
        let reached = if was_done {
            tokio::select! {
                biased;
                reached = proxy.reached() => Some(reached),
                reconciled = ns.operator().unwrap().has_reconciled(1) => reconciled.map(|()| None).unwrap(),
            }
        } else {
            // A change that is not done yet needs a write.
            let reached = tokio::time::timeout(DEADLINE, proxy.reached()).await;
            Some(reached.unwrap_or_else(|_| panic!("not done, but no write: {deaths:#?}")))
        };
        ns.take_operator().unwrap().kill().unwrap();
        assert!(
            deaths.len() < MANY,
            "the change does not end after {MANY} kills: {deaths:#?}"
        );
        match reached {
            Some(reached) => deaths.push(reached),
            None => return Deaths(deaths),
        }
    }
}

/// Returns the last start number that was allocated.
async fn start(ns: &TestNamespace) -> Option<i64> {
    let flow = ns.dataflows().get(NAME).await.unwrap();
    flow.status.and_then(|status| status.start)
}

/// Whether the status is of the present generation and `done` is true for it.
async fn is(ns: &TestNamespace, done: impl Fn(&Value) -> bool) -> bool {
    let flow = ns.dataflows().get(NAME).await.unwrap();
    let status = serde_json::to_value(&flow.status).unwrap();
    status["observedGeneration"].as_i64() == flow.metadata.generation && done(&status)
}

/// Whether the flow runs and no store change is pending.
fn runs(status: &Value) -> bool {
    let recovery = &status["recovery"];
    condition(status, "Ready")["status"] == "True"
        && condition(status, "Stalled").is_null()
        && recovery.is_object()
        && recovery["pending"].is_null()
}

impl Deaths {
    /// Compares the kills with the audit log: an operator was killed on both sides of each write in the log. `must` has
    /// the writes that the change needs, each with its number.
    fn are_all(
        &self,
        what: &str,
        since: (&Audit, Mark),
        ns: &TestNamespace,
        must: &[(&str, usize)],
    ) {
        // Each of these follows a kill before the same write: see `Proxy::again`.
        let made = self.made();
        let (audit, mark) = since;
        let mut written = audit.writes(mark, &ns.name).unwrap();
        written.retain(|write| write.by_operator() && !write.is_event_or_proxy());
        let allocated: usize = self.0.iter().map(|death| death.number - 1).sum();
        assert_eq!(
            made.len() + allocated,
            written.len(),
            "{what}: {made:#?}\n{written:#?}"
        );
        for (write, times) in must {
            let done = made
                .iter()
                .filter(|death| death.write.starts_with(write) && succeeded(death));
            assert_eq!(done.count(), *times, "{what}: {write}: {made:#?}");
        }
        report(what, &self.0);
    }

    /// Returns the kills after a write.
    fn made(&self) -> Vec<&Reached> {
        let all = self.0.iter();
        all.filter(|death| death.when == When::After).collect()
    }
}

fn succeeded(death: &Reached) -> bool {
    death.answer.is_some_and(|code| (200..300).contains(&code))
}

#[expect(
    clippy::print_stdout,
    reason = "the number of kills is a result of this test"
)]
fn report(what: &str, deaths: &[Reached]) {
    println!("{what}: {} deaths", deaths.len());
    for Reached {
        write,
        number,
        when,
        answer,
    } in deaths
    {
        let answer = answer.map_or_else(String::new, |code| format!(" ({code})"));
        println!("  {when:?} {number} {write}{answer}");
    }
}

/// Applies a change of the spec, and kills operators until it is done.
async fn change(
    counting: &mut Counting,
    what: &str,
    change: &Value,
    done: impl Fn(&Value) -> bool,
    must: &[(&str, usize)],
) {
    if let Ok(operator) = counting.ns.take_operator() {
        operator.kill().unwrap();
    }
    let audit = Audit::of(counting.ns.cluster).unwrap();
    let mark = audit.mark().unwrap();
    counting.apply(change).unwrap();
    let deaths = die_at_every_write(&mut counting.ns, |status| runs(status) && done(status)).await;
    deaths.are_all(what, (&audit, mark), &counting.ns, must);
}

/// Whether the last recovery action had this type.
fn did(status: &Value, kind: &str) -> bool {
    status["recovery"]["lastAction"]["type"] == kind
}

/// The writes that every store change of a running flow needs: one store pod is created and deleted.
const ONE_JOB: [(&str, usize); 2] = [("POST pods", 1), ("DELETE pods", 1)];

/// Returns `spec.recovery` of the flows.
fn recovery() -> Value {
    json!({"enabled": true, "partsCount": 4, "backupInterval": 2})
}

async fn first_start() {
    let cluster = Cluster::shared().unwrap();
    let ns = TestNamespace::without_operator(cluster, "store-kills")
        .await
        .unwrap();
    let audit = Audit::of(cluster).unwrap();
    let mark = audit.mark().unwrap();
    let mut requested = RequestedFlow::new(ns, 3, &recovery()).unwrap();
    let deaths = die_at_every_write(&mut requested.ns, runs).await;
    let must = [
        ("POST configmaps", 1),
        ("POST controllerrevisions", 1),
        ("POST services", 2),
        ("POST persistentvolumeclaims", 3),
        ("POST pods", 3),
        ("DELETE pods", 3),
        ("POST statefulsets", 1),
    ];
    deaths.are_all("first start", (&audit, mark), &requested.ns, &must);
    let counting = requested.runs().await.unwrap();
    counting.is_exact().await.unwrap();
    is_made_once(&counting).await;
}

async fn fewer_processes() {
    let mut counting = Counting::start("move-kills", 3, &recovery()).await.unwrap();
    let fewer = json!({"processesCount": 2});
    let done = |status: &Value| status["processes"]["wanted"] == 2;
    change(&mut counting, "3 to 2 processes", &fewer, done, &ONE_JOB).await;
    counting.is_exact().await.unwrap();
}

/// Checks that every partition belongs to the store in the ledger, and to its first store change.
async fn is_made_once(counting: &Counting) {
    let ledger = store(counting).await;
    for (ordinal, count) in [2, 1, 1].into_iter().enumerate() {
        let path = format!(
            "/api/v1/namespaces/{}/pods/{NAME}-{ordinal}:3030/proxy/v1/store",
            counting.ns.name
        );
        let report = counting.ns.kubectl(&["get", "--raw", &path]).unwrap();
        let report: Value = serde_json::from_str(&report.ok().unwrap()).unwrap();
        let partitions = report["partitions"].as_array().unwrap();
        assert_eq!(partitions.len(), count, "{report:#}");
        for partition in partitions {
            let passport = &partition["facts"]["passport"];
            assert_eq!(passport["store"], ledger["storeId"], "{report:#}");
            assert_eq!(passport["step"], 1, "{report:#}");
        }
    }
}

async fn more_partitions() {
    let mut counting = Counting::start("parts-kills", 2, &recovery())
        .await
        .unwrap();
    let more = json!({"recovery": {"partsCount": 6}});
    let six = |status: &Value| {
        let partitions = status["recovery"]["partitions"].as_array();
        partitions.is_some_and(|all| all.len() == 6)
    };
    // Another number of partitions is another revision, for which a probe pod runs first.
    let must = ONE_JOB.map(|(write, times)| (write, times + 1));
    change(&mut counting, "4 to 6 partitions", &more, six, &must).await;
    counting.is_exact().await.unwrap();
}

async fn reset() {
    let mut counting = Counting::start("reset-kills", 2, &recovery())
        .await
        .unwrap();
    let reset = action("Reset", &store(&counting).await);
    let done = |status: &Value| did(status, "Reset");
    change(&mut counting, "reset", &reset, done, &ONE_JOB).await;
    counting.advances().await.unwrap();
    let restarted = counting
        .continuity()
        .unwrap()
        .count(Kind::RestartedFromZero);
    assert_eq!(restarted, KEYS, "once, and all of it");
}

async fn restore() {
    let (mut counting, s3) = backed_up("restore-kills", 2, 3).await;
    let (backup, cut) = point(&counting, 5).await;
    let mut restore = action("Restore", &store(&counting).await);
    restore["recovery"]["action"]["point"] = json!(backup);
    let done = |status: &Value| did(status, "Restore");
    change(&mut counting, "restore", &restore, done, &ONE_JOB).await;
    counting.advances().await.unwrap();
    counting.continuity_after(&[cut]).unwrap().exact().unwrap();
    drop(s3);
}

/// Number of days in which each change is taken once.
const SHARES: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn store_change_survives_operator_kill_at_every_write() {
    let sample = Sample::of_this_run().unwrap();
    let changes: [fn() -> LocalBoxFuture<'static, ()>; 5] = [
        || first_start().boxed_local(),
        || fewer_processes().boxed_local(),
        || more_partitions().boxed_local(),
        || reset().boxed_local(),
        || restore().boxed_local(),
    ];
    let cases = sample.cases("store operator_kills", changes.len(), SHARES);
    join_all(cases.into_iter().map(|case| changes[case]())).await;
}
