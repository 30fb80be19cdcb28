//! Tests that volumes grow while the flow runs, if their StorageClass allows it.

use serde_json::{Value, json};
use wax_tests::counting::{Counting, NAME};
use wax_tests::gang::GangWatch;
use wax_tests::{TestNamespace, wait};

/// Returns the message of the condition `VolumesNotResized`, if it is true.
fn not_resized(status: &Value) -> Option<&str> {
    let conditions = status["conditions"].as_array()?;
    let told = conditions.iter().find(|condition| {
        condition["type"] == "VolumesNotResized" && condition["status"] == "True"
    })?;
    told["message"].as_str()
}

fn sized(size: &str) -> Value {
    json!({"recovery": {"persistence": {"size": size}}})
}

async fn has_grown(ns: &TestNamespace, claim: &str, size: &str) {
    wait::object(&ns.claims(), claim, size, |claim| {
        let status = claim.status.as_ref();
        let capacity = status.and_then(|status| status.capacity.as_ref()?.get("storage"));
        capacity.is_some_and(|capacity| capacity.0 == size)
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn volumes_grow_without_restart_and_never_shrink() {
    let recovery = json!({"enabled": true, "partsCount": 2, "persistence": {"size": "16Mi"}});
    let mut counting = Counting::start("growth", 2, &recovery).await.unwrap();
    counting.ns.ready(NAME).await.unwrap();
    let watch = GangWatch::start(&counting.ns, NAME);

    counting.apply(&sized("32Mi")).unwrap();
    for claim in ["recovery-counts-0", "recovery-counts-1"] {
        has_grown(&counting.ns, claim, "32Mi").await;
    }
    counting.apply(&sized("8Mi")).unwrap();
    let ns = &counting.ns;
    let status = ns
        .status(NAME, "VolumesNotResized", |status| {
            not_resized(status).is_some()
        })
        .await
        .unwrap();
    assert!(not_resized(&status).unwrap().contains("do not shrink"));
    counting.apply(&sized("32Mi")).unwrap();
    let ns = &counting.ns;
    ns.status(NAME, "no VolumesNotResized", |status| {
        not_resized(status).is_none()
    })
    .await
    .unwrap();
    counting.is_exact().await.unwrap();
    assert_eq!(watch.finish().unwrap().in_turn().unwrap(), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn unresizable_volume_reports_the_api_servers_message() {
    let ns = TestNamespace::new("fixed").await.unwrap();
    let class = format!("{}-fixed", ns.name);
    let fixed = json!({
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": class},
        "provisioner": "box/memory",
        "volumeBindingMode": "WaitForFirstConsumer",
    });
    ns.apply(&fixed.to_string()).unwrap();
    let volumes = |size| json!({"size": size, "storageClassName": class});
    let recovery = json!({"enabled": true, "persistence": volumes("16Mi")});
    let mut counting = Counting::start_in(ns, 1, &recovery).await.unwrap();
    counting
        .apply(&json!({"recovery": {"persistence": volumes("32Mi")}}))
        .unwrap();
    let ns = &counting.ns;
    let status = ns
        .status(NAME, "VolumesNotResized", |status| {
            not_resized(status).is_some()
        })
        .await
        .unwrap();
    let told = not_resized(&status).unwrap();
    assert!(
        told.contains("recovery-counts-0") && told.contains("must support resize"),
        "{told}"
    );
    counting.is_exact().await.unwrap();
    let removed = counting.ns.kubectl(&["delete", "storageclass", &class]);
    removed.unwrap().ok().unwrap();
}
