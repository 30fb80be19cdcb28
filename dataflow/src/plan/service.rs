//! The two Services of a Dataflow: the headless Service of the processes and the Service of the pods' API.

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::context::PlanContext;
use super::metadata::labelled;
use crate::label;
use crate::validate::ValidatedDataflow;

const NO_ADDRESS: &str = "None";

/// Returns the headless Service, which gives every process its own DNS name.
///
/// Order: the names must resolve before the pods are ready, since a pod is ready only when it has connected to the
/// others.
pub(super) fn headless(dataflow: &ValidatedDataflow, context: &PlanContext) -> Service {
    Service {
        metadata: labelled(dataflow, dataflow.name.headless_service(), context),
        spec: Some(ServiceSpec {
            cluster_ip: Some(NO_ADDRESS.to_owned()),
            ports: Some(vec![port("process", dataflow.chart.process_port())]),
            publish_not_ready_addresses: Some(true),
            selector: Some(label::selector(&dataflow.name)),
            ..ServiceSpec::default()
        }),
        status: None,
    }
}

/// Returns the Service of the pods' API.
pub(super) fn api(dataflow: &ValidatedDataflow, context: &PlanContext) -> Service {
    Service {
        metadata: labelled(dataflow, dataflow.name.api_service(), context),
        spec: Some(ServiceSpec {
            ports: Some(vec![port("api", dataflow.chart.api_port())]),
            selector: Some(label::selector(&dataflow.name)),
            ..ServiceSpec::default()
        }),
        status: None,
    }
}

fn port(name: &str, number: i32) -> ServicePort {
    ServicePort {
        name: Some(name.to_owned()),
        port: number,
        protocol: Some("TCP".to_owned()),
        target_port: Some(IntOrString::String(name.to_owned())),
        ..ServicePort::default()
    }
}

/// Returns true if a live Service differs from the desired one.
///
/// Only the fields that the operator owns are compared. The API server sets many other fields, and other controllers
/// can add their own labels.
#[must_use]
pub fn service_differs(desired: &Service, live: &Service) -> bool {
    let owned = |service: &Service| {
        let spec = service.spec.clone().unwrap_or_default();
        let ports: Vec<_> = spec
            .ports
            .unwrap_or_default()
            .into_iter()
            .map(|port| (port.name, port.port, port.protocol, port.target_port))
            .collect();
        (
            ports,
            spec.selector,
            spec.publish_not_ready_addresses.unwrap_or(false),
            spec.cluster_ip.as_deref() == Some(NO_ADDRESS),
        )
    };
    let live_labels = live.metadata.labels.as_ref();
    let label_missing = desired
        .metadata
        .labels
        .iter()
        .flatten()
        .any(|(key, value)| live_labels.and_then(|labels| labels.get(key)) != Some(value));
    label_missing || owned(desired) != owned(live)
}
