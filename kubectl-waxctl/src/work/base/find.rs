//! Finds the base. The evidence, in its order:
//!
//! 1. The user's word: `--take-back`, `--base COMMIT`.
//! 2. The flow's own folder in the checked-out files contains the checked-out commit.
//! 3. A source in git must not be older than the one of the newest render.
//! 4. This machine's record of the last render of this source.
//! 5. A source in git contains the renders that were made from its ancestors.
//! 6. The user's clone had a render before the fetch.
//! 7. Without any of these, the version that is nearest to the source.

use gitops::rendered::Rendered;
use gitops::trailer::SourceCommit;

use super::objection::Objection;
use super::writer::{BaseChoice, Writer};
use crate::error::CommandError;
use crate::git::{ObjectId, SourceRepository};

/// What the source started from.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    /// The version of the flow; `None` if the source was made from none.
    pub(crate) flow: Option<Rendered>,
    /// The commit of that version.
    pub(crate) commit: Option<ObjectId>,
    /// The commit of the source, if it is in git.
    pub(crate) source: Option<SourceCommit>,
    /// What speaks against the commit.
    pub(crate) objections: Vec<Objection>,
}

impl Base {
    /// Finds the base of a source. `theirs` is the flow at the tip.
    ///
    /// # Errors
    /// Git fails, the history cannot be read far enough, or the commit that the user names does not have the flow.
    pub(crate) fn find(writer: &Writer<'_>, theirs: &Rendered) -> Result<Self, CommandError> {
        let Some(tip) = writer.tip.commit() else {
            return Ok(Self::at(Some(theirs.clone()), None));
        };
        if writer.is_own_folder() && *writer.choice == BaseChoice::Evidence {
            return Self::checked_out(writer);
        }
        let source = SourceRepository::find(&writer.source.path)?;
        let base = match writer.choice {
            BaseChoice::Tip => Self::at(Some(theirs.clone()), Some(tip.clone())),
            BaseChoice::Commit(commit) => Self::named(writer, commit)?,
            BaseChoice::Evidence => Self::by_evidence(writer, theirs, tip, source.as_ref())?,
        };
        Ok(Self {
            source: source.map(|source| source.commit),
            ..base
        })
    }

    /// Returns the base of a flow that did not exist.
    pub(crate) fn nothing(writer: &Writer<'_>) -> Result<Self, CommandError> {
        if let BaseChoice::Commit(commit) = writer.choice {
            return Err(CommandError::usage(format!(
                "`--base {commit}` names a version of dataflow `{}`, which does not exist in git",
                writer.name
            ))
            .hint("correct `--name` or `--env`, or leave out `--base`"));
        }
        let mut base = Self::at(None, None);
        if writer.is_own_folder() {
            return Ok(base);
        }
        base.source = Self::source_of(writer)?;
        if *writer.choice == BaseChoice::Evidence
            && let Some(tip) = writer.tip.commit()
        {
            let history = writer.history();
            let folder = writer.folder();
            let last = history
                .with_a_little_more(|| Ok(history.changing(&folder, None, tip, 1)?.pop()))?;
            let removed = last.map(|commit| Objection::Removed { commit });
            base.objections.extend(removed);
        }
        Ok(base)
    }

    /// Returns the commit of the source, if it is in git.
    ///
    /// # Errors
    /// Git fails.
    pub(super) fn source_of(writer: &Writer<'_>) -> Result<Option<SourceCommit>, CommandError> {
        let source = SourceRepository::find(&writer.source.path)?;
        Ok(source.map(|source| source.commit))
    }

    fn at(flow: Option<Rendered>, commit: Option<ObjectId>) -> Self {
        Self {
            flow,
            commit,
            source: None,
            objections: Vec::new(),
        }
    }

    fn checked_out(writer: &Writer<'_>) -> Result<Self, CommandError> {
        let head = writer.tip.sibling("HEAD")?;
        let flow = head.as_ref().map(|head| writer.version(head)).transpose()?;
        Ok(match flow.flatten() {
            Some(flow) => Self::at(Some(flow), head.and_then(|head| head.commit().cloned())),
            None => Self::at(None, None),
        })
    }

    fn named(writer: &Writer<'_>, commit: &str) -> Result<Self, CommandError> {
        let Some(view) = writer.tip.sibling(commit)? else {
            return Err(
                CommandError::usage(format!("there is no commit `{commit}` for `--base`"))
                    .hint("name a commit of this repository, as `git log` shows it"),
            );
        };
        match writer.version(&view)? {
            Some(flow) => Ok(Self::at(Some(flow), view.commit().cloned())),
            None => Err(CommandError::usage(format!(
                "commit `{commit}` does not have {}",
                writer.folder()
            ))
            .hint(format!("choose one of: git log -- {}", writer.folder()))),
        }
    }

    fn by_evidence(
        writer: &Writer<'_>,
        theirs: &Rendered,
        tip: &ObjectId,
        source: Option<&SourceRepository>,
    ) -> Result<Self, CommandError> {
        if let Some(source) = source
            && let Some(newer) = writer.newer_source(tip, source)?
        {
            let objection = Objection::OlderSource {
                source: source.commit.clone(),
                newer: newer.source,
                commit: newer.commit,
            };
            let mut base = Self::at(Some(theirs.clone()), Some(tip.clone()));
            base.objections.push(objection);
            return Ok(base);
        }
        let mut known = writer.recorded(tip, source)?;
        if known.is_none()
            && let Some(source) = source
        {
            known = writer.contained(tip, source, theirs)?;
        }
        if let Some(known) = known {
            return Ok(Self::at(Some(known.flow), Some(known.commit)));
        }
        if let Some(seen) = writer.seen(tip)?
            && let Some((known, objections)) = writer.newest_seen(&seen)?
        {
            let mut base = Self::at(Some(known.flow), Some(known.commit));
            base.objections = objections;
            return Ok(base);
        }
        Ok(match writer.nearest(tip)? {
            Some(known) => Self::at(Some(known.flow), Some(known.commit)),
            None => Self::at(None, None),
        })
    }
}
