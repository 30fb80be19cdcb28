//! Leader election by a Lease: of several operators, one works and the others stand by.
//!
//! The Lease avoids duplicate work. It is not a fence. Two operators that both believe they are the leader
//! do no harm, because every write carries the identity of its object.

use std::time::Duration;

use kube::Client;
use kube_lease_manager::{LeaseManager, LeaseManagerBuilder, LeaseManagerError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::error::RunError;

/// Name and validity of the Lease.
#[derive(Clone, Debug)]
pub(crate) struct LeaseSettings {
    /// Namespace of the Lease.
    pub(crate) namespace: String,
    /// Name of the Lease.
    pub(crate) name: String,
    /// Validity of the Lease without a renewal, in seconds; at least 3.
    pub(crate) seconds: u64,
    /// Name of this operator in the Lease; random if absent.
    pub(crate) identity: Option<String>,
}

/// Membership of this operator in the election.
pub(crate) struct Leadership {
    leads: watch::Receiver<bool>,
    task: Option<JoinHandle<Result<LeaseManager, LeaseManagerError>>>,
}

impl Leadership {
    /// Joins the election.
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
        // The lease is renewed a third of its duration before it expires, which leaves time for two
        // more attempts. Order: the grace must be shorter than the duration after every call.
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

    /// Returns the leadership of an operator that runs without an election.
    #[must_use]
    pub(crate) fn alone() -> Self {
        let (sender, leads) = watch::channel(true);
        // The value never changes; the receiver keeps the last one.
        drop(sender);
        Self { leads, task: None }
    }

    /// Waits until this operator is the leader.
    pub(crate) async fn won(&mut self) {
        self.wait_for(true).await;
    }

    /// Waits until this operator is no longer the leader.
    pub(crate) async fn lost(&mut self) {
        self.wait_for(false).await;
    }

    async fn wait_for(&mut self, value: bool) {
        if self.leads.wait_for(|leads| *leads == value).await.is_err()
            && *self.leads.borrow() != value
        {
            // The election has ended, so the value never changes again.
            std::future::pending::<()>().await;
        }
    }

    /// Releases the Lease, so that the next leader need not wait until it expires.
    pub(crate) async fn resign(self) {
        let Self { leads, task } = self;
        drop(leads);
        if let Some(task) = task {
            match tokio::time::timeout(Duration::from_secs(3), task).await {
                Ok(Ok(Ok(_))) => tracing::info!("released the lease"),
                Ok(Ok(Err(error))) => tracing::warn!(%error, "cannot release the lease"),
                Ok(Err(_)) | Err(_) => tracing::warn!("cannot release the lease within 3 s"),
            }
        }
    }
}
