//! Polls the processes of all Dataflows for the wide columns of a list.

use std::collections::BTreeMap;
use std::time::Duration;

use gitops::row::{ProcessCells, typed};
use jiff::Timestamp;
use kube::api::DynamicObject;

use crate::cluster::Session;
use crate::cluster::dataflows::Scope;
use crate::process_state::{cells, unknown_cells};
use crate::ui::Ui;

/// Namespace and name of a Dataflow.
pub(crate) type Key = (String, String);

/// The processes to poll, and the time limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProcessQuery {
    pub(crate) scope: Scope,
    pub(crate) timeout: Option<Duration>,
}

impl ProcessQuery {
    /// Polls the processes of all Dataflows that keep state, concurrently; never fails.
    pub(crate) async fn cells(
        &self,
        session: &Session,
        objects: &[DynamicObject],
        ui: &mut Ui,
    ) -> BTreeMap<Key, ProcessCells> {
        let (keys, backups): (Vec<_>, Vec<_>) = objects.iter().filter_map(stateful).unzip();
        if keys.is_empty() {
            return BTreeMap::new();
        }
        let asked = session.all_stores(self.scope, &keys, self.timeout).await;
        let all = match asked {
            Ok(all) => all,
            Err(why) => {
                ui.warn(&format!("cannot poll the processes: {why}"));
                let unknown = backups.into_iter().map(unknown_cells);
                return keys.into_iter().zip(unknown).collect();
            }
        };
        let mut answers = all.iter().flat_map(|stores| &stores.0);
        if let Some(Err(why)) = answers.find(|answer| answer.is_err()) {
            ui.warn(&format!("cannot poll some of the processes: {why}"));
        }
        let now = Timestamp::now();
        let all = all.iter().zip(backups);
        let all = all.map(|(stores, has_backups)| cells(stores, has_backups, now));
        keys.into_iter().zip(all).collect()
    }
}

/// Returns namespace and name.
pub(crate) fn key(object: &DynamicObject) -> Key {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    (
        text(&object.metadata.namespace),
        text(&object.metadata.name),
    )
}

/// Returns namespace and name of a Dataflow that keeps state, and whether it makes backups.
fn stateful(object: &DynamicObject) -> Option<(Key, bool)> {
    let recovery = typed(object).ok()?.spec.recovery?;
    let backups = recovery.cloud_backup.and_then(|backup| backup.enabled);
    (recovery.enabled == Some(true)).then(|| (key(object), backups == Some(true)))
}
