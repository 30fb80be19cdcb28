//! Asks the real kubectl what it makes of many kubeconfig files, in the orders of `kubectl-waxctl/tests/kubeconfigs`.
//!
//! The answers are in `answers.json`, with which a unit test of waxctl compares its own. `WAX_UPDATE_KUBECONFIGS=1`
//! writes them again.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends a test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};
use wax_tests::Cluster;
use wax_tests::command::run;
use wax_tests::programs::root;

#[derive(Deserialize)]
struct Table {
    files: BTreeMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    list: String,
    file: Option<String>,
    context: Option<String>,
}

/// Returns what `kubectl config view` prints for a case; null if it fails.
fn view(case: &Case, folder: &Path, more: &[&str]) -> Value {
    let mut command = Command::new("kubectl");
    command
        .args(["config", "view", "--raw", "-o", "json"])
        .args(more)
        .env("PATH", &Cluster::shared().unwrap().path)
        .env("HOME", folder.join("home"))
        .env("KUBECONFIG", &case.list)
        .current_dir(folder);
    if let Some(file) = &case.file {
        command.arg("--kubeconfig").arg(file);
    }
    if let Some(context) = &case.context {
        command.arg("--context").arg(context);
    }
    let finished = run(&mut command, b"").unwrap();
    let text = finished
        .stdout
        .replace(&folder.display().to_string(), "ROOT");
    serde_json::from_str(&text).unwrap_or_default()
}

#[test]
fn answers_of_kubectl_are_recorded() {
    let tables = root().join("kubectl-waxctl/tests/kubeconfigs");
    let text = fs::read_to_string(tables.join("cases.yaml")).unwrap();
    let table: Table = dataflow::yaml::from_str(&text).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in &table.files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let answers: BTreeMap<&str, Value> = table
        .cases
        .iter()
        .map(|case| {
            let view = |more: &[&str]| view(case, folder.path(), more);
            let answer = json!({"merged": view(&[]), "minified": view(&["--minify"])});
            (case.name.as_str(), answer)
        })
        .collect();
    let path = tables.join("answers.json");
    let text = serde_json::to_string_pretty(&answers).unwrap() + "\n";
    if std::env::var_os("WAX_UPDATE_KUBECONFIGS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), text);
}
