//! Tests `install`: an operator that runs in the cluster for one namespace, with the rights of its Role only.

use serde_json::json;
use wax_tests::TestNamespace;
use wax_tests::cluster::Cluster;
use wax_tests::command::Finished;

use super::{assert_says, hello};

/// Runs `waxctl install` with the images that the cluster has.
fn install(ns: &TestNamespace, more: &[&str]) -> Finished {
    let images = [
        "--image",
        &ns.cluster.operator_image,
        "--agent-image",
        &ns.cluster.agent_image,
        "--timeout",
        "4m",
    ];
    let arguments = [&["install", "-n", &ns.name], &images[..], more].concat();
    ns.waxctl(&arguments).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn installed_operator_runs_flows_of_its_namespace() {
    let cluster = Cluster::shared().unwrap();
    let ns = TestNamespace::without_operator(cluster, "install")
        .await
        .unwrap();
    let nowhere = ns.waxctl(&["install", "-n", "no-such-namespace"]).unwrap();
    let nowhere = nowhere.code(1).unwrap();
    assert_says(
        &nowhere.stderr,
        "namespace `no-such-namespace` does not exist",
    );
    assert_says(
        &nowhere.stderr,
        "hint: kubectl create namespace no-such-namespace",
    );

    let image = [
        "install",
        "-n",
        &ns.name,
        "--image",
        "registry.invalid/none:1",
    ];
    let late = ns.waxctl(&[&image[..], &["--timeout", "1s"]].concat());
    let late = late.unwrap().code(3).unwrap();
    assert_says(&late.stderr, "the operator was not ready within 1s");

    let installed = install(&ns, &[]).code(0).unwrap();
    assert_says(&installed.stdout, "deployment.apps/wax-operator ");
    assert!(
        !installed.stdout.contains("clusterrole"),
        "{}",
        installed.stdout
    );
    let ready = format!("The operator is ready in namespace `{}`.", ns.name);
    assert_says(&installed.stderr, &ready);
    ns.start_flow("orders", &hello(), &json!({"processesCount": 2}))
        .unwrap();
    ns.ready("orders").await.unwrap();

    rights_end_at_the_namespace(&ns);
    the_export_is_what_was_applied(&ns, &installed);

    let operator = [
        "get",
        "pods",
        "-l",
        "app.kubernetes.io/name=wax-operator",
        "-o",
        "name",
    ];
    let before = ns.kubectl(&operator).unwrap().ok().unwrap();
    let again = install(&ns, &[]).ok().unwrap();
    assert!(
        again.lines().all(|line| line.ends_with(" unchanged")),
        "{again}"
    );
    assert_eq!(again.lines().count(), installed.stdout.lines().count());
    assert_eq!(ns.kubectl(&operator).unwrap().ok().unwrap(), before);
    uninstall_leaves_flow_and_pods(&ns);
}

fn uninstall_leaves_flow_and_pods(ns: &TestNamespace) {
    let uninstall = |flags: &[&str]| {
        let command = ["uninstall", "-n", &ns.name, "--yes"];
        ns.waxctl(&[&command, flags].concat()).unwrap()
    };
    let refused = uninstall(&[]).code(5).unwrap();
    assert_says(&refused.stderr, "`orders` in namespace");
    let removed = uninstall(&["--leave-flows"]).ok().unwrap();
    assert_says(&removed, "deployment.apps/wax-operator deleted");
    let kept = ["get", "dataflows,pods,roles", "-o", "name"];
    let kept = ns.kubectl(&kept).unwrap().ok().unwrap();
    assert_says(&kept, "dataflow.bytewax.io/orders");
    assert_says(&kept, "pod/orders-0");
    assert!(
        !kept.contains("role.rbac.authorization.k8s.io/wax-operator"),
        "{kept}"
    );
}

fn rights_end_at_the_namespace(ns: &TestNamespace) {
    let account = format!("--as=system:serviceaccount:{}:wax-operator", ns.name);
    for (place, expected) in [(ns.name.as_str(), "yes\n"), ("default", "no\n")] {
        for right in [
            ["list", "pods"],
            ["watch", "dataflows"],
            ["create", "statefulsets"],
        ] {
            let ask = [&["auth", "can-i", &account, "-n", place], &right[..]].concat();
            let answer = ns.cluster.kubectl(&ask, b"").unwrap();
            assert_eq!(answer.stdout, expected, "{right:?} in {place}");
        }
    }
}

fn the_export_is_what_was_applied(ns: &TestNamespace, installed: &Finished) {
    let export = install(ns, &["--export"]).ok().unwrap();
    let objects = export.matches("\nkind: ").count();
    assert_eq!(objects, installed.stdout.lines().count(), "{export}");
    let diff = ["diff", "--server-side", "--field-manager=waxctl", "-f", "-"];
    let diff = ns.kubectl_with(&diff, export.as_bytes()).unwrap();
    diff.code(0).unwrap();
}
