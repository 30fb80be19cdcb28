//! Tests that disturb a whole cluster. They run one after the other on a box of their own.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends a test")]

use std::time::Duration;

use k8s_openapi::api::core::v1::PodCondition;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use wax_tests::audit::Audit;
use wax_tests::counting::{Counting, NAME};
use wax_tests::namespace::condition;
use wax_tests::programs::{programs, root};
use wax_tests::{Cluster, TestNamespace, processes, wait};

static ALONE: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn published_crd_blocks_start_until_replaced() {
    let _alone = ALONE.lock().await;
    let cluster = Cluster::disruptive().unwrap();
    let mut ns = TestNamespace::without_operator(cluster, "published-crd")
        .await
        .unwrap();
    publish(cluster, &["--force"]);

    ns.start_flow("hello", &hello(), &json!({})).unwrap();
    ns.start_operator(&[]).unwrap();
    is_too_old(&ns, "hello").await;
    let (code, reasons) = ns.operator().unwrap().ask("/ready").await.unwrap();
    assert_eq!(code, 503, "{reasons}");
    assert!(reasons.contains("custom resource definition"), "{reasons}");
    let (code, alive) = ns.operator().unwrap().ask("/live").await.unwrap();
    assert_eq!(
        code, 200,
        "a restart of the operator would not help: {alive}"
    );
    let started = ns
        .kubectl(&["get", "pods,statefulsets", "-o", "name"])
        .unwrap();
    assert_eq!(started.ok().unwrap(), "", "nothing starts");

    cluster.install_crd(&programs().unwrap().operator).unwrap();
    ns.ready("hello").await.unwrap();
    let (code, reasons) = ns.operator().unwrap().ask("/ready").await.unwrap();
    assert_eq!(code, 200, "{reasons}");
}

/// The API server prunes every status field that the published CRD does not have.
#[tokio::test(flavor = "multi_thread")]
async fn published_crd_over_ours_keeps_running_flows_state() {
    let _alone = ALONE.lock().await;
    let cluster = Cluster::disruptive().unwrap();
    cluster.install_crd(&programs().unwrap().operator).unwrap();
    let mut ns = TestNamespace::without_operator(cluster, "crd-over-store")
        .await
        .unwrap();
    ns.start_operator(&[]).unwrap();
    let recovery = json!({"enabled": true, "partsCount": 4, "backupInterval": 2});
    let mut counting = Counting::start_in(ns, 2, &recovery).await.unwrap();
    let before = counting.ns.ready(NAME).await.unwrap();

    publish(cluster, &[]);
    is_too_old(&counting.ns, NAME).await;
    let seen = counting.is_exact().await.unwrap();
    // A restarted operator has no memory of the ledger, and must change nothing either.
    counting.ns.take_operator().unwrap().kill().unwrap();
    counting.ns.start_operator(&[]).unwrap();
    let operator = counting.ns.operator().unwrap();
    operator.has_reconciled(1).await.unwrap();
    let source_runs = counting.is_exact().await.unwrap().source_runs;
    assert_eq!(source_runs, seen.source_runs, "no source started again");

    cluster.install_crd(&programs().unwrap().operator).unwrap();
    let after = counting.ns.ready(NAME).await.unwrap();
    for field in ["storeId", "timeline"] {
        let known = |status: &Value| status["recovery"][field].clone();
        assert!(known(&before).is_string(), "{before}");
        assert_eq!(known(&after), known(&before), "{field}");
    }
    counting
        .change(&json!({"processesCount": 3}))
        .await
        .unwrap();
    counting.is_exact().await.unwrap();
}

/// Replaces the installed CRD by the published one.
fn publish(cluster: &Cluster, force: &[&str]) {
    let published = text("tests/fixtures/published-crd.yaml");
    let replace = [&["replace", "-f", "-"], force].concat();
    let replaced = cluster.kubectl(&replace, published.as_bytes()).unwrap();
    replaced.ok().unwrap();
    cluster.crd_is_served().unwrap();
}

