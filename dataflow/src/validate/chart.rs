//! Checks `chartValues`.

use super::environment::check_name;
use super::fault::{Fault, Warning, WarningKind};
use crate::chart_values::{self, ChartValues, ExtraVolumeMount};
use crate::label;
use crate::reserved::{self, ENGINE_PORT, RENDEZVOUS_PORT};
use crate::spec::DataflowSpec;
use crate::spec::absent::present;

const PATH: &str = "spec.chartValues";

/// Returns the honoured values, and a warning for every key that has no effect.
pub(super) fn check(
    spec: &DataflowSpec,
    unused: Option<&str>,
    found: &mut Vec<Fault>,
) -> (ChartValues, Vec<Warning>) {
    let Some(text) = present(spec.chart_values.as_ref()) else {
        return Default::default();
    };
    let parsed = match chart_values::parse(text) {
        Ok(parsed) => parsed,
        Err(error) => {
            found.push(Fault::invalid(
                PATH,
                format!("cannot be read: {}", error.brief()),
                "write the values of the chart as YAML",
            ));
            return Default::default();
        }
    };
    for chart in &parsed.sub_charts {
        found.push(Fault::invalid(
            format!("{PATH}.{chart}"),
            "is a separate chart, which belongs to the cluster and not to one dataflow",
            "install that chart separately and remove the key",
        ));
    }
    ports(&parsed.values, found);
    environment(&parsed.values, found);
    container(&parsed.values, verifies(spec), unused, found);
    collector(&parsed.values, found);
    metadata(&parsed.values, found);
    volumes(&parsed.values, found);
    let warnings = parsed
        .not_honoured
        .iter()
        .map(|key| not_honoured(key))
        .collect();
    (parsed.values, warnings)
}

fn not_honoured(key: &str) -> Warning {
    let message = match key {
        "image" | "configuration" => {
            format!("`{key}` has no effect: the fields of the spec override it")
        }
        _ => format!("`{key}` has no effect"),
    };
    Warning {
        path: format!("{PATH}.{key}"),
        message,
        kind: WarningKind::ChartValuesNotHonoured,
    }
}

fn ports(values: &ChartValues, found: &mut Vec<Fault>) {
    let (process, api) = (values.process_port(), values.api_port());
    for (key, port, other) in [("service", process, api), ("api", api, process)] {
        let problem = if !(1024..=65535).contains(&port) {
            format!("is {port}")
        } else if port == ENGINE_PORT {
            format!("is {port}, which the engine's own web server uses")
        } else if port == RENDEZVOUS_PORT {
            format!("is {port}, which the processes use to agree on a start")
        } else if port == other && key == "api" {
            format!("is {port}, the same as `service.port`")
        } else {
            continue;
        };
        let instead = "write another number from 1024 to 65535, or remove it";
        found.push(Fault::invalid(
            format!("{PATH}.{key}.port"),
            problem,
            instead,
        ));
    }
}

fn environment(values: &ChartValues, found: &mut Vec<Fault>) {
    for (name, value) in &values.env {
        let path = format!("{PATH}.env.{name}");
        check_name(name, &path, found);
        if name.contains("{{") || value.contains("{{") {
            found.push(template(path));
        }
    }
    for name in values.env_value_from.keys() {
        let path = format!("{PATH}.envValueFrom.{name}");
        check_name(name, &path, found);
        if values.env.contains_key(name) {
            found.push(Fault::invalid(
                path,
                "is also set in `env`",
                "keep one of them",
            ));
        }
    }
    if values
        .env_from_secret
        .as_ref()
        .is_some_and(|name| name.contains("{{"))
    {
        found.push(template(format!("{PATH}.envFromSecret")));
    }
}

