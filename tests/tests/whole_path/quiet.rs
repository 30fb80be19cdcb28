//! Tests that a converged cluster gets no writes: at rest, and after a restart and an upgrade of the operator.

use futures::future::join_all;
use serde_json::{Value, json};
use wax_tests::TestNamespace;
use wax_tests::audit::{Audit, Write};
use wax_tests::namespace::{condition, manifests};
use wax_tests::s3::S3;

use super::{flow, hello};

/// Number of running Dataflows. With the settled ones there are ten.
const RUNNING: usize = 5;

/// Highest number of measurements of one minute. A measurement is repeated if the kubelet changed a pod during it.
const MEASUREMENTS: usize = 3;

/// Returns Dataflows that do not run and will not run without a change: name, code, spec and the reason in status.
fn settled() -> [(&'static str, String, Value, &'static str); 5] {
    [
        ("suspended", hello(), json!({"suspend": true}), "Suspended"),
        ("completed", flow("finite"), json!({}), "Completed"),
        (
            "kept",
            flow("finite"),
            json!({"keepAlive": true}),
            "Completed",
        ),
        (
            "invalid",
            hello(),
            json!({"env": [{"name": "BYTEWAX_PROCESS_ID", "value": "7"}]}),
            "InvalidSpec",
        ),
        (
            "missing",
            hello(),
            json!({"configMapName": "nowhere"}),
            "MissingReference",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_converged_flows_cause_no_writes() {
    let mut ns = TestNamespace::new("quiet").await.unwrap();
    let running: Vec<String> = (0..RUNNING)
        .map(|number| format!("hello-{number}"))
        .collect();
    let hello = hello();
    let s3 = S3::in_box(ns.cluster).unwrap();
    ns.apply(&s3.keys().to_string()).unwrap();
    let spec = |name: &String| match name.as_str() {
        // A gang of two processes, whose readiness depends on each other.
        "hello-0" => json!({"processesCount": 2}),
        // Its state is backed up, and the operator polls its agent about that, without any write. The backup
        // interval of the engine is long, because other tests may slow the copies down, and then status would rightly
        // report that they do not fit together.
        "hello-1" => json!({"recovery": {
            "enabled": true,
            "backupInterval": 36_000,
            "cloudBackup": s3.cloud_backup(10),
        }}),
        _ => json!({}),
    };
    let all: String = running
        .iter()
        .map(|name| manifests(name, &hello, &spec(name)))
        .chain(settled().map(|(name, code, spec, _)| manifests(name, &code, &spec)))
        .collect();
    ns.apply(&all).unwrap();
    let runs = running
        .iter()
        .map(async |name| drop(ns.ready(name).await.unwrap()));
    // Status reports once that the copies can be restored, and never again after that. It reports the resume epoch
    // once the agent has answered. The agent is asked again only after a longer time than `calm` takes.
    let settled_store = |status: &Value| {
        condition(status, "Restorable")["status"] == "True" && status["resumed"].is_object()
    };
    let copied = async {
        ns.status("hello-1", "Restorable and resumed", settled_store)
            .await
            .unwrap();
    };
    let settle = settled().map(async |(name, _, _, reason)| {
        let says_so = |status: &Value| condition(status, "Ready")["reason"] == reason;
        ns.status(name, reason, says_so).await.unwrap();
    });
    futures::join!(join_all(runs), join_all(settle), copied);

    let audit = Audit::of(ns.cluster).unwrap();
    audit.calm(&ns.name).await.unwrap();
    let mut before = versions(&ns);
    for (occasion, arguments) in [
        ("at rest", None),
        ("over a restart", Some(&[][..])),
        (
            "over an upgrade",
            Some(&["--agent-image", "registry.test/agent:next"][..]),
        ),
    ] {
        let writes = writes_of_undisturbed_minute(&mut ns, &audit, arguments, &mut before).await;
        let told = ns.kubectl(&["get", "events"]).unwrap();
        assert!(writes.is_empty(), "{occasion}: {writes:#?}\n{told:?}");
    }
    assert_eq!(versions(&ns), before);
}

/// Returns the writes that count in about one minute.
///
/// If the kubelet wrote a pod's status, the pod was not ready for a moment, and the operator reports that rightly. In
/// this case the measurement is repeated with new versions in `before`.
async fn writes_of_undisturbed_minute(
    ns: &mut TestNamespace,
    audit: &Audit,
    operator: Option<&[&str]>,
    before: &mut Vec<String>,
) -> Vec<Write> {
    let flipped = |write: &Write| write.by_kubelet() && write.is_to("pods");
    let mut writes = writes_of_minute(ns, audit, operator).await;
    for _ in 1..MEASUREMENTS {
        if !writes.iter().any(ours) || !writes.iter().any(flipped) {
            break;
        }
        audit.calm(&ns.name).await.unwrap();
        *before = versions(ns);
        writes = writes_of_minute(ns, audit, operator).await;
    }
    writes.retain(ours);
    writes
}

/// Returns all writes of about one minute. It begins with a new operator if there are arguments for one.
async fn writes_of_minute(
    ns: &mut TestNamespace,
    audit: &Audit,
    operator: Option<&[&str]>,
) -> Vec<Write> {
    let mark = audit.mark().unwrap();
    if let Some(arguments) = operator {
        ns.take_operator().unwrap().stop().unwrap();
        ns.start_operator(arguments).unwrap();
        let dataflows = versions(ns).len();
        let reconciled = ns.operator().unwrap().has_reconciled(dataflows);
        reconciled.await.unwrap();
    }
    audit.one_minute().await.unwrap();
    audit.writes(mark, &ns.name).unwrap()
}

/// Whether a write counts: it is by the operator, or to a Dataflow. Other writes of the kubelet and the controllers do
/// not count.
fn ours(write: &Write) -> bool {
    write.by_operator() || write.is_to("dataflows")
}

/// Returns the name and resourceVersion of every Dataflow. Each write changes the resourceVersion.
fn versions(ns: &TestNamespace) -> Vec<String> {
    let template =
        r#"jsonpath={range .items[*]}{.metadata.name} {.metadata.resourceVersion}{"\n"}{end}"#;
    let list = ns
        .kubectl(&["get", "dataflows", "-o", template])
        .unwrap()
        .ok()
        .unwrap();
    list.lines().map(str::to_owned).collect()
}
