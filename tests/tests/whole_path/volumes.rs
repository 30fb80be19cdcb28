//! Tests the volumes on which the tests of recovery depend: restricted pods write to them, and the host reads and writes
//! the same files.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use serde_json::{Value, json};
use wax_tests::restricted::{self, USER};
use wax_tests::{Cluster, TestNamespace, wait};

#[tokio::test(flavor = "multi_thread")]
async fn restricted_pods_share_a_volume_with_the_host() {
    let cluster = Cluster::shared().unwrap();
    let ns = TestNamespace::without_operator(cluster, "volumes")
        .await
        .unwrap();
    ns.apply(&claim("records").to_string()).unwrap();
    for pod in ["one", "two"] {
        ns.apply(&writer(pod, "records").to_string()).unwrap();
    }
    let folder = ns.volume("records").await.unwrap();
    for pod in ["one", "two"] {
        let file = folder.join(pod);
        let lines = || {
            fs::read_to_string(&file)
                .unwrap_or_default()
                .lines()
                .count()
        };
        wait::until("a first line", || Ok((lines() > 0).then_some(())))
            .await
            .unwrap();
        let before = lines();
        wait::until("a further line", || Ok((lines() > before).then_some(())))
            .await
            .unwrap();
        assert_eq!(fs::metadata(&file).unwrap().uid(), USER);
    }

    fs::write(folder.join("planted"), "by the host").unwrap();
    let read = ["exec", "two", "--", "cat", "/records/planted"];
    assert_eq!(ns.kubectl(&read).unwrap().ok().unwrap(), "by the host");

    ns.kubectl(&["delete", "pod", "one", "two"])
        .unwrap()
        .ok()
        .unwrap();
    assert!(
        folder.join("planted").exists(),
        "the file outlives the pods"
    );
    ns.kubectl(&["delete", "pvc", "records"])
        .unwrap()
        .ok()
        .unwrap();
    wait::until("the volume gone", || {
        Ok((!folder.try_exists()?).then_some(()))
    })
    .await
    .unwrap();
}

fn claim(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    })
}

/// Returns a pod that writes lines to a file with its own name.
fn writer(name: &str, claim: &str) -> Value {
    let endless = format!("while :; do date >>/records/{name}; sleep 0.2; done");
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "securityContext": restricted::pod(),
            "containers": [{
                "name": "writer",
                "image": "bytewax/bytewax:0.21.1-python3.11",
                "imagePullPolicy": "IfNotPresent",
                "command": ["sh", "-c", endless],
                "securityContext": restricted::container(),
                "volumeMounts": [{"name": "records", "mountPath": "/records"}],
            }],
            "volumes": [{"name": "records", "persistentVolumeClaim": {"claimName": claim}}],
        },
    })
}
