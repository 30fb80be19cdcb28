//! Turns a flow of a cluster into the folder of a flow, and proves that the folder means the same.

use dataflow::code::Code;
use dataflow::cost;
use dataflow::name::{DataflowName, NameError};
use dataflow::revision::{RevisionId, revision};
use dataflow::yaml::YamlError;
use dataflow::{Dataflow, label};
use kube::core::DynamicObject;
use thiserror::Error;

use crate::layout::{self, LayoutError};
use crate::rendered::Rendered;

/// Beginnings of the keys of labels and annotations that other tools or the cluster itself set.
const FOREIGN_MARKS: [&str; 6] = [
    "argocd.argoproj.io/",
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
    "meta.helm.sh/",
    "kubectl.kubernetes.io/",
    "bytewax.io/suspen",
];

/// A flow that can be written to git.
#[derive(Debug)]
pub struct Import {
    /// The flow.
    pub flow: Rendered,
    /// Its revision, which is that of the flow in the cluster.
    pub revision: RevisionId,
    /// What is left out, each with the reason.
    pub notes: Vec<String>,
}

/// Error: a flow cannot be written to git as it is.
#[derive(Debug, Error)]
pub enum ImportError {
    /// A value does not have the form of this release.
    #[error("this release cannot read it")]
    Unreadable(#[from] serde_json::Error),
    /// The name is not valid.
    #[error("its name is not valid")]
    Name(#[from] NameError),
    /// The ConfigMap with the code does not exist.
    #[error("the ConfigMap `{0}` with its code does not exist")]
    NoCode(String),
    /// The files cannot be read back.
    #[error("its files cannot be read back")]
    Layout(#[from] LayoutError),
    /// The files mean something else; the paths of the fields.
    #[error("its files would change {}", .0.join(", "))]
    Differs(Vec<String>),
}

/// Returns the flow of a live object. `code` is the content of the ConfigMap that it names, if that exists.
///
/// # Errors
/// The object cannot be read, its code is missing, or the files would not mean the same.
pub fn import(object: &DynamicObject, code: Option<Code>) -> Result<Import, ImportError> {
    let mut value = serde_json::to_value(object)?;
    // The status belongs to an operator, and another release may have written it.
    if let Some(fields) = value.as_object_mut() {
        fields.remove("status");
    }
    let mut notes = unknown_fields(&value.to_string());
    let live: Dataflow = serde_json::from_value(value)?;
    let source = live
        .spec
        .config_map_name
        .clone()
        .filter(|name| !name.is_empty());
    let code = match (code, source) {
        (Some(code), _) => code,
        (None, None) => Code::new(),
        (None, Some(name)) => return Err(ImportError::NoCode(name)),
    };
    let mut flow = Rendered::as_written(&live, code);
    let metadata = &mut flow.dataflow.metadata;
    for (field, marks) in [
        ("labels", &mut metadata.labels),
        ("annotations", &mut metadata.annotations),
    ] {
        let Some(all) = marks else { continue };
        all.retain(|key, _| {
            let foreign = label::REQUESTS.contains(&key.as_str())
                || FOREIGN_MARKS.iter().any(|mark| key.starts_with(mark));
            if foreign {
                notes.push(format!(
                    "metadata.{field}.{key} is left out: it does not belong to the flow"
                ));
            }
            !foreign
        });
        if all.is_empty() {
            *marks = None;
        }
    }
    let spec = &mut flow.dataflow.spec;
    // All fields of the image are kept, because tools disagree about their defaults.
    let image = std::mem::take(&mut spec.image);
    *spec = spec.without_defaults();
    spec.image = image;
    if !flow.code.is_empty() {
        let name: DataflowName = flow.name().parse()?;
        flow.dataflow.spec.config_map_name = Some(name.source());
    }
    prove(&live, &flow)?;
    Ok(Import {
        revision: revision(&live.spec, &flow.code.hash()),
        flow,
        notes,
    })
}

/// Returns a note for each field that a Dataflow of this release does not have.
fn unknown_fields(text: &str) -> Vec<String> {
    match dataflow::yaml::from_str_strict::<Dataflow>(text) {
        Err(YamlError::UnknownFields(fields)) => fields
            .iter()
            .map(|field| format!("{field} is left out: this release has no such field"))
            .collect(),
        _ => Vec::new(),
    }
}

/// Reads the files of the flow back, and compares them with the flow in the cluster.
fn prove(live: &Dataflow, flow: &Rendered) -> Result<(), ImportError> {
    let mut back = layout::read(&layout::write(flow))?;
    // kustomize gives the ConfigMap another name; only the code in it counts.
    let spec = &mut back.dataflow.spec;
    spec.config_map_name.clone_from(&live.spec.config_map_name);
    let changes = cost::changes(&live.spec, &flow.code, &back.dataflow.spec, &back.code);
    match changes.is_empty() {
        true => Ok(()),
        false => Err(ImportError::Differs(
            changes.into_iter().map(|change| change.path).collect(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn object(changes: Value) -> DynamicObject {
        let mut object = json!({
            "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
            "metadata": {
                "name": "orders", "namespace": "shop", "uid": "u", "resourceVersion": "7",
                "labels": {"team": "a"},
                "annotations": {
                    "meta.helm.sh/release-name": "orders", "bytewax.io/restarted-at": "now", "example.com/owner": "ann",
                },
            },
            "spec": {
                "image": {"tag": "0.21.1-python3.11"}, "pythonFileName": "pkg/flow.py", "configMapName": "old-code",
                "processesCount": 1, "workersPerProcess": 2, "keepAlive": false, "suspend": true,
                "recovery": {"enabled": true, "partsCount": 2}, "chartValues": "a: 1\n",
            },
            "status": {"conditions": "of another operator"},
        });
        if let (Some(spec), Value::Object(changes)) = (object["spec"].as_object_mut(), changes) {
            spec.extend(changes);
        }
        serde_json::from_value(object).unwrap()
    }

    fn code() -> Code {
        let mut code = Code::new();
        code.insert("pkg..flow.py", "flow = None\n").unwrap();
        code
    }

    #[test]
    fn imported_folder_means_the_same() {
        let import = import(&object(json!({"schedul": "x"})), Some(code())).unwrap();
        let files = layout::write(&import.flow);
        let mut text = String::new();
        for (path, bytes) in &files {
            text.push_str(&format!("# {path}\n{}\n", String::from_utf8_lossy(bytes)));
        }
        text.push_str(&import.notes.join("\n"));
        insta::assert_snapshot!(text);
        let live: Dataflow = {
            let mut value = serde_json::to_value(object(json!({}))).unwrap();
            value.as_object_mut().unwrap().remove("status");
            serde_json::from_value(value).unwrap()
        };
        let back = layout::read(&files).unwrap();
        assert_eq!(revision(&live.spec, &code().hash()), import.revision);
        assert_eq!(
            revision(&back.dataflow.spec, &back.code.hash()),
            import.revision
        );
    }

    #[test]
    fn flow_without_its_code_is_refused() {
        let error = import(&object(json!({})), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the ConfigMap `old-code` with its code does not exist"
        );
        let in_image = import(&object(json!({"configMapName": ""})), None).unwrap();
        assert!(in_image.flow.code.is_empty());
    }

    #[test]
    fn unreadable_value_is_refused() {
        let error = import(&object(json!({"processesCount": "many"})), Some(code())).unwrap_err();
        assert!(matches!(error, ImportError::Unreadable(_)), "{error}");
    }
}
