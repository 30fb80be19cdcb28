//! Finds the graph of a flow, as its engine in the cluster describes it, or by loading the user's own code.
//!
//! Code of git or of the cluster is never run. Of a version in git only the stateful steps are known, from its record
//! ([`gitops::loss::recorded`]); a flow in the cluster is described by its engine.

use dataflow::steps::Shape;
use gitops::graph::{self, Graph};
use gitops::loss;
use gitops::own_code;
use gitops::render;
use gitops::rendered::Rendered;
use gitops::settings::FlowSettings;
use gitops::source::Source;

use super::comparison::cluster;
use super::comparison::git::{Place, present};
use super::comparison::pair::name_of;
use super::lookup;
use super::step_check::as_shape;
use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::error::{CommandError, Kind};
use crate::hints;
use crate::local::python::{self, LoadFailure};

/// The user's own flow, as Bytewax on this machine describes it.
#[derive(Debug)]
pub(crate) struct OwnFlow {
    /// Its graph.
    pub(crate) graph: Graph,
    /// Its stateful steps.
    shape: Shape,
}

/// The version that the user's own flow is compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Present<'a> {
    /// The version in git.
    Git(Place<'a>),
    /// The version in the cluster.
    Cluster(&'a Access),
}

/// The differences between two versions.
#[derive(Debug)]
pub(crate) struct Differences {
    /// One line for each.
    pub(crate) lines: Vec<String>,
    /// What was compared, if it was not the whole graph.
    pub(crate) note: Option<String>,
}

/// Returns the graph that the engine of a Dataflow has loaded.
///
/// # Errors
/// There is no such Dataflow, or none of its processes can say it.
pub(crate) fn of_running(name: &str, access: &Access) -> Result<Graph, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        lookup::present(&session, name).await?;
        session.graph(name).await
    })
}

/// Loads the code of a source in the Python on the PATH, and returns its graph.
///
/// # Errors
/// The source is no flow, its entry point leads out of it, or its code cannot be loaded.
pub(crate) fn of_source(source: &Source, settings: &FlowSettings) -> Result<OwnFlow, CommandError> {
    let flow = render::render(settings, source)?;
    let path = source.path.display();
    let cannot = || CommandError::failure(format!("cannot show the graph of {path}"));
    own_code::refuse_foreign(&flow, source, settings).map_err(|why| cannot().because(why))?;
    let variables = own_code::variables(&flow.dataflow.spec.env, source, settings);
    let description =
        python::describe(&flow, variables.named).map_err(|failure| match failure {
            LoadFailure::Interrupted => CommandError::ended(Kind::Interrupted),
            LoadFailure::RunsOnImport(message) => CommandError::usage(message),
            LoadFailure::NoPython => hints::install_bytewax(cannot().because(python::NO_PYTHON)),
            LoadFailure::Other(why) => cannot().because(why),
        })?;
    let graph = Graph::read(&description.graph).map_err(|error| {
        cannot()
            .because("its engine describes it in an unknown form")
            .chain(&error)
    })?;
    Ok(OwnFlow {
        graph,
        shape: as_shape(description.flow),
    })
}

/// Compares the user's own flow with its present version.
///
/// # Errors
/// There is no present version, its steps are not known, or git or the cluster fails.
pub(crate) fn differences(
    own: &OwnFlow,
    source: &Source,
    settings: &FlowSettings,
    with: Present<'_>,
) -> Result<Differences, CommandError> {
    match with {
        Present::Git(place) => {
            let (against, flow) = present(source, settings, &place)?;
            Ok(Differences {
                lines: stateful(own, &flow, &against)?,
                note: Some(format!(
                    "git records only the steps that keep state, so no others are compared with {against}"
                )),
            })
        }
        Present::Cluster(access) => block_on(async {
            let session = Session::connect(access).await?;
            let (session, live) = cluster::read(&session, source, settings).await?;
            let name = name_of(source, settings)?;
            match live {
                Some((live, code)) => {
                    let live = Rendered::as_written(&live, code);
                    with_cluster(own, &session, &name, &live).await
                }
                None => Err(session.absent(&name).await),
            }
        }),
    }
}

/// Compares with what the engine describes; if no process can be asked, with the record of the Dataflow.
async fn with_cluster(
    own: &OwnFlow,
    session: &Session,
    name: &str,
    live: &Rendered,
) -> Result<Differences, CommandError> {
    let asked = match session.graph(name).await {
        Ok(graph) => {
            return Ok(Differences {
                lines: graph::compare(&graph, &own.graph),
                note: None,
            });
        }
        Err(error) => error,
    };
    let against = format!("dataflow `{name}` in namespace {}", session.namespace());
    let lines = stateful(own, live, &against)
        .map_err(|error| asked.causes.iter().fold(error, CommandError::because))?;
    let why = asked.causes.first().unwrap_or(&asked.message);
    Ok(Differences {
        lines,
        note: Some(format!(
            "only the steps that keep state are compared with {against}, since {why}"
        )),
    })
}

/// Compares the stateful steps with the record of the present version.
fn stateful(own: &OwnFlow, flow: &Rendered, against: &str) -> Result<Vec<String>, CommandError> {
    let cannot = CommandError::failure(format!("cannot compare the graph with {against}"));
    let recorded = match loss::recorded(flow) {
        Ok(shape) => shape,
        Err(_) if !loss::keeps_state(flow) => {
            return Err(cannot
                .because("only flows with recovery have a record of their steps")
                .hint("compare two graphs that `waxctl df graph SOURCE -o json` has written, with `--against FILE`"));
        }
        Err(why) => return Err(cannot.because(format!("its version {why}"))),
    };
    Ok(graph::compare_stateful(&recorded, &own.shape))
}
