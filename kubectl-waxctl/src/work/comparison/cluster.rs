//! Compares sources with the flow in the cluster, through a dry run of the API server.

use dataflow::code::Code;
use dataflow::spec::Dataflow;
use gitops::diff::{self, FlowDiff};
use gitops::ownership::{self, FIELD_MANAGER};
use gitops::rendered::Rendered;
use gitops::settings::FlowSettings;
use gitops::source::Source;

use super::pair::{name_of, pair};
use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::step_check::reported;

/// Compares each source with the flow of its name, as field manager `manager`, else as the one that owns the live spec.
///
/// # Errors
/// A source is no valid flow, or the cluster does not respond.
pub(crate) fn compare(
    sources: &[Source],
    settings: &FlowSettings,
    manager: Option<&str>,
    access: &Access,
    ui: &mut Ui,
) -> Result<Vec<FlowDiff>, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        let mut flows = Vec::new();
        for source in sources {
            flows.push(compare_one(&session, source, settings, manager, ui).await?);
        }
        Ok(flows)
    })
}

async fn compare_one(
    session: &Session,
    source: &Source,
    settings: &FlowSettings,
    manager: Option<&str>,
    ui: &mut Ui,
) -> Result<FlowDiff, CommandError> {
    let name = name_of(source, settings)?;
    let own = source
        .dataflow
        .as_ref()
        .and_then(|dataflow| dataflow.metadata.namespace.clone());
    let session = match settings.namespace.clone().or(own) {
        Some(namespace) => session.in_namespace(&namespace),
        None => session.clone(),
    };
    let Some(live) = session.dataflow(&name).await? else {
        let pair = pair(None, source, settings, ui)?;
        let against = format!("namespace {}", session.namespace());
        return Ok(diff::compare(None, &pair.new, against));
    };
    let manager = manager
        .map(str::to_owned)
        .or_else(|| ownership::manager_of_spec(&live.metadata))
        .unwrap_or_else(|| FIELD_MANAGER.to_owned());
    let code = live_code(&session, &live).await?;
    let old = Some(Rendered::as_written(&live, code));
    let pair = pair(old, source, settings, ui)?;
    let kept = match &pair.old {
        Some(old) => reported(&session, old, &pair.new).await,
        None => None,
    };
    let mut wanted = pair.new.clone();
    wanted.dataflow.metadata.namespace = Some(session.namespace().to_owned());
    // In git the name of the ConfigMap has a hash; only the code in it counts.
    if !wanted.code.is_empty() {
        wanted
            .dataflow
            .spec
            .config_map_name
            .clone_from(&live.spec.config_map_name);
    }
    let applied = session.dry_run(&wanted.dataflow, &manager).await?;
    let after = Rendered::as_written(&applied, wanted.code);
    let against = format!("namespace {}, compared as {manager}", session.namespace());
    let mut flow = diff::compare(pair.old.as_ref(), &after, against);
    pair.add_losses(kept, source, settings, &mut flow, ui)?;
    flow.add_kept(ownership::kept_fields(&wanted.dataflow, &applied));
    Ok(flow)
}

/// Returns the code of the live flow; empty if its ConfigMap does not exist.
async fn live_code(session: &Session, live: &Dataflow) -> Result<Code, CommandError> {
    let Some(name) = live
        .spec
        .config_map_name
        .as_deref()
        .filter(|name| !name.is_empty())
    else {
        return Ok(Code::new());
    };
    let config_map = session.config_map(name).await?;
    Ok(config_map
        .as_ref()
        .map(Code::from_config_map)
        .unwrap_or_default())
}
