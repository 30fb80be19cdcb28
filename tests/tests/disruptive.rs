//! What disturbs a whole cluster: these tests run one after the other on a box of their own.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends a test")]

use std::time::Duration;

use serde_json::json;
use tokio::sync::Mutex;
use wax_tests::audit::Audit;
use wax_tests::namespace::condition;
use wax_tests::programs::{programs, root};
use wax_tests::{Cluster, TestNamespace, wait};

static ALONE: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn the_published_crd_starts_nothing_and_ours_heals_it() {
    let _alone = ALONE.lock().await;
    let cluster = Cluster::disruptive().unwrap();
    let mut ns = TestNamespace::without_operator(cluster, "published-crd")
        .await
        .unwrap();
    let published = text("tests/fixtures/published-crd.yaml");
    for (arguments, input) in [
        (&["replace", "--force", "-f", "-"][..], published.as_str()),
        (
            &[
                "wait",
                "--for=condition=Established",
                "--timeout=120s",
                "crd/dataflows.bytewax.io",
            ],
            "",
        ),
    ] {
        cluster
            .kubectl(arguments, input.as_bytes())
            .unwrap()
            .ok()
            .unwrap();
    }

    ns.start_flow("hello", &hello(), &json!({})).unwrap();
    ns.start_operator(&[]).unwrap();
    // The published CRD keeps conditions only, so there is no observedGeneration to wait for.
    wait::object(&ns.dataflows(), "hello", "Stalled CRDTooOld", |flow| {
        let status = serde_json::to_value(&flow.status).unwrap_or_default();
        condition(&status, "Stalled")["reason"] == "CRDTooOld"
    })
    .await
    .unwrap();
    let (code, reasons) = ns.operator().unwrap().ask("/ready").await.unwrap();
    assert_eq!(code, 503, "{reasons}");
    assert!(reasons.contains("custom resource definition"), "{reasons}");
    let (code, alive) = ns.operator().unwrap().ask("/live").await.unwrap();
    assert_eq!(code, 200, "a restart would not mend it: {alive}");
    let started = ns
        .kubectl(&["get", "pods,statefulsets", "-o", "name"])
        .unwrap();
    assert_eq!(started.ok().unwrap(), "", "nothing starts");

    cluster.install_crd(&programs().unwrap().operator).unwrap();
    ns.ready("hello").await.unwrap();
    let (code, reasons) = ns.operator().unwrap().ask("/ready").await.unwrap();
    assert_eq!(code, 200, "{reasons}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_without_the_resource_is_told_and_installed_into() {
    let _alone = ALONE.lock().await;
    let cluster = Cluster::disruptive().unwrap();
    let ns = TestNamespace::without_operator(cluster, "all")
        .await
        .unwrap();
    // A run that failed may have left its operator.
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
        assert!(said.contains("does not know dataflows yet"), "{said}");
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
async fn a_kubelet_away_for_two_minutes_costs_no_hands() {
    let _alone = ALONE.lock().await;
    let cluster = Cluster::disruptive().unwrap();
    let mut ns = TestNamespace::without_operator(cluster, "kubelet")
        .await
        .unwrap();
    ns.start_operator(&[]).unwrap();
    // One is left alone, of one a pod is deleted, one is changed, all while the kubelet is away.
    for name in ["alone", "deleted", "changed"] {
        ns.start_flow(name, &hello(), &json!({"processesCount": 2}))
            .unwrap();
    }
    let mut before = Vec::new();
    for name in ["alone", "deleted", "changed"] {
        before.push(ns.ready(name).await.unwrap());
    }
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
    // The outage itself: two minutes in which nothing can be waited for.
    tokio::time::sleep(Duration::from_secs(120)).await;
    cluster
        .box_verb("kubelet", &["start"])
        .unwrap()
        .ok()
        .unwrap();

    for (name, before) in ["alone", "deleted", "changed"].iter().zip(before) {
        let status = ns
            .status(name, "Ready after the outage", |status| {
                let changed = status["revision"] != before["revision"];
                condition(status, "Ready")["status"] == "True"
                    && changed == (*name == "changed")
                    && (*name != "deleted" || status["formed"] != before["formed"])
            })
            .await
            .unwrap();
        assert_eq!(status["processes"]["ready"], 2, "{name}");
    }
    let mut forced = audit.writes(mark, &ns.name).unwrap();
    forced.retain(|write| {
        write.is_to("pods") && write.verb().starts_with("delete") && write.is_forced()
    });
    // It is the kubelet's own last word on a pod whose containers have ended, so the log has some.
    assert!(
        !forced.is_empty(),
        "the log tells with what a pod was deleted"
    );
    forced.retain(|write| !write.by_kubelet());
    assert!(forced.is_empty(), "nothing is force-deleted: {forced:#?}");
}

/// Takes away what other tests of this box must not find.
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
