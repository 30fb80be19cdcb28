//! Measures the outage of each change of a stateful flow, from the exit of its last old engine to Ready. The result is
//! compared with a plain StatefulSet that is scaled to zero and back in the same run. State is backed up meanwhile.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use wax_tests::counting::{Counting, NAME, flow};
use wax_tests::namespace::condition;
use wax_tests::programs::root;
use wax_tests::{Cluster, TestNamespace};

use crate::restart::{Plain, last_exit};
use crate::{Figure, median};

const ROUNDS: usize = 3;
const SIZE: usize = 2;
/// Seconds between two backup copies of the state.
const COPIES: u32 = 5;

/// Numbers of partitions to change between.
const PARTITIONS: [u32; 2] = [6, 4];

/// A stateful flow, with the seconds of every outage by change.
struct Changed {
    counting: Counting,
    outages: BTreeMap<&'static str, Vec<f64>>,
}

pub(crate) async fn figures(cluster: &'static Cluster) -> Result<Vec<Figure>> {
    let mut namespace = TestNamespace::without_operator(cluster, "changes").await?;
    namespace.start_operator(&[])?;
    let hello = std::fs::read_to_string(root().join("examples/hello/hello.py"))?;
    namespace.start_flow("gang", &hello, &json!({"processesCount": SIZE}))?;
    namespace.ready("gang").await?;
    let plain = Plain::copy(&namespace, SIZE).await?;
    // A second running flow would make every start slower.
    namespace.dataflow("gang", &json!({"processesCount": SIZE, "suspend": true}))?;
    let suspended = |status: &Value| status["phase"] == "Suspended";
    namespace.status("gang", "suspended", suspended).await?;

    let processes = u32::try_from(SIZE)?;
    let (counting, s3) = Counting::backed_up(namespace, processes, COPIES).await?;
    let mut changed = Changed {
        counting,
        outages: BTreeMap::new(),
    };
    let mut restarts = Vec::new();
    for round in 0..ROUNDS {
        changed.round(round).await?;
        restarts.push(plain.restart(&changed.counting.ns).await?);
    }
    drop(s3);
    Ok(table(&restarts, changed.outages))
}

fn table(restarts: &[f64], outages: BTreeMap<&'static str, Vec<f64>>) -> Vec<Figure> {
    let slowest = restarts.iter().copied().fold(0.0, f64::max);
    let usual = median(restarts.to_vec());
    let mut figures = vec![Figure::new(
        "plain StatefulSet 2 -> 0 -> 2, slowest (median)",
        format!("{slowest:.2} s ({usual:.2} s)"),
    )];
    figures.extend(outages.into_iter().map(|(what, seconds)| {
        let seconds = median(seconds);
        Figure::new(
            format!("outage: {what}; to the slowest plain start"),
            format!("{seconds:.2} s ({:.2})", seconds / slowest),
        )
    }));
    figures
}

impl Changed {
    async fn round(&mut self, round: usize) -> Result<()> {
        let partitions = PARTITIONS[round % PARTITIONS.len()];
        let more = json!({"processesCount": SIZE + 1});
        self.outage("one process more", &more).await?;
        // Repartitioned while there is one process more: it gets some partitions, which must move when it is removed.
        let spread = json!({"recovery": {"partsCount": partitions}});
        self.outage("partsCount", &spread).await?;
        let fewer = json!({"processesCount": SIZE});
        self.outage("one process less, its partitions move", &fewer)
            .await?;
        self.recovery_action("Reset", "reset").await?;
        self.recovery_action("Restore", "restore from S3").await?;
        let before = self.start().await?;
        let code = format!("{}\n# Round {round}.\n", flow()?);
        self.counting.ns.source(NAME, &code)?;
        self.away("other code", before).await
    }

    /// Changes the spec, and measures the outage.
    async fn outage(&mut self, what: &'static str, change: &Value) -> Result<()> {
        let before = self.start().await?;
        self.counting.apply(change)?;
        self.away(what, before).await
    }

    /// Applies a recovery action, measures the outage, and removes the action from the spec.
    async fn recovery_action(&mut self, kind: &str, what: &'static str) -> Result<()> {
        let status = self.counting.ns.ready(NAME).await?;
        let store = &status["recovery"];
        let expect = json!({"storeId": store["storeId"], "timeline": store["timeline"]});
        let action = json!({"recovery": {"action": {"type": kind, "expect": expect}}});
        self.outage(what, &action).await?;
        let none = json!({"recovery": {"action": Value::Null}});
        self.counting.change(&none).await
    }

    /// Waits until the flow has done some work, and returns the number of the start that runs.
    async fn start(&self) -> Result<i64> {
        self.counting.advances().await?;
        let status = self.counting.ns.ready(NAME).await?;
        status["start"]
            .as_i64()
            .context("status has no start number")
    }

    /// Waits for a later start than `before`, and records the length of the outage.
    async fn away(&mut self, what: &'static str, before: i64) -> Result<()> {
        let ns = &self.counting.ns;
        let exit = last_exit(ns, NAME).await?;
        let again = |status: &Value| {
            let formed = status["formed"]["start"].as_i64();
            formed.is_some_and(|start| start > before)
                && condition(status, "Ready")["status"] == "True"
        };
        ns.status(NAME, what, again).await?;
        let seconds = exit.elapsed().as_secs_f64();
        self.outages.entry(what).or_default().push(seconds);
        Ok(())
    }
}
