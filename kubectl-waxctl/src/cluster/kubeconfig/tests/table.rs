//! Compares merged kubeconfig files with what the real kubectl makes of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::{Kubeconfig, KubeconfigLocations, load};
use crate::access::Access;

/// A case of `tests/kubeconfigs/cases.yaml`.
#[derive(serde::Deserialize)]
struct Case {
    name: String,
    list: String,
    file: Option<PathBuf>,
    context: Option<String>,
}

#[derive(serde::Deserialize)]
struct Table {
    files: BTreeMap<String, String>,
    cases: Vec<Case>,
}

/// Removes what requests do not need, and what says nothing: null, false, and empty texts, lists and maps.
fn essence(value: &mut Value) {
    if let Value::Object(fields) = value {
        for name in ["preferences", "kind", "apiVersion"] {
            // `apiVersion` of a plugin stays.
            if !fields.contains_key("command") {
                fields.remove(name);
            }
        }
        if fields.contains_key("user") || fields.contains_key("contexts") {
            fields.remove("extensions");
        }
        fields.values_mut().for_each(essence);
        fields.retain(|_, value| !is_nothing(value));
    } else if let Value::Array(items) = value {
        items.iter_mut().for_each(essence);
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// Writes a kubeconfig in the form of `kubectl config view`.
fn viewed(kubeconfig: &Kubeconfig, folder: &Path) -> Value {
    fn list<T: serde::Serialize>(entries: &BTreeMap<String, T>, field: &str) -> Vec<Value> {
        let entry = |(name, entry): (&String, &T)| json!({"name": name, field: entry});
        entries.iter().map(entry).collect()
    }
    let value = json!({
        "current-context": kubeconfig.current_context,
        "contexts": list(&kubeconfig.contexts, "context"),
        "clusters": list(&kubeconfig.clusters, "cluster"),
        "users": list(&kubeconfig.users, "user"),
    });
    let text = value
        .to_string()
        .replace(&folder.display().to_string(), "ROOT");
    let mut value = serde_json::from_str(&text).unwrap();
    essence(&mut value);
    value
}

/// Keeps what the current context uses, as `--minify` does.
fn minified(mut kubeconfig: Kubeconfig, context: Option<&String>) -> Option<Kubeconfig> {
    if let Some(context) = context {
        kubeconfig.current_context.clone_from(context);
    }
    let current = kubeconfig.current_context.clone();
    let context = kubeconfig.contexts.get(&current)?.clone();
    if !context.cluster.is_empty() {
        kubeconfig.clusters.get(&context.cluster)?;
    }
    if !context.user.is_empty() {
        kubeconfig.users.get(&context.user)?;
    }
    kubeconfig.contexts.retain(|name, _| *name == current);
    kubeconfig
        .clusters
        .retain(|name, _| *name == context.cluster);
    kubeconfig.users.retain(|name, _| *name == context.user);
    Some(kubeconfig)
}

#[test]
fn merged_files_equal_those_of_kubectl() {
    let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kubeconfigs");
    let text = fs::read_to_string(tables.join("cases.yaml")).unwrap();
    let table: Table = dataflow::yaml::from_str(&text).unwrap();
    let answers = fs::read_to_string(tables.join("answers.json")).unwrap();
    let answers: Value = serde_json::from_str(&answers).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in &table.files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut differing = Vec::new();
    for case in &table.cases {
        let flags = Access {
            kubeconfig: case.file.as_ref().map(|file| folder.path().join(file)),
            ..Access::default()
        };
        let absolute = |name: &str| match name {
            "" => String::new(),
            name => folder.path().join(name).display().to_string(),
        };
        let list: Vec<String> = case.list.split(':').map(absolute).collect();
        let locations = KubeconfigLocations {
            kubeconfig: Some(list.join(":").into()),
            home: Some(folder.path().join("home")),
        };
        let ours = load(&flags, &locations, Kubeconfig::read_as_written)
            .map(|loaded| loaded.kubeconfig)
            .ok();
        let minified = ours
            .clone()
            .and_then(|ours| minified(ours, case.context.as_ref()));
        let shown = |ours: Option<Kubeconfig>| {
            ours.map_or(Value::Null, |ours| viewed(&ours, folder.path()))
        };
        for (form, ours) in [("merged", shown(ours)), ("minified", shown(minified))] {
            let mut theirs = answers[&case.name][form].clone();
            essence(&mut theirs);
            if ours != theirs {
                differing.push(format!(
                    "{} {form}\n  ours:   {ours}\n  theirs: {theirs}",
                    case.name
                ));
            }
        }
    }
    let count = table.cases.len();
    println!(
        "{} of {count} kubeconfig lists are merged as kubectl does",
        count - differing.len()
    );
    assert!(
        count >= 40 && differing.is_empty(),
        "{}",
        differing.join("\n")
    );
}
