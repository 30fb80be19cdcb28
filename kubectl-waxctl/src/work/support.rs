//! Reads what a support bundle contains: versions, flows with their pods, logs and reports, and the operator.
//!
//! A part that cannot be read in time is named and left out. Begin reading at [`collect`].

mod containers;
mod flow;
mod operator;
mod part;

use std::time::{Duration, Instant};

use gitops::bundle::Bundle;
use gitops::manifests::SYSTEM_NAMESPACE;
use gitops::render::default_image;
use jiff::Timestamp;
use serde_json::json;

use crate::access::Access;
use crate::cluster::dataflows::{Scope, Selection};
use crate::cluster::inventory::in_time;
use crate::cluster::process_state::why;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::ui::Ui;
use flow::Flow;
use part::Part;

/// The time limit after which no further flow is read.
const FLOWS_TIMEOUT: Duration = Duration::from_secs(120);

/// What the bundle is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// Name of the flow; without it, all flows of the namespace.
    pub(crate) name: Option<&'a str>,
    /// Namespace of the operator, if the user names it.
    pub(crate) operator_namespace: Option<&'a str>,
    /// Number of lines of each log.
    pub(crate) lines: u32,
}

/// A bundle with the name of its folder.
#[derive(Debug)]
pub(crate) struct Collected {
    /// Name of the folder, and of the file by default.
    pub(crate) folder: String,
    /// The time in seconds since 1970.
    pub(crate) time: u64,
    /// The files.
    pub(crate) bundle: Bundle,
}

/// Reads everything. A missing permission or a late answer makes nothing fail.
///
/// # Errors
/// There is no such flow, or the cluster cannot be reached.
pub(crate) fn collect(
    request: Request<'_>,
    access: &Access,
    ui: &mut Ui,
) -> Result<Collected, CommandError> {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
    block_on(async {
        let session = Session::connect(access).await?;
        let mut parts = versions(&session).await;
        let (flows, unknown) = flows(&session, request.name).await?;
        parts.extend(unknown);
        let begun = Instant::now();
        for flow in &flows {
            if begun.elapsed() > FLOWS_TIMEOUT {
                let why = format!("the others took {} s", FLOWS_TIMEOUT.as_secs());
                let what = format!("dataflow {}", flow.name);
                parts.push(Part::objects_at("", what, Err(why)));
                continue;
            }
            ui.progress(&format!("reading dataflow `{}`", flow.name));
            parts.extend(flow::parts(&session, flow, request.lines).await);
        }
        ui.progress("reading the operator");
        let namespaces = match request.operator_namespace {
            Some(namespace) => vec![namespace],
            None => vec![session.namespace(), SYSTEM_NAMESPACE],
        };
        parts.extend(operator::parts(&session, &namespaces, request.lines).await);
        let about = request.name.unwrap_or(session.namespace());
        let mut bundle = Bundle::new(&subject(&session, request.name), &now.to_string());
        let own = session.own_secrets(access).await;
        own.values.iter().for_each(|secret| bundle.hide(secret));
        own.settings.into_iter().for_each(|one| bundle.search(one));
        for part in parts {
            part.add_to(&mut bundle);
        }
        let stamp = now.to_string().replace(['-', ':'], "");
        Ok(Collected {
            folder: format!("waxctl-support-{about}-{stamp}"),
            time: now.as_second().unsigned_abs(),
            bundle,
        })
    })
}

fn subject(session: &Session, name: Option<&str>) -> String {
    let namespace = session.namespace();
    match name {
        Some(name) => format!("dataflow {name} in namespace {namespace}"),
        None => format!("all dataflows in namespace {namespace}"),
    }
}

async fn versions(session: &Session) -> Vec<Part> {
    let cluster = session.server_version().await;
    let missing = cluster.as_ref().err().cloned();
    let versions = json!({
        "waxctl": env!("CARGO_PKG_VERSION"),
        "defaultImage": default_image(),
        "cluster": cluster.unwrap_or_else(|why| json!({"unknown": why})),
    });
    let what = "versions of waxctl and of the cluster; those of the operator are in operator/";
    let mut parts = vec![Part::objects_at("versions.yaml", what, Ok(vec![versions]))];
    let missing = missing.map(|why| Part::objects_at("", "version of the cluster", Err(why)));
    parts.extend(missing);
    parts
}

/// Returns the flows, and the parts that are missing since the names of the flows are not known.
async fn flows(
    session: &Session,
    name: Option<&str>,
) -> Result<(Vec<Flow>, Option<Part>), CommandError> {
    let Some(name) = name else {
        let missing = |why| {
            let part = Part::objects_at("", "dataflows", Err(why));
            Ok((Vec::new(), Some(part)))
        };
        let selection = Selection::default();
        let listed = in_time(async { Ok(session.list(Scope::Namespace, &selection).await) });
        let all = match listed.await {
            Ok(Ok(all)) => all,
            Ok(Err(error)) if error.is_denial() => return missing(why(&error.into())),
            Ok(Err(error)) => return Err(error.into()),
            Err(late) => return missing(late),
        };
        let flows = all.into_iter().map(|object| Flow {
            name: object.metadata.name.clone().unwrap_or_default(),
            object: Ok(object),
        });
        return Ok((flows.collect(), None));
    };
    let read = in_time(async { Ok(session.object(name).await) });
    let object = match read.await {
        Ok(Ok(Some(object))) => Ok(object),
        Ok(Ok(None)) => return Err(session.absent(name).await),
        Ok(Err(error)) if error.is_denial() => Err(why(&error.into())),
        Ok(Err(error)) => return Err(error.into()),
        Err(late) => Err(late),
    };
    let name = name.to_owned();
    Ok((vec![Flow { name, object }], None))
}
