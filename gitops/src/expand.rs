//! Computes the objects that the operator would create, with the same code as the operator.

use std::collections::{BTreeMap, BTreeSet};

use dataflow::name::DataflowName;
use dataflow::plan::{self, Agent, PlanContext, RevisionRecord, StoreChangeSpec, StoreLayout};
use dataflow::revision::revision;
use dataflow::status::StoreChangeKind;
use dataflow::validate::{Faults, ValidatedDataflow, ValidatedRecovery, validate};
use dataflow::{label, placement};
use kube::ResourceExt as _;
use thiserror::Error;

use crate::object::{Format, Named, documents};
use crate::rendered::Rendered;

/// Namespace of the objects if none was given.
const NAMESPACE: &str = "default";
/// Number of the first start and of the first revision.
const FIRST: i64 = 1;

/// Error: the objects cannot be computed.
#[derive(Debug, Error)]
pub enum ExpandError {
    /// The dataflow is not valid.
    #[error("dataflow `{name}` is not valid")]
    Invalid {
        /// Name of the dataflow.
        name: String,
        /// Faults of its spec.
        faults: Faults,
    },
    /// The source does not contain the code.
    #[error("the objects depend on the code, which the source does not contain")]
    NoCode {
        /// Name of the ConfigMap that contains the code.
        config_map: String,
    },
}

/// Returns the child objects of a dataflow that is new to the cluster, as text.
///
/// # Errors
/// The dataflow is not valid, or the source does not contain the code.
pub fn expand(
    rendered: &Rendered,
    agent_image: &str,
    format: Format,
) -> Result<String, ExpandError> {
    let spec = &rendered.dataflow.spec;
    let valid = validate(spec, rendered.name()).map_err(|faults| ExpandError::Invalid {
        name: rendered.name().to_owned(),
        faults,
    })?;
    if let Some(config_map) = valid.config_map.clone()
        && rendered.code.is_empty()
    {
        return Err(ExpandError::NoCode { config_map });
    }
    let hash = rendered.code.hash();
    let namespace = rendered.namespace().unwrap_or(NAMESPACE);
    let context = PlanContext {
        namespace: namespace.to_owned(),
        uid: None,
        agent: Agent::current(agent_image),
        start: FIRST,
        restarted_at: None,
        store: valid
            .recovery
            .as_ref()
            .map(|recovery| first_store(&valid, recovery)),
    };
    let name: &DataflowName = &valid.name;
    let plan = plan::plan(&valid, &revision(spec, &hash), &hash, &context);
    let record = RevisionRecord::new(spec.clone(), hash, Agent::current(agent_image));
    let steps = rendered.dataflow.annotations().get(label::STEPS);
    let code = valid
        .config_map
        .is_some()
        .then(|| plan::code_config_map(name, &rendered.code, namespace, None));
    let mut items: Vec<_> = code.iter().map(Named::from).collect();
    items.extend([
        Named::from(&plan::revision_record(
            name, &record, FIRST, steps, namespace, None,
        )),
        Named::from(&plan.probe_pod),
        Named::from(&plan.headless_service),
        Named::from(&plan.api_service),
    ]);
    items.extend(store_objects(&valid, &context));
    items.push(Named::from(&plan.stateful_set));
    Ok(documents(items, format))
}

/// Returns the layout of the store that the operator would create. Its identity is a placeholder, since the operator
/// generates a random one.
fn first_store(dataflow: &ValidatedDataflow, recovery: &ValidatedRecovery) -> StoreLayout {
    StoreLayout {
        id: "00000000-0000-0000-0000-000000000000".to_owned(),
        timeline: "1-00000000".to_owned(),
        change_number: FIRST,
        places: placement::initial(recovery.partitions, &volumes(dataflow, recovery)),
        claims: BTreeMap::new(),
    }
}

fn volumes(dataflow: &ValidatedDataflow, recovery: &ValidatedRecovery) -> Vec<u32> {
    placement::volumes(recovery.single_volume, dataflow.processes)
}

/// Returns the PVCs, and the store pods that create the partitions.
fn store_objects(dataflow: &ValidatedDataflow, context: &PlanContext) -> Vec<Named> {
    let (Some(recovery), Some(store)) = (&dataflow.recovery, &context.store) else {
        return Vec::new();
    };
    let claims = volumes(dataflow, recovery)
        .into_iter()
        .map(|volume| Named::from(&plan::claim(dataflow, recovery, context, volume, store)));
    let used: BTreeSet<u32> = store.places.iter().copied().collect();
    let pods = (0..).zip(used).map(|(part, volume)| {
        let change = StoreChangeSpec {
            kind: StoreChangeKind::Initialise,
            part,
            store: store.clone(),
            before: Vec::new(),
            parent: None,
            volumes: vec![volume],
            point: None,
            steps: Vec::new(),
        };
        Named::from(&plan::store_pod(dataflow, context, &change))
    });
    claims.chain(pods).collect()
}
