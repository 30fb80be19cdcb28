//! One Dataflow as a row of a list: what it is, how it is, and the sentence that says why.

use dataflow::Dataflow;
use dataflow::phase::{message, phase};
use dataflow::status::{ConditionType, find};
use jiff::Timestamp;
use kube::core::DynamicObject;

use crate::age::age;
use crate::ownership::manager_of_spec;

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
pub struct ProcessCells {
    /// The epoch before which everything is in snapshots.
    pub frontier: String,
    /// How old the newest moment is that backups lead back to.
    pub restorable: String,
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
        }
    }

    /// The same row with another phase, for what is no longer there to be read.
    #[must_use]
    pub fn deleted(mut self) -> Self {
        "Deleted".clone_into(&mut self.cells[5]);
        self.cells[6].clear();
        self
    }

    /// The cells of a line at the time `now`, in the order of the headings; those of [`WIDE_COLUMNS`] with what
    /// the processes say.
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

/// Reads a Dataflow as this release knows it.
///
/// # Errors
/// Another release or the published CRD has stored what this one can't read.
pub fn typed(object: &DynamicObject) -> Result<Dataflow, serde_json::Error> {
    serde_json::from_value(serde_json::to_value(object)?)
}

/// Who keeps the spec, such as `waxctl` or `argocd-controller`.
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

#[cfg(test)]
mod tests;
