//! Reads a revision and the state of its children into a [`Goal`].

use dataflow::plan::service_differs;
use dataflow::quantity;
use k8s_openapi::api::core::v1::Service;
use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;

use super::cache::Caches;
use super::history::History;
use super::identity::Identity;
use super::object;
use super::prepared::Prepared;
use crate::observed::{ChildState, ChildStates, DesiredBackup, DesiredStore, Goal};

/// Returns the goal of a revision, with the state of its children.
pub(super) fn goal_of(
    prepared: &Prepared,
    code_available: bool,
    caches: &Caches,
    identity: &Identity,
    history: &History,
) -> Goal {
    Goal {
        revision: prepared.revision.to_string(),
        processes: prepared.validated.processes,
        restarted_at: prepared.restarted_at.clone(),
        keep_alive: prepared.validated.keep_alive,
        store: desired_store(prepared),
        backup: desired_backup(prepared),
        children: children(prepared, code_available, caches, identity, history),
    }
}

fn children(
    prepared: &Prepared,
    code_available: bool,
    caches: &Caches,
    identity: &Identity,
    history: &History,
) -> ChildStates {
    let Identity { namespace, uid, .. } = identity;
    let plan = prepared.plan(namespace, uid, 0, None);
    let code_config_map = ObjectRef::new(&prepared.code_config_map_name()).within(namespace);
    let code_config_map = caches.code_config_maps.get(&code_config_map);
    let code_config_map = code_config_map.as_ref().map(|held| (&held.metadata, ()));
    let service = |desired: &Service| {
        let name = ObjectRef::new(&desired.name_any()).within(namespace);
        let live = caches.services.get(&name);
        let held = live.as_ref().map(|live| (&live.metadata, live.clone()));
        let ownership = object::ownership("Service", held, identity);
        object::child_state(&ownership, |live| {
            service_differs(desired, live).then(|| object::version(&live.metadata))
        })
    };
    let code_config_map = match prepared.validated.config_map {
        Some(_) => object::child_state(
            &object::ownership("ConfigMap", code_config_map, identity),
            |()| None,
        ),
        // The image has the code, so there is nothing to create.
        None => ChildState::Current,
    };
    ChildStates {
        code_config_map,
        code_available,
        record: history.child_state(&prepared.revision),
        headless_service: service(&plan.headless_service),
        api_service: service(&plan.api_service),
    }
}

fn desired_store(prepared: &Prepared) -> Option<DesiredStore> {
    let recovery = prepared.validated.recovery.as_ref()?;
    Some(DesiredStore {
        partitions: recovery.partitions,
        single_volume: recovery.single_volume,
        volume_bytes: quantity::bytes(&recovery.size).unwrap_or(0),
    })
}

fn desired_backup(prepared: &Prepared) -> Option<DesiredBackup> {
    let recovery = prepared.validated.recovery.as_ref()?;
    let backup = recovery.backup.as_ref()?;
    Some(DesiredBackup {
        interval: backup.interval.into(),
        retention: recovery.backup_interval.into(),
    })
}
