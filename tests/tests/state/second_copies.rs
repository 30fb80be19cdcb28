//! Tests a second copy of a pod on the same PVC: its init container `verify` fails because the volume is locked.

use std::collections::BTreeSet;

use serde_json::Value;
use wax_tests::counting::{Counting, NAME};
use wax_tests::wait;

/// Creates a copy of a pod, with another name and without the fields that the API server sets. Its variable
/// `WAXRUN_POD_NAME` has the name of the original pod, because with its own name it would be refused for that.
async fn copy(counting: &Counting, pod: &str) -> String {
    let made = counting.ns.pods().get(pod).await.unwrap();
    let mut copy = serde_json::to_value(made).unwrap();
    let name = format!("{pod}-copy");
    let labels = copy["metadata"]["labels"].take();
    let annotations = copy["metadata"]["annotations"].take();
    copy["metadata"] = serde_json::json!({
        "name": name,
        "labels": labels,
        "annotations": annotations,
    });
    copy.as_object_mut().unwrap().remove("status");
    for list in ["containers", "initContainers"] {
        for container in copy["spec"][list].as_array_mut().unwrap() {
            for env in container["env"].as_array_mut().into_iter().flatten() {
                if env["name"] == "WAXRUN_POD_NAME" {
                    *env = serde_json::json!({"name": "WAXRUN_POD_NAME", "value": pod});
                }
            }
        }
    }
    copy["apiVersion"] = "v1".into();
    copy["kind"] = "Pod".into();
    counting.ns.apply(&copy.to_string()).unwrap();
    name
}

/// Waits until the init container `verify` of the copy has failed twice, and returns its termination message.
async fn refused(counting: &Counting, copy: &str) -> String {
    let pods = counting.ns.pods();
    let pod = wait::object(&pods, copy, "refused twice", |pod| {
        let inits = pod
            .status
            .iter()
            .flat_map(|status| status.init_container_statuses.iter().flatten());
        inits
            .into_iter()
            .any(|init| init.name == "verify" && init.restart_count >= 2)
    });
    let pod = serde_json::to_value(pod.await.unwrap()).unwrap();
    let inits = pod["status"]["initContainerStatuses"].as_array().unwrap();
    let verify = inits.iter().find(|init| init["name"] == "verify").unwrap();
    let ended = |state: &str| verify[state]["terminated"]["message"].as_str();
    ended("state")
        .or(ended("lastState"))
        .unwrap_or_default()
        .to_owned()
}

async fn uids(counting: &Counting) -> BTreeSet<Option<String>> {
    let pods = counting.ns.gang(NAME).await.unwrap();
    pods.into_iter().map(|pod| pod.metadata.uid).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn copy_of_a_running_pod_is_refused() {
    let recovery = serde_json::json!({"enabled": true, "partsCount": 3, "backupInterval": 2});
    let counting = Counting::start("copies", 2, &recovery).await.unwrap();
    counting.ns.ready(NAME).await.unwrap();
    let before = (
        uids(&counting).await,
        counting.continuity().unwrap().source_runs,
    );
    for process in [1, 0] {
        let copy = copy(&counting, &format!("{NAME}-{process}")).await;
        let said = refused(&counting, &copy).await;
        let report: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(report["kind"], "StoreBusy", "{said}");
        assert!(said.contains(&format!("volume {process}")), "{said}");
        // The operator's message names the pod that does not belong there.
        let told = counting.ns.stalled(NAME, "CrashLoop").await.unwrap();
        assert!(
            told.contains(&copy) && told.contains("still uses this volume"),
            "{told}"
        );
        counting.is_exact().await.unwrap();
        let delete = ["delete", "pod", &copy];
        counting.ns.kubectl(&delete).unwrap().ok().unwrap();
        counting.ns.ready(NAME).await.unwrap();
    }
    let seen = counting.is_exact().await.unwrap();
    assert_eq!(
        (uids(&counting).await, seen.source_runs),
        before,
        "nothing was disturbed"
    );
}
