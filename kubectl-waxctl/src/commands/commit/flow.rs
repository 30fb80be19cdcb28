//! One source rendered against one state of the repository.

use std::collections::BTreeMap;

use dataflow::cost::{self, Cost};
use dataflow::steps::Loss;

use super::files::Files;
use super::merge;
use super::message::FlowChange;
use super::stat::FileChange;
use super::wish::Wish;
use crate::error::CommandError;
use crate::git::{Snapshot, flow_folder};
use crate::render::{self, Rendered, layout};
use crate::secrets;
use crate::source::Source;
use crate::steps;

/// One source against one parent.
pub(super) struct Flow<'a> {
    pub(super) wish: &'a Wish,
    pub(super) source: &'a Source,
    pub(super) parent: &'a Snapshot<'a>,
    pub(super) environment: &'a str,
}

impl Flow<'_> {
    /// The flow as it is to be, and the files that this changes.
    pub(super) fn render(
        &self,
    ) -> Result<(FlowChange, Vec<FileChange>, Vec<String>), CommandError> {
        let settings = &self.wish.settings;
        // The name decides the folder, and the folder decides whether the flow exists.
        let named = self
            .source
            .dataflow
            .as_ref()
            .and_then(|dataflow| dataflow.metadata.name.clone());
        let name = settings.name.clone().or(named);
        let old_files = match &name {
            Some(name) => self.parent.files(&flow_folder(self.environment, name))?,
            None => None,
        };
        let old = old_files
            .as_ref()
            .map(|files| self.read(files))
            .transpose()?;
        let mut new = match &old {
            Some(old) => self.update(old)?,
            None => render::render(settings, self.source)?,
        };
        let mut warnings = render::check(&new)?;
        let losses = match &old {
            Some(old) => self.losses(old, &mut new, &mut warnings)?,
            None => Vec::new(),
        };
        secrets::refuse(&new)?;
        let folder = flow_folder(self.environment, new.name());
        let files = Files {
            flow: self,
            folder: &folder,
            old: old.as_ref().zip(old_files.as_ref()),
            new: &new,
        };
        let changes = files.changes()?;
        Ok((
            FlowChange {
                environment: self.environment.to_owned(),
                old,
                new,
                losses,
            },
            changes,
            warnings,
        ))
    }

    /// Refuses to lose state, or orders it if it is meant.
    fn losses(
        &self,
        old: &Rendered,
        new: &mut Rendered,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<Loss>, CommandError> {
        let losses = steps::losses(old, new).unwrap_or_else(|why| {
            warnings.push(steps::not_compared(new.name(), &why));
            Vec::new()
        });
        let changes = cost::changes(&old.dataflow.spec, &old.code, &new.dataflow.spec, &new.code);
        let fields = changes
            .iter()
            .filter(|change| change.cost == Cost::StateLost)
            .map(|change| change.path.clone());
        let causes: Vec<String> = fields
            .chain(losses.iter().map(ToString::to_string))
            .collect();
        if causes.is_empty() {
            return Ok(losses);
        }
        if !self.wish.loss.accept_state_loss {
            let error = CommandError::policy(format!("`{}` would lose state", new.name()));
            return Err(causes
                .iter()
                .fold(error, CommandError::because)
                .hint("if that is meant, add --accept-state-loss"));
        }
        if !losses.is_empty()
            && let Some(order) = self.wish.loss.order(&losses, new, &self.wish.global)?
            && let Some(recovery) = &mut new.dataflow.spec.recovery
        {
            recovery.action = Some(order);
        }
        Ok(losses)
    }

    fn read(&self, files: &BTreeMap<String, Vec<u8>>) -> Result<Rendered, CommandError> {
        layout::read(files).map_err(|error| {
            let place = format!("apps/{}", self.environment);
            CommandError::failure(format!(
                "a folder of that name in {place} is not a dataflow waxctl can read"
            ))
            .chain(&error)
            .hint("choose another --name or --env, or mend the folder first")
        })
    }

    fn update(&self, old: &Rendered) -> Result<Rendered, CommandError> {
        let settings = &self.wish.settings;
        let mut ours = if self.wish.reset {
            render::render(settings, self.source)?
        } else {
            render::update(old, settings, self.source)?
        };
        let (claimed, wanted) = (old.namespace(), ours.namespace());
        if let (Some(claimed), Some(wanted)) = (claimed, wanted)
            && claimed != wanted
        {
            let folder = flow_folder(self.environment, old.name());
            return Err(CommandError::policy(format!(
                "{folder} belongs to namespace {claimed}, not to {wanted}"
            ))
            .hint(format!(
                "leave out -n, or choose another --env for namespace {wanted}"
            )));
        }
        ours.dataflow.metadata.namespace = ours
            .dataflow
            .metadata
            .namespace
            .or_else(|| claimed.map(Into::into));
        if self.wish.reset {
            return Ok(ours);
        }
        let folder = flow_folder(self.environment, old.name());
        let Some(mut base) = self.base(old.name())? else {
            return Ok(ours);
        };
        base.dataflow
            .metadata
            .namespace
            .clone_from(&ours.dataflow.metadata.namespace);
        if self.source.dataflow.is_none() {
            // Flags were applied to what git says, so only the code can have changed on both sides.
            base.dataflow = old.dataflow.clone();
        }
        merge::merge(&base, &ours, old, &folder)
    }

    // What the source was made from: for a folder that lies in its own place the commit that is checked out, else
    // the last commit that waxctl made of this flow.
    fn base(&self, name: &str) -> Result<Option<Rendered>, CommandError> {
        let folder = flow_folder(self.environment, name);
        let files = if self.lies_at(&folder) {
            self.parent
                .sibling("HEAD")?
                .map(|head| head.files(&folder))
                .transpose()?
                .flatten()
        } else {
            let last = self.parent.last_of(self.environment, name)?;
            last.map(|last| last.files(&folder)).transpose()?.flatten()
        };
        Ok(files.and_then(|files| layout::read(&files).ok()))
    }

    fn lies_at(&self, folder: &str) -> bool {
        let place = self
            .wish
            .worktree
            .as_ref()
            .and_then(|top| top.join(folder).canonicalize().ok());
        place.is_some() && self.source.path.canonicalize().ok() == place
    }

    /// The dataflow.yaml that a source lying in its own place was made from.
    pub(super) fn base_text(&self, folder: &str) -> Option<Vec<u8>> {
        let path = format!("{folder}/{}", layout::DATAFLOW);
        let head = self
            .lies_at(folder)
            .then(|| self.parent.sibling("HEAD"))?
            .ok()??;
        head.file(&path).ok()?
    }
}
