//! The two Services of a Dataflow.

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::context::PlanContext;
use super::metadata::labelled;
use crate::label;
use crate::validate::ValidatedDataflow;

const NO_ADDRESS: &str = "None";

/// Service that gives every process a name of its own.
///
/// Names must resolve before the pods are ready, since they become ready by finding each other.
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

/// Service in front of the pods' API.
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

/// Whether a live Service lacks something that is desired.
///
/// Only fields that we own are compared: the server fills in many more, and other controllers may
/// add labels of their own.
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
