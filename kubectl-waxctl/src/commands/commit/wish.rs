//! What the command line asks for, rendered against any state of the repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::CommitArgs;
use super::flow::Flow;
use super::message;
use super::stat::FileChange;
use crate::cli::GlobalArgs;
use crate::error::CommandError;
use crate::git::{Proposed, Repository, Snapshot};
use crate::settings::Settings;
use crate::source::Source;
use crate::steps::LossArgs;

/// The sources and flags of one `df commit`. It can be asked again for every new parent.
pub(super) struct Wish {
    sources: Vec<Source>,
    pub(super) settings: Settings,
    environment: Option<String>,
    message: Option<String>,
    pub(super) reset: bool,
    pub(super) loss: LossArgs,
    pub(super) global: GlobalArgs,
    pub(super) worktree: Option<PathBuf>,
    changes: Vec<FileChange>,
    warnings: Vec<String>,
    subject: String,
}

impl Wish {
    /// Reads the sources; flags and sources that do not go together are refused.
    pub(super) fn read(
        args: &CommitArgs,
        settings: Settings,
        global: &GlobalArgs,
    ) -> Result<Wish, CommandError> {
        let sources = args
            .source
            .iter()
            .map(|path| Source::read(path))
            .collect::<Result<Vec<_>, _>>()?;
        if sources.len() > 1 {
            refuse_flags(&settings)?;
            sources.iter().try_for_each(refuse_without_dataflow)?;
        }
        if let Some(environment) = &args.env {
            check_environment(environment)?;
        }
        Ok(Wish {
            sources,
            settings,
            environment: args.env.clone(),
            message: args.message.clone(),
            reset: args.reset,
            loss: args.loss.clone(),
            global: global.clone(),
            worktree: None,
            changes: Vec::new(),
            warnings: Vec::new(),
            subject: String::new(),
        })
    }

    /// Tells in which working tree a source may lie in its own place.
    pub(super) fn resolve_in(&mut self, repository: &Repository) {
        self.worktree = repository.worktree().map(Path::to_path_buf);
    }

    /// The commit that is wanted on top of a parent.
    pub(super) fn propose(&mut self, parent: &Snapshot<'_>) -> Result<Proposed, CommandError> {
        let environment = self.environment_in(parent)?;
        let (mut flows, mut changes, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        for source in &self.sources {
            let flow = Flow {
                wish: self,
                source,
                parent,
                environment: &environment,
            };
            let (change, files, warned) = flow.render()?;
            warnings.extend(warned);
            if !files.is_empty() {
                flows.push(change);
                changes.extend(files);
            }
        }
        let message = message::message(&flows, self.message.as_deref());
        message
            .lines()
            .next()
            .unwrap_or_default()
            .clone_into(&mut self.subject);
        let files: BTreeMap<_, _> = changes
            .iter()
            .map(|change| (change.path.clone(), change.new.clone()))
            .collect();
        if files.len() < changes.len() {
            return Err(CommandError::usage(
                "two of the sources are the same dataflow",
            ));
        }
        (self.changes, self.warnings) = (changes, warnings);
        Ok(Proposed { files, message })
    }

    /// The files that the last proposal changes.
    pub(super) fn changes(&self) -> &[FileChange] {
        &self.changes
    }

    /// What the last proposal warns about.
    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The first line of the last proposal's message.
    pub(super) fn subject(&self) -> &str {
        &self.subject
    }

    fn environment_in(&self, parent: &Snapshot<'_>) -> Result<String, CommandError> {
        if let Some(environment) = &self.environment {
            return Ok(environment.clone());
        }
        let mut known = parent.folders("apps")?;
        if known.len() == 1 {
            return Ok(known.remove(0));
        }
        let error = CommandError::usage("which environment is meant?");
        Err(if known.is_empty() {
            error
                .because("there is none in this repository yet")
                .hint("name the first one, such as --env prod")
        } else {
            error
                .because(format!("there are several: {}", known.join(", ")))
                .hint("name one with --env")
        })
    }
}

fn refuse_flags(settings: &Settings) -> Result<(), CommandError> {
    let flags = settings.flow_flags();
    if flags.is_empty() {
        return Ok(());
    }
    Err(CommandError::usage(format!(
        "{} cannot apply to several sources at once",
        flags.join(", ")
    ))
    .hint("commit them one by one, or write it into each dataflow.yaml"))
}

fn refuse_without_dataflow(source: &Source) -> Result<(), CommandError> {
    if source.dataflow.is_some() {
        return Ok(());
    }
    let path = source.path.display();
    Err(CommandError::usage(format!(
        "{path} has no dataflow.yaml, which each of several sources needs"
    ))
    .hint(format!("waxctl df render {path} --name NAME --into FOLDER")))
}

fn check_environment(environment: &str) -> Result<(), CommandError> {
    let fine = environment
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if fine && !environment.is_empty() && !environment.starts_with(['.', '-']) {
        return Ok(());
    }
    Err(
        CommandError::usage(format!("{environment:?} is not a name for an environment"))
            .because("it becomes a folder under apps/")
            .hint("use letters, digits, `-`, `_` and `.`, such as --env prod"),
    )
}
