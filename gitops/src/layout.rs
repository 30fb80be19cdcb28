//! The folder of a flow in git: writes its files from a rendered dataflow and reads them back.
//!
//! `kubectl apply -k`, Argo CD and Flux accept the folder without changes. The code is in plain files, so that reviews,
//! blame and linters work. kustomize generates the ConfigMap from these files. Its name contains a hash of the code, so
//! a change of the code changes the resource too.

use std::collections::BTreeMap;

use dataflow::code::{self, Code, CodeError};
use dataflow::spec::Dataflow;
use dataflow::yaml::YamlError;
use kube::core::Resource as _;

pub(crate) use crate::file_name::NAME_REFERENCE;
pub use crate::file_name::{DATAFLOW, KUSTOMIZATION};
use crate::kustomization::{self, Generator, Kustomization};
use crate::object::yaml;
use crate::rendered::Rendered;

// On macOS and Windows upper and lower case are the same. kustomize reads any of its three names, and refuses two of them.
const RESERVED: [&str; 5] = [
    DATAFLOW,
    KUSTOMIZATION,
    NAME_REFERENCE,
    "kustomization.yml",
    "kustomization",
];

/// Error: files are not the folder of a flow.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// A required file is missing.
    #[error("there is no {0}")]
    Missing(String),
    /// A file is not text.
    #[error("{0} is not UTF-8")]
    NotText(&'static str),
    /// A file does not have the expected form.
    #[error("cannot read {file}")]
    Unreadable {
        /// Name of the file.
        file: &'static str,
        /// Error of the YAML reader, with line and column.
        source: YamlError,
    },
    /// dataflow.yaml has fields that a Dataflow does not have; the paths of these fields.
    #[error("{DATAFLOW} has {}", YamlError::UnknownFields(.0.clone()))]
    UnknownFields(Vec<String>),
    /// dataflow.yaml contains another kind of object.
    #[error("{DATAFLOW} contains a {0}, not a Dataflow of bytewax.io/v1alpha1")]
    NotADataflow(String),
    /// A file cannot be part of the code.
    #[error("a file cannot be part of the code")]
    Code(#[from] CodeError),
}

/// Returns the files of the folder by their paths in it.
pub fn write(rendered: &Rendered) -> BTreeMap<String, Vec<u8>> {
    let mut dataflow = rendered.dataflow.clone();
    let namespace = dataflow.metadata.namespace.take();
    let mut files: BTreeMap<_, _> = code_files(rendered)
        .map(|(path, bytes)| (path, bytes.to_vec()))
        .collect();
    let paths: Vec<_> = rendered
        .code
        .iter()
        .map(|(key, _)| (key, path_in_folder(rendered, key)))
        .map(|(key, path)| {
            if key == path {
                path
            } else {
                format!("{key}={path}")
            }
        })
        .collect();
    let generator = Generator::new(dataflow.spec.config_map_name.clone(), paths);
    let kustomization = Kustomization::new(namespace, generator);
    if kustomization.refers_by_name() {
        files.insert(
            NAME_REFERENCE.to_owned(),
            kustomization::NAME_REFERENCE_TEXT.into(),
        );
    }
    files.insert(KUSTOMIZATION.to_owned(), yaml(&kustomization).into_bytes());
    files.insert(DATAFLOW.to_owned(), yaml(&dataflow).into_bytes());
    files
}

/// Returns the dataflow that the files of a folder describe.
///
/// Without a kustomization.yaml, every file except dataflow.yaml is code. With one, the code consists of the files that
/// it lists for the ConfigMap of the resource.
pub fn read(files: &BTreeMap<String, Vec<u8>>) -> Result<Rendered, LayoutError> {
    let text = text_of(files, DATAFLOW)?.ok_or_else(|| LayoutError::Missing(DATAFLOW.into()))?;
    refuse_other_kinds(text)?;
    let mut dataflow: Dataflow = parse(DATAFLOW, text)?;
    dataflow.status = None;
    let mut code = Code::new();
    match text_of(files, KUSTOMIZATION)? {
        None if dataflow.spec.has_code_in_image() => {}
        None => {
            for (path, bytes) in files.iter().filter(|(path, _)| !is_ours(path)) {
                code.insert(code::key_for_path(path)?, bytes.clone())?;
            }
        }
        Some(text) => {
            let kustomization: Kustomization = parse(KUSTOMIZATION, text)?;
            let wanted = dataflow.spec.config_map_name.as_deref();
            for (key, path) in kustomization.files_of(wanted) {
                let bytes = files
                    .get(path)
                    .ok_or_else(|| LayoutError::Missing(path.into()))?;
                code.insert(key, bytes.clone())?;
            }
            if kustomization.namespace.is_some() {
                dataflow.metadata.namespace = kustomization.namespace;
            }
        }
    }
    Ok(Rendered { dataflow, code })
}

/// Returns the dataflow that the files of a user's local folder describe. Unlike [`read`], it returns an error for
/// fields that a Dataflow does not have.
///
/// Files from git or a cluster are read with [`read`], so that a misspelt field there can be corrected.
pub(crate) fn read_strict(files: &BTreeMap<String, Vec<u8>>) -> Result<Rendered, LayoutError> {
    let rendered = read(files)?;
    let text = text_of(files, DATAFLOW)?.unwrap_or_default();
    let Err(YamlError::UnknownFields(mut fields)) =
        dataflow::yaml::from_str_strict::<Dataflow>(text)
    else {
        return Ok(rendered);
    };
    // The status, which `kubectl get -o yaml` prints, belongs to the operator and is dropped.
    fields.retain(|field| !field.starts_with("status."));
    if fields.is_empty() {
        return Ok(rendered);
    }
    Err(LayoutError::UnknownFields(fields))
}

/// Returns the files of the code by their paths in the folder.
pub fn code_files(rendered: &Rendered) -> impl Iterator<Item = (String, &[u8])> {
    rendered
        .code
        .iter()
        .map(|(key, bytes)| (path_in_folder(rendered, key), bytes))
}

/// Returns a file of the code whose name is that of a file that is generated, or that kustomize would read as one.
#[must_use]
pub fn reserved(rendered: &Rendered) -> Option<String> {
    code_files(rendered)
        .map(|(path, _)| path)
        .find(|path| RESERVED.contains(&path.to_ascii_lowercase().as_str()))
}

/// Returns the paths that the text of a kustomization.yaml names for ConfigMaps; none if it cannot be read.
#[must_use]
pub fn named_files(kustomization: &str) -> Vec<String> {
    let read: Result<Kustomization, _> = dataflow::yaml::from_str(kustomization);
    read.map(|kustomization| kustomization.paths().map(str::to_owned).collect())
        .unwrap_or_default()
}

/// Returns the paths of the files of the code, including the files in a tar archive.
pub(crate) fn code_paths(rendered: &Rendered) -> Result<Vec<String>, LayoutError> {
    let tar = rendered.dataflow.spec.tar_name.as_deref();
    match tar.and_then(|key| rendered.code.get(key)) {
        Some(tar) => Ok(code::unpack(tar)?
            .into_iter()
            .map(|file| file.path)
            .collect()),
        None => Ok(code_files(rendered).map(|(path, _)| path).collect()),
    }
}

/// Returns the path of a key in the folder. A key that does not represent a path is itself the name of the file.
fn path_in_folder(rendered: &Rendered, key: &str) -> String {
    if rendered.dataflow.spec.tar_name.as_deref() == Some(key) {
        return key.to_owned();
    }
    code::path_for_key(key).unwrap_or_else(|_| key.to_owned())
}

fn is_ours(path: &str) -> bool {
    matches!(path, DATAFLOW | KUSTOMIZATION | NAME_REFERENCE)
}

fn text_of<'a>(
    files: &'a BTreeMap<String, Vec<u8>>,
    name: &'static str,
) -> Result<Option<&'a str>, LayoutError> {
    let Some(bytes) = files.get(name) else {
        return Ok(None);
    };
    std::str::from_utf8(bytes)
        .map(Some)
        .map_err(|_| LayoutError::NotText(name))
}

/// Returns an error if the object is not a Dataflow. Other kinds can have the same fields, so parsing alone does not
/// detect them.
fn refuse_other_kinds(text: &str) -> Result<(), LayoutError> {
    let types: TypeMeta = parse(DATAFLOW, text)?;
    if types.api_version == Dataflow::api_version(&()) && types.kind == Dataflow::kind(&()) {
        return Ok(());
    }
    let what = match (types.kind.as_str(), types.api_version.as_str()) {
        ("", _) => "resource without a kind".to_owned(),
        (kind, "") => format!("{kind} without an apiVersion"),
        (kind, version) => format!("{kind} of {version}"),
    };
    Err(LayoutError::NotADataflow(what))
}

/// The two fields that identify the type of every Kubernetes object.
#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TypeMeta {
    api_version: String,
    kind: String,
}

fn parse<T: serde::de::DeserializeOwned>(file: &'static str, text: &str) -> Result<T, LayoutError> {
    dataflow::yaml::from_str(text).map_err(|source| LayoutError::Unreadable { file, source })
}

#[cfg(test)]
mod tests;
