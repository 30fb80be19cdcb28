//! What is shown of Dataflows; pure.

pub mod sheet;

use std::str::FromStr;

use dataflow::phase::{phase, sentence};
use dataflow::status::{ConditionType, find};
use dataflow::{Dataflow, label};
use jiff::Timestamp;
use kube::api::DynamicObject;
use serde::Serialize;

use crate::error::CommandError;
use crate::live::Stores;
use crate::table::age;

/// Headings of the plain table, in the order of the original tool's columns.
pub const COLUMNS: &[&str] = &[
    "DATAFLOW",
    "NAMESPACE",
    "PYTHON FILE",
    "IMAGE",
    "PROCESSES",
    "PHASE",
    "REASON",
    "AGE",
];

/// Headings that `-o wide` adds. Frontier and age of the newest backup that leads back are asked from the
/// processes.
pub const WIDE_COLUMNS: &[&str] = &[
    "WORKERS",
    "REVISION",
    "SOURCE",
    "FRONTIER",
    "RESTORABLE",
    "MESSAGE",
];

/// Shown for values that this release cannot read.
const UNREADABLE: &str = "Unreadable";

/// Shown for what no process could be asked.
const UNKNOWN: &str = "<unknown>";

/// The cells of one Dataflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    cells: Vec<String>,
    wide: Vec<String>,
    message: String,
    created: Option<Timestamp>,
}

/// What the processes of one Dataflow say, as it stands in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glance {
    /// The epoch before which everything is in snapshots.
    pub frontier: String,
    /// How old the newest moment is that backups lead back to.
    pub restorable: String,
}

impl Glance {
    /// Sums up what the processes say of the store.
    #[must_use]
    pub fn of(stores: &Stores, has_backups: bool, now: Timestamp) -> Self {
        let unknown = |_| UNKNOWN.to_owned();
        let restorable = match has_backups {
            true => stores.newest_point().map(|newest| {
                newest.map_or_else(String::new, |point| seconds_since(now, point.taken))
            }),
            false => Ok(String::new()),
        };
        Self {
            frontier: stores
                .frontier()
                .map_or_else(unknown, |epoch| epoch.to_string()),
            restorable: restorable.unwrap_or_else(unknown),
        }
    }

    /// What stands there when nobody could be asked.
    #[must_use]
    pub fn unknown(has_backups: bool) -> Self {
        let restorable = if has_backups { UNKNOWN } else { "" };
        Self {
            frontier: UNKNOWN.to_owned(),
            restorable: restorable.to_owned(),
        }
    }
}

impl Row {
    /// Reads a Dataflow as the cluster has it; one that cannot be read still shows its name and says so.
    #[must_use]
    pub fn of(object: &DynamicObject) -> Self {
        let created = object
            .metadata
            .creation_timestamp
            .as_ref()
            .map(|time| time.0);
        let name = object.metadata.name.clone().unwrap_or_default();
        let namespace = object.metadata.namespace.clone().unwrap_or_default();
        match typed(object) {
            Ok(dataflow) => Self {
                cells: vec![
                    name,
                    namespace,
                    dataflow.spec.python_file_name.clone(),
                    dataflow.spec.image_reference(),
                    processes(&dataflow),
                    phase(&dataflow).to_string(),
                    reason(&dataflow),
                ],
                wide: vec![
                    dataflow.spec.workers().to_string(),
                    revision(&dataflow),
                    source(object),
                ],
                message: sentence(&dataflow),
                created,
            },
            Err(error) => Self {
                cells: vec![
                    name,
                    namespace,
                    String::new(),
                    String::new(),
                    String::new(),
                    String::new(),
                    UNREADABLE.to_owned(),
                ],
                wide: vec![String::new(), String::new(), source(object)],
                message: format!("this release cannot read it: {error}"),
                created,
            },
        }
    }

    /// The same row with another phase, for what is no longer there to be read.
    #[must_use]
    pub fn deleted(mut self) -> Self {
        "Deleted".clone_into(&mut self.cells[5]);
        self.cells[6].clear();
        self
    }

    /// The cells of a line at the time `now`, in the order of the headings; those of [`WIDE_COLUMNS`] with a
    /// glance.
    #[must_use]
    pub fn cells(&self, glance: Option<&Glance>, now: Timestamp) -> Vec<String> {
        let mut cells = self.cells.clone();
        cells.push(
            self.created
                .map(|created| age(now.as_second() - created.as_second()))
                .unwrap_or_default(),
        );
        if let Some(Glance {
            frontier,
            restorable,
        }) = glance
        {
            cells.extend(self.wide.iter().cloned());
            cells.extend([frontier.clone(), restorable.clone(), self.message.clone()]);
        }
        cells
    }
}

