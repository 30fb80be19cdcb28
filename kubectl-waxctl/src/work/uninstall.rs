//! Removes the operator with its permissions. Flows, their state, the CRD and the namespace stay, unless the CRD is asked
//! for.

use gitops::manifests::Installation;
use gitops::object::describe;
use kube::api::DynamicObject;

use super::install::{kind, manifests};
use crate::access::Access;
use crate::cluster::dataflows::{Scope, Selection};
use crate::cluster::{Session, block_on};
use crate::dry_run::DryRun;
use crate::error::CommandError;
use crate::ui::Ui;

/// The maximum number of flows that a message names.
const MAX_NAMED: usize = 10;

/// What the user permits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permissions {
    /// Whether the deletion is confirmed.
    pub(crate) confirmed: bool,
    /// Whether flows may exist that nothing manages afterwards.
    pub(crate) leave_flows: bool,
    /// Whether to delete the CRD, too.
    pub(crate) with_crd: bool,
}

/// Deletes the objects that `install` applies, and returns them as they were. Without a namespace in `wanted` it uses
/// that of the context. A dry run needs no confirmation.
///
/// # Errors
/// Flows exist, the deletion is not confirmed, or the cluster refuses.
pub(crate) fn uninstall(
    mut wanted: Installation,
    may: Permissions,
    dry_run: DryRun,
    access: &Access,
    ui: &mut Ui,
) -> Result<Vec<DynamicObject>, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        if wanted.namespace.is_empty() {
            session.namespace().clone_into(&mut wanted.namespace);
        }
        let session = session.in_namespace(&wanted.namespace);
        let mut found = Vec::new();
        let mut has_crd = false;
        // Order: the operator goes before its permissions, so that it never works with a part of them.
        for object in manifests(&wanted)?.iter().rev() {
            let kind = kind(object);
            let current = match kind {
                "Namespace" => None,
                _ => session.current(object).await?,
            };
            has_crd |= kind == "CustomResourceDefinition" && current.is_some();
            found.extend(current.filter(|_| kind != "CustomResourceDefinition" || may.with_crd));
        }
        if has_crd {
            refuse_flows(&session, &wanted, may).await?;
        }
        if found.is_empty() {
            ui.say(&format!(
                "No operator is installed in namespace `{}`.",
                wanted.namespace
            ));
            return Ok(found);
        }
        if !dry_run.is_on() {
            confirm(&found, &wanted, may, ui).await?;
        }
        for object in &found {
            if dry_run != DryRun::Client {
                session.delete(object, dry_run.is_on()).await?;
            }
            ui.tell(&dry_run.mark(&format!("{} deleted", describe(object))))?;
        }
        Ok(found)
    })
}

/// Refuses the deletion if flows would lose their operator, or be deleted with the CRD.
async fn refuse_flows(
    session: &Session,
    wanted: &Installation,
    may: Permissions,
) -> Result<(), CommandError> {
    let scope = match wanted.all_namespaces || may.with_crd {
        true => Scope::Cluster,
        false => Scope::Namespace,
    };
    let flows = session.list(scope, &Selection::default()).await?;
    if flows.is_empty() || (may.leave_flows && !may.with_crd) {
        return Ok(());
    }
    let name = |flow: &DynamicObject| {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (namespace, name) = (&flow.metadata.namespace, &flow.metadata.name);
        format!("`{}` in namespace `{}`", text(name), text(namespace))
    };
    let named: Vec<String> = flows.iter().take(MAX_NAMED).map(name).collect();
    let more = match flows.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let error = CommandError::policy("nothing was deleted: there are dataflows")
        .because(format!("{}{more}", named.join(", ")));
    Err(match may.with_crd {
        true => error
            .because("Kubernetes deletes all dataflows of all namespaces with the CRD")
            .hint("delete them first: `waxctl df delete NAME -n NAMESPACE --yes`"),
        false => error
            .because(
                "without an operator they keep running, but nothing starts, stops or repairs them",
            )
            .hint("to leave them so, pass `--leave-flows`"),
    })
}

async fn confirm(
    found: &[DynamicObject],
    wanted: &Installation,
    may: Permissions,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    if may.confirmed {
        return Ok(());
    }
    ui.say(&format!(
        "In namespace `{}`, these are deleted:",
        wanted.namespace
    ));
    for object in found {
        ui.say(&format!("  {}", describe(object)));
    }
    let refused = CommandError::policy("nothing was deleted");
    if !ui.can_ask() {
        return Err(refused
            .because("cannot ask for confirmation without a terminal; pass `--yes` to delete"));
    }
    match ui.asks("Delete all of this?").await {
        true => Ok(()),
        false => Err(refused),
    }
}
