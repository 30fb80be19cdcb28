//! The steps of a flow and the streams between them, read from Bytewax's description.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A flow as Bytewax describes it.
#[derive(Debug, Deserialize)]
struct Described {
    flow_id: String,
    substeps: Vec<DescribedStep>,
}

#[derive(Debug, Deserialize)]
struct DescribedStep {
    op_type: String,
    step_name: String,
    step_id: String,
    inp_ports: Vec<Port>,
    out_ports: Vec<Port>,
}

#[derive(Debug, Deserialize)]
struct Port {
    port_name: String,
    port_id: String,
    from_port_ids: Vec<String>,
}

/// The graph of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graph {
    /// The id of the flow.
    pub flow: String,
    /// The steps, in the order of their definition.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The id, which names its state: `FLOW.NAME`.
    pub id: String,
    /// The name in the user's file.
    pub name: String,
    /// The operator, such as `map` or `fold_window`.
    pub operator: String,
    /// The steps that it reads from.
    pub inputs: Vec<Input>,
}

/// A stream from one step to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Input {
    /// The name of the step that it comes from.
    pub step: String,
    /// The output of that step, such as `trues`, if it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

impl Graph {
    /// Reads Bytewax's description of a flow.
    ///
    /// # Errors
    /// The value is no such description.
    pub fn read(description: &Value) -> Result<Self, serde_json::Error> {
        let described = Described::deserialize(description)?;
        let mut sources = BTreeMap::new();
        for step in &described.substeps {
            for port in &step.out_ports {
                let output = (step.out_ports.len() > 1).then(|| port.port_name.clone());
                let input = Input {
                    step: step.step_name.clone(),
                    output,
                };
                sources.insert(port.port_id.as_str(), input);
            }
        }
        let steps = described.substeps.iter().map(|step| {
            let from = step.inp_ports.iter().flat_map(|port| &port.from_port_ids);
            Step {
                id: step.step_id.clone(),
                name: step.step_name.clone(),
                operator: step.op_type.clone(),
                inputs: from
                    .filter_map(|id| sources.get(id.as_str()).cloned())
                    .collect(),
            }
        });
        Ok(Self {
            steps: steps.collect(),
            flow: described.flow_id,
        })
    }
}
