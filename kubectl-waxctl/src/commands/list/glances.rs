//! What `df list -o wide` asks the processes of all Dataflows.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use kube::api::DynamicObject;

use super::key;
use crate::cluster::Session;
use crate::cluster::dataflows::Scope;
use crate::ui::Ui;
use crate::view::{Glance, typed};

/// Whom to ask, and how long they may take.
pub(super) struct Asking {
    pub(super) scope: Scope,
    pub(super) patience: Option<Duration>,
}

impl Asking {
    /// Asks the processes of those Dataflows that keep state, all at once; never fails.
    pub(super) async fn glances(
        &self,
        session: &Session,
        objects: &[DynamicObject],
        ui: &mut Ui,
    ) -> BTreeMap<(String, String), Glance> {
        let (keys, backups): (Vec<_>, Vec<_>) = objects.iter().filter_map(stateful).unzip();
        if keys.is_empty() {
            return BTreeMap::new();
        }
        let asked = session.all_stores(self.scope, &keys, self.patience).await;
        let all = match asked {
            Ok(all) => all,
            Err(why) => {
                ui.warn(&format!("no process could be asked: {why}"));
                let unknown = backups.into_iter().map(Glance::unknown);
                return keys.into_iter().zip(unknown).collect();
            }
        };
        let mut answers = all.iter().flat_map(|stores| &stores.0);
        if let Some(Err(why)) = answers.find(|answer| answer.is_err()) {
            ui.warn(&format!("not every process could be asked: {why}"));
        }
        let now = Timestamp::now();
        let glances = all.iter().zip(backups);
        let glances = glances.map(|(stores, has_backups)| Glance::of(stores, has_backups, now));
        keys.into_iter().zip(glances).collect()
    }
}

/// Namespace and name of a Dataflow that keeps state, and whether it makes backups.
fn stateful(object: &DynamicObject) -> Option<((String, String), bool)> {
    let recovery = typed(object).ok()?.spec.recovery?;
    let backups = recovery.cloud_backup.and_then(|backup| backup.enabled);
    (recovery.enabled == Some(true)).then(|| (key(object), backups == Some(true)))
}