fn volumes(values: &ChartValues, found: &mut Vec<Fault>) {
    let mounts = &values.extra_volume_mounts;
    for (at, mount) in mounts.iter().enumerate() {
        let path = |field: &str| format!("{PATH}.extraVolumeMounts[{at}].{field}");
        let name = mount.name.as_str();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 50 || !name.bytes().all(plain) || name.ends_with('-') {
            found.push(Fault::invalid(
                path("name"),
                format!("`{name}` is not a valid name of a volume"),
                "write at most 50 lower-case letters, digits and dashes",
            ));
        } else if mounts[..at].iter().any(|earlier| earlier.name == name) {
            found.push(Fault::invalid(
                path("name"),
                format!("`{name}` is used twice"),
                "give each volume a different name",
            ));
        }
        let folder = mount.folder();
        let same = |earlier: &ExtraVolumeMount| folder.is_some() && earlier.folder() == folder;
        let Some(folder) = folder.as_deref() else {
            found.push(Fault::invalid(
                path("mountPath"),
                format!("`{}` is not a folder in the container", mount.mount_path),
                "write an absolute path such as `/data`",
            ));
            continue;
        };
        if mounts[..at].iter().any(same) {
            found.push(Fault::invalid(
                path("mountPath"),
                format!("`{folder}` is used twice"),
                "mount each volume at a folder of its own",
            ));
        } else if reserved::FOLDERS.contains(&folder) {
            found.push(Fault::invalid(
                path("mountPath"),
                format!("`{folder}` is reserved for the platform"),
                "write another folder",
            ));
        }
        if present(mount.existing_claim.as_ref()).is_some()
            && present(mount.host_path.as_ref()).is_some()
        {
            found.push(Fault::invalid(
                path("hostPath"),
                "cannot be combined with `existingClaim`",
                "keep one of them",
            ));
        }
    }
}

fn metadata(values: &ChartValues, found: &mut Vec<Fault>) {
    let texts = [
        ("extraLabels", &values.extra_labels, true),
        ("podLabels", &values.pod_labels, true),
        ("nodeSelector", &values.node_selector, true),
        ("podAnnotations", &values.pod_annotations, false),
    ];
    for (field, map, labels) in texts {
        for (key, value) in map {
            let path = format!("{PATH}.{field}.{key}");
            if !label::is_key(key) {
                let instead =
                    "write letters, digits, `-`, `_` and `.`, after an optional `domain/`";
                found.push(Fault::invalid(
                    path,
                    "is not a valid key of a label or annotation",
                    instead,
                ));
            } else if labels && !label::is_value(value) {
                found.push(Fault::invalid(
                    path,
                    format!("`{value}` is not a valid value of a label"),
                    "write at most 63 letters, digits, `-`, `_` and `.`",
                ));
            }
        }
    }
}

/// Adds a fault if the URL of the collector has no scheme, since the engine would hang forever.
fn collector(values: &ChartValues, found: &mut Vec<Fault>) {
    let Some(url) = values
        .custom_otlp_url
        .as_ref()
        .filter(|url| !url.is_empty())
    else {
        return;
    };
    if !["http://", "https://", "grpc://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
    {
        found.push(Fault::invalid(
            format!("{PATH}.customOtlpUrl"),
            format!("`{url}` has no scheme"),
            "write an address such as `http://collector:4317`",
        ));
    }
}

/// Returns the fault of a value with a Helm template. The original chart evaluated templates in some values; this
/// platform does not.
fn template(path: String) -> Fault {
    Fault::invalid(
        path,
        "contains a Helm template",
        "write the value that the template gives",
    )
}

/// Returns true if the pods have a container that verifies the recovery volume.
fn verifies(spec: &DataflowSpec) -> bool {
    let recovery = spec.recovery.as_ref();
    recovery.is_some_and(|recovery| recovery.enabled.unwrap_or(false))
}

fn container(values: &ChartValues, verifies: bool, unused: Option<&str>, found: &mut Vec<Fault>) {
    let name = values.container();
    let edge = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    let label = bytes.len() <= 63
        && bytes.first().is_some_and(edge)
        && bytes.last().is_some_and(edge)
        && bytes.iter().all(|byte| edge(byte) || *byte == b'-');
    let taken: Vec<&str> = reserved::CONTAINERS
        .into_iter()
        .filter(|&taken| verifies || taken != reserved::VERIFY)
        .filter(|&taken| Some(taken) != unused)
        .collect();
    if !label || taken.contains(&name) {
        found.push(Fault::invalid(
            format!("{PATH}.containerName"),
            format!("`{name}` cannot be the name of the container"),
            format!(
                "write lower-case letters, digits and `-`; reserved names are {}",
                taken
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        ));
    }
}