/// The age of a moment that is given in seconds since 1970.
#[must_use]
pub fn seconds_since(now: Timestamp, time: u64) -> String {
    let time = i64::try_from(time).unwrap_or(i64::MAX);
    // The clock of a node may be ahead of this one by a little.
    age(now.as_second().saturating_sub(time).max(0))
}

/// Reads a Dataflow as this release knows it.
///
/// # Errors
/// Another release or the published CRD has stored what this one can't read.
pub fn typed(object: &DynamicObject) -> Result<Dataflow, serde_json::Error> {
    serde_json::from_value(serde_json::to_value(object)?)
}

fn processes(dataflow: &Dataflow) -> String {
    let reported = dataflow
        .status
        .as_ref()
        .and_then(|status| status.processes.as_ref());
    let (ready, wanted) = match reported {
        Some(processes) => (processes.ready, processes.wanted),
        None => (0, dataflow.spec.processes()),
    };
    format!("{ready}/{wanted}")
}

/// Why it is not ready; nothing when it is or when nobody has looked yet.
fn reason(dataflow: &Dataflow) -> String {
    let conditions = dataflow
        .status
        .as_ref()
        .map_or(&[][..], |status| &status.conditions);
    let ready = find(conditions, ConditionType::Ready).filter(|ready| ready.status != "True");
    ready.map(|ready| ready.reason.clone()).unwrap_or_default()
}

fn revision(dataflow: &Dataflow) -> String {
    dataflow
        .status
        .as_ref()
        .and_then(|status| status.revision.clone())
        .unwrap_or_default()
}

/// Who wrote the spec last: the field manager that owns most of it, as `waxctl` or `argocd-controller`.
#[must_use]
pub fn source(object: &DynamicObject) -> String {
    let managed = object.metadata.managed_fields.iter().flatten();
    let owners =
        managed.filter(|entry| entry.subresource.as_deref().unwrap_or_default().is_empty());
    let weights = owners.filter_map(|entry| {
        let fields = entry.fields_v1.as_ref()?.0.get("f:spec")?;
        Some((leaves(fields), entry.manager.clone()?))
    });
    weights
        .max_by_key(|(weight, _)| *weight)
        .map(|(_, manager)| manager)
        .unwrap_or_default()
}

fn leaves(fields: &serde_json::Value) -> usize {
    match fields.as_object() {
        Some(map) if !map.is_empty() => map.values().map(leaves).sum(),
        _ => 1,
    }
}

/// What to print of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Columns.
    Table,
    /// More columns.
    Wide,
    /// `dataflow.bytewax.io/NAME` lines.
    Name,
    /// The objects.
    Json,
    /// The objects.
    Yaml,
}

impl FromStr for Listing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "wide" => Ok(Self::Wide),
            "name" => Ok(Self::Name),
            "json" => Ok(Self::Json),
            "yaml" => Ok(Self::Yaml),
            _ => Err("write json, yaml, name or wide".to_owned()),
        }
    }
}

/// Writes objects as one document, in the format that is one.
///
/// # Errors
/// An object can't be written as YAML.
pub fn document(value: &impl Serialize, listing: Listing) -> Result<String, CommandError> {
    if listing == Listing::Json {
        let mut text = serde_json::to_string_pretty(value).expect("Kubernetes objects are JSON");
        text.push('\n');
        return Ok(text);
    }
    dataflow::yaml::to_string(value)
        .map_err(|error| CommandError::failure("cannot write the objects as YAML").because(error))
}

/// Removes what only the API server's own bookkeeping needs, as kubectl does unless asked.
#[must_use]
pub fn without_managed_fields(mut object: DynamicObject) -> DynamicObject {
    object.metadata.managed_fields = None;
    object
}

/// Names a Dataflow as kubectl does.
#[must_use]
pub fn resource_name(name: &str) -> String {
    format!("dataflow.bytewax.io/{name}")
}

/// The label selector of the pods that run `name`, without trusting that `name` is a valid one.
#[must_use]
pub fn process_pods(name: &str) -> String {
    format!(
        "{}={name},{}={}",
        label::DATAFLOW_INFO,
        label::COMPONENT,
        label::PROCESS
    )
}

#[cfg(test)]
mod tests;
