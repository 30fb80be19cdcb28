//! The earlier renders of a flow in the history: commits of waxctl with their trailers.

use gitops::lineage;
use gitops::merge::merge;
use gitops::rendered::Rendered;
use gitops::trailer::{self, Origin};

use super::writer::Writer;
use crate::error::CommandError;
use crate::git::{Commit, ObjectId};

/// Earlier renders that are looked at.
pub(super) const LIMIT: usize = 20;
/// Renders that kept changes of others follow each other; of older ones the whole version counts.
const CHAIN: usize = 30;

/// A commit that renders the flow.
#[derive(Debug, Clone)]
pub(super) struct Render {
    pub(super) commit: Commit,
    /// What it was made from; several for a squashed commit.
    pub(super) origins: Vec<Origin>,
}

impl Render {
    /// Returns what it was made from; of a squashed commit the newest.
    pub(super) fn origin(&self) -> Option<&Origin> {
        self.origins.last()
    }
}

impl Writer<'_> {
    /// Returns the renders up to a commit, newest first and at most `limit`.
    pub(super) fn renders(
        &self,
        tip: &ObjectId,
        limit: usize,
    ) -> Result<Vec<Render>, CommandError> {
        let marker = trailer::marker(self.environment, self.name);
        // Other commits can contain the text, too, such as a revert, or one of a flow with a longer name.
        for asked in [limit, 10 * limit] {
            let commits = self.history().mentioning(&marker, tip, asked)?;
            let all = commits.len() < asked;
            let mut renders: Vec<Render> = commits
                .into_iter()
                .filter_map(|commit| self.render_of(commit))
                .collect();
            if all || renders.len() >= limit {
                renders.truncate(limit);
                return Ok(renders);
            }
        }
        Ok(Vec::new())
    }

    /// Returns the newest render up to a commit. Fetches more history if this one ends too early.
    pub(super) fn newest_render(&self, tip: &ObjectId) -> Result<Option<Render>, CommandError> {
        self.history().with_more(|| Ok(self.renders(tip, 1)?.pop()))
    }

    fn render_of(&self, commit: Commit) -> Option<Render> {
        let origins = trailer::origins(&commit.message, self.environment, self.name);
        (!origins.is_empty()).then_some(Render { commit, origins })
    }

    /// Returns what a commit of waxctl rendered, without changes of others that it kept. `None` if the flow in it
    /// cannot be read.
    pub(super) fn rendered(&self, render: &Render) -> Result<Option<Rendered>, CommandError> {
        self.rendered_within(render, CHAIN)
    }

    fn rendered_within(
        &self,
        render: &Render,
        depth: usize,
    ) -> Result<Option<Rendered>, CommandError> {
        let Some(whole) = self.version(&self.tip.at(&render.commit))? else {
            return Ok(None);
        };
        let mut identities = render.origins.iter().filter_map(|at| at.render.as_ref());
        let known = identities.clone().next().is_some();
        let identity = lineage::identity(&whole);
        if !known || depth == 0 || identities.any(|render| *render == identity) {
            return Ok(Some(whole));
        }
        // The commit contains more than its render. The render is what the commit changed, applied to its base.
        let before = match &render.commit.parent {
            Some(parent) => self.history().older_commit(parent)?,
            None => None,
        };
        let (Some(before), Some(base)) = (before, self.base_of(render)?) else {
            return Ok(Some(whole));
        };
        let before = self.version(&self.tip.at(&before))?;
        let base = self.rendered_within(&base, depth - 1)?;
        let (Some(before), Some(base)) = (before, base) else {
            return Ok(Some(whole));
        };
        let without = merge(&before, &whole, &base, &self.folder());
        Ok(Some(without.map_or(whole, |merged| merged.flow)))
    }

    /// Returns the render that a render continues.
    fn base_of(&self, render: &Render) -> Result<Option<Render>, CommandError> {
        let named = render.origin().and_then(|origin| origin.base.as_ref());
        if let Some(id) = named.and_then(|base| ObjectId::parse(base).ok()) {
            let commit = self.history().older_commit(&id)?;
            if let Some(commit) = commit {
                return Ok(self.render_of(commit));
            }
        }
        match &render.commit.parent {
            Some(parent) => self.newest_render(parent),
            None => Ok(None),
        }
    }
}
