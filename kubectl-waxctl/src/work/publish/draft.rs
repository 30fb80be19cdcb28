//! A commit request rendered against one state of the repository.

use std::collections::BTreeMap;
use std::path::Path;

use gitops::environment::{self, APPS};
use gitops::file_change::FileChange;
use gitops::message;
use gitops::scan;

use super::flow::Flow;
use super::request::CommitRequest;
use crate::error::CommandError;
use crate::git::{CommitView, Proposed};

/// The commit of a request on top of one parent.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The whole message.
    pub(super) message: String,
    /// The files that change.
    pub(super) changes: Vec<FileChange>,
    /// Warnings to print.
    pub(super) warnings: Vec<String>,
}

impl Draft {
    /// Renders a request against a parent. `worktree` shows whether a source is the flow's own folder in the
    /// repository.
    ///
    /// # Errors
    /// The environment's name is invalid, or a flow is invalid, conflicts with git, would lose state, or contains a
    /// secret.
    pub(super) fn on(
        request: &CommitRequest,
        worktree: Option<&Path>,
        parent: &CommitView<'_>,
    ) -> Result<Self, CommandError> {
        refuse_message(request.message.as_deref().unwrap_or_default())?;
        let (mut flows, mut changes, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        for source in &request.sources {
            let of_folder = source.place.as_ref().map(|place| &place.environment);
            let environment = match request.environment.as_ref().or(of_folder) {
                Some(environment) => environment.clone(),
                None => environment::only(parent.folders(APPS)?)?,
            };
            // Checked here, because every commit needs a draft.
            environment::check(&environment)?;
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

    /// Returns the files and the message for git.
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

    /// Returns the first line of the message.
    pub(super) fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// Refuses a message of the user that contains a secret.
fn refuse_message(message: &str) -> Result<(), CommandError> {
    let found = scan::in_message(message);
    if found.is_empty() {
        return Ok(());
    }
    let error = CommandError::policy("the commit message would put a secret into git");
    let error = found.iter().fold(error, CommandError::because);
    Err(error.hint("describe the change without the secret, such as `-m \"Rotate the token\"`"))
}
