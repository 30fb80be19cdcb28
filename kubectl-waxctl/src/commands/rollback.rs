//! `df rollback`: a flow goes back to a revision that the cluster has kept.

use clap::Args;
use dataflow::code::Code;
use dataflow::plan::RevisionRecord;
use dataflow::{Dataflow, DataflowName};

use super::deploy;
use crate::cli::GlobalArgs;
use crate::cluster::apply::Conflicts;
use crate::cluster::{Session, block_on};
use crate::deployment::Deployment;
use crate::error::CommandError;
use crate::order::GitArgs;
use crate::render::Rendered;
use crate::steps::{self, LossArgs};
use crate::ui::Ui;
use crate::view::resource_name;

/// Go back to an earlier revision of a dataflow
///
/// The cluster keeps the newest five revisions with their code. Spec and code become those of the earlier one; number of
/// processes and suspension stay. Written straight, or as a commit if git keeps the flow. The state is kept; if the
/// earlier code would leave some of it behind, nothing is done unless that is accepted.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # See what it would go back to
  waxctl df rollback orders

  # Go back to the revision before this one
  waxctl df rollback orders --yes --force-conflicts")]
pub struct RollbackArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Revision, or its first digits [default: the newest other one]
    #[arg(long, value_name = "REVISION")]
    pub to: Option<String>,
    /// Do it; without this is only said which revision it would be
    #[arg(short, long)]
    pub yes: bool,
    /// Take over fields that somebody else keeps
    #[arg(long)]
    pub force_conflicts: bool,
    /// Whether a loss of state is meant.
    #[command(flatten)]
    pub loss: LossArgs,
    /// Where a commit goes.
    #[command(flatten)]
    pub git: GitArgs,
}

/// A flow, and the revision that it is to go back to.
struct Way {
    live: Dataflow,
    namespace: String,
    /// The code of the live flow.
    code: Code,
    record: RevisionRecord,
    /// The code of the record.
    old_code: Code,
}

/// Goes back.
///
/// # Errors
/// There is no such revision, state would be lost, or nobody has confirmed it.
pub fn run(args: &RollbackArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let way = find(args, global)?;
    let name = &args.name;
    let revision = way.record.revision();
    let old = as_written(&way.live, way.code.clone());
    let mut new = way.on(&old)?;
    let losses = steps::losses(&old, &new).unwrap_or_else(|why| {
        ui.warn(&steps::not_compared(name, &why));
        Vec::new()
    });
    if !losses.is_empty() && !args.loss.accept_state_loss {
        let error = CommandError::policy(format!(
            "revision {revision} would lose state that `{name}` has come to keep since"
        ));
        return Err(losses
            .iter()
            .fold(error, CommandError::because)
            .hint("drop that state: add --accept-state-loss")
            .hint(format!(
                "or go on from a backup of that time: waxctl df restore {name} --to POINT"
            )));
    }
    if !args.yes {
        return Err(CommandError::policy(format!(
            "dataflow `{name}` in namespace {} would go back to revision {revision}",
            way.namespace
        ))
        .because("that restarts it; specify --yes to do it"));
    }
    if args.git.applies_to(&way.live) {
        let (in_git, environment) = args.git.flow(name)?;
        let new = way.on(&in_git)?;
        return args
            .git
            .commit(&new, environment, args.loss.clone(), global, ui);
    }
    if !losses.is_empty()
        && let Some(order) = args.loss.order(&losses, &old, global)?
        && let Some(recovery) = &mut new.dataflow.spec.recovery
    {
        recovery.action = Some(order);
    }
    let conflicts = match args.force_conflicts {
        true => Conflicts::TakeOver,
        false => Conflicts::Refuse,
    };
    block_on(async {
        let session = Session::connect(global).await?;
        deploy::apply(&session, &Deployment::of(&new, &way.namespace), conflicts).await?;
        ui.line(&format!(
            "{} rolled back to {revision}",
            resource_name(name)
        ))?;
        ui.hint(&format!("waxctl df wait {name} -n {}", way.namespace));
        Ok(())
    })
}

