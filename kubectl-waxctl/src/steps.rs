//! What a change of a flow would lose of its state, learnt by loading the code of both versions in
//! the Python that is on the PATH: never in ours, and without running the flow.

use std::ffi::OsString;
use std::thread;
use std::time::Duration;

use agent::local::{self, LoadError, LocalError, LocalRun};
use agent::report::ProbeReport;
use dataflow::Dataflow;
use dataflow::spec::{ActionKind, DataflowSpec, ExpectedStore, RecoveryAction};
use dataflow::steps::{Cause, Kept, Loss, Shape, lost, version_in};

use crate::cli::GlobalArgs;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::render::Rendered;
use crate::workdir;

/// How long one version may take to load.
const DEADLINE: Duration = Duration::from_secs(60);

/// Whether a loss of state is meant.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct LossArgs {
    /// Accept that state is lost, and order it in spec.recovery.action where steps are gone
    #[arg(long)]
    pub accept_state_loss: bool,
    /// The state that may be lost [default: what the flow in the cluster has]
    #[arg(long, value_name = "STORE-ID/TIMELINE", requires = "accept_state_loss")]
    pub store: Option<String>,
}

impl LossArgs {
    /// The order that drops the state of steps that are gone, and nothing else. None if the flow in
    /// the cluster has no state.
    ///
    /// # Errors
    /// Nobody says which state is meant.
    pub fn order(
        &self,
        losses: &[Loss],
        flow: &Rendered,
        global: &GlobalArgs,
    ) -> Result<Option<RecoveryAction>, CommandError> {
        let expect = match &self.store {
            Some(store) => Some(read_store(store)?),
            None => live_store(flow, global).map_err(|error| {
                let name = flow.name();
                CommandError::failure(format!("nobody says which state of `{name}` may be lost"))
                    .because(error.message)
                    .hint("name it with --store STORE-ID/TIMELINE; the cluster has it in")
                    .hint(format!(
                        "kubectl get dataflow {name} -o jsonpath='{{.status.recovery.storeId}}/\
                         {{.status.recovery.timeline}}'"
                    ))
            })?,
        };
        let whole = |loss: &Loss| matches!(&loss.cause, Cause::Format(found) if found.is_whole());
        let (kind, steps) = if losses.iter().any(whole) {
            (ActionKind::Reset, Vec::new())
        } else {
            let steps = losses.iter().map(|loss| loss.step.clone()).collect();
            (ActionKind::DropSteps, steps)
        };
        Ok(expect.map(|expect| RecoveryAction {
            kind,
            point: None,
            steps,
            expect,
        }))
    }
}

fn read_store(text: &str) -> Result<ExpectedStore, CommandError> {
    match text.split_once('/') {
        Some((store_id, timeline)) if !store_id.is_empty() && !timeline.is_empty() => {
            Ok(ExpectedStore {
                store_id: store_id.to_owned(),
                timeline: Some(timeline.to_owned()),
            })
        }
        _ => Err(CommandError::usage(format!(
            "--store {text} is not STORE-ID/TIMELINE"
        ))),
    }
}

/// The state that the flow in the cluster has.
fn live_store(flow: &Rendered, global: &GlobalArgs) -> Result<Option<ExpectedStore>, CommandError> {
    block_on(async {
        let session = Session::connect(global).await?;
        let session = match flow.namespace() {
            Some(namespace) => session.in_namespace(namespace),
            None => session,
        };
        let live = session.dataflow(flow.name()).await?;
        Ok(live.as_ref().and_then(store_of))
    })
}

/// The state that a flow has.
#[must_use]
pub fn store_of(live: &Dataflow) -> Option<ExpectedStore> {
    let recovery = live.status.as_ref()?.recovery.as_ref()?;
    Some(ExpectedStore {
        store_id: recovery.store_id.clone(),
        timeline: Some(recovery.timeline.clone()),
    })
}

/// What of its state a flow would lose and does not order to lose, or why nobody can tell.
///
/// Nothing is loaded if the flow keeps no state, or if nothing changes that its steps hang on.
pub fn losses(old: &Rendered, new: &Rendered) -> Result<Vec<Loss>, String> {
    let (before, after) = (&old.dataflow.spec, &new.dataflow.spec);
    let engine = |spec: &DataflowSpec| version_in(&spec.image.tag).map(str::to_owned);
    let same_code = old.code == new.code
        && before.python_file_name == after.python_file_name
        && before.env == after.env;
    let same_engine = engine(before) == engine(after);
    if !keeps_state(before) || !keeps_state(after) || (same_code && same_engine) {
        return Ok(Vec::new());
    }
    if old.code.is_empty() || new.code.is_empty() {
        return Err("its code is not all here".to_owned());
    }
    let path = std::env::var_os("PATH");
    let (kept, shape) = thread::scope(|scope| {
        let of_new = scope.spawn(|| load(new, path.clone()));
        let of_old = load(old, path.clone());
        (of_old, of_new.join())
    });
    let kept = kept.map_err(|why| format!("its present code: {why}"))?;
    let shape = shape
        .map_err(|_| "the thread was lost".to_owned())?
        .map_err(|why| format!("its new code: {why}"))?;
    // What runs is the image's engine, not the one here.
    let (kept, shape) = (
        as_shape(kept, engine(before)),
        as_shape(shape, engine(after)),
    );
    let mut losses = lost(&Kept::from(kept), &shape);
    let ordered = after.recovery.as_ref().and_then(|it| it.action.as_ref());
    if let Some(action) = ordered {
        losses.retain(|loss| match action.kind {
            ActionKind::DropSteps => !action.steps.contains(&loss.step),
            ActionKind::Reset | ActionKind::Restore => false,
            ActionKind::Adopt => true,
        });
    }
    Ok(losses)
}

/// The remark on a flow whose steps could not be compared.
#[must_use]
pub fn not_compared(name: &str, why: &str) -> String {
    format!("whether steps of `{name}` lose their state was not checked: {why}")
}

/// Whether a flow keeps state.
fn keeps_state(spec: &DataflowSpec) -> bool {
    spec.recovery
        .as_ref()
        .and_then(|recovery| recovery.enabled)
        .unwrap_or(false)
}

fn as_shape(report: ProbeReport, engine: Option<String>) -> Shape {
    Shape {
        flow: report.flow,
        stateful: report.stateful,
        windows: report.windows,
        engine,
    }
}

fn load(flow: &Rendered, search_path: Option<OsString>) -> Result<ProbeReport, String> {
    let said = |error: CommandError| match error.causes.first() {
        Some(cause) => format!("{}: {cause}", error.message),
        None => error.message,
    };
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (workdir, scratch) = (folder.path().join("code"), folder.path().join("scratch"));
    for folder in [&workdir, &scratch] {
        std::fs::create_dir(folder).map_err(|error| error.to_string())?;
    }
    workdir::lay_out(flow, &workdir).map_err(said)?;
    let spec = &flow.dataflow.spec;
    let run = LocalRun {
        workdir,
        python_file: spec.python_file_name.clone(),
        processes: 1,
        workers: 1,
        env: spec
            .env
            .iter()
            .map(|it| (it.name.clone(), it.value.clone()))
            .collect(),
        scratch,
        search_path,
    };
    local::load(&run, DEADLINE).map_err(|error| match error {
        LoadError::Local(LocalError::NoPython(_)) => "no Python on the PATH has Bytewax".to_owned(),
        other => other.to_string(),
    })
}
