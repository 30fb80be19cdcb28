//! Environment variables of the containers: the agent's own settings and the user's.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{EnvFromSource, EnvVar, SecretEnvSource};

use super::template::Template;
use super::variable::{field, plain};
use super::{backup, recovery};
use crate::reserved::ENGINE_PORT;
use crate::validate::ValidatedDataflow;

/// Settings of `fetch`.
pub(super) fn fetch(template: &Template<'_>) -> Vec<EnvVar> {
    let mut env = vec![plain("WAXRUN_NAME", template.dataflow.name.as_str())];
    env.extend(
        template
            .dataflow
            .tar
            .as_ref()
            .map(|tar| plain("WAXRUN_TAR", tar)),
    );
    env
}

/// Settings of `verify`.
pub(super) fn verify(template: &Template<'_>) -> Vec<EnvVar> {
    let mut env = identity(template);
    env.extend(recovery::orders(template));
    env
}

/// Settings of the sidecar.
pub(super) fn sidecar(template: &Template<'_>) -> Vec<EnvVar> {
    let mut env = identity(template);
    env.extend(ports(template.dataflow));
    env.push(plain(
        "WAXRUN_API_PORT",
        &template.dataflow.chart.api_port(),
    ));
    env.extend(recovery::orders(template));
    let known: BTreeSet<String> = env.iter().map(|env| env.name.clone()).collect();
    let more = backup::environment(template.dataflow).into_iter();
    env.extend(more.filter(|env| !known.contains(&env.name)));
    env
}

/// Settings of `launch`, and what the user's code sees.
pub(super) fn launch(template: &Template<'_>) -> Vec<EnvVar> {
    let dataflow = template.dataflow;
    let mut env = identity(template);
    env.extend([
        plain("WAXRUN_WORKERS", &dataflow.workers),
        plain("WAXRUN_PYTHON_FILE", &dataflow.python_file),
        plain("WAXRUN_KEEP_ALIVE", &dataflow.keep_alive),
    ]);
    env.extend(ports(dataflow));
    env.extend(recovery::orders(template));
    env.extend(user(dataflow));
    env
}

/// Settings of `probe`, and what the user's code sees while it is tried.
pub(super) fn probe(template: &Template<'_>) -> Vec<EnvVar> {
    let dataflow = template.dataflow;
    let mut env = vec![
        plain("WAXRUN_NAME", dataflow.name.as_str()),
        plain("WAXRUN_PYTHON_FILE", &dataflow.python_file),
    ];
    env.extend(user(dataflow));
    env
}

/// Secrets whose keys become variables of the user's container.
pub(super) fn from_secrets(dataflow: &ValidatedDataflow) -> Option<Vec<EnvFromSource>> {
    let single = dataflow
        .chart
        .env_from_secret
        .as_ref()
        .filter(|name| !name.is_empty());
    let sources: Vec<EnvFromSource> = single
        .map(|name| (name, None))
        .into_iter()
        .chain(
            dataflow
                .chart
                .env_from_secrets
                .iter()
                .map(|secret| (&secret.name, secret.optional)),
        )
        .map(|(name, optional)| EnvFromSource {
            secret_ref: Some(SecretEnvSource {
                name: name.clone(),
                optional,
            }),
            ..EnvFromSource::default()
        })
        .collect();
    (!sources.is_empty()).then_some(sources)
}

fn identity(template: &Template<'_>) -> Vec<EnvVar> {
    let dataflow = template.dataflow;
    vec![
        plain("WAXRUN_NAME", dataflow.name.as_str()),
        field("WAXRUN_NAMESPACE", "metadata.namespace"),
        field("WAXRUN_POD_NAME", "metadata.name"),
        plain("WAXRUN_PROCESSES", &dataflow.processes),
        plain("WAXRUN_START", &template.context.start),
        plain("WAXRUN_REVISION", template.revision.as_str()),
    ]
}

fn ports(dataflow: &ValidatedDataflow) -> [EnvVar; 2] {
    [
        plain("WAXRUN_PROCESS_PORT", &dataflow.chart.process_port()),
        plain("WAXRUN_ENGINE_PORT", &ENGINE_PORT),
    ]
}

/// Where spans go, in the variable that code written for the chart reads. Only when it is set: the
/// chart named a collector that did not exist.
fn otlp_url(dataflow: &ValidatedDataflow, in_spec: &BTreeSet<&str>) -> Option<EnvVar> {
    const NAME: &str = "BYTEWAX_OTLP_URL";
    let url = dataflow
        .chart
        .custom_otlp_url
        .as_ref()
        .filter(|url| !url.is_empty())?;
    (!in_spec.contains(NAME)).then(|| plain(NAME, url))
}

/// The user's variables: those of the chart first, so that those of the spec can refer to them, and
/// without the ones that the spec gives anew.
fn user(dataflow: &ValidatedDataflow) -> Vec<EnvVar> {
    let chart = &dataflow.chart;
    let in_spec: BTreeSet<&str> = dataflow.env.iter().map(|env| env.name.as_str()).collect();
    let values = chart.env.iter().map(|(name, value)| plain(name, value));
    let sources = chart.env_value_from.iter().map(|(name, source)| EnvVar {
        name: name.clone(),
        value: None,
        value_from: Some(source.clone()),
    });
    let from_chart: Vec<EnvVar> = values
        .chain(sources)
        .filter(|env| !in_spec.contains(env.name.as_str()))
        .collect();
    from_chart
        .into_iter()
        .chain(otlp_url(dataflow, &in_spec))
        .chain(dataflow.env.iter().map(|env| plain(&env.name, &env.value)))
        .collect()
}
