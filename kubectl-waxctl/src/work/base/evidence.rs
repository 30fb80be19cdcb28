//! Evidence of what a source contains: the records of this machine, and the history of the source's own repository.

use gitops::layout;
use gitops::lineage;
use gitops::rendered::Rendered;
use gitops::trailer::SourceCommit;

use super::renders::{LIMIT, Render};
use super::writer::Writer;
use crate::error::CommandError;
use crate::git::{Commit, ObjectId, Relation, SourceRepository};
use crate::local::render_record::{RenderRecord, RenderRecords};

/// A render that the source contains.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) flow: Rendered,
    pub(super) commit: ObjectId,
}

/// A newer source than this one, and the commit that was made from it.
#[derive(Debug, Clone)]
pub(super) struct Newer {
    pub(super) source: SourceCommit,
    pub(super) commit: Commit,
}

impl Writer<'_> {
    /// Returns the records of this flow.
    pub(crate) fn records(&self) -> Result<RenderRecords, CommandError> {
        let address = self.tip.repository().address(self.remote)?;
        let (environment, name) = (self.environment, self.name);
        let path = &self.source.path;
        Ok(RenderRecords::of(&address, environment, name, path))
    }

    /// Returns the newer source that the newest render was made from, if there is one.
    pub(super) fn newer_source(
        &self,
        tip: &ObjectId,
        source: &SourceRepository,
    ) -> Result<Option<Newer>, CommandError> {
        if source.commit.dirty {
            // It has changes that no commit has, so it is not simply older.
            return Ok(None);
        }
        let Some(newest) = self.newest_render(tip)? else {
            return Ok(None);
        };
        let Some(of_newest) = newest.origin().and_then(|origin| origin.source.clone()) else {
            return Ok(None);
        };
        let relation = source.relation(&of_newest)?;
        Ok((relation == Relation::Newer).then_some(Newer {
            source: of_newest,
            commit: newest.commit,
        }))
    }

    /// Returns the newest render of this source that this machine has recorded and that the tip contains.
    pub(super) fn recorded(
        &self,
        tip: &ObjectId,
        source: Option<&SourceRepository>,
    ) -> Result<Option<Known>, CommandError> {
        let now = self.tip.folder_id(&self.folder())?;
        for record in self.records()?.own() {
            // In a source that is in git, another branch may be checked out now.
            let contained = match (source, record.source()) {
                (Some(source), Some(then)) => source.contains(&then)?,
                _ => true,
            };
            let commit = ObjectId::parse(&record.commit);
            let (true, Ok(commit), Some(flow)) = (contained, commit, record.rendered()) else {
                continue;
            };
            let same = now
                .as_ref()
                .is_some_and(|now| now.as_str() == record.folder);
            let place = if same || self.history().contains(&commit, tip)? {
                Some(commit)
            } else if let Some(again) = self.rendered_again(tip, &flow)? {
                Some(again)
            } else {
                self.squashed(tip, &record)?
            };
            if let Some(commit) = place {
                return Ok(Some(Known { flow, commit }));
            }
        }
        Ok(None)
    }

    /// Returns the commit that has the trailers of a render: it was rebased, picked or squashed, perhaps with other changes.
    fn rendered_again(
        &self,
        tip: &ObjectId,
        flow: &Rendered,
    ) -> Result<Option<ObjectId>, CommandError> {
        let identity = lineage::identity(flow);
        let renders = self.renders(tip, LIMIT)?;
        let found = renders.into_iter().find(|render| {
            let mut origins = render.origins.iter();
            origins.any(|origin| origin.render.as_ref() == Some(&identity))
        });
        Ok(found.map(|render| render.commit.id))
    }

    /// Returns the commit in which the folder had the content of a record: it was squashed, and the trailers are gone.
    fn squashed(
        &self,
        tip: &ObjectId,
        record: &RenderRecord,
    ) -> Result<Option<ObjectId>, CommandError> {
        let folder = self.folder();
        for commit in self.history().changing(&folder, None, tip, LIMIT)? {
            let id = self.tip.at(&commit).folder_id(&folder)?;
            if id.is_some_and(|id| id.as_str() == record.folder) {
                return Ok(Some(commit.id));
            }
        }
        Ok(None)
    }

    /// Returns the newest render whose source this source contains.
    ///
    /// Flags are no part of a source. Their values come from the writer's own last render: a pipeline that always gives
    /// the same flag does not overwrite what a colleague has set.
    pub(super) fn contained(
        &self,
        tip: &ObjectId,
        source: &SourceRepository,
        theirs: &Rendered,
    ) -> Result<Option<Known>, CommandError> {
        let newest = self.renders(tip, 1)?.pop();
        let is_marked =
            newest.is_some_and(|newest| newest.origin().is_some_and(|at| at.source.is_some()));
        let mut known = if is_marked {
            let history = self.history();
            history.with_more(|| self.contained_in(&self.renders(tip, LIMIT)?, source))?
        } else {
            None
        };
        // Without trailers the files still tell: they are those of an earlier version of the source.
        let code: Vec<_> = layout::code_files(theirs).collect();
        let unmarked = known
            .as_ref()
            .is_none_or(|known| known.flow.code != theirs.code);
        if unmarked && source.has_been(&code)? {
            let mut flow = theirs.clone();
            if let Some(known) = known.take() {
                flow.dataflow = known.flow.dataflow;
            }
            let commit = tip.clone();
            known = Some(Known { flow, commit });
        }
        Ok(known)
    }

    fn contained_in(
        &self,
        renders: &[Render],
        source: &SourceRepository,
    ) -> Result<Option<Known>, CommandError> {
        for render in renders {
            let Some(earlier) = render.origin().and_then(|origin| origin.source.as_ref()) else {
                continue;
            };
            if source.relation(earlier)? != Relation::Contained {
                continue;
            }
            let Some(mut flow) = self.rendered(render)? else {
                continue;
            };
            if self.source.dataflow.is_none()
                && let Some(own) = self.own_render(renders)?
            {
                flow.dataflow = own.dataflow;
            }
            let commit = render.commit.id.clone();
            return Ok(Some(Known { flow, commit }));
        }
        Ok(None)
    }

    fn own_render(&self, renders: &[Render]) -> Result<Option<Rendered>, CommandError> {
        let Some(email) = self.tip.repository().own_email()? else {
            return Ok(None);
        };
        let own = renders.iter().find(|render| render.commit.email == email);
        own.map_or(Ok(None), |render| self.rendered(render))
    }
}
