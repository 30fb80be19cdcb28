//! Tests `df diff --live`, which asks the API server for the effect of a change by a dry run.

use wax_tests::TestNamespace;
use wax_tests::cluster::Cluster;
use wax_tests::flow_repository::apply_folder;

use super::hello;

#[tokio::test(flavor = "multi_thread")]
async fn live_diff_respects_field_owners_and_stores_nothing() {
    let ns = TestNamespace::without_operator(Cluster::shared().unwrap(), "live-diff")
        .await
        .unwrap();
    std::fs::write(ns.folder().join("hello.py"), hello()).unwrap();
    let render = [
        "df", "render", "hello.py", "-N", "hello", "-n", &ns.name, "--into", "flow",
    ];
    ns.waxctl(&render).unwrap().ok().unwrap();
    let diff = || ns.waxctl(&["df", "diff", "flow", "--live"]).unwrap();

    let new = diff().code(1).unwrap();
    assert!(
        new.stdout.starts_with("hello: new, not in namespace"),
        "{}",
        new.stdout
    );

    // kustomize appends a hash to the name of the code's ConfigMap, which does not count as a difference.
    apply_folder(&ns, &ns.folder().join("flow")).unwrap();
    let same = diff().code(0).unwrap();
    assert!(
        same.stdout.contains("compared as kubectl"),
        "{}",
        same.stdout
    );

    let suspend = [
        "patch",
        "dataflow",
        "hello",
        "--type=merge",
        "-p",
        r#"{"spec":{"suspend":true}}"#,
    ];
    ns.kubectl(&suspend).unwrap().ok().unwrap();
    let suspended = diff().code(0).unwrap();
    let stays = "spec.suspend: true stays, owned by kubectl-patch";
    assert!(suspended.stdout.contains(stays), "{}", suspended.stdout);

    let code = ns.folder().join("flow/hello.py");
    std::fs::write(&code, hello().replace("hello", "hallo")).unwrap();
    let before = ns
        .kubectl(&["get", "dataflow", "hello", "-o", "yaml"])
        .unwrap()
        .ok()
        .unwrap();
    let changed = diff().code(1).unwrap();
    assert!(
        changed.stdout.contains("code/hello.py  [one restart]"),
        "{}",
        changed.stdout
    );
    assert!(
        !changed.stdout.contains("configMapName"),
        "{}",
        changed.stdout
    );
    let after = ns
        .kubectl(&["get", "dataflow", "hello", "-o", "yaml"])
        .unwrap()
        .ok()
        .unwrap();
    assert_eq!(before, after);
}
