//! Reads the API server's audit log: every write with its author, and renewals of the kubelet's Lease, which
//! serve as the cluster's clock.

use std::fmt::{self, Debug, Formatter};
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::cluster::Cluster;
use crate::wait;

/// The audit log of a box.
#[derive(Debug)]
pub struct Audit {
    path: PathBuf,
}

/// A byte offset in the log.
#[derive(Clone, Copy, Debug)]
pub struct Mark(u64);

impl Audit {
    /// Finds the audit log of `cluster`.
    pub fn of(cluster: &Cluster) -> Result<Self> {
        Ok(Self {
            path: cluster.box_verb("audit", &[])?.ok()?.trim().into(),
        })
    }

    /// Returns the present end of the log.
    pub fn mark(&self) -> Result<Mark> {
        Ok(Mark(fs::metadata(&self.path)?.len()))
    }

    /// Returns every finished request that was written to the log after `mark`, and the end of the last one.
    fn since(&self, mark: Mark) -> Result<(Vec<Value>, Mark)> {
        let new = self.read_from(mark)?;
        // Race: the API server may have written only half of the last line.
        let complete = new
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1);
        let events = new[..complete]
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| {
                serde_json::from_slice(line).context("a line of the audit log is not a JSON object")
            })
            .filter(|event: &Result<Value>| {
                event
                    .as_ref()
                    .map_or(true, |event| event["stage"] == "ResponseComplete")
            })
            .collect::<Result<_>>()?;
        Ok((events, Mark(mark.0 + u64::try_from(complete)?)))
    }

    /// Reads only what follows `mark`: all tests poll the log, and the log of a box becomes large.
    fn read_from(&self, mark: Mark) -> Result<Vec<u8>> {
        let mut log = File::open(&self.path)
            .with_context(|| format!("cannot read {}", self.path.display()))?;
        ensure!(
            log.metadata()?.len() >= mark.0,
            "the audit log was rotated during a test"
        );
        log.seek(SeekFrom::Start(mark.0))?;
        let mut new = Vec::new();
        log.read_to_end(&mut new)?;
        Ok(new)
    }

    /// Returns every write to `namespace` since `mark`, except writes of Leases.
    pub fn writes(&self, mark: Mark, namespace: &str) -> Result<Vec<Write>> {
        let (events, _) = self.since(mark)?;
        let writes = events.into_iter().filter(|event| {
            let object = &event["objectRef"];
            matches!(
                event["verb"].as_str(),
                Some("create" | "update" | "patch" | "delete" | "deletecollection")
            ) && object["namespace"] == namespace
                && object["resource"] != "leases"
        });
        Ok(writes.map(Write).collect())
    }

    /// Waits until `namespace` has had no write for two renewals of the kubelet's Lease. By then the kubelet
    /// and the controllers have reported everything about the pods that have just started.
    pub async fn calm(&self, namespace: &str) -> Result<()> {
        wait::until_async(&format!("calm in {namespace}"), async || {
            let mark = self.mark()?;
            self.renewals(2).await?;
            Ok(self.writes(mark, namespace)?.is_empty().then_some(()))
        })
        .await
    }

    /// Waits about one minute by the cluster's own clock: six more renewals of the kubelet's Lease.
    pub async fn one_minute(&self) -> Result<()> {
        self.renewals(6).await
    }

    async fn renewals(&self, wanted: usize) -> Result<()> {
        let (mut read, mut renewals) = (self.mark()?, 0);
        wait::until("renewals of the kubelet's lease", || {
            let (events, end) = self.since(read)?;
            read = end;
            let renewal = |event: &&Value| {
                event["objectRef"]["namespace"] == "kube-node-lease" && event["verb"] == "update"
            };
            renewals += events.iter().filter(renewal).count();
            Ok((renewals >= wanted).then_some(()))
        })
        .await
    }
}

/// One write, as the audit log records it.
#[derive(Clone)]
pub struct Write(Value);

impl Write {
    /// Whether a `wax-operator` sent the write.
    pub fn by_operator(&self) -> bool {
        self.0["userAgent"]
            .as_str()
            .is_some_and(|agent| agent.starts_with("wax-operator/"))
    }

    /// Whether the write is to an object of kind `resource`, such as `pods`, or to a subresource of one.
    pub fn is_to(&self, resource: &str) -> bool {
        self.0["objectRef"]["resource"] == resource
    }

    /// Whether the write changes no object of a Dataflow: an Event, or a request to an agent through the
    /// API server's proxy.
    pub fn is_event_or_proxy(&self) -> bool {
        self.is_to("events") || self.0["objectRef"]["subresource"] == "proxy"
    }

    /// Whether the write deletes at once, without a grace period.
    pub fn is_forced(&self) -> bool {
        self.0["requestObject"]["gracePeriodSeconds"] == 0
    }

    /// Whether a kubelet sent the write.
    pub fn by_kubelet(&self) -> bool {
        self.0["user"]["username"]
            .as_str()
            .is_some_and(|user| user.starts_with("system:node:"))
    }

    /// Returns the verb of the API request, such as `create`.
    pub fn verb(&self) -> &str {
        self.0["verb"].as_str().unwrap_or_default()
    }
}

impl Debug for Write {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let object = &self.0["objectRef"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let resource = [text(&object["resource"]), text(&object["subresource"])].join("/");
        write!(
            f,
            "{} {} {} {} by {}",
            self.verb(),
            resource.trim_end_matches('/'),
            text(&object["name"]),
            self.0["responseStatus"]["code"],
            text(&self.0["userAgent"])
        )
    }
}
