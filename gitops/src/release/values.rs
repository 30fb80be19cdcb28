//! The values of a release: those that are fields of a Dataflow, those that stay chart values, and those that are lost.

use dataflow::chart_values;
use dataflow::spec::PullPolicy;
use serde_json::{Map, Value, json};

use super::error::ReleaseError;
use crate::secret;
use crate::settings::{FlowSettings, RecoverySettings};

/// Values that become fields of the Dataflow.
const FIELDS: [&str; 2] = ["image", "configuration"];

/// Values below `configuration` that have a field, or decide where the code comes from.
const CONFIGURATION: [&str; 12] = [
    "pythonFileName",
    "processesCount",
    "workersPerProcess",
    "keepAlive",
    "jobMode",
    "configMap",
    "recovery.enabled",
    "recovery.partsCount",
    "recovery.snapshotInterval",
    "recovery.backupInterval",
    "recovery.persistence.size",
    "recovery.persistence.storageClassName",
];

/// Returns the defaults of the published chart that are also those of a Dataflow. Empty values are defaults, too.
fn published() -> Value {
    json!({
        "containerName": "process",
        "service": {"port": 9999},
        "api": {"port": 3030, "enabled": true, "cacheport": 3033},
        "podSecurityContext": {"fsGroup": 2000, "runAsGroup": 3000, "runAsNonRoot": true, "runAsUser": 65532},
        "securityContext": {
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
            "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
        },
        "serviceAccount": {"create": true, "annotations": {}, "name": ""},
        "configuration": {"recovery": {"persistence": {"accessModes": ["ReadWriteOnce"], "finalizers": ["kubernetes.io/pvc-protection"]}}},
        "podMonitor": {"enabled": false, "selector": {"release": "my-prometheus"}},
    })
}

/// Merges the user's values into the defaults of the chart, as Helm does: `null` removes a default.
pub(super) fn merge(defaults: &mut Value, given: &Value) {
    match (defaults, given) {
        (Value::Object(defaults), Value::Object(given)) => {
            for (key, value) in given {
                if value.is_null() {
                    defaults.remove(key);
                } else {
                    merge(defaults.entry(key.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (_, Value::Null) => {}
        (defaults, given) => *defaults = given.clone(),
    }
}

/// Sets the tag of the image to the version of the application, as the chart does without one.
pub(super) fn set_default_tag(values: &mut Value, app_version: &str) {
    if text(values, "/image/tag").is_none() && !app_version.is_empty() {
        merge(values, &json!({"image": {"tag": app_version}}));
    }
}

/// Returns a text or a number as text; `None` if it is empty or missing.
pub(super) fn text(values: &Value, pointer: &str) -> Option<String> {
    match values.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
    .filter(|text| !text.is_empty())
}

/// Returns a flag, also one that `helm --set-string` has made a text.
pub(super) fn flag(values: &Value, pointer: &str) -> Result<Option<bool>, ReleaseError> {
    match values.pointer(pointer) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => text.parse().map(Some).map_err(|_| unreadable(pointer)),
        Some(_) => Err(unreadable(pointer)),
    }
}

fn number(values: &Value, pointer: &str) -> Result<Option<i32>, ReleaseError> {
    let parse = |text: String| text.parse().map_err(|_| unreadable(pointer));
    text(values, pointer).map(parse).transpose()
}

fn unreadable(pointer: &str) -> ReleaseError {
    ReleaseError::Value(dotted(pointer))
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

/// Returns the values that are fields of a Dataflow.
pub(super) fn settings(values: &Value) -> Result<FlowSettings, ReleaseError> {
    let of = |key: &str| format!("/configuration/{key}");
    let recovery = |key: &str| format!("/configuration/recovery/{key}");
    let policy = text(values, "/image/pullPolicy");
    Ok(FlowSettings {
        image_repository: text(values, "/image/repository"),
        image_tag: text(values, "/image/tag"),
        image_pull_policy: policy.map(|policy| pull_policy(&policy)).transpose()?,
        image_pull_secret: Some(String::new()),
        python_file: text(values, &of("pythonFileName")),
        processes: number(values, &of("processesCount"))?,
        workers: number(values, &of("workersPerProcess"))?,
        keep_alive: flag(values, &of("keepAlive"))?,
        recovery: RecoverySettings {
            enabled: flag(values, &recovery("enabled"))?,
            parts: number(values, &recovery("partsCount"))?,
            snapshot_interval: number(values, &recovery("snapshotInterval"))?,
            backup_interval: number(values, &recovery("backupInterval"))?,
            size: text(values, &recovery("persistence/size")),
            storage_class: text(values, &recovery("persistence/storageClassName")),
            ..RecoverySettings::default()
        },
        ..FlowSettings::default()
    })
}

fn pull_policy(text: &str) -> Result<PullPolicy, ReleaseError> {
    serde_json::from_value(text.into()).map_err(|_| unreadable("/image/pullPolicy"))
}

/// The values that stay chart values.
pub(super) struct Kept {
    /// The values as YAML, without the defaults.
    pub(super) text: Option<String>,
    /// Names of the variables that are left out.
    pub(super) left_out: Vec<String>,
    /// A note for each value that is lost.
    pub(super) notes: Vec<String>,
}

/// Returns the values that stay chart values, and says which are lost.
pub(super) fn chart_values(values: &Value) -> Kept {
    let mut kept = Map::new();
    let mut notes = Vec::new();
    for (key, value) in values.as_object().into_iter().flatten() {
        if FIELDS.contains(&key.as_str()) {
            continue;
        }
        if chart_values::is_sub_chart(key) {
            if value["enabled"] == true {
                notes.push(format!("{key} is left out: a dataflow has no subcharts"));
            }
            continue;
        }
        if let Some(value) = beyond(value, &published()[key]) {
            kept.insert(key.clone(), value);
        }
    }
    let left_out = leave_out_variables(&mut kept, &mut notes);
    if let Some(configuration) = beyond(&values["configuration"], &published()["configuration"]) {
        lost_configuration("", &configuration, &mut notes);
    }
    let parsed = chart_values::parse(&yaml(&kept)).unwrap_or_default();
    for path in &parsed.not_honoured {
        notes.push(format!(
            "{path} is left out: it has no effect in a dataflow"
        ));
        remove(&mut kept, path);
    }
    Kept {
        text: Some(yaml(&kept)).filter(|_| !kept.is_empty()),
        left_out,
        notes,
    }
}

fn yaml(values: &Map<String, Value>) -> String {
    dataflow::yaml::to_string(values).expect("values have text keys")
}

/// Returns the part of a value that is not its default. Empty values are defaults.
fn beyond(value: &Value, default: &Value) -> Option<Value> {
    if value == default {
        return None;
    }
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::Array(items) if items.is_empty() => None,
        Value::Object(fields) => {
            let parts = fields
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), beyond(value, &default[key])?)));
            let parts: Map<_, _> = parts.collect();
            (!parts.is_empty()).then_some(Value::Object(parts))
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Some(value.clone())
        }
    }
}

