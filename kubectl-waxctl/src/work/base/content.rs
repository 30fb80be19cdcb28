//! Evidence if there is no other: what the clone had before the fetch, and what the content of earlier versions tells.

use dataflow::Dataflow;
use dataflow::code::Code;
use dataflow::spec::DataflowSpec;
use gitops::lineage::{self, Candidate};
use gitops::rendered::Rendered;

use super::evidence::Known;
use super::objection::Objection;
use super::renders::{LIMIT, Render};
use super::writer::Writer;
use crate::error::CommandError;
use crate::git::{Commit, ObjectId};

/// Renders that a shallow clone needs before their content can tell anything.
const ENOUGH: usize = 3;

impl Writer<'_> {
    /// Returns the newest commit of the tip's history that the user's clone had, so that the user can have seen it.
    pub(super) fn seen(&self, tip: &ObjectId) -> Result<Option<ObjectId>, CommandError> {
        let repository = self.tip.repository();
        if repository.is_cache() {
            // No clone tells anything, so that everything counts as seen.
            return Ok(Some(tip.clone()));
        }
        match repository.head()? {
            Some(head) => Ok(self.history().common(&head, tip)?),
            None => Ok(None),
        }
    }

    /// Returns the newest version of the flow that the user's clone had, with what the source takes back from it.
    pub(super) fn newest_seen(
        &self,
        seen: &ObjectId,
    ) -> Result<Option<(Known, Vec<Objection>)>, CommandError> {
        if let Some(newest) = self.newest_render(seen)?
            && let Some(flow) = self.rendered(&newest)?
        {
            let renders = self.enough(seen, &flow)?;
            let objections = self.objections(&renders)?;
            let commit = newest.commit.id;
            return Ok(Some((Known { flow, commit }, objections)));
        }
        // Without trailers, every version of the folder can be one that the source was made from.
        let commits = self.history().changing(&self.folder(), None, seen, LIMIT)?;
        let versions = self.versions(commits)?;
        let Some((commit, flow)) = versions.first().cloned() else {
            return Ok(None);
        };
        let objections = self.taken_back(&versions)?;
        let commit = commit.id;
        Ok(Some((Known { flow, commit }, objections)))
    }

    /// Returns the version of the tip's history that is nearest to the source. `None` if no version is related: then
    /// everything that both have is a conflict.
    pub(super) fn nearest(&self, tip: &ObjectId) -> Result<Option<Known>, CommandError> {
        let commits = self.history().changing(&self.folder(), None, tip, LIMIT)?;
        let versions = self.versions(commits)?;
        let nearest = lineage::nearest(&self.candidates(&versions));
        let nearest = nearest.filter(|nearest| nearest.related);
        Ok(nearest.map(|nearest| {
            let (commit, flow) = versions[nearest.index].clone();
            let commit = commit.id;
            Known { flow, commit }
        }))
    }

    /// Returns the version of a flow that does not exist.
    pub(crate) fn nothing(&self) -> Rendered {
        Rendered {
            dataflow: Dataflow::new(self.name, DataflowSpec::default()),
            code: Code::new(),
        }
    }

    /// Returns the earlier renders, from a shallow clone only if the source could take something back: a line, or the removal of a line.
    fn enough(&self, seen: &ObjectId, newest: &Rendered) -> Result<Vec<Render>, CommandError> {
        let candidate = Candidate {
            earlier: newest.clone(),
            ours: self.on(newest)?,
        };
        if !candidate.changes_lines() {
            return Ok(Vec::new());
        }
        let renders = self.history().with_more(|| {
            let renders = self.renders(seen, LIMIT)?;
            Ok::<_, CommandError>((renders.len() >= ENOUGH).then_some(renders))
        })?;
        renders.map_or_else(|| self.renders(seen, LIMIT), Ok)
    }

    fn objections(&self, renders: &[Render]) -> Result<Vec<Objection>, CommandError> {
        let commits: Vec<Commit> = renders.iter().map(|render| render.commit.clone()).collect();
        self.history().prefetch(&commits, &self.folder(), true)?;
        let mut versions = Vec::new();
        for render in renders {
            if let Some(flow) = self.rendered(render)? {
                versions.push((render.commit.clone(), flow));
            }
        }
        self.taken_back(&versions)
    }

    /// Returns what the source takes back from the newest of the versions.
    fn taken_back(&self, versions: &[(Commit, Rendered)]) -> Result<Vec<Objection>, CommandError> {
        let candidates = self.candidates(versions);
        let Some(nearest) = lineage::nearest(&candidates).filter(|nearest| nearest.index > 0)
        else {
            return Ok(Vec::new());
        };
        if nearest.ambiguous && !self.are_of_others(&versions[..nearest.index])? {
            return Ok(Vec::new());
        }
        let taken = lineage::taken_back(&candidates, nearest.index).into_iter();
        let objections = taken.map(|taken| Objection::TakesBack {
            commit: versions[taken.index].0.clone(),
            lines: taken.lines,
        });
        Ok(objections.collect())
    }

    /// Whether one of the versions is of another person, or was made from another source on this machine.
    fn are_of_others(&self, versions: &[(Commit, Rendered)]) -> Result<bool, CommandError> {
        let email = self.tip.repository().own_email()?;
        let others = self.records()?.commits_of_others();
        Ok(versions.iter().any(|(commit, _)| {
            email.as_ref() != Some(&commit.email)
                || others.iter().any(|id| id == commit.id.as_str())
        }))
    }

    fn versions(&self, commits: Vec<Commit>) -> Result<Vec<(Commit, Rendered)>, CommandError> {
        self.history().prefetch(&commits, &self.folder(), true)?;
        let mut versions = Vec::new();
        for commit in commits {
            if let Some(flow) = self.version(&self.tip.at(&commit))? {
                versions.push((commit, flow));
            }
        }
        Ok(versions)
    }

    // A version on which the source cannot be rendered was not its base.
    fn candidates(&self, versions: &[(Commit, Rendered)]) -> Vec<Candidate> {
        let candidate = |earlier: &Rendered| Candidate {
            earlier: earlier.clone(),
            ours: self.on(earlier).unwrap_or_else(|_| self.nothing()),
        };
        versions.iter().map(|(_, flow)| candidate(flow)).collect()
    }
}
