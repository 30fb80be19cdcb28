//! Checks the Dataflows of a YAML file that is not a flow's folder, such as the output of `df render`.

use std::collections::BTreeMap;

use dataflow::code::Code;
use dataflow::yaml::YamlError;
use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::Value;

use super::found::{Checked, Severity};
use super::problem::Problems;
use super::{code, entry_point, resource};
use crate::file_change::FileChange;
use crate::layout::{self, DATAFLOW};
use crate::rendered::Rendered;
use crate::scan::scan;

/// Returns true if a text may contain a Dataflow. Templates are not read, since they are not YAML.
#[must_use]
pub fn has_dataflow(text: &str) -> bool {
    text.contains("kind: Dataflow") && text.contains("bytewax.io/") && !text.contains("{{")
}

/// Checks every Dataflow of a file, with its code if the file also contains the ConfigMap. Other kinds are ignored.
#[must_use]
pub fn documents(file: &str, text: &str) -> Vec<Checked> {
    if let Some(items) = items(text) {
        let mut checked = documents(file, &items);
        // The lines are those of another text.
        for one in &mut checked {
            one.problems
                .iter_mut()
                .for_each(|problem| problem.line = None);
            if let Some(flow) = &mut one.flow {
                flow.line = None;
            }
        }
        return checked;
    }
    let parts = split(text);
    let mut config_maps = BTreeMap::new();
    let mut checked = Vec::new();
    for (_, part) in &parts {
        if kind(part).is_ok_and(|kind| kind == "ConfigMap")
            && let Ok(config_map) = dataflow::yaml::from_str::<ConfigMap>(part)
        {
            let code = Code::from_config_map(&config_map);
            config_maps.insert(config_map.metadata.name.unwrap_or_default(), code);
        }
    }
    for (offset, part) in &parts {
        match kind(part) {
            Ok(kind) if kind == "Dataflow" => {
                checked.push(one(file, *offset, part, &config_maps));
            }
            Ok(_) => {}
            Err(_) => {
                let mut problems = Problems::in_folder("");
                // Reading it as a resource names the fault of the YAML.
                resource::read(part, &mut problems.at(file, *offset, part));
                checked.push(problems.checked(None));
            }
        }
    }
    checked
}

fn one(file: &str, offset: usize, text: &str, config_maps: &BTreeMap<String, Code>) -> Checked {
    let mut problems = Problems::in_folder("");
    let Some(resource) = resource::read(text, &mut problems.at(file, offset, text)) else {
        return problems.checked(None);
    };
    resource::check(&resource, &mut problems.at(file, offset, text));
    let mut flow = resource::flow(&resource, file, text);
    flow.line = flow.line.map(|line| line + offset);
    let source = resource.spec.config_map_name.as_deref().unwrap_or_default();
    let rendered = Rendered {
        code: config_maps.get(source).cloned().unwrap_or_default(),
        dataflow: resource,
    };
    secrets(&rendered, file, offset, text, &mut problems);
    if !rendered.code.is_empty()
        && let Ok(paths) = layout::code_paths(&rendered)
        && let Some(missing) = entry_point::check(&rendered.dataflow.spec.python_file_name, &paths)
    {
        problems.at(file, offset, text).error(
            "spec.pythonFileName",
            "entry-point",
            &missing.message,
            &missing.remedy,
        );
    }
    problems.checked(Some(flow))
}

/// Adds each text that looks like a secret, in the document itself and in the code.
fn secrets(rendered: &Rendered, file: &str, offset: usize, text: &str, problems: &mut Problems) {
    let own = (DATAFLOW.to_owned(), text.as_bytes());
    let all = std::iter::once(own).chain(layout::code_files(rendered));
    let changes: Vec<FileChange> = all
        .map(|(path, bytes)| FileChange {
            path,
            old: None,
            new: Some(bytes.to_vec()),
        })
        .collect();
    for finding in scan("", rendered, &changes).new {
        let (place, line) = code::with_line(&finding.place);
        let (line, message) = match place {
            DATAFLOW => (
                line.map(|line| line + offset),
                format!("contains {}", finding.what),
            ),
            _ => (None, finding.to_string()),
        };
        problems.add(
            file,
            line,
            Severity::Error,
            "secret",
            &message,
            code::REMEDY,
        );
    }
}

/// Returns the kind of a document; empty if it is not an object of Kubernetes.
fn kind(text: &str) -> Result<String, YamlError> {
    if text
        .lines()
        .all(|line| line.trim().is_empty() || line.starts_with('#'))
    {
        return Ok(String::new());
    }
    let object: Value = dataflow::yaml::from_str(text)?;
    Ok(object["kind"].as_str().unwrap_or_default().to_owned())
}

/// Returns the items of a List, which `-o json` prints, as YAML documents.
fn items(text: &str) -> Option<String> {
    let list: Value = dataflow::yaml::from_str(text).ok()?;
    if list["kind"] != "List" {
        return None;
    }
    let items = list["items"].as_array()?;
    let texts = items.iter().map(dataflow::yaml::to_string);
    Some(texts.collect::<Result<Vec<_>, _>>().ok()?.join("---\n"))
}

/// Splits a text into its documents, each with the number of lines before it.
fn split(text: &str) -> Vec<(usize, String)> {
    let mut parts = vec![(0, String::new())];
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if line.trim_end() == "---" || line.starts_with("--- ") {
            parts.push((number + 1, String::new()));
        } else if let Some((_, part)) = parts.last_mut() {
            part.push_str(line);
        }
    }
    parts
}
