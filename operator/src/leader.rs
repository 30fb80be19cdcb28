//! Leader election by Lease, so that of several operators one works and the others stand by.
//!
//! It spares work and is no fence: every write names the object it means, so that two operators that
//! both believe they lead do no harm.

use std::time::Duration;

use kube::Client;
use kube_lease_manager::{LeaseManager, LeaseManagerBuilder, LeaseManagerError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::error::RunError;

/// How the lease is called and kept.
#[derive(Clone, Debug)]
pub(crate) struct LeaseSettings {
    /// Namespace of the Lease.
    pub(crate) namespace: String,
    /// Name of the Lease.
    pub(crate) name: String,
    /// How long it is valid without being renewed.
    pub(crate) seconds: u64,
    /// The name of this operator in it; random if absent.
    pub(crate) identity: Option<String>,
}

/// This operator's part in the election.
pub(crate) struct Leadership {
    leads: watch::Receiver<bool>,
    task: Option<JoinHandle<Result<LeaseManager, LeaseManagerError>>>,
}

impl Leadership {
    /// Takes part.
    ///
    /// # Errors
    ///
    /// Fails when the Lease can neither be read nor created.
    pub(crate) async fn campaign(
        client: Client,
        settings: LeaseSettings,
    ) -> Result<Self, RunError> {
        let LeaseSettings {
            namespace,
            name,
            seconds,
            identity,
        } = settings;
        let seconds = seconds.max(3);
        let mut builder = LeaseManagerBuilder::new(client, name).with_namespace(namespace);
        if let Some(identity) = identity {
            builder = builder.with_identity(identity);
        }
        // A third before the end leaves time for two more tries. The order matters: the grace must
        // be shorter than the duration at every moment.
        let manager = builder
            .with_grace(1)
            .with_duration(seconds)
            .with_grace(seconds / 3)
            .build()
            .await?;
        let (leads, task) = manager.watch().await;
        Ok(Self {
            leads,
            task: Some(task),
        })
    }

    /// Leads without an election.
    #[must_use]
    pub(crate) fn alone() -> Self {
        let (sender, leads) = watch::channel(true);
        // Nobody will ever change it; the receiver keeps the last value.
        drop(sender);
        Self { leads, task: None }
    }

    /// Waits until this operator leads.
    pub(crate) async fn won(&mut self) {
        self.wait_for(true).await;
    }

    /// Waits until this operator leads no more.
    pub(crate) async fn lost(&mut self) {
        self.wait_for(false).await;
    }

    async fn wait_for(&mut self, value: bool) {
        if self.leads.wait_for(|leads| *leads == value).await.is_err()
            && *self.leads.borrow() != value
        {
            // The election is over and will not change again.
            std::future::pending::<()>().await;
        }
    }

    /// Gives the lease back, so that the next operator need not wait for its end.
    pub(crate) async fn resign(self) {
        let Self { leads, task } = self;
        drop(leads);
        if let Some(task) = task {
            match tokio::time::timeout(Duration::from_secs(3), task).await {
                Ok(Ok(Ok(_))) => tracing::info!("gave the lease back"),
                Ok(Ok(Err(error))) => tracing::warn!(%error, "could not give the lease back"),
                Ok(Err(_)) | Err(_) => tracing::warn!("could not give the lease back in time"),
            }
        }
    }
}
