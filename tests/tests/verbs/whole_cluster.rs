//! A cluster that has never heard of dataflows, on the box of its own: what is said, and what `install` makes of it.

use serde_json::json;
use wax_tests::TestNamespace;
use wax_tests::cluster::Cluster;

use super::{assert_says, df, hello};

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_without_the_resource_is_told_and_installed_into() {
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
    for verb in verbs {
        let unknown = df(&ns, verb).code(1).unwrap();
        assert_says(&unknown.stderr, "does not know dataflows yet");
        assert_says(&unknown.stderr, "hint: kubectl waxctl install");
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
    assert_says(&installed, "namespace/bytewax-system created");
    ns.start_flow("orders", &hello(), &json!({})).unwrap();
    ns.ready("orders").await.unwrap();

    df(&ns, &["delete", "orders", "--yes"]).ok().unwrap();
    clean(cluster);
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
