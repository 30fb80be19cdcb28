//! The objects that the operator would create, computed by the same code.

use std::collections::{BTreeMap, BTreeSet};

use dataflow::name::DataflowName;
use dataflow::placement;
use dataflow::plan::{self, Agent, PlanContext, RevisionRecord, Store, StoreJob};
use dataflow::revision::revision;
use dataflow::status::StoreChangeKind;
use dataflow::validate::{Faults, ValidatedDataflow, ValidatedRecovery, validate};
use thiserror::Error;

use crate::object::{Format, Named, documents};
use crate::rendered::Rendered;

/// Namespace that stands in where none was given.
const NAMESPACE: &str = "default";
/// Number of the first start and of the first revision.
const FIRST: i64 = 1;

/// Why the objects can't be computed.
#[derive(Debug, Error)]
pub enum ExpandError {
    /// The dataflow is not valid.
    #[error("the dataflow {name} is not valid")]
    Invalid {
        /// Name of the dataflow.
        name: String,
        /// What is wrong with it.
        faults: Faults,
    },
    /// The code is elsewhere.
    #[error("the objects depend on the code, which is not here")]
    NoCode {
        /// The ConfigMap that has it.
        config_map: String,
    },
}

/// The children of a dataflow that is new to the cluster, as text.
///
/// # Errors
/// The dataflow is not valid, or its code is elsewhere.
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
    if rendered.code.is_empty() {
        return Err(ExpandError::NoCode {
            config_map: valid.config_map.clone(),
        });
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
    let mut items = vec![
        Named::from(&plan::snapshot(name, &rendered.code, namespace, None)),
        Named::from(&plan::revision_record(
            name, &record, FIRST, namespace, None,
        )),
        Named::from(&plan.probe_pod),
        Named::from(&plan.headless_service),
        Named::from(&plan.api_service),
    ];
    items.extend(store_objects(&valid, &context));
    items.push(Named::from(&plan.stateful_set));
    Ok(documents(items, format))
}

/// The store that the operator would make. Its identity is drawn then; this one stands in.
fn first_store(dataflow: &ValidatedDataflow, recovery: &ValidatedRecovery) -> Store {
    Store {
        id: "00000000-0000-0000-0000-000000000000".to_owned(),
        timeline: "1-00000000".to_owned(),
        step: FIRST,
        places: placement::initial(recovery.partitions, &volumes(dataflow, recovery)),
        claims: BTreeMap::new(),
    }
}

fn volumes(dataflow: &ValidatedDataflow, recovery: &ValidatedRecovery) -> Vec<u32> {
    placement::volumes(recovery.single_volume, dataflow.processes)
}

/// The claims, and the pods that make the partitions.
fn store_objects(dataflow: &ValidatedDataflow, context: &PlanContext) -> Vec<Named> {
    let (Some(recovery), Some(store)) = (&dataflow.recovery, &context.store) else {
        return Vec::new();
    };
    let claims = volumes(dataflow, recovery)
        .into_iter()
        .map(|volume| Named::from(&plan::claim(dataflow, recovery, context, volume, store)));
    let used: BTreeSet<u32> = store.places.iter().copied().collect();
    let pods = (0..).zip(used).map(|(part, volume)| {
        let job = StoreJob {
            kind: StoreChangeKind::Initialise,
            part,
            store: store.clone(),
            before: Vec::new(),
            parent: None,
            volumes: vec![volume],
            point: None,
            steps: Vec::new(),
        };
        Named::from(&plan::store_pod(dataflow, context, &job))
    });
    claims.chain(pods).collect()
}
