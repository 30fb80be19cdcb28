//! How long a change keeps a flow away, against a plain StatefulSet of the same containers that is scaled
//! to nothing and back: from the exit of the last old engine to Ready.

use std::time::Instant;

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};
use wax_tests::programs::root;
use wax_tests::{Cluster, TestNamespace, wait};

use crate::{Figure, median};

const ROUNDS: usize = 5;
const SIZE: usize = 2;

pub(crate) async fn figures(cluster: &'static Cluster) -> Result<(Vec<Figure>, f64)> {
    let mut namespace = TestNamespace::without_operator(cluster, "outage").await?;
    namespace.start_operator(&[])?;
    let code = std::fs::read_to_string(root().join("examples/hello/hello.py"))?;
    namespace.start_flow("gang", &code, &json!({"processesCount": SIZE}))?;
    namespace.ready("gang").await?;
    plain_copy(&namespace)?;
    all_ready(&namespace, "plain").await?;

    let (mut changes, mut restarts) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let env = json!([{"name": "GREETING", "value": format!("round {round}")}]);
        namespace.dataflow("gang", &json!({"processesCount": SIZE, "env": env}))?;
        let exit = last_exit(&namespace, "gang").await?;
        namespace.ready("gang").await?;
        changes.push(exit.elapsed().as_secs_f64());

        namespace
            .kubectl(&["scale", "statefulset", "plain", "--replicas=0"])?
            .ok()?;
        let exit = last_exit(&namespace, "plain").await?;
        wait_for_none(&namespace, "plain").await?;
        namespace
            .kubectl(&[
                "scale",
                "statefulset",
                "plain",
                &format!("--replicas={SIZE}"),
            ])?
            .ok()?;
        all_ready(&namespace, "plain").await?;
        restarts.push(exit.elapsed().as_secs_f64());
    }
    let (change, restart) = (median(changes), median(restarts));
    let ratio = change / restart;
    let figures = vec![
        Figure::new(
            "outage of a change, two processes",
            format!("{change:.2} s"),
        ),
        Figure::new("plain StatefulSet 2 -> 0 -> 2", format!("{restart:.2} s")),
        Figure::new("ratio", format!("{ratio:.2}")),
    ];
    Ok((figures, ratio))
}

/// Copies the gang's StatefulSet and Service under another name, without owner: the same containers.
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
                    .context("a spec is an object")?
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

async fn pods(namespace: &TestNamespace, name: &str) -> Result<Vec<Pod>> {
    namespace.gang(name).await
}

/// Returns the instant at which the last engine that runs now has ended.
async fn last_exit(namespace: &TestNamespace, name: &str) -> Result<Instant> {
    let old: Vec<String> = pods(namespace, name)
        .await?
        .iter()
        .filter_map(|pod| pod.metadata.uid.clone())
        .collect();
    wait::until_async("the old engines' end", async || {
        let alive = pods(namespace, name).await?.iter().any(|pod| {
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
        Ok(pods(namespace, name).await?.is_empty().then_some(()))
    })
    .await
}

async fn all_ready(namespace: &TestNamespace, name: &str) -> Result<()> {
    wait::until_async("all pods Ready", async || {
        let pods = pods(namespace, name).await?;
        Ok((pods.len() == SIZE && pods.iter().all(is_ready)).then_some(()))
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
