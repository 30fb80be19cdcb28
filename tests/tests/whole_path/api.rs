//! Tests the Dataflow resource at the API server: the scale subresource and the CEL rules.

use serde_json::json;
use wax_tests::{Cluster, TestNamespace};

use super::{fixture, hello, text};

#[tokio::test(flavor = "multi_thread")]
async fn minimal_manifest_runs_and_scales() {
    let ns = TestNamespace::new("minimal").await.unwrap();
    ns.start_flow("hello", &hello(), &json!({})).unwrap();
    ns.ready("hello").await.unwrap();
    ns.kubectl(&["scale", "dataflow", "hello", "--replicas=3"])
        .unwrap()
        .ok()
        .unwrap();
    let status = ns.ready("hello").await.unwrap();
    assert_eq!(
        (
            &status["processes"]["wanted"],
            &status["processes"]["ready"]
        ),
        (&json!(3), &json!(3))
    );
    assert_eq!(ns.gang("hello").await.unwrap().len(), 3);

    let none = ns
        .kubectl(&["scale", "dataflow", "hello", "--replicas=0"])
        .unwrap()
        .code(1)
        .unwrap();
    assert!(none.stderr.contains("suspend: true"), "{}", none.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn cel_rules_accept_good_and_refuse_bad_manifests() {
    let cluster = Cluster::shared().unwrap();
    let ns = TestNamespace::without_operator(cluster, "rules")
        .await
        .unwrap();
    let mut files: Vec<_> = std::fs::read_dir(fixture("cel"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 1, "there are fixtures");
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let created = ns
            .kubectl_with(
                &["create", "--dry-run=server", "-f", "-"],
                text(&file).as_bytes(),
            )
            .unwrap();
        if (created.code == 0) != name.ends_with(".good.yaml") {
            wrong.push(format!("{name}: {}{}", created.stdout, created.stderr));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
