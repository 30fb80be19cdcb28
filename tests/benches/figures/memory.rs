//! Measures the operator's memory with no Dataflow and with a thousand suspended Dataflows.

use anyhow::{Context, Result};
use kube::api::ListParams;
use serde_json::{Value, json};
use wax_tests::{Cluster, TestNamespace, wait};

use crate::{Figure, release};

const MANY: usize = 1000;

pub(crate) async fn figures(cluster: &'static Cluster) -> Result<Vec<Figure>> {
    let mut namespace = TestNamespace::without_operator(cluster, "memory").await?;
    namespace.start_program(&release("wax-operator")?, &[])?;
    wait::until("an operator with filled caches that is leader", || {
        let said = namespace.operator_output()?;
        let idle = said.contains("caches are filled") && said.contains("became the leader");
        Ok(idle.then_some(()))
    })
    .await?;
    let none = resident(&namespace)?;

    namespace.source("first", "flow = None\n")?;
    let items: Vec<Value> = (0..MANY).map(manifest).collect();
    namespace.apply(&json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string())?;
    suspended(&namespace, MANY).await?;
    let many = resident(&namespace)?;
    Ok(vec![
        Figure::new("operator memory, no Dataflow", none),
        Figure::new(format!("operator memory, {MANY} suspended Dataflows"), many),
    ])
}

fn manifest(number: usize) -> Value {
    json!({
        "apiVersion": "bytewax.io/v1alpha1",
        "kind": "Dataflow",
        "metadata": {"name": format!("flow-{number}")},
        "spec": {
            "image": {"tag": "0.21.1-python3.11", "pullPolicy": "IfNotPresent", "pullSecret": ""},
            "pythonFileName": "flow.py",
            "configMapName": "first-source",
            "suspend": true,
        },
    })
}

async fn suspended(namespace: &TestNamespace, wanted: usize) -> Result<()> {
    let flows = namespace.dataflows();
    wait::until_async("every Dataflow Suspended", async || {
        let list = flows.list(&ListParams::default()).await?;
        let count = list.items.iter().filter(|flow| {
            serde_json::to_value(&flow.status).is_ok_and(|status| status["phase"] == "Suspended")
        });
        Ok((count.count() >= wanted).then_some(()))
    })
    .await
}

fn resident(namespace: &TestNamespace) -> Result<String> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", namespace.operator()?.pid()))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("the kernel does not report VmRSS")?;
    let kilobytes: u32 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(format!("{:.1} MB", f64::from(kilobytes) / 1024.0))
}
