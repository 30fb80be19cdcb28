//! Measures a plain StatefulSet of the same containers that is scaled to zero and back. Changes of a flow are compared
//! with it.

use std::time::Instant;

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};
use wax_tests::{TestNamespace, wait};

/// Name of the plain copy.
const PLAIN: &str = "plain";

/// A StatefulSet with the pods of a gang, without an operator.
pub(crate) struct Plain {
    size: usize,
}

impl Plain {
    /// Copies the StatefulSet of the Dataflow `gang`, which has `size` pods, and waits until the copies are ready.
    pub(crate) async fn copy(namespace: &TestNamespace, size: usize) -> Result<Self> {
        plain_copy(namespace)?;
        all_ready(namespace, PLAIN, size).await?;
        Ok(Self { size })
    }

    /// Scales the StatefulSet to zero and back; returns the seconds between the last exit and Ready.
    pub(crate) async fn restart(&self, namespace: &TestNamespace) -> Result<f64> {
        scale(namespace, 0)?;
        let exit = last_exit(namespace, PLAIN).await?;
        wait_for_none(namespace, PLAIN).await?;
        scale(namespace, self.size)?;
        all_ready(namespace, PLAIN, self.size).await?;
        Ok(exit.elapsed().as_secs_f64())
    }
}

fn scale(namespace: &TestNamespace, size: usize) -> Result<()> {
    let replicas = format!("--replicas={size}");
    let scale = ["scale", "statefulset", PLAIN, &replicas];
    namespace.kubectl(&scale)?.ok().map(drop)
}

/// Copies the gang's StatefulSet and Service under another name and without an owner.
fn plain_copy(namespace: &TestNamespace) -> Result<()> {
    for kind in ["service", "statefulset"] {
        let live = namespace
            .kubectl(&["get", kind, "gang", "-o", "json"])?
            .ok()?;
        let mut object: Value = serde_json::from_str(&live)?;
        let labels = object["metadata"]["labels"].take();
        object["metadata"] = json!({"name": "gang", "labels": labels});
        object["status"].take();
        for field in ["clusterIP", "clusterIPs"] {
            if object["spec"][field] != "None"
                && kind == "service"
                && object["spec"][field] != json!(["None"])
            {
                object["spec"]
                    .as_object_mut()
                    .context("the spec is not an object")?
                    .remove(field);
            }
        }
        let text = object
            .to_string()
            .replace("gang", "plain")
            .replace("plain-code-", "gang-code-");
        namespace.apply(&text)?;
    }
    Ok(())
}

/// Waits until all engines that run now have ended, and returns the time of the last end.
pub(crate) async fn last_exit(namespace: &TestNamespace, name: &str) -> Result<Instant> {
    let old: Vec<String> = namespace
        .gang(name)
        .await?
        .iter()
        .filter_map(|pod| pod.metadata.uid.clone())
        .collect();
    wait::until_async("the old engines' end", async || {
        let alive = namespace.gang(name).await?.iter().any(|pod| {
            pod.metadata
                .uid
                .as_ref()
                .is_some_and(|uid| old.contains(uid))
                && engine_runs(pod)
        });
        Ok((!alive).then(Instant::now))
    })
    .await
}

async fn wait_for_none(namespace: &TestNamespace, name: &str) -> Result<()> {
    wait::until_async("no pod left", async || {
        Ok(namespace.gang(name).await?.is_empty().then_some(()))
    })
    .await
}

async fn all_ready(namespace: &TestNamespace, name: &str, size: usize) -> Result<()> {
    wait::until_async("all pods Ready", async || {
        let pods = namespace.gang(name).await?;
        Ok((pods.len() == size && pods.iter().all(is_ready)).then_some(()))
    })
    .await
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten());
    conditions
        .into_iter()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

fn engine_runs(pod: &Pod) -> bool {
    let containers = pod
        .status
        .iter()
        .flat_map(|status| status.container_statuses.iter().flatten());
    containers.into_iter().any(|container| {
        container.name == "process"
            && container
                .state
                .as_ref()
                .is_some_and(|state| state.running.is_some())
    })
}
