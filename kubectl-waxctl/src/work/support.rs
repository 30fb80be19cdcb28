//! Reads what a support bundle contains: versions, flows with their pods, logs and reports, and the operator.
//!
//! A part that cannot be read in time is named and left out. Begin reading at [`collect`].

mod containers;
mod flow;
mod operator;
mod part;

use gitops::bundle::Bundle;
use gitops::manifests::SYSTEM_NAMESPACE;
use gitops::render::default_image;
use jiff::Timestamp;
use serde_json::json;

use crate::access::Access;
use crate::cluster::dataflows::{Scope, Selection};
use crate::cluster::process_state::why;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::ui::Ui;
use flow::Flow;
use part::Part;

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

/// Reads everything. A missing permission makes nothing fail.
///
/// # Errors
/// There is no such flow, or the cluster does not respond.
pub(crate) fn collect(
    request: Request<'_>,
    access: &Access,
    ui: &mut Ui,
) -> Result<Collected, CommandError> {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
    block_on(async {
        let session = Session::connect(access).await?;
        let mut parts = vec![versions(&session).await];
        let (flows, unknown) = flows(&session, request.name).await?;
        parts.extend(unknown);
        for flow in &flows {
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

async fn versions(session: &Session) -> Part {
    let cluster = session.server_version().await;
    let versions = json!({
        "waxctl": env!("CARGO_PKG_VERSION"),
        "defaultImage": default_image(),
        "cluster": cluster.unwrap_or_else(|why| json!({"unknown": why})),
    });
    let what = "versions of waxctl and of the cluster; those of the operator are in operator/";
    Part::objects_at("versions.yaml", what, Ok(vec![versions]))
}

/// Returns the flows, and the parts that are missing since the names of the flows are not known.
async fn flows(
    session: &Session,
    name: Option<&str>,
) -> Result<(Vec<Flow>, Option<Part>), CommandError> {
    let Some(name) = name else {
        let all = match session.list(Scope::Namespace, &Selection::default()).await {
            Ok(all) => all,
            Err(error) if error.is_denial() => {
                let part = Part::objects_at("", "dataflows", Err(why(&error.into())));
                return Ok((Vec::new(), Some(part)));
            }
            Err(error) => return Err(error.into()),
        };
        let flows = all.into_iter().map(|object| Flow {
            name: object.metadata.name.clone().unwrap_or_default(),
            object: Ok(object),
        });
        return Ok((flows.collect(), None));
    };
    let object = match session.object(name).await {
        Ok(Some(object)) => Ok(object),
        Ok(None) => return Err(session.absent(name).await),
        Err(error) if error.is_denial() => Err(why(&error.into())),
        Err(error) => return Err(error.into()),
    };
    let name = name.to_owned();
    Ok((vec![Flow { name, object }], None))
}
