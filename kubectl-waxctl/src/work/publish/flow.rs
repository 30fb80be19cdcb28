//! Renders one source against one state of the repository. `Flow::render` takes four steps:
//!
//! 1. The name of the source decides the folder, and the folder contains the old version.
//! 2. Without an old version the source is rendered. Otherwise the settings are applied to the old version, and the
//!    result is merged with it; `Flow::base` is the common ancestor.
//! 3. The new version is checked. Losses of state and secrets are refused.
//! 4. The changes of the files are computed.

use std::collections::BTreeMap;
use std::path::Path;

use dataflow::spec::RecoveryAction;
use dataflow::steps::Loss;
use gitops::advice::{advise, advise_on_change};
use gitops::check::check;
use gitops::environment::flow_folder;
use gitops::file_change::FileChange;
use gitops::files::Files;
use gitops::layout;
use gitops::loss;
use gitops::merge::merge;
use gitops::message::FlowChange;
use gitops::render;
use gitops::rendered::Rendered;
use gitops::scan::{self, Finding};
use gitops::source::Source;

use super::request::CommitRequest;
use crate::error::CommandError;
use crate::git::CommitView;
use crate::work::losses::losses;

/// One source with the parent to render it against.
pub(super) struct Flow<'a> {
    pub(super) request: &'a CommitRequest,
    pub(super) source: &'a Source,
    pub(super) parent: &'a CommitView<'a>,
    pub(super) environment: &'a str,
    pub(super) worktree: Option<&'a Path>,
}

impl Flow<'_> {
    /// Returns the new flow, the changed files, and warnings.
    pub(super) fn render(
        &self,
    ) -> Result<(FlowChange, Vec<FileChange>, Vec<String>), CommandError> {
        let settings = &self.request.settings;
        // The name decides the folder, and the folder decides whether the flow exists.
        let name = render::given_name(settings, self.source);
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
        let mut warnings = check(&new)?;
        warnings.extend(advise(&new, Some(self.source)));
        warnings.extend(old.iter().flat_map(|old| advise_on_change(old, &new)));
        let losses = match &old {
            Some(old) => self.losses(old, &mut new, &mut warnings)?,
            None => Vec::new(),
        };
        let folder = flow_folder(self.environment, new.name());
        let files = Files {
            folder: &folder,
            old: old.as_ref().zip(old_files.as_ref()),
            new: &new,
            own_text: self.own_text(&folder, old_files.as_ref()),
            reset: self.request.reset,
        };
        let changes = files.changes()?;
        let found = scan::scan(&folder, &new, &changes);
        refuse_secrets(new.name(), &found.new)?;
        warnings.extend(found.known.iter().map(already_in_git));
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

    /// Refuses a loss of state. If the user accepts the loss, adds the recovery action that requests it.
    fn losses(
        &self,
        old: &Rendered,
        new: &mut Rendered,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<Loss>, CommandError> {
        let losses = losses(old, new).unwrap_or_else(|why| {
            warnings.push(loss::not_compared(new.name(), &why));
            Vec::new()
        });
        let causes = loss::causes(old, new, &losses);
        if causes.is_empty() {
            return Ok(losses);
        }
        if !self.request.acceptance.accepted {
            let error = CommandError::policy(format!(
                "the commit would lose state of dataflow `{}`",
                new.name()
            ));
            return Err(causes
                .iter()
                .fold(error, CommandError::because)
                .hint("if you accept the loss, add `--accept-state-loss`"));
        }
        if !losses.is_empty()
            && let Some(action) = self.action(&losses, new)?
            && let Some(recovery) = &mut new.dataflow.spec.recovery
        {
            recovery.action = Some(action);
        }
        Ok(losses)
    }

    fn action(
        &self,
        losses: &[Loss],
        new: &Rendered,
    ) -> Result<Option<RecoveryAction>, CommandError> {
        let CommitRequest {
            acceptance, access, ..
        } = self.request;
        acceptance.action(losses, new, access)
    }

    fn read(&self, files: &BTreeMap<String, Vec<u8>>) -> Result<Rendered, CommandError> {
        layout::read(files).map_err(|error| {
            let place = format!("apps/{}", self.environment);
            CommandError::failure(format!(
                "the folder of that name in {place} is not a dataflow that waxctl can read"
            ))
            .chain(&error)
            .hint("choose another `--name` or `--env`, or repair the folder first")
        })
    }

    fn update(&self, old: &Rendered) -> Result<Rendered, CommandError> {
        let settings = &self.request.settings;
        let mut ours = if self.request.reset {
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
                "{folder} belongs to namespace `{claimed}`, not to `{wanted}`"
            ))
            .hint(format!(
                "leave out `-n`, or choose another `--env` for namespace `{wanted}`"
            )));
        }
        ours.dataflow.metadata.namespace = ours
            .dataflow
            .metadata
            .namespace
            .or_else(|| claimed.map(Into::into));
        if self.request.reset {
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
            // The flags were applied to the version in git, so only the code can have changed on both sides.
            base.dataflow = old.dataflow.clone();
        }
        Ok(merge(&base, &ours, old, &folder)?)
    }

    // Returns the version that the source was made from. For the flow's own folder that is the checked-out commit, else
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
            .worktree
            .and_then(|top| top.join(folder).canonicalize().ok());
        place.is_some() && self.source.path.canonicalize().ok() == place
    }

    // Returns the source's dataflow.yaml, unless another commit has changed the one in git.
    fn own_text(&self, folder: &str, files: Option<&BTreeMap<String, Vec<u8>>>) -> Option<&str> {
        let own = self.source.dataflow_text.as_deref()?;
        let now = files.and_then(|files| files.get(layout::DATAFLOW));
        let same = now.is_none() || now == self.base_text(folder).as_ref();
        same.then_some(own)
    }

    // Returns the checked-out dataflow.yaml, if the source is the flow's own folder.
    fn base_text(&self, folder: &str) -> Option<Vec<u8>> {
        let path = format!("{folder}/{}", layout::DATAFLOW);
        let head = self
            .lies_at(folder)
            .then(|| self.parent.sibling("HEAD"))?
            .ok()??;
        head.file(&path).ok()?
    }
}

/// Refuses to put a secret into git; the hints say where it belongs, and how a harmless line gets through.
fn refuse_secrets(name: &str, found: &[Finding]) -> Result<(), CommandError> {
    if found.is_empty() {
        return Ok(());
    }
    let error = CommandError::policy(format!("dataflow `{name}` would put a secret into git"));
    let error = found.iter().fold(error, CommandError::because);
    Err(error
        .hint(format!(
            "keep it in the cluster: kubectl create secret generic {name}-secrets --from-file=KEY=/dev/stdin"
        ))
        .hint("and pass it to the code in os.environ, with `envValueFrom` in `--chart-values-file`")
        .hint("if a line is harmless, write the comment `# waxctl:allow-secret` at its end"))
}

fn already_in_git(finding: &Finding) -> String {
    format!("{finding}, which is in git already: replace the secret by a new one")
}
