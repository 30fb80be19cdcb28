//! The files of a flow's folder: what we own is written anew, what people have edited is edited.

use std::collections::BTreeMap;
use std::str::Utf8Error;

use dataflow::Dataflow;
use thiserror::Error;

use crate::edit::{self, EditError};
use crate::file_change::FileChange;
use crate::layout;
use crate::rendered::Rendered;

/// Why the files can't be changed without losing what people wrote.
#[derive(Debug, Error)]
pub enum FilesError {
    /// The dataflow.yaml is not text.
    #[error("cannot change {path} and keep what people wrote in it")]
    NotText {
        /// The file.
        path: String,
        /// Where it is none.
        source: Utf8Error,
    },
    /// The dataflow.yaml can't be edited.
    #[error("cannot change {path} and keep what people wrote in it")]
    NotEditable {
        /// The file.
        path: String,
        /// What stands in the way.
        source: EditError,
    },
    /// The kustomization.yaml was edited by hand and has to change.
    #[error("{path} was edited by hand and has to change")]
    EditedByHand {
        /// The file.
        path: String,
        /// The lines that it has to have.
        needed: Vec<String>,
    },
}

/// The files of one flow's folder, before and after.
#[derive(Debug)]
pub struct Files<'a> {
    /// The folder's path in the repository.
    pub folder: &'a str,
    /// The flow as it is, and the folder's files.
    pub old: Option<(&'a Rendered, &'a BTreeMap<String, Vec<u8>>)>,
    /// The flow as it is to be.
    pub new: &'a Rendered,
    /// The dataflow.yaml that the author of the new one has written, unless somebody else has changed the one in git.
    pub own_text: Option<&'a str>,
    /// Whether to write all anew, also what people have edited.
    pub reset: bool,
}

impl Files<'_> {
    /// Returns every file that differs, with its content before and after.
    ///
    /// # Errors
    /// A file that people have edited would have to be written over.
    pub fn changes(&self) -> Result<Vec<FileChange>, FilesError> {
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

    // The person's own file if it says the same; the file in git with only the differing values edited, unless it is
    // as it would be written anew.
    fn dataflow(&self, canonical: Vec<u8>, was: Option<&Vec<u8>>) -> Result<Vec<u8>, FilesError> {
        let mut wanted = self.new.dataflow.clone();
        wanted.metadata.namespace = None;
        if let Some(own) = self.own_text
            && dataflow::yaml::from_str::<Dataflow>(own).is_ok_and(|own| own == wanted)
        {
            return Ok(own.as_bytes().to_vec());
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
        let edited = edit::edit(text, &wanted).map_err(|source| FilesError::NotEditable {
            path: path(),
            source,
        })?;
        Ok(edited.into_bytes())
    }

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
}
