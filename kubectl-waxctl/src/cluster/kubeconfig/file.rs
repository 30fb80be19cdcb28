//! Reads one kubeconfig file in the way of client-go: one document, known fields, unique names, paths relative to the
//! file. Errors name the place of a fault and never repeat the text, which is full of secrets.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thiserror::Error;

use super::entry::{Cluster, Context, User};

/// What requests need of a kubeconfig.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kubeconfig {
    /// Name of the context that is used by default; empty if there is none.
    pub(crate) current_context: String,
    /// Contexts by name.
    pub(crate) contexts: BTreeMap<String, Context>,
    /// Clusters by name.
    pub(crate) clusters: BTreeMap<String, Cluster>,
    /// Users by name.
    pub(crate) users: BTreeMap<String, User>,
}

/// Error: a file is no kubeconfig.
#[derive(Debug, Error)]
pub(crate) enum FileError {
    /// The file cannot be read.
    #[error("{0}")]
    Read(#[source] io::Error),
    /// The text is not UTF-8 or UTF-16.
    #[error("it is not a text file")]
    NotText,
    /// The text is no YAML.
    #[error("it is not valid YAML{}", place(*.0))]
    NotYaml(Option<(u64, u64)>),
    /// The file holds something else.
    #[error("it is no kubeconfig: {0}")]
    Other(String),
}

fn place(found: Option<(u64, u64)>) -> String {
    found.map_or_else(String::new, |(line, column)| {
        format!(": line {line}, column {column}")
    })
}

impl Kubeconfig {
    /// Reads a file. Relative paths in it become absolute.
    pub(super) fn read(path: &Path) -> Result<Self, FileError> {
        let mut kubeconfig = Self::read_as_written(path)?;
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let folder =
            std::path::absolute(parent.unwrap_or(Path::new("."))).map_err(FileError::Read)?;
        kubeconfig.resolve(&folder);
        Ok(kubeconfig)
    }

    /// Reads a file without changing the paths in it.
    pub(super) fn read_as_written(path: &Path) -> Result<Self, FileError> {
        let bytes = std::fs::read(path).map_err(FileError::Read)?;
        Self::parse(&text(bytes)?)
    }

    /// Reads the first document of a text.
    pub(super) fn parse(text: &str) -> Result<Self, FileError> {
        // kubectl's YAML reader refuses this, ours reads on.
        let mut lines = (1..).zip(text.lines());
        if let Some((line, first)) = lines.find(|(_, line)| !line.trim().is_empty())
            && first.starts_with('\t')
        {
            return Err(FileError::NotYaml(Some((line, 1))));
        }
        let value = dataflow::yaml::first_document(text)
            .map_err(|error| FileError::NotYaml(error.position()))?;
        let fields = match value {
            Value::Null => return Ok(Self::default()),
            Value::Object(fields) => fields,
            _ => return Err(FileError::Other("it is not a map".to_owned())),
        };
        check_type(&fields)?;
        let kubeconfig = Self {
            current_context: field(&fields, "current-context")?,
            contexts: named(&fields, "contexts", "context")?,
            clusters: named(&fields, "clusters", "cluster")?,
            users: named(&fields, "users", "user")?,
        };
        kubeconfig.check_data()?;
        Ok(kubeconfig.with_defaults())
    }

    /// Sets what the older version of plugins leaves open.
    fn with_defaults(mut self) -> Self {
        for exec in self
            .users
            .values_mut()
            .filter_map(|user| user.exec.as_mut())
        {
            if exec.interactive_mode.is_empty() && exec.api_version.contains("/v1beta") {
                "IfAvailable".clone_into(&mut exec.interactive_mode);
            }
        }
        self
    }

    /// Refuses embedded data that is not base64.
    fn check_data(&self) -> Result<(), FileError> {
        let clusters = self.clusters.iter().map(|(name, cluster)| {
            let data = &cluster.certificate_authority_data;
            (name, "certificate-authority-data", data)
        });
        let users = self.users.iter().flat_map(|(name, user)| {
            [
                (
                    name,
                    "client-certificate-data",
                    &user.client_certificate_data,
                ),
                (name, "client-key-data", &user.client_key_data),
            ]
        });
        match clusters
            .chain(users)
            .find(|(_, _, data)| BASE64_STANDARD.decode(data).is_err())
        {
            None => Ok(()),
            Some((name, field, _)) => Err(FileError::Other(format!(
                "the value of `{field}` of `{name}` is not base64"
            ))),
        }
    }

