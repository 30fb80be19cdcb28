//! The API server's audit log: who wrote what, and a clock that belongs to the cluster.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cluster::Cluster;
use crate::wait;

/// The audit log of a box.
#[derive(Debug)]
pub struct Audit {
    path: PathBuf,
}

/// A place in the log.
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

impl Audit {
    /// Finds the log of `cluster`.
    pub fn of(cluster: &Cluster) -> Result<Self> {
        Ok(Self {
            path: cluster.box_verb("audit", &[])?.ok()?.trim().into(),
        })
    }

    /// Returns the log's present end.
    pub fn mark(&self) -> Result<Mark> {
        Ok(Mark(usize::try_from(fs::metadata(&self.path)?.len())?))
    }

    /// Returns every finished request that was written to the log after `mark`.
    pub fn since(&self, mark: Mark) -> Result<Vec<Value>> {
        let log =
            fs::read(&self.path).with_context(|| format!("cannot read {}", self.path.display()))?;
        let new = log
            .get(mark.0..)
            .context("the audit log was rotated during a test")?;
        // The last line may be half written.
        let complete = new
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1);
        new[..complete]
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| {
                serde_json::from_slice(line).context("the audit log holds one JSON object per line")
            })
            .filter(|event: &Result<Value>| {
                event
                    .as_ref()
                    .map_or(true, |event| event["stage"] == "ResponseComplete")
            })
            .collect()
    }

    /// Returns one line per write to `namespace` since `mark`, leader Leases aside.
    pub fn writes(&self, mark: Mark, namespace: &str) -> Result<Vec<String>> {
        let writes = self.since(mark)?.into_iter().filter(|event| {
            let object = &event["objectRef"];
            matches!(
                event["verb"].as_str(),
                Some("create" | "update" | "patch" | "delete" | "deletecollection")
            ) && object["namespace"] == namespace
                && object["resource"] != "leases"
        });
        Ok(writes.map(|event| describe(&event)).collect())
    }

    /// Waits about a minute by the cluster's own clock: six more renewals of the kubelet's Lease.
    pub async fn one_minute(&self) -> Result<()> {
        let start = self.mark()?;
        wait::until("six renewals of the kubelet's lease", || {
            let renewals = self
                .since(start)?
                .iter()
                .filter(|event| {
                    event["objectRef"]["namespace"] == "kube-node-lease"
                        && event["verb"] == "update"
                })
                .count();
            Ok((renewals >= 6).then_some(()))
        })
        .await
    }
}

fn describe(event: &Value) -> String {
    let object = &event["objectRef"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let resource = [text(&object["resource"]), text(&object["subresource"])].join("/");
    format!(
        "{} {} {} {} by {}",
        text(&event["verb"]),
        resource.trim_end_matches('/'),
        text(&object["name"]),
        event["responseStatus"]["code"],
        text(&event["userAgent"])
    )
}
