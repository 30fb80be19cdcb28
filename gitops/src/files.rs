//! Computes the changed files of a flow's folder. Generated files are rewritten. Files that people edited by hand are
//! edited value by value.

use std::collections::BTreeMap;
use std::str::Utf8Error;

use dataflow::Dataflow;
use thiserror::Error;

use crate::edit::{self, EditError};
use crate::file_change::FileChange;
use crate::kustomization::Kustomization;
use crate::layout;
use crate::loss;
use crate::rendered::Rendered;

/// Error: the files cannot be changed without losing manual edits.
#[derive(Debug, Error)]
pub enum FilesError {
    /// The dataflow.yaml is not text.
    #[error("cannot change {path} without losing manual edits")]
    NotText {
        /// Path of the file.
        path: String,
        /// Position of the invalid text.
        source: Utf8Error,
    },
    /// The dataflow.yaml cannot be edited.
    #[error("cannot change {path} without losing manual edits")]
    NotEditable {
        /// Path of the file.
        path: String,
        /// Error of the YAML editor.
        source: EditError,
    },
    /// A file of the code has the name of a file that is generated.
    #[error("the code contains {file}, which would replace the generated file of that name")]
    Reserved {
        /// The file of the code.
        file: String,
    },
    /// The kustomization.yaml must change, but it was edited by hand.
    #[error("{path} must change, but it was edited by hand")]
    EditedByHand {
        /// Path of the file.
        path: String,
        /// Lines that the file must contain.
        needed: Vec<String>,
    },
}

/// The folder of one flow before and after a change.
#[derive(Debug)]
pub struct Files<'a> {
    /// Path of the folder in the repository.
    pub folder: &'a str,
    /// The flow before the change, with the files of its folder.
    pub old: Option<(&'a Rendered, &'a BTreeMap<String, Vec<u8>>)>,
    /// The flow after the change.
    pub new: &'a Rendered,
    /// Text of the user's local dataflow.yaml, unless another user changed the dataflow.yaml in git.
    pub own_text: Option<&'a str>,
    /// Whether to rewrite all files, including those that people edited by hand.
    pub reset: bool,
}

impl Files<'_> {
    /// Returns every file that differs, with its content before and after.
    ///
    /// # Errors
    /// A file that people edited by hand would have to be overwritten.
    pub fn changes(&self) -> Result<Vec<FileChange>, FilesError> {
        if let Some(file) = layout::reserved(self.new) {
            return Err(FilesError::Reserved { file });
        }
        let mut wanted: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
        if let Some((old, _)) = self.old {
            wanted.extend(layout::code_files(old).map(|(path, _)| (path, None)));
        }
        let canonical = layout::write(self.new);
        let before = self.old.map(|(old, _)| layout::write(old));
        for (path, content) in canonical {
            let was = before.as_ref().and_then(|before| before.get(&path));
            let content = match path.as_str() {
                layout::DATAFLOW => self.dataflow(content, was)?,
                layout::KUSTOMIZATION => self.kustomization(content, was)?,
                layout::NAME_REFERENCE => self.text(&path).cloned().unwrap_or(content),
                _ => content,
            };
            wanted.insert(path, Some(content));
        }
        let changes = wanted.into_iter().map(|(path, new)| {
            let old = self.text(&path).cloned();
            FileChange {
                path: format!("{}/{path}", self.folder),
                old,
                new,
            }
        });
        Ok(changes.filter(|change| change.old != change.new).collect())
    }

    fn text(&self, path: &str) -> Option<&Vec<u8>> {
        self.old.and_then(|(_, files)| files.get(path))
    }

    // Returns the user's local text if it describes the same Dataflow. Otherwise, if the file in git was generated and
    // not edited, returns the canonical text. Otherwise edits the differing values of the file in git. A text that the
    // record of steps cannot be written into keeps its form: a missing record loses nothing.
    fn dataflow(&self, canonical: Vec<u8>, was: Option<&Vec<u8>>) -> Result<Vec<u8>, FilesError> {
        let mut wanted = self.new.dataflow.clone();
        wanted.metadata.namespace = None;
        if let Some(own) = self.own_text
            && describes(own, &wanted)
        {
            let text = edit::edit(own, &wanted).unwrap_or_else(|_| own.to_owned());
            return Ok(text.into_bytes());
        }
        let now = self.text(layout::DATAFLOW);
        let Some(now) = now.filter(|now| Some(*now) != was && !self.reset) else {
            return Ok(canonical);
        };
        let path = || format!("{}/{}", self.folder, layout::DATAFLOW);
        let text = std::str::from_utf8(now).map_err(|source| FilesError::NotText {
            path: path(),
            source,
        })?;
        let edited = edit::edit(text, &wanted).or_else(|source| {
            let now: Dataflow = dataflow::yaml::from_str(text).map_err(|_| source)?;
            edit::edit(text, &loss::with_record_of(&wanted, &now))
        });
        let edited = edited.map_err(|source| FilesError::NotEditable {
            path: path(),
            source,
        })?;
        Ok(edited.into_bytes())
    }

    // Returns the generated text, unless people edited the file in git: then only the lists of files and the namespace in
    // it are edited.
    fn kustomization(
        &self,
        canonical: Vec<u8>,
        was: Option<&Vec<u8>>,
    ) -> Result<Vec<u8>, FilesError> {
        let now = self.text(layout::KUSTOMIZATION);
        let (Some(now), Some(was)) = (now, was) else {
            return Ok(canonical);
        };
        if now == was || self.reset {
            return Ok(canonical);
        }
        if *was == canonical {
            return Ok(now.clone());
        }
        if let Some(edited) = self.edited_kustomization(now, &canonical) {
            return Ok(edited);
        }
        let old = String::from_utf8_lossy(was).into_owned();
        let lines = String::from_utf8_lossy(&canonical).into_owned();
        let missing = lines
            .lines()
            .filter(|line| !old.lines().any(|known| known == *line));
        Err(FilesError::EditedByHand {
            path: format!("{}/{}", self.folder, layout::KUSTOMIZATION),
            needed: missing.map(|line| line.trim().to_owned()).collect(),
        })
    }

    fn edited_kustomization(&self, now: &[u8], canonical: &[u8]) -> Option<Vec<u8>> {
        let config_map = self.new.dataflow.spec.config_map_name.as_deref()?;
        let now = std::str::from_utf8(now).ok()?;
        let canonical = std::str::from_utf8(canonical).ok()?;
        let read = |text: &str| dataflow::yaml::from_str::<Kustomization>(text).ok();
        let before = read(now)?;
        let old = before.entries_of(config_map).join("\n");
        let wanted = before.with_files_of(&read(canonical)?, config_map)?;
        let old: Vec<&str> = old.lines().collect();
        let text = edit::edit_list(now, &old, &wanted.entries_of(config_map))?;
        edit::edit(&text, &wanted).ok().map(String::into_bytes)
    }
}

/// Returns true if a text describes the Dataflow, apart from the record of its steps.
fn describes(text: &str, wanted: &Dataflow) -> bool {
    dataflow::yaml::from_str::<Dataflow>(text)
        .is_ok_and(|own| loss::without_record(&own) == loss::without_record(wanted))
}

#[cfg(test)]
mod tests;