    /// Adds what `next` has and this one has not: the first file that sets a name wins, with all fields of its entry.
    pub(super) fn or(mut self, next: Self) -> Self {
        if self.current_context.is_empty() {
            self.current_context = next.current_context;
        }
        add(&mut self.contexts, next.contexts);
        add(&mut self.clusters, next.clusters);
        add(&mut self.users, next.users);
        self
    }

    fn resolve(&mut self, folder: &Path) {
        for cluster in self.clusters.values_mut() {
            absolute(&mut cluster.certificate_authority, folder);
        }
        for user in self.users.values_mut() {
            absolute(&mut user.client_certificate, folder);
            absolute(&mut user.client_key, folder);
            absolute(&mut user.token_file, folder);
            // A name without a slash is looked up on the PATH.
            if let Some(exec) = &mut user.exec
                && exec.command.contains('/')
            {
                absolute(&mut exec.command, folder);
            }
        }
    }
}

/// Decodes a file as YAML readers do: UTF-8, or UTF-16 with a byte order mark.
fn text(bytes: Vec<u8>) -> Result<String, FileError> {
    let wide = |bytes: &[u8], of: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|two| of([two[0], two[1]]))
            .collect();
        String::from_utf16(&units).map_err(|_| FileError::NotText)
    };
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => {
            String::from_utf8(rest.to_vec()).map_err(|_| FileError::NotText)
        }
        _ => String::from_utf8(bytes).map_err(|_| FileError::NotText),
    }
}

fn check_type(fields: &Map<String, Value>) -> Result<(), FileError> {
    let kind: String = field(fields, "kind")?;
    let version: String = field(fields, "apiVersion")?;
    if (kind.is_empty() || kind == "Config") && (version.is_empty() || version == "v1") {
        return Ok(());
    }
    // Both are short words of Kubernetes; whatever else stands there is not repeated.
    Err(FileError::Other(
        "its `kind` and `apiVersion` are not `Config` and `v1`".to_owned(),
    ))
}

/// Returns a field; its default value if it is absent or null.
fn field<T: DeserializeOwned + Default>(
    fields: &Map<String, Value>,
    name: &str,
) -> Result<T, FileError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(T::default()),
        Some(value) => T::deserialize(value)
            .map_err(|_| FileError::Other(format!("the value of `{name}` has a wrong type"))),
    }
}

/// Returns the entries of a list by their names.
fn named<T: DeserializeOwned + Default>(
    fields: &Map<String, Value>,
    list: &str,
    entry: &str,
) -> Result<BTreeMap<String, T>, FileError> {
    let items: Vec<Map<String, Value>> = field(fields, list)?;
    let mut entries = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        let name: String = field(item, "name")?;
        let value = match item.get(entry) {
            None | Some(Value::Null) => T::default(),
            Some(value) => T::deserialize(value).map_err(|_| {
                let at = format!("{list}[{index}].{entry}");
                FileError::Other(match wrong_field::<T>(value) {
                    Some(key) => format!("the value of `{at}.{key}` has a wrong type"),
                    None => format!("`{at}` has a wrong type"),
                })
            })?,
        };
        if entries.insert(name.clone(), value).is_some() {
            return Err(FileError::Other(format!(
                "it has two {list} with the name `{name}`"
            )));
        }
    }
    Ok(entries)
}

/// Returns the first key whose value alone cannot be read.
fn wrong_field<T: DeserializeOwned>(value: &Value) -> Option<&str> {
    let fields = value.as_object()?;
    let wrong = fields.iter().find(|(key, value)| {
        let alone = Map::from_iter([((*key).clone(), (*value).clone())]);
        T::deserialize(Value::Object(alone)).is_err()
    });
    wrong.map(|(key, _)| key.as_str())
}

fn add<T>(entries: &mut BTreeMap<String, T>, next: BTreeMap<String, T>) {
    for (name, entry) in next {
        entries.entry(name).or_insert(entry);
    }
}

/// Makes a path absolute, as Go's `filepath.Join` does: without `.` and `..`.
fn absolute(path: &mut String, folder: &Path) {
    if path.is_empty() || Path::new(path).is_absolute() {
        return;
    }
    let mut whole = PathBuf::new();
    for component in folder.join(&*path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(whole.pop()),
            other => whole.push(other),
        }
    }
    *path = whole.to_string_lossy().into_owned();
}
