//! The files of a flow's folder: what waxctl owns is written anew, what people have edited is edited.

use std::collections::BTreeMap;

use super::flow::Flow;
use super::stat::FileChange;
use crate::edit;
use crate::error::CommandError;
use crate::render::{Rendered, layout};

/// The files of one flow's folder, before and after.
pub(super) struct Files<'a> {
    pub(super) flow: &'a Flow<'a>,
    pub(super) folder: &'a str,
    pub(super) old: Option<(&'a Rendered, &'a BTreeMap<String, Vec<u8>>)>,
    pub(super) new: &'a Rendered,
}

impl Files<'_> {
    /// Every file that differs, with its content before and after.
    pub(super) fn changes(&self) -> Result<Vec<FileChange>, CommandError> {
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
    // as waxctl had written it.
    fn dataflow(&self, canonical: Vec<u8>, was: Option<&Vec<u8>>) -> Result<Vec<u8>, CommandError> {
        let mut wanted = self.new.dataflow.clone();
        wanted.metadata.namespace = None;
        let now = self.text(layout::DATAFLOW);
        if let Some(own) = self.own_text(now)
            && dataflow::yaml::from_str::<dataflow::Dataflow>(&own).is_ok_and(|own| own == wanted)
        {
            return Ok(own.into_bytes());
        }
        let Some(now) = now.filter(|now| Some(*now) != was && !self.flow.wish.reset) else {
            return Ok(canonical);
        };
        let path = format!("{}/{}", self.folder, layout::DATAFLOW);
        let failed = || {
            CommandError::failure(format!(
                "cannot change {path} and keep what people wrote in it"
            ))
        };
        let text = std::str::from_utf8(now).map_err(|error| failed().chain(&error))?;
        let edited = edit::edit(text, &wanted).map_err(|error| {
            failed()
                .chain(&error)
                .hint("make the change there by hand, or write the file anew with --reset")
        })?;
        Ok(edited.into_bytes())
    }

    // The source's own dataflow.yaml, if nobody else has changed the one in git.
    fn own_text(&self, now: Option<&Vec<u8>>) -> Option<String> {
        self.flow.source.dataflow.as_ref()?;
        let own = std::fs::read_to_string(self.flow.source.path.join(layout::DATAFLOW)).ok()?;
        let base = self.flow.base_text(self.folder);
        (now.is_none() || now == base.as_ref()).then_some(own)
    }

    fn kustomization(
        &self,
        canonical: Vec<u8>,
        was: Option<&Vec<u8>>,
    ) -> Result<Vec<u8>, CommandError> {
        let now = self.text(layout::KUSTOMIZATION);
        match (now, was) {
            (Some(now), Some(was)) if now != was && !self.flow.wish.reset => {
                if *was == canonical {
                    return Ok(now.clone());
                }
                let path = format!("{}/{}", self.folder, layout::KUSTOMIZATION);
                let lines = String::from_utf8_lossy(&canonical).into_owned();
                let old = String::from_utf8_lossy(was).into_owned();
                let error =
                    CommandError::failure(format!("{path} was edited by hand and has to change"));
                let error = lines
                    .lines()
                    .filter(|line| !old.lines().any(|known| known == *line))
                    .fold(error, |error, line| {
                        error.because(format!("it has to say: {}", line.trim()))
                    });
                Err(error.hint("make the change there by hand and commit it, or write the file anew with --reset"))
            }
            _ => Ok(canonical),
        }
    }
}
