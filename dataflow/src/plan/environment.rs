//! Environment variables of the containers: the agent's settings and the user's variables.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{EnvFromSource, EnvVar, SecretEnvSource};

use super::template::Template;
use super::variable::{field, plain};
use super::{backup, recovery};
use crate::reserved::ENGINE_PORT;
use crate::validate::ValidatedDataflow;

/// Returns the settings of `fetch`.
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

/// Returns the settings of `verify`.
pub(super) fn verify(template: &Template<'_>) -> Vec<EnvVar> {
    let mut env = identity(template);
    env.extend(recovery::environment(template));
    env
}

/// Returns the settings of the sidecar.
pub(super) fn sidecar(template: &Template<'_>) -> Vec<EnvVar> {
    let mut env = identity(template);
    env.extend(ports(template.dataflow));
    env.push(plain(
        "WAXRUN_API_PORT",
        &template.dataflow.chart.api_port(),
    ));
    env.extend(recovery::environment(template));
    let known: BTreeSet<String> = env.iter().map(|env| env.name.clone()).collect();
    let more = backup::environment(template.dataflow).into_iter();
    env.extend(more.filter(|env| !known.contains(&env.name)));
    env
}

/// Returns the settings of `launch` and the user's variables.
pub(super) fn launch(template: &Template<'_>) -> Vec<EnvVar> {
    let dataflow = template.dataflow;
    let mut env = identity(template);
    env.extend([
        plain("WAXRUN_WORKERS", &dataflow.workers),
        plain("WAXRUN_PYTHON_FILE", &dataflow.python_file),
        plain("WAXRUN_KEEP_ALIVE", &dataflow.keep_alive),
    ]);
    env.extend(ports(dataflow));
    env.extend(recovery::environment(template));
    env.extend(user(dataflow));
    env
}

/// Returns the settings of `probe` and the user's variables.
pub(super) fn probe(template: &Template<'_>) -> Vec<EnvVar> {
    let dataflow = template.dataflow;
    let mut env = vec![
        plain("WAXRUN_NAME", dataflow.name.as_str()),
        plain("WAXRUN_PYTHON_FILE", &dataflow.python_file),
    ];
    env.extend(user(dataflow));
    env
}

/// Returns the Secrets whose keys become variables of the user's container.
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

/// Returns the address of the collector of spans, in the variable that code written for the chart reads. It is present
/// only if the user sets it: the default of the chart named a collector that did not exist.
fn otlp_url(dataflow: &ValidatedDataflow, in_spec: &BTreeSet<&str>) -> Option<EnvVar> {
    const NAME: &str = "BYTEWAX_OTLP_URL";
    let url = dataflow
        .chart
        .custom_otlp_url
        .as_ref()
        .filter(|url| !url.is_empty())?;
    (!in_spec.contains(NAME)).then(|| plain(NAME, url))
}

/// Returns the user's variables.
///
/// Order: variables of `chartValues` come first, so that those of the spec can refer to them. A variable of
/// `chartValues` is omitted if the spec sets the same name.
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
