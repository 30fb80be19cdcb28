//! The last backups: requests to the agents to copy the state before a gang is stopped.
//!
//! In memory only. After a restart the operator requests the backup again, which costs one more copy
//! and may delay the stop by as long again.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dataflow::spec::Dataflow;
use jiff::Timestamp;
use kube::runtime::reflector::ObjectRef;
use tokio::task::AbortHandle;
use uuid::Uuid;

use crate::decide::{LAST_BACKUP_TIMEOUT, not_in_time};
use crate::observed::LastBackup;
use crate::queue::Queue;

/// Last backups that are running or have finished, by Dataflow.
#[derive(Clone, Default)]
pub(crate) struct LastBackups {
    backups: Arc<Mutex<HashMap<ObjectRef<Dataflow>, PendingBackup>>>,
}

/// Last backup whose stop has not been carried out yet.
struct PendingBackup {
    id: String,
    since: Timestamp,
    outcome: Option<Result<(), String>>,
    task: AbortHandle,
}

impl LastBackups {
    /// Returns the state of the last backup of a Dataflow.
    #[must_use]
    pub(crate) fn get(&self, object: &ObjectRef<Dataflow>) -> LastBackup {
        match self.lock().get(object) {
            None => LastBackup::NotAsked,
            Some(backup) => match &backup.outcome {
                None => LastBackup::UnderWay(backup.since),
                Some(outcome) => LastBackup::Settled(outcome.clone()),
            },
        }
    }

    /// Starts a last backup, unless one is running or has finished. `make` receives the id of the
    /// request.
    ///
    /// When the backup ends, the Dataflow is queued, so that its gang is stopped at once.
    pub(crate) fn begin<Made>(
        &self,
        object: &ObjectRef<Dataflow>,
        now: Timestamp,
        queue: &Queue,
        make: impl FnOnce(String) -> Made,
    ) where
        Made: Future<Output = Result<(), String>> + Send + 'static,
    {
        let mut backups = self.lock();
        if backups.contains_key(object) {
            return;
        }
        let id = Uuid::new_v4().to_string();
        let made = make(id.clone());
        let (all, queue) = (self.clone(), queue.clone());
        let (key, own_id) = (object.clone(), id.clone());
        let task = tokio::spawn(async move {
            let timeout = Duration::from_secs(LAST_BACKUP_TIMEOUT.unsigned_abs());
            let outcome = tokio::time::timeout(timeout, made).await;
            let outcome = outcome.unwrap_or_else(|_| Err(not_in_time()));
            if let Some(backup) = all
                .lock()
                .get_mut(&key)
                .filter(|backup| backup.id == own_id)
            {
                backup.outcome = Some(outcome);
            }
            queue.push(key);
        });
        let begun = PendingBackup {
            id,
            since: now,
            outcome: None,
            task: task.abort_handle(),
        };
        backups.insert(object.clone(), begun);
    }

    /// Forgets a last backup after its stop was carried out or cancelled, and aborts the request.
    pub(crate) fn forget(&self, object: &ObjectRef<Dataflow>) {
        if let Some(backup) = self.lock().remove(object) {
            backup.task.abort();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ObjectRef<Dataflow>, PendingBackup>> {
        self.backups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::*;

    fn flow() -> ObjectRef<Dataflow> {
        ObjectRef::new("flow").within("ns")
    }

    #[tokio::test]
    async fn last_backup_runs_once_and_queues_the_flow() {
        let (backups, queue, now) = (LastBackups::default(), Queue::default(), Timestamp::MIN);
        let mut names = queue.open();
        assert_eq!(backups.get(&flow()), LastBackup::NotAsked);
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let made = async { receiver.await.unwrap_or_else(|_| Err("gone".to_owned())) };
        backups.begin(&flow(), now, &queue, |_| made);
        assert_eq!(backups.get(&flow()), LastBackup::UnderWay(now));
        backups.begin(&flow(), Timestamp::MAX, &queue, |_| async { Ok(()) });
        assert_eq!(backups.get(&flow()), LastBackup::UnderWay(now));
        let refused = Err("no room".to_owned());
        sender.send(refused.clone()).unwrap();
        assert_eq!(names.next().await, Some(flow()));
        assert_eq!(backups.get(&flow()), LastBackup::Settled(refused));
        backups.forget(&flow());
        assert_eq!(backups.get(&flow()), LastBackup::NotAsked);
    }
}
