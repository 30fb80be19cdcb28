//! What the code of a flow was made from: files, and the dataflow.yaml beside them if there is one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dataflow::Dataflow;
use dataflow::code::Code;

use crate::layout::{self, LayoutError};

/// The code of a flow, with what its author has written about it.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Where it comes from, as people call it.
    pub path: PathBuf,
    /// The code; empty for a folder whose dataflow.yaml names a ConfigMap from elsewhere.
    pub code: Code,
    /// The key of the code that is a tar.
    pub tar_name: Option<String>,
    /// Paths of the files in the code, also of those in a tar.
    pub files: Vec<String>,
    /// The dataflow.yaml; its namespace may come from kustomization.yaml.
    pub dataflow: Option<Dataflow>,
    /// The text of the dataflow.yaml as its author wrote it.
    pub dataflow_text: Option<String>,
}

impl Source {
    /// Makes a source of the files of a flow's folder.
    ///
    /// # Errors
    /// The files are no flow's, or its dataflow.yaml has fields that a Dataflow does not have.
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

    /// The Python file that the source itself decides on: the only one at its top.
    #[must_use]
    pub fn only_python_file(&self) -> Option<&str> {
        let mut top = self.python_files().filter(|file| !file.contains('/'));
        top.next().filter(|_| top.next().is_none())
    }

    /// The Python files.
    pub(crate) fn python_files(&self) -> impl Iterator<Item = &str> {
        self.files
            .iter()
            .map(String::as_str)
            .filter(|file| file.ends_with(".py"))
    }
}