/// Waits until the Dataflow is Stalled with reason CRDTooOld. The published CRD has no status field except conditions,
/// so there is no observedGeneration to wait for.
async fn is_too_old(ns: &TestNamespace, name: &str) {
    wait::object(&ns.dataflows(), name, "Stalled CRDTooOld", |flow| {
        let status = serde_json::to_value(&flow.status).unwrap_or_default();
        condition(&status, "Stalled")["reason"] == "CRDTooOld"
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_crd_is_named_and_install_creates_it() {
    let _alone = ALONE.lock().await;
    let cluster = Cluster::disruptive().unwrap();
    let ns = TestNamespace::without_operator(cluster, "all")
        .await
        .unwrap();
    // A failed run of the tests may have left its operator behind.
    clean(cluster);
    delete(cluster, &["crd", "dataflows.bytewax.io"]);
    std::fs::write(ns.folder().join("hello.py"), hello()).unwrap();
    let verbs: [&[&str]; 5] = [
        &["list"],
        &["logs", "orders"],
        &["wait", "orders"],
        &["delete", "orders", "--yes"],
        &["deploy", "hello.py", "-N", "orders"],
    ];
    let df = ["df", "--namespace", &ns.name];
    for verb in verbs {
        let unknown = ns.waxctl(&[&df[..], verb].concat()).unwrap();
        let said = unknown.code(1).unwrap().stderr;
        assert!(said.contains("the Dataflow CRD is not installed"), "{said}");
        assert!(said.contains("hint: kubectl waxctl install"), "{said}");
    }

    let images = [
        "--image",
        &cluster.operator_image,
        "--agent-image",
        &cluster.agent_image,
    ];
    let install = [
        &["install", "--all-namespaces", "--timeout", "4m"],
        &images[..],
    ]
    .concat();
    let installed = ns.waxctl(&install).unwrap().ok().unwrap();
    let made = "namespace/bytewax-system created";
    assert!(installed.contains(made), "{installed}");
    ns.start_flow("orders", &hello(), &json!({})).unwrap();
    ns.ready("orders").await.unwrap();

    let delete = [&df[..], &["delete", "orders", "--yes"]].concat();
    ns.waxctl(&delete).unwrap().ok().unwrap();
    clean(cluster);
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_recover_after_kubelet_outage_of_two_minutes() {
    let _alone = ALONE.lock().await;
    let cluster = Cluster::disruptive().unwrap();
    let mut ns = TestNamespace::without_operator(cluster, "kubelet")
        .await
        .unwrap();
    ns.start_operator(&[]).unwrap();
    // While the kubelet is stopped, the first flow is left alone, the second loses a pod, and the third is changed.
    for name in ["alone", "deleted", "changed"] {
        ns.start_flow(name, &hello(), &json!({"processesCount": 2}))
            .unwrap();
    }
    let mut before = Vec::new();
    for name in ["alone", "deleted", "changed"] {
        before.push(ns.ready(name).await.unwrap());
    }
    let lost = ns.pods().get("deleted-1").await.unwrap().metadata.uid;
    let audit = Audit::of(cluster).unwrap();
    let mark = audit.mark().unwrap();
    cluster
        .box_verb("kubelet", &["stop"])
        .unwrap()
        .ok()
        .unwrap();
    ns.kubectl(&["delete", "pod", "deleted-1", "--wait=false"])
        .unwrap()
        .ok()
        .unwrap();
    ns.source("changed", &hello().replace("'hello'", "'good day'"))
        .unwrap();
    // The outage itself: there is no condition to wait for in these two minutes.
    tokio::time::sleep(Duration::from_secs(120)).await;
    cluster
        .box_verb("kubelet", &["start"])
        .unwrap()
        .ok()
        .unwrap();

    replaced(&ns, "deleted-1", lost).await;
    for (name, before) in ["alone", "deleted", "changed"].iter().zip(before) {
        let status = ns
            .status(name, "Ready after the outage", |status| {
                let changed = status["revision"] != before["revision"];
                condition(status, "Ready")["status"] == "True" && changed == (*name == "changed")
            })
            .await
            .unwrap();
        assert_eq!(status["processes"]["ready"], 2, "{name}");
    }
    let mut forced = audit.writes(mark, &ns.name).unwrap();
    forced.retain(|write| {
        write.is_to("pods") && write.verb().starts_with("delete") && write.is_forced()
    });
    // The kubelet itself deletes a pod without a grace period after its containers have ended, so the log has such
    // deletions.
    assert!(
        !forced.is_empty(),
        "the audit log has the options of deletions"
    );
    forced.retain(|write| !write.by_kubelet());
    assert!(forced.is_empty(), "nothing is force-deleted: {forced:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn force_deleted_pod_gets_no_second_writer() {
    let _alone = ALONE.lock().await;
    let cluster = Cluster::disruptive().unwrap();
    let mut ns = TestNamespace::without_operator(cluster, "forced")
        .await
        .unwrap();
    ns.start_operator(&[]).unwrap();
    let recovery = json!({"enabled": true, "partsCount": 4, "backupInterval": 2});
    let counting = Counting::start_in(ns, 2, &recovery).await.unwrap();
    let ns = &counting.ns;
    ns.ready(NAME).await.unwrap();
    for pod in ["counts-1", "counts-0"] {
        let lost = ns.pods().get(pod).await.unwrap();
        let source_runs = counting.continuity().unwrap().source_runs;
        let kubelet = |verb| cluster.box_verb("kubelet", &[verb]).unwrap().ok().unwrap();
        kubelet("stop");
        let delete = ["delete", "pod", pod, "--force", "--grace-period=0"];
        ns.kubectl(&delete).unwrap().ok().unwrap();
        let uid = lost.metadata.uid.clone();
        wait::object(&ns.pods(), pod, "another pod", |pod| {
            let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_ref());
            pod.metadata.uid != uid && node.is_some()
        })
        .await
        .unwrap();
        // The process is no longer known to the cluster, and continues to count.
        let seen = counting.is_exact().await.unwrap();
        assert_eq!(seen.source_runs, source_runs, "no source started again");
        assert!(!processes::of_pod(&lost).unwrap().is_empty());
        kubelet("start");
        replaced(ns, pod, uid).await;
        ns.ready(NAME).await.unwrap();
        counting.is_exact().await.unwrap();
    }
}

/// Waits until another pod has this name and is ready, that is, connected. Its peers may continue in the same
/// containers, so only the pod itself shows it.
async fn replaced(ns: &TestNamespace, name: &str, lost: Option<String>) {
    wait::object(&ns.pods(), name, "another pod, connected", |pod| {
        let status = pod.status.as_ref();
        let conditions = status.and_then(|status| status.conditions.as_ref());
        let ready = |is: &PodCondition| is.type_ == "Ready" && is.status == "True";
        pod.metadata.uid != lost && conditions.is_some_and(|all| all.iter().any(ready))
    })
    .await
    .unwrap();
}

/// Deletes objects that other tests on this box must not find.
fn clean(cluster: &Cluster) {
    delete(cluster, &["namespace", "bytewax-system"]);
    delete(cluster, &["clusterrole,clusterrolebinding", "wax-operator"]);
}

fn delete(cluster: &Cluster, what: &[&str]) {
    let delete = [&["delete", "--ignore-not-found", "--wait=true"], what].concat();
    cluster.kubectl(&delete, b"").unwrap().ok().unwrap();
}

fn hello() -> String {
    text("examples/hello/hello.py")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}
