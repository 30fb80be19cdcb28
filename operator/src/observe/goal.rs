//! A revision and its children -> a goal.

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
use crate::observed::{BackupWish, Goal, Parts, StoreWish};

/// The goal that a revision is, and where its children stand.
pub(super) fn goal_of(
    prepared: &Prepared,
    code_available: bool,
    caches: &Caches,
    identity: &Identity,
    history: &History,
) -> Goal {
    Goal {
        revision: prepared.revision.to_string(),
        size: prepared.validated.processes,
        restarted_at: prepared.restarted_at.clone(),
        keep_alive: prepared.validated.keep_alive,
        store: store_wish(prepared),
        backup: backup_wish(prepared),
        parts: parts(prepared, code_available, caches, identity, history),
    }
}

fn parts(
    prepared: &Prepared,
    code_available: bool,
    caches: &Caches,
    identity: &Identity,
    history: &History,
) -> Parts {
    let Identity { namespace, uid, .. } = identity;
    let plan = prepared.plan(namespace, uid, 0, None);
    let code_config_map = ObjectRef::new(&prepared.code_config_map_name()).within(namespace);
    let code_config_map = caches.code_config_maps.get(&code_config_map);
    let code_config_map = code_config_map.as_ref().map(|held| (&held.metadata, ()));
    let service = |desired: &Service| {
        let name = ObjectRef::new(&desired.name_any()).within(namespace);
        let live = caches.services.get(&name);
        let held = live.as_ref().map(|live| (&live.metadata, live.clone()));
        let slot = object::slot("Service", held, identity);
        object::part(&slot, |live| {
            service_differs(desired, live).then(|| object::version(&live.metadata))
        })
    };
    Parts {
        code_config_map: object::part(
            &object::slot("ConfigMap", code_config_map, identity),
            |()| None,
        ),
        code_available,
        record: history.part(&prepared.revision),
        headless_service: service(&plan.headless_service),
        api_service: service(&plan.api_service),
    }
}

fn store_wish(prepared: &Prepared) -> Option<StoreWish> {
    let recovery = prepared.validated.recovery.as_ref()?;
    Some(StoreWish {
        partitions: recovery.partitions,
        single_volume: recovery.single_volume,
        volume_bytes: quantity::bytes(&recovery.size).unwrap_or(0),
    })
}

fn backup_wish(prepared: &Prepared) -> Option<BackupWish> {
    let recovery = prepared.validated.recovery.as_ref()?;
    let backup = recovery.backup.as_ref()?;
    Some(BackupWish {
        interval: backup.interval.into(),
        kept: recovery.backup_interval.into(),
    })
}
