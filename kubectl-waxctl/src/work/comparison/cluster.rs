//! Compares sources with the flow in the cluster, through a dry run of the API server.

use dataflow::code::Code;
use dataflow::spec::Dataflow;
use futures::{StreamExt as _, stream};
use gitops::diff::{self, FlowDiff};
use gitops::ownership::{self, FIELD_MANAGER};
use gitops::rendered::Rendered;
use gitops::settings::FlowSettings;
use gitops::source::Source;

use super::pair::{Pair, name_of, pair};
use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::step_check::{Origin, reported};

/// The number of requests that wait for an answer at a time. More would only wait in the API server.
const AT_ONCE: usize = 8;

/// A flow in the cluster beside the version that its source describes.
struct Draft {
    session: Session,
    pair: Pair,
    /// The flow in the cluster, and the field manager to compare as.
    live: Option<(Dataflow, String)>,
}

/// The new version of a flow as it was applied, and as the API server would store it.
struct Applied {
    wanted: Dataflow,
    stored: Dataflow,
}

/// What could be compared, and why the rest could not.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// The differences of each flow that could be read.
    pub(crate) flows: Vec<FlowDiff>,
    /// The errors of the other flows.
    pub(crate) failed: Vec<CommandError>,
}

/// Compares each source with the flow of its name, as field manager `manager`, else as the one that owns the live spec.
///
/// A flow that cannot be read hides nothing of the others.
///
/// # Errors
/// A source is no valid flow, or the cluster is not known.
pub(crate) fn compare(
    sources: &[Source],
    settings: &FlowSettings,
    manager: Option<&str>,
    access: &Access,
    ui: &mut Ui,
) -> Result<Compared, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        let mut compared = Compared::default();
        let read = sources
            .iter()
            .map(|source| read(&session, source, settings));
        let read: Vec<_> = stream::iter(read).buffered(AT_ONCE).collect().await;
        let mut drafts = Vec::new();
        for (source, read) in sources.iter().zip(read) {
            match read {
                Ok((session, live)) => {
                    let draft = Draft::new(session, live, source, settings, manager, ui)?;
                    drafts.push((source, draft));
                }
                Err(error) => compared.failed.push(error),
            }
        }
        let applied = drafts.iter().map(|(_, draft)| draft.try_out());
        let applied: Vec<_> = stream::iter(applied).buffered(AT_ONCE).collect().await;
        for ((source, draft), applied) in drafts.iter().zip(applied) {
            match applied {
                Ok(applied) => {
                    let flow = draft.compare(applied, source, settings, ui).await?;
                    compared.flows.push(flow);
                }
                Err(error) => compared.failed.push(error),
            }
        }
        Ok(compared)
    })
}

/// Returns the session of the source's namespace, and the flow there with its code.
pub(in crate::work) async fn read(
    session: &Session,
    source: &Source,
    settings: &FlowSettings,
) -> Result<(Session, Option<(Dataflow, Code)>), CommandError> {
    let own = source
        .dataflow
        .as_ref()
        .and_then(|dataflow| dataflow.metadata.namespace.clone());
    let session = match settings.namespace.clone().or(own) {
        Some(namespace) => session.in_namespace(&namespace),
        None => session.clone(),
    };
    let Some(live) = session.dataflow(&name_of(source, settings)?).await? else {
        return Ok((session, None));
    };
    let code = live_code(&session, &live).await?;
    Ok((session, Some((live, code))))
}

impl Draft {
    fn new(
        session: Session,
        live: Option<(Dataflow, Code)>,
        source: &Source,
        settings: &FlowSettings,
        manager: Option<&str>,
        ui: &mut Ui,
    ) -> Result<Self, CommandError> {
        let old = live
            .as_ref()
            .map(|(live, code)| Rendered::as_written(live, code.clone()));
        let live = live.map(|(live, _)| {
            let manager = manager
                .map(str::to_owned)
                .or_else(|| ownership::manager_of_spec(&live.metadata))
                .unwrap_or_else(|| FIELD_MANAGER.to_owned());
            (live, manager)
        });
        let pair = pair(old, source, settings, ui)?;
        Ok(Self {
            session,
            pair,
            live,
        })
    }

    /// Returns what the API server would store; `None` if there is no such flow yet.
    async fn try_out(&self) -> Result<Option<Applied>, CommandError> {
        let Some((live, manager)) = &self.live else {
            return Ok(None);
        };
        let mut wanted = self.pair.new.dataflow.clone();
        wanted.metadata.namespace = Some(self.session.namespace().to_owned());
        // In git the name of the ConfigMap has a hash; only the code in it counts.
        if !self.pair.new.code.is_empty() {
            let name = &mut wanted.spec.config_map_name;
            name.clone_from(&live.spec.config_map_name);
        }
        let stored = self.session.dry_run(&wanted, manager).await?;
        Ok(Some(Applied { wanted, stored }))
    }

    async fn compare(
        &self,
        applied: Option<Applied>,
        source: &Source,
        settings: &FlowSettings,
        ui: &mut Ui,
    ) -> Result<FlowDiff, CommandError> {
        let Self {
            session,
            pair,
            live,
        } = self;
        let namespace = format!("namespace {}", session.namespace());
        let (Some((_, manager)), Some(Applied { wanted, stored })) = (live, applied) else {
            return Ok(diff::compare(None, &pair.new, namespace));
        };
        let kept = match &pair.old {
            Some(old) => reported(session, old, &pair.new).await,
            None => None,
        };
        let after = Rendered::as_written(&stored, pair.new.code.clone());
        let against = format!("{namespace}, compared as {manager}");
        let mut flow = diff::compare(pair.old.as_ref(), &after, against);
        pair.add_losses(kept, Origin::Named(source, settings), &mut flow, ui)?;
        flow.add_kept(ownership::kept_fields(&wanted, &stored));
        Ok(flow)
    }
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
