//! A commit request rendered against one state of the repository.

use std::collections::BTreeMap;
use std::path::Path;

use gitops::environment::{self, APPS};
use gitops::file_change::FileChange;
use gitops::message;

use super::flow::Flow;
use super::request::CommitRequest;
use crate::error::CommandError;
use crate::git::{CommitView, Proposed};

/// The commit that a request comes to on top of one parent.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The whole message.
    pub(super) message: String,
    /// The files that change.
    pub(super) changes: Vec<FileChange>,
    /// What it warns about.
    pub(super) warnings: Vec<String>,
}

impl Draft {
    /// Renders a request against a parent. A source that lies in its own place in `worktree` is known by that.
    ///
    /// # Errors
    /// The environment can't be one, or a flow is not valid, clashes with what git says, would lose state, or holds a
    /// secret.
    pub(super) fn on(
        request: &CommitRequest,
        worktree: Option<&Path>,
        parent: &CommitView<'_>,
    ) -> Result<Self, CommandError> {
        let environment = match &request.environment {
            Some(environment) => environment.clone(),
            None => environment::only(parent.folders(APPS)?)?,
        };
        // Here, since nothing is committed without a draft.
        environment::check(&environment)?;
        let (mut flows, mut changes, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        for source in &request.sources {
            let flow = Flow {
                request,
                source,
                parent,
                environment: &environment,
                worktree,
            };
            let (change, files, warned) = flow.render()?;
            warnings.extend(warned);
            if !files.is_empty() {
                flows.push(change);
                changes.extend(files);
            }
        }
        let message = message::message(&flows, request.message.as_deref());
        Ok(Self {
            message,
            changes,
            warnings,
        })
    }

    /// What git is to make of it.
    ///
    /// # Errors
    /// Two sources change the same file.
    pub(super) fn proposed(&self) -> Result<Proposed, CommandError> {
        let changes = self.changes.iter();
        let files: BTreeMap<_, _> = changes
            .map(|change| (change.path.clone(), change.new.clone()))
            .collect();
        if files.len() < self.changes.len() {
            return Err(CommandError::usage(
                "two of the sources are the same dataflow",
            ));
        }
        Ok(Proposed {
            files,
            message: self.message.clone(),
        })
    }

    /// The first line of the message.
    pub(super) fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}
