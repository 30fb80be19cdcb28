//! Deletes a Dataflow together with the recovery volumes that contain its state.

use std::time::{Duration, Instant};

use dataflow::{Dataflow, DataflowName, label};
use gitops::object::{dataflow_name, dynamic};
use gitops::ownership::is_managed_by_git;
use gitops::table::Table;
use gitops::volumes::{Volume, Volumes};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::ResourceExt;
use kube::api::{DynamicObject, PropagationPolicy};

use super::deletion::describe;
use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::dry_run::DryRun;
use crate::error::{CommandError, Kind};
use crate::ui::Ui;

/// The interval at which pods and PVCs are polled until they are gone.
const PAUSE: Duration = Duration::from_millis(500);

/// Deletes the Dataflow, if it exists, and the PVCs of its store after its pods are gone. Returns what was deleted. A dry
/// run needs no confirmation.
///
/// # Errors
/// The deletion is not confirmed, the cluster refuses, or the timeout is over; the error names the remaining PVCs.
pub(crate) fn remove(
    name: &str,
    confirmed: bool,
    timeout: Duration,
    dry_run: DryRun,
    access: &Access,
    ui: &mut Ui,
) -> Result<Vec<DynamicObject>, CommandError> {
    let mut begun = None;
    let result = block_on(async {
        let session = Session::connect(access).await?;
        let found = Removal::look(session, name).await?;
        // Order: find a missing permission before anything is shown or deleted.
        if dry_run != DryRun::Client {
            found.check_volumes().await?;
        }
        found.show(dry_run, ui);
        if dry_run.is_on() {
            found.check(dry_run).await?;
            found.tell(dry_run, ui)?;
            return Ok(found.objects());
        }
        found.confirm(confirmed, ui).await?;
        let left = begun.insert(found.begin().await?);
        found.finish(timeout, left, ui).await?;
        Ok(found.objects())
    });
    result.map_err(|error| match begun {
        Some(left) => left.explain(error),
        None => error,
    })
}

/// The Dataflow and the volumes to delete.
struct Removal {
    session: Session,
    name: DataflowName,
    dataflow: Option<Dataflow>,
    volumes: Volumes,
}

/// The PVCs that still exist after the deletion has begun.
struct Leftovers {
    claims: Vec<String>,
    again: String,
}

impl Leftovers {
    /// Adds to an error the remaining volumes and how to continue.
    fn explain(self, error: CommandError) -> CommandError {
        if error.is_silent() || self.claims.is_empty() {
            return error;
        }
        let left = self.claims.join(", ");
        error
            .because(format!(
                "the deletion has begun; these volumes remain: {left}"
            ))
            .hint(self.again)
    }
}

impl Removal {
    /// Finds everything to delete.
    async fn look(session: Session, name: &str) -> Result<Self, CommandError> {
        let Ok(flow_name) = DataflowName::try_from(name) else {
            return Err(session.absent(name).await);
        };
        let dataflow = session.dataflow(name).await?;
        if dataflow.as_ref().is_some_and(is_managed_by_git) {
            return Err(kept_by_git(name, session.namespace()));
        }
        let claims = session.store_claims(&flow_name).await?;
        let status = dataflow.as_ref().and_then(|flow| flow.status.as_ref());
        let ledger = status.and_then(|status| status.recovery.as_ref());
        let volumes = Volumes::classify(&flow_name, ledger, &claims);
        if dataflow.is_none() && volumes.own.is_empty() {
            let error = session.absent(name).await;
            return Err(error.because("there is no recovery volume of such a dataflow, either"));
        }
        session.pods(&label::owned(&flow_name)).await?;
        Ok(Self {
            session,
            name: flow_name,
            dataflow,
            volumes,
        })
    }

    /// Returns the objects to delete. Of the PVCs only their names are known.
    fn objects(&self) -> Vec<DynamicObject> {
        let claim = |volume: &Volume| {
            let mut claim = PersistentVolumeClaim::default();
            claim.metadata.name = Some(volume.name.clone());
            claim.metadata.namespace = Some(self.session.namespace().to_owned());
            claim.metadata.uid = Some(volume.uid.clone());
            dynamic(&claim)
        };
        let claims = self.volumes.own.iter().map(claim);
        self.dataflow.iter().map(dynamic).chain(claims).collect()
    }

