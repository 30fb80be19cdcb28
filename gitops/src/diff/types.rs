//! The changes of one flow, as people and programs read them.

use dataflow::cost::{self, Cost};
use dataflow::steps::Loss;
use serde::{Serialize, Serializer};

use crate::ownership::Stays;

/// The changes of one flow.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlowDiff {
    /// The dataflow's name.
    pub name: String,
    /// What it is compared with, for people.
    pub against: String,
    /// Whether there is anything to do.
    pub state: State,
    /// The dearest cost of all changes.
    #[serde(serialize_with = "as_text")]
    pub cost: Cost,
    /// Every change; for a new flow every field.
    pub changes: Vec<FieldChange>,
    /// Fields that are in the cluster, not in the source, and stay.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<Stays>,
}

/// Whether a flow is there and differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nothing would change.
    Same,
    /// The flow is new.
    Added,
    /// Something would change.
    Changed,
}

/// One changed field, or one changed file of the code.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// Path of the field in the resource, or `code/` and the path of the file.
    pub path: String,
    /// The old value, if there was one; masked when it could be a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The new value, if there is one; masked when it could be a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// What the change costs when it is applied.
    #[serde(serialize_with = "as_text")]
    pub cost: Cost,
    /// The line diff of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<String>>,
}

impl FlowDiff {
    /// Adds the state that would be lost.
    pub fn lose(&mut self, losses: &[Loss]) {
        let changes = losses.iter().map(cost::Change::from);
        self.changes.extend(changes.map(|change| FieldChange {
            path: change.path,
            old: change.old,
            new: change.new,
            cost: change.cost,
            lines: None,
        }));
        if !losses.is_empty() {
            self.cost = Cost::StateLost;
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
fn as_text<S: Serializer>(cost: &Cost, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(cost)
}
