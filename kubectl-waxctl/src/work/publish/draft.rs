//! A commit request rendered against one state of the repository.

use std::collections::BTreeMap;

use gitops::environment::{self, APPS, flow_folder};
use gitops::file_change::FileChange;
use gitops::message;
use gitops::rendered::Rendered;
use gitops::scan;
use gitops::trailer::SourceCommit;

use super::flow::{Flow, RenderedFlow};
use super::request::CommitRequest;
use crate::error::CommandError;
use crate::git::{CommitView, ObjectId, Proposed, Remote, Repository};
use crate::local::render_record::{RenderRecord, RenderRecords};
use crate::work::base::Base;

/// The commit of a request on top of one parent.
#[derive(Debug)]
pub(super) struct Draft {
    /// The whole message.
    pub(super) message: String,
    /// The files that change.
    pub(super) changes: Vec<FileChange>,
    /// Content of files in the working tree that the new content was made from.
    pub(super) read: BTreeMap<String, Vec<u8>>,
    /// Warnings to print.
    pub(super) warnings: Vec<String>,
    parent: Option<ObjectId>,
    renders: Vec<Render>,
}

/// What a source alone rendered.
#[derive(Debug)]
struct Render {
    index: usize,
    environment: String,
    ours: Rendered,
    source: Option<SourceCommit>,
}

impl Draft {
    /// Renders a request against a parent. `bases` contains what each source was made from, once that is known.
    ///
    /// # Errors
    /// The environment's name is invalid, or a flow is invalid, conflicts with git, would lose state, or contains a
    /// secret.
    pub(super) fn on(
        request: &CommitRequest,
        remote: Option<&Remote>,
        parent: &CommitView<'_>,
        bases: &mut Vec<Option<Base>>,
    ) -> Result<Self, CommandError> {
        request.message.as_deref().map_or(Ok(()), refuse_message)?;
        bases.resize(request.sources.len(), None);
        let mut rendered = Vec::new();
        let mut renders = Vec::new();
        for (index, (source, base)) in request.sources.iter().zip(bases).enumerate() {
            let of_folder = source.place.as_ref().map(|place| &place.environment);
            let environment = environment_of(request, of_folder, parent)?;
            let flow = Flow {
                request,
                parent,
                remote,
                environment: &environment,
            };
            let mut flow = flow.source(source, base)?;
            let origin = flow.change.origin.as_ref();
            let source = origin.and_then(|origin| origin.source.clone());
            renders.extend(flow.ours.take().map(|ours| Render {
                index,
                environment,
                ours,
                source,
            }));
            rendered.push(flow);
        }
        for order in &request.orders {
            let flow = Flow {
                request,
                parent,
                remote,
                environment: &environment_of(request, None, parent)?,
            };
            rendered.push(flow.order(order)?);
        }
        let (mut flows, mut changes, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        let mut read = BTreeMap::new();
        for flow in rendered {
            let RenderedFlow {
                change,
                files,
                warnings: warned,
                read: own_file,
                ..
            } = flow;
            warnings.extend(warned);
            read.extend(own_file);
            if !files.is_empty() {
                flows.push(change);
                changes.extend(files);
            }
        }
        let message = message::message(&flows, request.message.as_deref());
        Ok(Self {
            message,
            changes,
            read,
            warnings,
            parent: parent.commit().cloned(),
            renders,
        })
    }

    /// Records what was rendered, as evidence for the next commit of the same sources. `commit` is the new commit;
    /// without one the parent already has the renders.
    ///
    /// # Errors
    /// Git fails.
    pub(super) fn record(
        &self,
        request: &CommitRequest,
        repository: &Repository,
        remote: Option<&Remote>,
        commit: Option<&ObjectId>,
    ) -> Result<(), CommandError> {
        let Some(commit) = commit.or(self.parent.as_ref()) else {
            return Ok(());
        };
        let view = repository.at(commit)?;
        let address = repository.address(remote)?;
        for render in &self.renders {
            let name = render.ours.name();
            let folder = view.folder_id(&flow_folder(&render.environment, name))?;
            let folder = folder.map(|id| id.to_string()).unwrap_or_default();
            let source = &request.sources[render.index].path;
            let records = RenderRecords::of(&address, &render.environment, name, source);
            let (id, at) = (commit.to_string(), render.source.as_ref());
            records.add(RenderRecord::new(id, folder, at, &render.ours));
        }
        Ok(())
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
            read: self.read.clone(),
            message: self.message.clone(),
        })
    }

    /// Returns the first line of the message.
    pub(super) fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// Returns the environment that the user or the source names, else the only one.
fn environment_of(
    request: &CommitRequest,
    of_folder: Option<&String>,
    parent: &CommitView<'_>,
) -> Result<String, CommandError> {
    let environment = match request.environment.as_ref().or(of_folder) {
        Some(environment) => environment.clone(),
        None => environment::only(parent.folders(APPS)?)?,
    };
    // Checked here, because every commit needs a draft.
    environment::check(&environment)?;
    Ok(environment)
}

/// Refuses a message of the user that is empty or contains a secret.
fn refuse_message(message: &str) -> Result<(), CommandError> {
    if message.trim().is_empty() {
        return Err(CommandError::usage("the commit message is empty").hint(
            "describe the change, such as `-m \"Add a step\"`, or leave out `-m`: then waxctl describes it",
        ));
    }
    let found = scan::in_message(message);
    if found.is_empty() {
        return Ok(());
    }
    let error = CommandError::policy("the commit message would put a secret into git");
    let error = found.iter().fold(error, CommandError::because);
    Err(error.hint("describe the change without the secret, such as `-m \"Rotate the token\"`"))
}
