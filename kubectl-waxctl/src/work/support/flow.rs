//! Reads one flow: the Dataflow, its children, events, reports of agents and logs.

use dataflow::{Dataflow, DataflowName, label};
use futures::StreamExt as _;
use gitops::event::{COLUMNS, cells, is_about, last_seen};
use gitops::table::Table;
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::ResourceExt;
use kube::api::DynamicObject;
use kube::core::ApiResource;
use serde_json::Value;

use super::containers;
use super::part::Part;
use crate::cluster::Session;
use crate::cluster::inventory::in_time;
use crate::cluster::process_state::why;
use crate::process_state::Answer;
use crate::work::cause;

/// The maximum number of concurrent requests.
const MAX_CONCURRENT: usize = 8;

/// The reports of an agent, with the names of their files.
const REPORTS: [(&str, &str, &str); 3] = [
    ("/v1/live", "live", "state of the process"),
    ("/v1/store", "store", "recovery partitions and backups"),
    (
        "/dataflow",
        "dataflow",
        "steps as the engine describes them",
    ),
];

/// A flow whose parts are read.
#[derive(Debug)]
pub(super) struct Flow {
    /// Its name.
    pub(super) name: String,
    /// The Dataflow, or why it cannot be read.
    pub(super) object: Answer<DynamicObject>,
}

/// Reads all parts of a flow.
pub(super) async fn parts(session: &Session, flow: &Flow, lines: u32) -> Vec<Part> {
    let name = &flow.name;
    let folder = format!("flows/{name}");
    let at = |file: &str| format!("{folder}/{file}");
    let of_flow = format!("{}={name}", label::DATAFLOW_INFO);
    let object = flow.object.as_ref().map_err(Clone::clone);
    let object = object.map(|object| vec![value(object)]);
    let (pods, text, events, sets, revisions, claims) = tokio::join!(
        pods(session, &of_flow),
        causes(session, name),
        events(session, name),
        session.objects_of::<StatefulSet>(&of_flow),
        session.objects_of::<ControllerRevision>(&of_flow),
        session.objects_of::<PersistentVolumeClaim>(&of_flow),
    );
    let pod_objects = pods.as_ref().map_err(Clone::clone).map(|pods| values(pods));
    let mut parts = vec![
        Part::objects_at(
            at("dataflow.yaml"),
            format!("dataflow {name} with its status"),
            object,
        ),
        Part::text_at(
            at("why.txt"),
            format!("chain of causes of dataflow {name}, as df why shows it"),
            text,
        ),
        Part::text_at(
            at("events.txt"),
            format!("events of dataflow {name}"),
            events,
        ),
        Part::objects_at(
            at("pods.yaml"),
            format!("pods of dataflow {name}"),
            pod_objects,
        ),
        Part::objects_at(
            at("statefulset.yaml"),
            format!("StatefulSet of dataflow {name}"),
            sets,
        ),
        Part::objects_at(
            at("revisions.yaml"),
            format!("revisions of dataflow {name}"),
            revisions,
        ),
        Part::objects_at(
            at("volumes.yaml"),
            format!("PVCs of dataflow {name}"),
            claims,
        ),
    ];
    let pods = pods.unwrap_or_default();
    parts.extend(reports(session, &pods, &folder).await);
    parts.extend(containers::logs(session, &pods, &folder, lines).await);
    parts
}

/// Returns the Dataflow as a document. In a list the API server leaves out its kind.
fn value(object: &DynamicObject) -> Value {
    let kind = ApiResource::erase::<Dataflow>(&());
    let mut value = serde_json::to_value(object).unwrap_or_default();
    value["apiVersion"] = kind.api_version.into();
    value["kind"] = kind.kind.into();
    value
}

/// Returns the pods that `labels` select, sorted by name.
pub(super) async fn pods(session: &Session, labels: &str) -> Answer<Vec<Pod>> {
    let listed = in_time(async {
        let listed = session.pods(labels).await;
        listed.map_err(|error| why(&error.into()))
    });
    let mut pods = listed.await?;
    pods.sort_by_key(ResourceExt::name_any);
    Ok(pods)
}

/// Returns pods as documents.
pub(super) fn values(pods: &[Pod]) -> Vec<Value> {
    let pods = pods.iter();
    pods.map(|pod| serde_json::to_value(pod).unwrap_or_default())
        .collect()
}

async fn causes(session: &Session, name: &str) -> Answer<String> {
    let text = in_time(async {
        let text = cause::text_in(session, name).await;
        text.map_err(|error| why(&error))
    });
    text.await
}

async fn events(session: &Session, name: &str) -> Answer<String> {
    let flow = DataflowName::try_from(name).map_err(|error| error.to_string())?;
    let listed = in_time(async {
        let listed = session.events().await;
        listed.map_err(|error| why(&error.into()))
    });
    let mut events = listed.await?.objects;
    events.retain(|event| is_about(event, &flow));
    events.sort_by_key(last_seen);
    let now = Timestamp::now();
    let rows: Vec<_> = events.iter().map(|event| cells(event, now)).collect();
    Ok(Table::new(COLUMNS).with_heading(&rows))
}

/// Asks the agents of the pods that run a process.
async fn reports(session: &Session, pods: &[Pod], folder: &str) -> Vec<Part> {
    let runs = |pod: &&Pod| {
        let is_process = pod.labels().get(label::COMPONENT).map(String::as_str);
        is_process == Some(label::PROCESS)
    };
    let wanted = pods.iter().filter(runs);
    let wanted: Vec<_> = wanted
        .flat_map(|pod| REPORTS.map(|report| (pod, report)))
        .collect();
    let asked = wanted.iter().map(|(pod, (path, file, what))| async move {
        let name = pod.name_any();
        Part::objects_at(
            format!("{folder}/agents/{name}/{file}.yaml"),
            format!("{what}, by the agent in pod {name}"),
            session.report(pod, path).await.map(|report| vec![report]),
        )
    });
    futures::stream::iter(asked)
        .buffered(MAX_CONCURRENT)
        .collect()
        .await
}
