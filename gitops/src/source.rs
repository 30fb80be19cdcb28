//! The source of a flow: its code files, and the dataflow.yaml beside them if there is one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dataflow::Dataflow;
use dataflow::code::{self, Code};

use crate::entry::{self, Choice};
use crate::environment::FlowPlace;
use crate::layout::{self, LayoutError};
use crate::left_out::LeftOut;

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
    /// What is left out of a folder.
    pub left_out: Vec<LeftOut>,
    /// Name of the folder, if the source is one.
    pub folder_name: Option<String>,
    /// Modules beside the file, if the source is one.
    pub beside: Vec<String>,
    /// Where the source is in a repository with flows.
    pub place: Option<FlowPlace>,
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
            left_out: Vec::new(),
            folder_name: None,
            beside: Vec::new(),
            place: None,
        })
    }

    /// Returns the environment and the name of the flow whose whole folder this is.
    #[must_use]
    pub fn flow_folder(&self) -> Option<&FlowPlace> {
        self.place.as_ref().filter(|place| place.whole)
    }

    /// Returns the entry point of a source that names none.
    #[must_use]
    pub fn entry_point(&self) -> Choice {
        let texts = self.python_texts();
        let named = self.folder_name.is_none() && self.tar_name.is_none() && texts.len() == 1;
        entry::choose(&texts, named)
    }

    /// Returns the paths of the Python files.
    pub(crate) fn python_files(&self) -> impl Iterator<Item = &str> {
        self.files
            .iter()
            .map(String::as_str)
            .filter(|file| file.ends_with(".py"))
    }

    /// Returns the Python files with their texts, including those in a tar archive.
    fn python_texts(&self) -> Vec<(String, String)> {
        let mut texts = Vec::new();
        let mut add = |path: String, bytes: &[u8]| {
            if path.ends_with(".py") {
                texts.push((path, String::from_utf8_lossy(bytes).into_owned()));
            }
        };
        for (key, bytes) in self.code.iter() {
            if self.tar_name.as_deref() == Some(key) {
                let inside = code::unpack(bytes).unwrap_or_default();
                inside
                    .into_iter()
                    .for_each(|file| add(file.path, &file.bytes));
            } else {
                let path = code::path_for_key(key).unwrap_or_else(|_| key.to_owned());
                add(path, bytes);
            }
        }
        texts.sort();
        texts
    }
}
