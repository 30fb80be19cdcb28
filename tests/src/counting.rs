//! Runs `fixtures/flows/continuity.py` in pods with recovery, and reads its records.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::continuity::Continuity;
use crate::namespace::TestNamespace;
use crate::programs::root;
use crate::s3::S3;
use crate::wait;

/// Name of the PVC that holds the records.
pub const RECORDS: &str = "records";

/// Name of the Dataflow.
pub const NAME: &str = "counts";

/// Number of keys that the flow counts.
pub const KEYS: usize = 7;

/// A flow whose Dataflow was applied, and which no operator may have reconciled yet.
pub struct RequestedFlow {
    /// The namespace of the Dataflow.
    pub ns: TestNamespace,
    spec: Value,
}

/// A running flow that counts and checks its own state.
pub struct Counting {
    /// The namespace of the Dataflow.
    pub ns: TestNamespace,
    spec: Value,
    records: PathBuf,
}

impl RequestedFlow {
    /// Applies the flow with `recovery` as `spec.recovery`.
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

    /// Waits until the flow has counted ten numbers of every key.
    pub async fn runs(self) -> Result<Counting> {
        let Self { ns, spec } = self;
        let records = ns.volume(RECORDS).await?;
        let counting = Counting { ns, spec, records };
        counting.advances().await?;
        Ok(counting)
    }
}

impl Counting {
    /// Starts the flow in a namespace of its own with `recovery` as `spec.recovery`, and waits until it counts.
    pub async fn start(test: &str, processes: u32, recovery: &Value) -> Result<Self> {
        let ns = TestNamespace::new(test).await?;
        Self::start_in(ns, processes, recovery).await
    }

    /// Starts the flow in an existing namespace, and waits until it counts.
    pub async fn start_in(ns: TestNamespace, processes: u32, recovery: &Value) -> Result<Self> {
        RequestedFlow::new(ns, processes, recovery)?.runs().await
    }

    /// Starts the flow with a backup copy of its state every `interval` seconds, in a bucket of a new S3 server.
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

    /// Merges `change` into the spec, and waits until the flow runs with it.
    pub async fn change(&mut self, change: &Value) -> Result<()> {
        self.apply(change)?;
        self.ns.ready(NAME).await.map(drop)
    }

    /// Merges `change` into the spec and applies it; `null` removes a field of an object.
    pub fn apply(&mut self, change: &Value) -> Result<()> {
        for (key, value) in change.as_object().context("the change is not an object")? {
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

    /// Judges the records that exist now.
    pub fn continuity(&self) -> Result<Continuity> {
        Continuity::read(&self.records)
    }

    /// Judges the records that exist now, after restores that resumed at these epochs.
    pub fn continuity_after(&self, epochs: &[u64]) -> Result<Continuity> {
        Continuity::read_restored(&self.records, epochs)
    }

    /// Sets the pace to one number per `seconds`, from the next start on.
    pub fn pace(&mut self, seconds: &str) -> Result<()> {
        self.apply(&json!({"env": environment_at(seconds)}))
    }

    /// Ends the input of every key at `number`, from the next start on.
    pub fn last(&mut self, number: u64) -> Result<()> {
        let mut environment = environment();
        let last = json!({"name": "CONTINUITY_LAST", "value": number.to_string()});
        environment
            .as_array_mut()
            .context("the environment is not a list")?
            .push(last);
        self.apply(&json!({"env": environment}))
    }

    /// Returns the folder of the records as a path of this machine.
    pub fn records(&self) -> &Path {
        &self.records
    }

    /// Waits until every key is ten numbers beyond the highest number of now.
    pub async fn advances(&self) -> Result<()> {
        let before = self.continuity()?.highest.into_values().max().unwrap_or(0);
        wait::until(&format!("every key beyond {before}"), || {
            let now = self.continuity()?;
            Ok(now.reached(KEYS, before + 10).then_some(()))
        })
        .await
    }

    /// Waits until the flow has advanced, and returns an error unless all records until then are exact.
    pub async fn is_exact(&self) -> Result<Continuity> {
        self.advances().await?;
        let seen = self.continuity()?;
        seen.exact()?;
        Ok(seen)
    }
}

/// Returns the PVC to which the processes write their records. It is separate from their state.
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

/// Returns the environment variables of the flow, whose records are mounted at `/records`.
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

/// Reads the Python text of the flow.
pub fn flow() -> Result<String> {
    let path = root().join("tests/fixtures/flows/continuity.py");
    std::fs::read_to_string(&path).with_context(|| path.display().to_string())
}