/// Leaves out variables that must not get into git, and those that Helm evaluates. Returns their names.
fn leave_out_variables(kept: &mut Map<String, Value>, notes: &mut Vec<String>) -> Vec<String> {
    let mut left_out = Vec::new();
    if kept.remove("envRenderSecret").is_some() {
        notes.push(
            "envRenderSecret is left out: its values are secrets; put them into a Secret of your own, and name that in envFromSecret"
                .to_owned(),
        );
    }
    let Some(Value::Object(env)) = kept.get_mut("env") else {
        return left_out;
    };
    env.retain(|name, value| {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let why = if secret::variable_tells(name, &text) {
            "it looks like a secret; put it into a Secret, and name that in envFromSecret"
        } else if name.contains("{{") || text.contains("{{") {
            "Helm evaluates it as a template"
        } else {
            return true;
        };
        notes.push(format!("env.{name} is left out: {why}"));
        left_out.push(name.clone());
        false
    });
    // A Dataflow takes texts; the chart also takes numbers and flags.
    for value in env.values_mut() {
        if let Value::Number(_) | Value::Bool(_) = value {
            *value = value.to_string().into();
        }
    }
    if env.is_empty() {
        kept.remove("env");
    }
    left_out
}

/// Adds a note for each value of the configuration that has no field.
fn lost_configuration(path: &str, value: &Value, notes: &mut Vec<String>) {
    let within = |field: &&str| {
        let rest = path.strip_prefix(*field);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    match value {
        _ if CONFIGURATION.iter().any(within) => {}
        Value::Object(fields) => {
            for (key, value) in fields {
                let below = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                lost_configuration(&below, value, notes);
            }
        }
        Value::Bool(false) if path.ends_with(".enabled") => {}
        _ => notes.push(format!(
            "configuration.{path} is left out: a dataflow has no such field"
        )),
    }
}

/// Removes the value at a dotted path, and the maps that are empty then.
fn remove(values: &mut Map<String, Value>, path: &str) {
    let Some((key, rest)) = path.split_once('.') else {
        values.remove(path);
        return;
    };
    if let Some(Value::Object(below)) = values.get_mut(key) {
        remove(below, rest);
        if below.is_empty() {
            values.remove(key);
        }
    }
}
