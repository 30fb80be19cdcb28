//! Compares a flow with the StatefulSet that a release runs.

use std::collections::BTreeMap;

use dataflow::Dataflow;
use dataflow::chart_values;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{Container, PodSpec};

use crate::rendered::Rendered;

/// Folder in which the chart puts the code.
const WORKDIR: &str = "/var/bytewax/";

/// Beginnings of the variables that the chart sets itself.
const OF_CHART: [&str; 4] = ["BYTEWAX_", "RUST_LOG", "RUST_BACKTRACE", "PYTHONUNBUFFERED"];

/// Returns one line for each thing that the StatefulSet does otherwise than the flow would, without values of variables.
/// Variables in `left_out` are not compared.
pub(super) fn differences(flow: &Rendered, set: &StatefulSet, left_out: &[String]) -> Vec<String> {
    let dataflow = &flow.dataflow;
    let spec = set.spec.as_ref();
    let pod = spec.and_then(|spec| spec.template.spec.as_ref());
    let Some((pod, container)) = pod.and_then(|pod| Some((pod, engine(pod)?))) else {
        return vec!["it has no container that runs Bytewax".to_owned()];
    };
    let mut found = Vec::new();
    let mut compare = |what: &str, runs: String, would: String| {
        if runs != would {
            found.push(format!("{what}: {runs} runs, the files have {would}"));
        }
    };
    let replicas = spec.and_then(|spec| spec.replicas).unwrap_or(1);
    let spec = &dataflow.spec;
    compare(
        "processes",
        replicas.to_string(),
        spec.processes().to_string(),
    );
    let image = container.image.clone().unwrap_or_default();
    compare("image", image, spec.image_reference());
    let env = variables(container);
    let of_chart = |name: &str| env.get(name).cloned().unwrap_or_default();
    let entry = of_chart("BYTEWAX_PYTHON_FILE_PATH");
    let entry = entry.strip_prefix(WORKDIR).unwrap_or(&entry).to_owned();
    compare("Python file", entry, spec.python_file_name.clone());
    let workers = of_chart("BYTEWAX_WORKERS_PER_PROCESS");
    compare("workers", workers, spec.workers().to_string());
    let keep_alive = of_chart("BYTEWAX_KEEP_CONTAINER_ALIVE");
    let wanted = spec.keep_alive.unwrap_or(false).to_string();
    compare("keepAlive", keep_alive, wanted);
    found.extend(of_values(dataflow, pod, container, &env, left_out));
    found
}

/// Returns the container of the engine.
fn engine(pod: &PodSpec) -> Option<&Container> {
    let mut containers = pod.containers.iter();
    containers.find(|container| variables(container).contains_key("BYTEWAX_PYTHON_FILE_PATH"))
}

fn variables(container: &Container) -> BTreeMap<String, String> {
    let all = container.env.iter().flatten();
    all.filter_map(|variable| Some((variable.name.clone(), variable.value.clone()?)))
        .collect()
}

/// Compares what chart values decide.
fn of_values(
    dataflow: &Dataflow,
    pod: &PodSpec,
    container: &Container,
    env: &BTreeMap<String, String>,
    left_out: &[String],
) -> Vec<String> {
    let text = dataflow.spec.chart_values.as_deref().unwrap_or_default();
    let Ok(parsed) = chart_values::parse(text) else {
        return vec!["chart values: they cannot be read".to_owned()];
    };
    let values = parsed.values;
    let mut found = Vec::new();
    let own = |name: &&String| {
        !OF_CHART.iter().any(|prefix| name.starts_with(prefix)) && !left_out.contains(*name)
    };
    let names = env
        .keys()
        .chain(values.env.keys().filter(|name| !env.contains_key(*name)));
    for name in names.filter(own) {
        if env.get(name) != values.env.get(name) {
            found.push(format!(
                "variable {name}: another value runs than the files have"
            ));
        }
    }
    let mut differ = |what: &str, same: bool| {
        if !same {
            found.push(format!("{what}: another value runs than the files have"));
        }
    };
    let resources = values.resources.unwrap_or_default();
    differ(
        "resources",
        container.resources.clone().unwrap_or_default() == resources,
    );
    let tolerations = pod.tolerations.clone().unwrap_or_default();
    differ("tolerations", tolerations == values.tolerations);
    let affinity = pod.affinity.clone().unwrap_or_default();
    differ("affinity", affinity == values.affinity.unwrap_or_default());
    let secrets = pod.image_pull_secrets.clone().unwrap_or_default();
    differ("imagePullSecrets", secrets == values.image_pull_secrets);
    found
}
