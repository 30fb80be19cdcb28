//! Reads the operator: its Deployment with images and settings, its pods, and their logs.

use gitops::manifests::OPERATOR;

use super::containers;
use super::flow::{pods, values};
use super::part::Part;
use crate::cluster::Session;

/// Reads the operator of each namespace that has one.
pub(super) async fn parts(session: &Session, namespaces: &[&str], lines: u32) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut known = Vec::new();
    for namespace in namespaces {
        if known.contains(namespace) {
            continue;
        }
        known.push(*namespace);
        let session = session.in_namespace(namespace);
        let what = format!("operator in namespace {namespace}");
        let folder = format!("operator/{namespace}");
        match session.deployment(OPERATOR).await {
            Ok(None) => {}
            Err(why) => parts.push(Part::objects_at("", what, Err(why))),
            Ok(Some(deployment)) => {
                let path = format!("{folder}/deployment.yaml");
                let what = format!("{what}: its images and settings");
                parts.push(Part::objects_at(path, what, Ok(vec![deployment])));
                parts.extend(of_pods(&session, &folder, lines).await);
            }
        }
    }
    if parts.is_empty() {
        let why = format!(
            "there is no deployment `{OPERATOR}` in namespace {}; name it with --operator-namespace",
            known.join(" or ")
        );
        parts.push(Part::objects_at("", "operator", Err(why)));
    }
    parts
}

async fn of_pods(session: &Session, folder: &str, lines: u32) -> Vec<Part> {
    let pods = pods(session, &format!("app.kubernetes.io/name={OPERATOR}")).await;
    let objects = pods.as_ref().map_err(Clone::clone).map(|pods| values(pods));
    let path = format!("{folder}/pods.yaml");
    let mut parts = vec![Part::objects_at(path, "pods of the operator", objects)];
    let pods = pods.unwrap_or_default();
    parts.extend(containers::logs(session, &pods, folder, lines).await);
    parts
}
