//! `--expand`: the objects that the operator would create, computed by the same code.

use dataflow::name::DataflowName;
use dataflow::plan::{self, PlanContext, RevisionRecord};
use dataflow::revision::revision;
use dataflow::validate::validate;

use super::Rendered;
use super::text::{Object, objects};
use crate::error::CommandError;
use crate::settings::OutputFormat;

/// Namespace that stands in where none was given.
const NAMESPACE: &str = "default";
/// Number of the first start and of the first revision.
const FIRST: i64 = 1;

/// The children of a dataflow that is new to the cluster, as text.
pub fn expand(
    rendered: &Rendered,
    agent_image: &str,
    format: OutputFormat,
) -> Result<String, CommandError> {
    let spec = &rendered.dataflow.spec;
    let valid = validate(spec, rendered.name()).map_err(|faults| {
        CommandError::usage(format!("the dataflow {} is not valid", rendered.name()))
            .because(faults)
    })?;
    if rendered.code.is_empty() {
        return Err(
            CommandError::usage("the objects depend on the code, which is not here")
                .because(format!("it is in the ConfigMap {}", valid.config_map)),
        );
    }
    let hash = rendered.code.hash();
    let namespace = rendered.namespace().unwrap_or(NAMESPACE);
    let context = PlanContext {
        namespace: namespace.to_owned(),
        uid: None,
        agent_image: agent_image.to_owned(),
        start: FIRST,
        restarted_at: None,
    };
    let name: &DataflowName = &valid.name;
    let plan = plan::plan(&valid, &revision(spec, &hash), &hash, &context);
    let record = RevisionRecord::new(spec.clone(), hash, agent_image.to_owned());
    let items = vec![
        Object::from(&plan::snapshot(name, &rendered.code, namespace, None)),
        Object::from(&plan::revision_record(
            name, &record, FIRST, namespace, None,
        )),
        Object::from(&plan.probe_pod),
        Object::from(&plan.headless_service),
        Object::from(&plan.api_service),
        Object::from(&plan.stateful_set),
    ];
    Ok(objects(items, format))
}