impl Way {
    /// A flow with spec and code of the revision; what is no part of a revision stays.
    fn on(&self, flow: &Rendered) -> Result<Rendered, CommandError> {
        let name = flow_name(flow.name())?;
        let mut dataflow = flow.dataflow.clone();
        let now = std::mem::replace(&mut dataflow.spec, self.record.spec.clone());
        dataflow.spec.processes_count = now.processes_count;
        dataflow.spec.suspend = now.suspend;
        // Behind our own name stands the hash of the code that it had.
        let ours = |source: &String| source.starts_with(&name.source());
        dataflow.spec.config_map_name = match now.config_map_name {
            Some(source) if !ours(&source) => Some(source),
            Some(_) | None => Some(name.source()),
        };
        if let Some(recovery) = &mut dataflow.spec.recovery {
            recovery.action = now.recovery.and_then(|recovery| recovery.action);
        }
        Ok(Rendered {
            dataflow,
            code: self.old_code.clone(),
        })
    }
}

fn find(args: &RollbackArgs, global: &GlobalArgs) -> Result<Way, CommandError> {
    block_on(async {
        let session = Session::connect(global).await?;
        let Some(live) = session.dataflow(&args.name).await? else {
            return Err(session.absent(&args.name).await);
        };
        let kept = session.revisions(&args.name).await?;
        let present = live
            .status
            .as_ref()
            .and_then(|status| status.revision.clone());
        let record = choose(kept, present.as_deref(), args)?;
        let snapshot = flow_name(&args.name)?.snapshot(&record.code_hash);
        let Some(old_code) = session.config_map(&snapshot).await? else {
            return Err(CommandError::failure(format!(
                "the code of revision {} is gone",
                record.revision()
            )));
        };
        let source = live.spec.config_map_name.as_deref().unwrap_or_default();
        let code = session.config_map(source).await?;
        Ok(Way {
            namespace: session.namespace().to_owned(),
            code: code.as_ref().map(Code::from_config_map).unwrap_or_default(),
            old_code: Code::from_config_map(&old_code),
            live,
            record,
        })
    })
}

/// The revision that is meant; the newest but the present one if nobody names any.
fn choose(
    kept: Vec<RevisionRecord>,
    present: Option<&str>,
    args: &RollbackArgs,
) -> Result<RevisionRecord, CommandError> {
    let names: Vec<String> = kept
        .iter()
        .map(|record| record.revision().to_string())
        .collect();
    let matches = |name: &String| match &args.to {
        Some(wanted) => name.starts_with(wanted.as_str()),
        None => Some(name.as_str()) != present,
    };
    let found = names.iter().rposition(matches);
    match found.and_then(|index| kept.into_iter().nth(index)) {
        Some(record) => Ok(record),
        None => Err(CommandError::failure(match &args.to {
            Some(wanted) => format!("no revision {wanted} of `{}` is kept", args.name),
            None => format!("no other revision of `{}` is kept", args.name),
        })
        .because(format!("kept are: {}", names.join(", ")))),
    }
}

fn flow_name(name: &str) -> Result<DataflowName, CommandError> {
    DataflowName::try_from(name)
        .map_err(|error| CommandError::failure("the name is no dataflow's").chain(&error))
}

/// Only what people write of a flow in the cluster.
fn as_written(live: &Dataflow, code: Code) -> Rendered {
    let name = live.metadata.name.as_deref().unwrap_or_default();
    let mut dataflow = Dataflow::new(name, live.spec.clone());
    dataflow
        .metadata
        .namespace
        .clone_from(&live.metadata.namespace);
    dataflow.metadata.labels.clone_from(&live.metadata.labels);
    Rendered { dataflow, code }
}
