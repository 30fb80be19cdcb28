//! Tests `df deploy` and `df delete`: their confirmations and refusals, and the objects that remain.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use serde_json::json;
use wax_tests::cluster::Cluster;
use wax_tests::{TestNamespace, wait};

use super::{assert_says, df, hello};

async fn namespace(test: &str) -> TestNamespace {
    let cluster = Cluster::shared().unwrap();
    let ns = TestNamespace::without_operator(cluster, test)
        .await
        .unwrap();
    std::fs::write(ns.folder().join("hello.py"), hello()).unwrap();
    ns
}

fn codes(ns: &TestNamespace) -> Vec<String> {
    let list = [
        "get",
        "configmaps",
        "-l",
        "bytewax.io/managed-by=waxctl",
        "-o",
        "name",
    ];
    let names = ns.kubectl(&list).unwrap().ok().unwrap();
    names.lines().map(str::to_owned).collect()
}

fn spec(ns: &TestNamespace, field: &str) -> String {
    let path = format!("jsonpath={{.spec.{field}}}");
    ns.kubectl(&["get", "dataflow", "orders", "-o", &path])
        .unwrap()
        .ok()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_creates_at_once_and_changes_with_yes() {
    let ns = namespace("deploying").await;
    let deploy = |more: &[&str]| {
        df(
            &ns,
            &[&["deploy", "hello.py", "-N", "orders"], more].concat(),
        )
    };

    let created = deploy(&[]).code(0).unwrap();
    assert_eq!(created.stdout, "dataflow.bytewax.io/orders created\n");
    assert_says(
        &created.stderr,
        &format!("hint: kubectl waxctl df wait orders -n {}", ns.name),
    );
    let unchanged = deploy(&[]).code(0).unwrap();
    assert_eq!(unchanged.stdout, "dataflow.bytewax.io/orders unchanged\n");

    let before = codes(&ns);
    std::fs::write(
        ns.folder().join("hello.py"),
        hello().replace("hello", "hallo"),
    )
    .unwrap();
    let refused = deploy(&["-p", "2"]).code(5).unwrap();
    assert_eq!(refused.stdout, "");
    assert_says(
        &refused.stderr,
        "dataflow `orders` already exists in namespace",
    );
    assert_says(&refused.stderr, "spec.processesCount changes: one restart");
    assert_says(&refused.stderr, "hello.py changes: one restart");
    assert_says(&refused.stderr, "hint: pass `--yes` to change it");
    assert_eq!(
        (codes(&ns), spec(&ns, "processesCount")),
        (before.clone(), "1".to_owned())
    );

    let changed = deploy(&["-p", "2", "--yes"]).code(0).unwrap();
    assert_eq!(changed.stdout, "dataflow.bytewax.io/orders configured\n");
    assert_eq!(spec(&ns, "processesCount"), "2");
    let after = codes(&ns);
    assert_eq!(after.len(), 1, "the old code is removed: {after:?}");
    assert_ne!(after, before);

    another_manager(&ns);

    let away = [
        "df",
        "deploy",
        "hello.py",
        "-N",
        "orders",
        "--create-namespace=false",
    ];
    let away = ns.waxctl(&[&away[..], &["--namespace", "no-such-namespace"]].concat());
    let away = away.unwrap().code(1).unwrap();
    assert_says(&away.stderr, "namespace `no-such-namespace` does not exist");
}

/// Checks that a field that a GitOps controller manages is changed only with `--force-conflicts`.
fn another_manager(ns: &TestNamespace) {
    let theirs = json!({
        "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
        "metadata": {"name": "orders"},
        "spec": {"processesCount": 3},
    });
    let apply = [
        "apply",
        "--server-side",
        "--force-conflicts",
        "--field-manager=argocd-controller",
        "-f",
        "-",
    ];
    ns.kubectl_with(&apply, theirs.to_string().as_bytes())
        .unwrap()
        .ok()
        .unwrap();
    let deploy = ["deploy", "hello.py", "-N", "orders", "-p", "2", "--yes"];
    let conflict = df(ns, &deploy).code(1).unwrap();
    assert_says(
        &conflict.stderr,
        ".spec.processesCount: conflict with `argocd-controller`",
    );
    assert_says(&conflict.stderr, "waxctl df commit");
    assert_eq!(spec(ns, "processesCount"), "3");
    assert_eq!(codes(ns).len(), 1);
    df(ns, &[&deploy[..], &["--force-conflicts"]].concat())
        .ok()
        .unwrap();
    assert_eq!(spec(ns, "processesCount"), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_needs_yes_and_names_remaining_objects() {
    let ns = namespace("deleting").await;
    df(&ns, &["deploy", "hello.py", "-N", "orders"])
        .ok()
        .unwrap();
    ns.start_flow("kept", &hello(), &json!({})).unwrap();

    let shown = df(&ns, &["delete", "orders"]).code(5).unwrap();
    assert_says(
        &shown.stderr,
        "nothing was deleted: dataflow `orders` in namespace",
    );
    assert_says(
        &shown.stderr,
        &format!("hint: kubectl waxctl df delete orders -n {} --yes", ns.name),
    );
    assert_eq!(spec(&ns, "pythonFileName"), "hello.py");
    let near = df(&ns, &["delete", "order", "--yes"]).code(1).unwrap();
    assert_says(&near.stderr, "did you mean `orders`?");

    let code = codes(&ns)[0].trim_start_matches("configmap/").to_owned();
    let deleted = df(&ns, &["rm", "orders", "-y"]).code(0).unwrap();
    assert_eq!(deleted.stdout, "dataflow.bytewax.io/orders deleted\n");
    assert!(!deleted.stderr.contains("remains"), "{}", deleted.stderr);
    wait::gone(&ns.dataflows(), "orders").await.unwrap();
    let maps: Api<ConfigMap> = Api::namespaced(ns.client.clone(), &ns.name);
    wait::gone(&maps, &code).await.unwrap();

    let deleted = df(&ns, &["delete", "--name", "kept", "--yes"])
        .code(0)
        .unwrap();
    assert_says(
        &deleted.stderr,
        "The code remains in configmap/kept-source.",
    );
    assert!(maps.get_opt("kept-source").await.unwrap().is_some());
}
