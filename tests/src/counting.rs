//! `fixtures/flows/continuity.py` in pods that keep state, and what its records say.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::continuity::Continuity;
use crate::namespace::TestNamespace;
use crate::programs::root;
use crate::s3::S3;
use crate::wait;

/// Name of the claim of the records.
pub const RECORDS: &str = "records";

/// Name of the Dataflow.
pub const NAME: &str = "counts";

/// How many keys are counted.
pub const KEYS: usize = 7;

/// A flow that has been requested, but that an operator may not have seen yet.
pub struct RequestedFlow {
    /// Where it is to run.
    pub ns: TestNamespace,
    spec: Value,
}

/// A flow that counts and checks itself.
pub struct Counting {
    /// Where it runs.
    pub ns: TestNamespace,
    spec: Value,
    records: PathBuf,
}

impl RequestedFlow {
    /// Asks for the flow with `recovery` as `spec.recovery`.
    pub fn new(ns: TestNamespace, processes: u32, recovery: &Value) -> Result<Self> {
        ns.apply(&records_claim().to_string())?;
        let mounts = json!({
            "extraVolumeMounts": [
                {"name": RECORDS, "mountPath": "/records", "existingClaim": RECORDS},
            ],
        });
        let spec = json!({
            "processesCount": processes,
            "recovery": recovery,
            "env": environment(),
            "chartValues": mounts.to_string(),
        });
        ns.start_flow(NAME, &flow()?, &spec)?;
        Ok(Self { ns, spec })
    }

    /// Waits until it has counted a little.
    pub async fn runs(self) -> Result<Counting> {
        let Self { ns, spec } = self;
        let records = ns.volume(RECORDS).await?;
        let counting = Counting { ns, spec, records };
        counting.advances().await?;
        Ok(counting)
    }
}

impl Counting {
    /// Starts the flow with `recovery` as `spec.recovery`, and waits until it has counted a little.
    pub async fn start(test: &str, processes: u32, recovery: &Value) -> Result<Self> {
        let ns = TestNamespace::new(test).await?;
        Self::start_in(ns, processes, recovery).await
    }

    /// The same in a namespace that is there.
    pub async fn start_in(ns: TestNamespace, processes: u32, recovery: &Value) -> Result<Self> {
        RequestedFlow::new(ns, processes, recovery)?.runs().await
    }

    /// Starts the flow with copies of its state every so many seconds, in a bucket beside it.
    pub async fn backed_up(ns: TestNamespace, processes: u32, interval: u32) -> Result<(Self, S3)> {
        let s3 = S3::in_box(ns.cluster)?;
        ns.apply(&s3.keys().to_string())?;
        let recovery = json!({
            "enabled": true,
            "partsCount": 4,
            "backupInterval": 600,
            "cloudBackup": s3.cloud_backup(interval),
        });
        let counting = Self::start_in(ns, processes, &recovery).await?;
        Ok((counting, s3))
    }

    /// Lays `change` over the spec, and waits until the flow runs so.
    pub async fn change(&mut self, change: &Value) -> Result<()> {
        self.apply(change)?;
        self.ns.ready(NAME).await.map(drop)
    }

    /// Lays `change` over the spec; null takes a field away.
    pub fn apply(&mut self, change: &Value) -> Result<()> {
        for (key, value) in change.as_object().context("a change is an object")? {
            match (&mut self.spec[key], value) {
                (Value::Object(old), Value::Object(new)) => {
                    old.extend(new.clone());
                    old.retain(|_, value| !value.is_null());
                }
                (old, new) => *old = new.clone(),
            }
        }
        self.ns.dataflow(NAME, &self.spec)
    }

    /// What the records say so far.
    pub fn continuity(&self) -> Result<Continuity> {
        Continuity::read(&self.records)
    }

    /// The same, when restores resumed at these epochs.
    pub fn continuity_after(&self, epochs: &[u64]) -> Result<Continuity> {
        Continuity::read_restored(&self.records, epochs)
    }

    /// Counts so many seconds for each number, from the next start on.
    pub fn pace(&mut self, seconds: &str) -> Result<()> {
        self.apply(&json!({"env": environment_at(seconds)}))
    }

    /// Ends the input of every key with this number, from the next start on.
    pub fn last(&mut self, number: u64) -> Result<()> {
        let mut environment = environment();
        let last = json!({"name": "CONTINUITY_LAST", "value": number.to_string()});
        environment
            .as_array_mut()
            .context("the environment is a list")?
            .push(last);
        self.apply(&json!({"env": environment}))
    }

    /// The folder of the records, as a file system of this machine.
    pub fn records(&self) -> &Path {
        &self.records
    }

    /// Waits until every key has been counted ten further, from now on.
    pub async fn advances(&self) -> Result<()> {
        let before = self.continuity()?.highest.into_values().max().unwrap_or(0);
        wait::until(&format!("every key beyond {before}"), || {
            let now = self.continuity()?;
            Ok(now.reached(KEYS, before + 10).then_some(()))
        })
        .await
    }

    /// Waits until it has gone on, and asks whether all was exact until then.
    pub async fn is_exact(&self) -> Result<Continuity> {
        self.advances().await?;
        let seen = self.continuity()?;
        seen.exact()?;
        Ok(seen)
    }
}

/// The claim that the processes write their records to, apart from their state.
pub fn records_claim() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": RECORDS},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "64Mi"}},
        },
    })
}

/// What the flow is told, with its records mounted at `/records`.
pub fn environment() -> Value {
    environment_at("0.1")
}

fn environment_at(pace: &str) -> Value {
    json!([
        {"name": "CONTINUITY_FOLDER", "value": "/records"},
        {"name": "CONTINUITY_KEYS", "value": KEYS.to_string()},
        {"name": "CONTINUITY_PACE", "value": pace},
    ])
}

/// The text of the flow.
pub fn flow() -> Result<String> {
    let path = root().join("tests/fixtures/flows/continuity.py");
    std::fs::read_to_string(&path).with_context(|| path.display().to_string())
}
