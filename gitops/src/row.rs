//! One Dataflow as a row of a list, with its spec, its phase and its message.

use dataflow::Dataflow;
use dataflow::phase::{message, phase};
use dataflow::status::{ConditionType, Phase, find};
use dataflow::suspension::TimedSuspension;
use jiff::Timestamp;
use kube::core::{DynamicObject, ObjectMeta};

use crate::age::age;
use crate::ownership::manager_of_spec;

/// The field that this release cannot read, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TypeError(String);

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

/// Headings that `-o wide` adds. The values of FRONTIER and RESTORABLE come from the processes.
pub const WIDE_COLUMNS: &[&str] = &[
    "WORKERS",
    "REVISION",
    "SOURCE",
    "FRONTIER",
    "RESTORABLE",
    "MESSAGE",
];

/// Reason that is shown for a Dataflow that this release cannot read.
const UNREADABLE: &str = "Unreadable";

/// Phase that is shown for a Dataflow that is being deleted.
pub const TERMINATING: &str = "Terminating";

/// The cells of one Dataflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    cells: Vec<String>,
    wide: Vec<String>,
    message: String,
    created: Option<Timestamp>,
}

/// The cells whose values come from the processes of one Dataflow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessCells {
    /// Frontier: the first epoch that is not completely in snapshots.
    pub frontier: String,
    /// Age of the newest restore point.
    pub restorable: String,
}

impl Row {
    /// Creates the row of a Dataflow in the cluster. If this release cannot read the Dataflow, the row has its name
    /// and the error.
    #[must_use]
    pub fn from_object(object: &DynamicObject) -> Self {
        let created = object
            .metadata
            .creation_timestamp
            .as_ref()
            .map(|time| time.0);
        let name = object.metadata.name.clone().unwrap_or_default();
        let namespace = object.metadata.namespace.clone().unwrap_or_default();
        let mut row = match typed(object) {
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
                message: message(&dataflow),
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
        };
        if let Some(message) = terminating(&object.metadata) {
            TERMINATING.clone_into(&mut row.cells[5]);
            row.cells[6].clear();
            row.message = message;
        }
        row
    }

    /// Returns the message of a Dataflow that this release cannot read.
    #[must_use]
    pub fn unreadable(&self) -> Option<&str> {
        (self.cells[6] == UNREADABLE).then_some(self.message.as_str())
    }

    /// Returns the row with phase Deleted, for a Dataflow that no longer exists.
    #[must_use]
    pub fn deleted(mut self) -> Self {
        "Deleted".clone_into(&mut self.cells[5]);
        self.cells[6].clear();
        self
    }

    /// Returns the cells of the row at the time `now`, in the order of the headings. With `processes` they include the
    /// cells of [`WIDE_COLUMNS`].
    #[must_use]
    pub fn cells(&self, processes: Option<&ProcessCells>, now: Timestamp) -> Vec<String> {
        let mut cells = self.cells.clone();
        cells.push(
            self.created
                .map(|created| age(now.as_second() - created.as_second()))
                .unwrap_or_default(),
        );
        if let Some(ProcessCells {
            frontier,
            restorable,
        }) = processes
        {
            cells.extend(self.wide.iter().cloned());
            cells.extend([frontier.clone(), restorable.clone(), self.message.clone()]);
        }
        cells
    }
}

/// Returns the message of an object that is being deleted: since when, and the finalizers that it waits for.
#[must_use]
pub fn terminating(metadata: &ObjectMeta) -> Option<String> {
    let since = metadata.deletion_timestamp.as_ref()?;
    let since = since.0.strftime("%Y-%m-%dT%H:%M:%SZ");
    let finalizers = metadata.finalizers.as_deref().unwrap_or_default();
    Some(match finalizers {
        [] => format!("being deleted since {since}"),
        [one] => format!("being deleted since {since}, waits for the finalizer {one}"),
        several => format!(
            "being deleted since {since}, waits for the finalizers {}",
            several.join(", ")
        ),
    })
}

/// Converts an untyped object to a Dataflow.
///
/// # Errors
/// Another release or the published CRD stored a value that this release cannot read.
pub fn typed(object: &DynamicObject) -> Result<Dataflow, TypeError> {
    let value = serde_json::to_value(object).unwrap_or_default();
    serde_path_to_error::deserialize(value).map_err(|error| TypeError(error.to_string()))
}

/// Returns the field manager of the spec, such as `waxctl` or `argocd-controller`.
fn source(object: &DynamicObject) -> String {
    manager_of_spec(&object.metadata).unwrap_or_default()
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

/// Returns the reason why the Dataflow is not ready, or an empty text if it is ready or has no status yet. For a
/// suspension that ends by itself, returns its end and who has requested it.
fn reason(dataflow: &Dataflow) -> String {
    if phase(dataflow) == Phase::Suspended
        && !dataflow.spec.suspended()
        && let Some(timed) = TimedSuspension::requested(dataflow)
    {
        let by = timed.by.map(|by| format!(" ({by})")).unwrap_or_default();
        return format!("until {}{by}", timed.until);
    }
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

#[cfg(test)]
mod tests;
