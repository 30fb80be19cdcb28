//! The source of a flow: its code files, and the dataflow.yaml beside them if there is one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dataflow::Dataflow;
use dataflow::code::Code;

use crate::layout::{self, LayoutError};

/// The code of a flow and its dataflow.yaml.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Path of the source, for messages.
    pub path: PathBuf,
    /// The code; empty for a folder whose dataflow.yaml names a ConfigMap from another place.
    pub code: Code,
    /// Key of the code that is a tar archive.
    pub tar_name: Option<String>,
    /// Paths of the files of the code, including the files in a tar archive.
    pub files: Vec<String>,
    /// Content of the dataflow.yaml. Its namespace can come from kustomization.yaml.
    pub dataflow: Option<Dataflow>,
    /// Text of the dataflow.yaml as its author wrote it.
    pub dataflow_text: Option<String>,
}

impl Source {
    /// Creates a source from the files of a flow's folder.
    ///
    /// # Errors
    /// The files are not a flow's folder, or its dataflow.yaml has fields that a Dataflow does not have.
    pub fn from_layout(
        path: &Path,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Self, LayoutError> {
        let rendered = layout::read_strict(files)?;
        let text = files.get(layout::DATAFLOW);
        Ok(Self {
            path: path.to_owned(),
            files: layout::code_paths(&rendered)?,
            tar_name: rendered.dataflow.spec.tar_name.clone(),
            code: rendered.code,
            dataflow: Some(rendered.dataflow),
            dataflow_text: text.and_then(|text| String::from_utf8(text.clone()).ok()),
        })
    }

    /// Returns the default Python file: the only one in the top folder of the source.
    #[must_use]
    pub fn only_python_file(&self) -> Option<&str> {
        let mut top = self.python_files().filter(|file| !file.contains('/'));
        top.next().filter(|_| top.next().is_none())
    }

    /// Returns the paths of the Python files.
    pub(crate) fn python_files(&self) -> impl Iterator<Item = &str> {
        self.files
            .iter()
            .map(String::as_str)
            .filter(|file| file.ends_with(".py"))
    }
}
