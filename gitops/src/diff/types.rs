//! The types of a diff, which are also its JSON output.

use dataflow::cost::{self, Cost};
use dataflow::steps::Loss;
use serde::{Serialize, Serializer};

use crate::mask::Masks;
use crate::ownership::KeptField;

/// The changes of one flow.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlowDiff {
    /// Name of the dataflow.
    pub name: String,
    /// Description of the old version, for people.
    pub against: String,
    /// Whether the flow is new, changed or the same.
    pub state: State,
    /// Highest cost of all changes.
    #[serde(serialize_with = "as_text")]
    pub cost: Cost,
    /// All changes; for a new flow all fields.
    pub changes: Vec<FieldChange>,
    /// Fields that are in the cluster but not in the source, and that are kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<KeptField>,
    /// Why it is unknown whether steps lose their state, if the change may affect them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unchecked_steps: Option<String>,
}

/// Whether a flow is new, changed or the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The flow has no changes.
    Same,
    /// The flow is new.
    Added,
    /// The flow has changes.
    Changed,
}

/// One changed field, or one changed file of the code.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// Path of the field in the resource, or `code/` and the path of the file.
    pub path: String,
    /// Old value, if there was one; hidden if it could be a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// New value, if there is one; hidden if it could be a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// Cost of applying the change.
    #[serde(serialize_with = "as_text")]
    pub cost: Cost,
    /// Line diff of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<String>>,
}

impl FlowDiff {
    /// Adds the fields of the cluster that are kept. Values that could be secrets are hidden.
    pub fn add_kept(&mut self, fields: Vec<KeptField>) {
        let masks = Masks::default();
        self.stays.extend(fields.into_iter().map(|mut field| {
            let mut value = Some(field.value);
            masks.field(&field.path, &mut None, &mut value);
            field.value = value.unwrap_or_default();
            field
        }));
    }

    /// Adds the steps that would lose their state.
    pub fn add_losses(&mut self, losses: &[Loss]) {
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
