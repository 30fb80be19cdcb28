//! Control runs: the same failures without the operator, in the layout of the original platform.
//!
//! Each pod creates a full set of partitions on its own volume, so state is lost without an error. The continuity
//! checker must report it; otherwise the other tests prove nothing.

use std::path::PathBuf;

use serde_json::{Value, json};
use wax_tests::continuity::Continuity;
use wax_tests::counting::{KEYS, RECORDS, environment, flow, records_claim};
use wax_tests::{Cluster, TestNamespace, restricted, wait};

/// Script of the pods in the original layout: creates the partitions unless there are some, and starts the engine.
const SCRIPT: &str = r#"
set -e
mkdir -p "$CONTINUITY_FOLDER"
test -f /recovery/part-0.sqlite3 || /venv/bin/python -m bytewax.recovery /recovery 4
addresses=
for host in $HOSTS; do
    until getent hosts "$host" > /dev/null; do sleep 0.2; done
    addresses="$addresses${addresses:+;}$host:9999"
done
cd /code
exec /venv/bin/python -m bytewax.run flow:flow -r /recovery -s 1 -b 3600 \
    -i "${HOSTNAME##*-}" -a "$addresses"
"#;

/// A flow in the layout of the original platform.
struct Original<'a> {
    ns: &'a TestNamespace,
    name: &'static str,
    records: PathBuf,
}

impl<'a> Original<'a> {
    async fn start(ns: &'a TestNamespace, name: &'static str, processes: u32) -> Self {
        apply(ns, name, processes, processes);
        let records = ns.volume(RECORDS).await.unwrap().join(name);
        let original = Self { ns, name, records };
        original.counts(40).await;
        original.continuity().exact().unwrap();
        original
    }

    fn continuity(&self) -> Continuity {
        Continuity::read(&self.records).unwrap()
    }

    /// Waits until every key has reached `number`.
    async fn counts(&self, number: u64) {
        let what = format!("{}: number {number} of every key", self.name);
        wait::until(&what, || {
            // The folder does not exist before the first pod runs.
            let seen = Continuity::read(&self.records).ok();
            Ok(seen.filter(|seen| seen.reached(KEYS, number)).map(drop))
        })
        .await
        .unwrap();
    }

    async fn stop(&self, processes: u32) {
        apply(self.ns, self.name, processes, 0);
        for process in 0..processes {
            let pod = format!("{}-{process}", self.name);
            wait::gone(&self.ns.pods(), &pod).await.unwrap();
        }
    }

    /// Starts the flow again, and waits until the checker reports anomalies.
    async fn anomaly_after_restart(&self, processes: u32) -> String {
        apply(self.ns, self.name, processes, processes);
        wait::until(&format!("{}: a fault", self.name), || {
            let seen = Continuity::read(&self.records)?;
            Ok(seen.exact().err().map(|fault| fault.to_string()))
        })
        .await
        .unwrap()
    }
}

/// Applies the flow for `processes` processes, with `pods` running pods.
fn apply(ns: &TestNamespace, name: &str, processes: u32, pods: u32) {
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"clusterIP": "None", "publishNotReadyAddresses": true, "selector": {"app": name}},
    });
    let hosts: Vec<_> = (0..processes)
        .map(|process| format!("{name}-{process}.{name}"))
        .collect();
    let mut env = environment();
    env[0]["value"] = json!(format!("/records/{name}"));
    let variables = env.as_array_mut().unwrap();
    variables.push(json!({"name": "HOSTS", "value": hosts.join(" ")}));
    ns.apply(&service.to_string()).unwrap();
    ns.apply(&set(name, pods, &env).to_string()).unwrap();
}

fn set(name: &str, pods: u32, env: &Value) -> Value {
    let labels = json!({"app": name});
    let mounts = json!([
        {"name": "recovery", "mountPath": "/recovery"},
        {"name": "records", "mountPath": "/records"},
        {"name": "code", "mountPath": "/code"},
    ]);
    let claim = json!({
        "metadata": {"name": "recovery"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "64Mi"}},
        },
    });
    json!({
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name},
        "spec": {
            "replicas": pods,
            "serviceName": name,
            "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": labels},
            "volumeClaimTemplates": [claim],
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "terminationGracePeriodSeconds": 0,
                    "securityContext": restricted::pod(),
                    "containers": [{
                        "name": "process",
                        "image": "bytewax/bytewax:0.21.1-python3.11",
                        "imagePullPolicy": "IfNotPresent",
                        "command": ["sh", "-c", SCRIPT],
                        "env": env,
                        "securityContext": restricted::container(),
                        "volumeMounts": mounts,
                    }],
                    "volumes": [
                        {"name": "records", "persistentVolumeClaim": {"claimName": RECORDS}},
                        {"name": "code", "configMap": {"name": "code"}},
                    ],
                },
            },
        },
    })
}

/// Creates a namespace with the code and a PVC for the records.
async fn namespace(test: &str) -> TestNamespace {
    let cluster = Cluster::shared().unwrap();
    let ns = TestNamespace::without_operator(cluster, test)
        .await
        .unwrap();
    ns.apply(&records_claim().to_string()).unwrap();
    let code = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "code"},
        "data": {"flow.py": flow().unwrap()},
    });
    ns.apply(&code.to_string()).unwrap();
    ns
}

#[tokio::test(flavor = "multi_thread")]
async fn scaling_and_lost_volume_lose_state_without_operator() {
    let ns = namespace("original").await;
    let more = async {
        let original = Original::start(&ns, "more", 1).await;
        original.stop(1).await;
        original.anomaly_after_restart(2).await
    };
    let lost = async {
        let original = Original::start(&ns, "lost", 2).await;
        original.stop(2).await;
        let delete = ["delete", "pvc", "recovery-lost-1"];
        ns.kubectl(&delete).unwrap().ok().unwrap();
        wait::gone(&ns.claims(), "recovery-lost-1").await.unwrap();
        original.anomaly_after_restart(2).await
    };
    let (more, lost) = tokio::join!(more, lost);
    println!("1 to 2 processes: {more}\na lost volume: {lost}");
}