    fn show(&self, dry_run: DryRun, ui: &mut Ui) {
        let (name, namespace) = (&self.name, self.session.namespace());
        match &self.dataflow {
            Some(dataflow) => ui.say(&describe(name.as_str(), namespace, dataflow)),
            None => ui.say(&format!(
                "dataflow `{name}` no longer exists in namespace `{namespace}`, but its recovery volumes do"
            )),
        }
        if self.volumes.own.is_empty() {
            ui.say("It has no recovery volumes.");
        } else {
            ui.say(match dry_run.is_on() {
                true => "Its state would be deleted permanently, with these volumes:",
                false => "Its state is deleted permanently, with these volumes:",
            });
            let row = |volume: &Volume| {
                let Volume {
                    name, size, store, ..
                } = volume;
                vec![name.clone(), size.clone(), store.clone()]
            };
            let rows: Vec<_> = self.volumes.own.iter().map(row).collect();
            let table = Table::new(&["VOLUME", "SIZE", "STORE"]).with_heading(&rows);
            table.lines().for_each(|line| ui.say(&format!("  {line}")));
        }
        for (claim, why) in &self.volumes.others {
            ui.say(&format!("persistentvolumeclaim/{claim} stays: {why}."));
        }
        if let Some(backups) = self.backups() {
            ui.say(&backups);
        }
    }

    /// Returns the message about backups outside the cluster.
    fn backups(&self) -> Option<String> {
        let Some(dataflow) = &self.dataflow else {
            return Some("Backups in a bucket stay, if it made any.".to_owned());
        };
        let recovery = dataflow.spec.recovery.as_ref()?;
        let s3 = recovery.cloud_backup.as_ref()?.s3.as_ref()?;
        let url = s3.url.trim_end_matches('/');
        let namespace = self.session.namespace();
        Some(format!(
            "Its backups in {url}/{namespace}/{} stay.",
            self.name
        ))
    }

    async fn confirm(&self, confirmed: bool, ui: &mut Ui) -> Result<(), CommandError> {
        if confirmed {
            return Ok(());
        }
        let refused = CommandError::policy("nothing was deleted");
        if !ui.can_ask() {
            return Err(refused
                .because("cannot ask for confirmation without a terminal; pass `--yes` to delete")
                .hint(self.again()));
        }
        match ui.asks("Delete all of this?").await {
            true => Ok(()),
            false => Err(refused),
        }
    }

    fn again(&self) -> String {
        format!(
            "waxctl df delete {} -n {} --delete-state --yes",
            self.name,
            self.session.namespace()
        )
    }

    /// Lets the API server check the deletion of the volumes.
    async fn check_volumes(&self) -> Result<(), CommandError> {
        for volume in &self.volumes.own {
            self.session.could_delete_claim(volume).await?;
        }
        Ok(())
    }

    /// Lets the API server check the deletion of the Dataflow; that of the volumes was checked before.
    async fn check(&self, dry_run: DryRun) -> Result<(), CommandError> {
        if let Some(dataflow) = self.dataflow.as_ref().filter(|_| dry_run == DryRun::Server) {
            let (name, uid) = (self.name.as_str(), dataflow.uid().unwrap_or_default());
            let policy = PropagationPolicy::Foreground;
            self.session
                .delete_dataflow(name, &uid, policy, true)
                .await?;
        }
        Ok(())
    }

    /// Tells what was deleted, or would be.
    fn tell(&self, dry_run: DryRun, ui: &mut Ui) -> Result<(), CommandError> {
        if self.dataflow.is_some() {
            let deleted = format!("{} deleted", dataflow_name(self.name.as_str()));
            ui.tell(&dry_run.mark(&deleted))?;
        }
        for volume in &self.volumes.own {
            let deleted = format!("persistentvolumeclaim/{} deleted", volume.name);
            ui.tell(&dry_run.mark(&deleted))?;
        }
        Ok(())
    }

    /// Deletes the Dataflow. After this, an error or Ctrl-C can leave volumes behind.
    async fn begin(&self) -> Result<Leftovers, CommandError> {
        if let Some(dataflow) = &self.dataflow {
            let uid = dataflow.uid().unwrap_or_default();
            // Order: foreground deletion removes everything that can create a pod before the Dataflow itself.
            let policy = PropagationPolicy::Foreground;
            let name = self.name.as_str();
            self.session
                .delete_dataflow(name, &uid, policy, false)
                .await?;
        }
        Ok(Leftovers {
            claims: self
                .volumes
                .own
                .iter()
                .map(|volume| volume.name.clone())
                .collect(),
            again: self.again(),
        })
    }

    async fn finish(
        &self,
        timeout: Duration,
        left: &mut Leftovers,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        let deadline = Instant::now() + timeout;
        self.until_stopped(deadline, ui).await?;
        for volume in &self.volumes.own {
            self.session.delete_claim(volume).await?;
        }
        self.until_removed(deadline, left, ui).await?;
        ui.progress_done();
        self.tell(DryRun::None, ui)
    }

    /// Waits until the Dataflow and its pods are gone.
    async fn until_stopped(&self, deadline: Instant, ui: &mut Ui) -> Result<(), CommandError> {
        let name = &self.name;
        let uid = self.dataflow.as_ref().and_then(ResourceExt::uid);
        loop {
            // Order: list the pods first. If the Dataflow is gone after that, no pod can have been created since.
            let pods = self.session.pods(&label::owned(name)).await?;
            let dataflow = self.session.dataflow(name.as_str()).await?;
            if dataflow.as_ref().is_some_and(|flow| flow.uid() != uid) {
                return Err(CommandError::failure(format!(
                    "dataflow `{name}` was created again meanwhile; its volumes were not deleted"
                )));
            }
            let pods: Vec<String> = pods
                .iter()
                .map(|pod| format!("pod/{}", pod.name_any()))
                .collect();
            let waits = match (pods.is_empty(), dataflow) {
                (true, None) => return Ok(()),
                (true, Some(_)) => dataflow_name(name.as_str()),
                (false, _) => pods.join(", "),
            };
            self.pause(
                &format!("waiting for the deletion of {waits}"),
                deadline,
                ui,
            )
            .await?;
        }
    }

    /// Waits until the PVCs are gone: each exists as long as a pod uses it.
    async fn until_removed(
        &self,
        deadline: Instant,
        left: &mut Leftovers,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        loop {
            let claims = self.session.store_claims(&self.name).await?;
            left.claims.retain(|name| {
                let volume = self.volumes.own.iter().find(|volume| volume.name == *name);
                let is = |uid: String| volume.is_some_and(|volume| volume.uid == uid);
                claims.iter().filter_map(ResourceExt::uid).any(is)
            });
            if left.claims.is_empty() {
                self.warn_of_others(&claims, ui);
                return Ok(());
            }
            let claims = left.claims.join(", ");
            self.pause(&format!("waiting until no pod uses {claims}"), deadline, ui)
                .await?;
        }
    }

    /// Warns of volumes that were created meanwhile: a volume that was not shown to the user is not deleted.
    fn warn_of_others(&self, claims: &[PersistentVolumeClaim], ui: &mut Ui) {
        let shown = &self.volumes.others;
        let now = Volumes::classify(&self.name, None, claims).own;
        for volume in now {
            if shown.iter().all(|(name, _)| *name != volume.name) {
                ui.warn(&format!(
                    "persistentvolumeclaim/{} was created meanwhile and stays",
                    volume.name
                ));
            }
        }
    }

    async fn pause(&self, waits: &str, deadline: Instant, ui: &mut Ui) -> Result<(), CommandError> {
        if Instant::now() >= deadline {
            let text = format!("dataflow `{}` was not deleted in time", self.name);
            return Err(CommandError::new(Kind::Timeout, text).because(waits));
        }
        ui.progress(waits);
        tokio::time::sleep(PAUSE).await;
        Ok(())
    }
}

fn kept_by_git(name: &str, namespace: &str) -> CommandError {
    CommandError::policy(format!(
        "dataflow `{name}` is managed from git; nothing was deleted"
    ))
    .because("its GitOps controller would create it again, and it would start without state")
    .hint("remove it from its repository, and let the controller delete it")
    .hint(format!(
        "then delete its state: `waxctl df delete {name} -n {namespace} --delete-state --yes`"
    ))
    .hint(format!(
        "to keep it, but start it without state: `waxctl df reset-state {name} -n {namespace}`"
    ))
}
