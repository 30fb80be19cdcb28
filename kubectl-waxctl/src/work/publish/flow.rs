//! Renders one source or order against one state of the repository. `Flow::source` takes five steps:
//!
//! 1. The name of the source decides the folder, and the folder contains the version in git.
//! 2. Without such a version the source is rendered. Otherwise the base is found: what the source was made from.
//! 3. Settings and code are applied to the base, and the changes are merged with the version in git.
//! 4. The new version is checked. Losses of state and secrets are refused. Its steps are recorded.
//! 5. The changes of the files are computed.

use std::collections::BTreeMap;

use dataflow::spec::RecoveryAction;
use dataflow::steps::Loss;
use gitops::advice::{advise, advise_on_change};
use gitops::check::check;
use gitops::environment::flow_folder;
use gitops::file_change::FileChange;
use gitops::files::Files;
use gitops::layout;
use gitops::loss;
use gitops::message::FlowChange;
use gitops::render;
use gitops::rendered::Rendered;
use gitops::scan::{self, Finding};
use gitops::source::Source;
use gitops::substitution;
use gitops::trailer::Origin;

use super::request::{CommitRequest, Order};
use crate::error::CommandError;
use crate::git::{CommitView, Remote};
use crate::work::base::{Base, MergedFlow, Writer};
use crate::work::step_check::{self, Sides};

/// A request with the parent to render it against.
pub(super) struct Flow<'a> {
    pub(super) request: &'a CommitRequest,
    pub(super) parent: &'a CommitView<'a>,
    pub(super) remote: Option<&'a Remote>,
    pub(super) environment: &'a str,
}

/// A rendered flow.
pub(super) struct RenderedFlow {
    /// The flow before and after.
    pub(super) change: FlowChange,
    /// The files that change.
    pub(super) files: Vec<FileChange>,
    /// Warnings to print.
    pub(super) warnings: Vec<String>,
    /// What the source alone rendered; `None` for an order, and for the flow's own folder.
    pub(super) ours: Option<Rendered>,
    /// Path and content of the source's dataflow.yaml, if the source is the flow's own folder.
    pub(super) read: Option<(String, Vec<u8>)>,
}

/// The new version of a flow, before it is checked.
struct New<'n> {
    flow: Rendered,
    /// The source, unless it is an order.
    source: Option<&'n Source>,
    /// The source's dataflow.yaml, if it is the one in git.
    own_text: Option<&'n str>,
    /// What was merged, if the source was.
    sides: Option<Sides<'n>>,
}

impl Flow<'_> {
    /// Renders a source. `base` is that of the first attempt: in a push race the commits of others are never the base.
    pub(super) fn source(
        &self,
        source: &Source,
        base: &mut Option<Base>,
    ) -> Result<RenderedFlow, CommandError> {
        let settings = &self.request.settings;
        // The name decides the folder, and the folder decides whether the flow exists.
        let Some(name) = render::given_name(settings, source) else {
            // Rendering returns the error for a missing name.
            render::render(settings, source)?;
            return Err(CommandError::usage("the dataflow has no name"));
        };
        let writer = Writer {
            settings,
            source,
            tip: self.parent,
            remote: self.remote,
            environment: self.environment,
            name: &name,
            choice: &self.request.base,
        };
        let old_files = self.parent.files(&writer.folder())?;
        let old = old_files
            .as_ref()
            .map(|files| self.read(files))
            .transpose()?;
        self.refuse_other_namespace(&writer, old.as_ref())?;
        let merged = if self.request.reset {
            MergedFlow::again(&writer, old.as_ref())?
        } else {
            MergedFlow::of(&writer, old.as_ref(), base)?.agreed()?
        };
        let present = old.as_ref().zip(old_files.as_ref());
        let mut ours = merged.ours;
        let new = New {
            flow: merged.flow,
            source: Some(source),
            own_text: own_text(&writer, old_files.as_ref()),
            sides: Some(Sides {
                ours: &ours,
                base: base.as_ref().and_then(|base| base.flow.as_ref()),
            }),
        };
        let flow = self.finish(present, new, merged.origin)?;
        self.record_steps(&mut ours, &flow.change.new);
        let mut warnings = merged.warnings;
        warnings.extend(flow.warnings);
        let ours = (!writer.is_own_folder()).then_some(ours);
        let own = source.dataflow_text.as_ref();
        let read = own.filter(|_| writer.is_own_folder()).map(|text| {
            let path = format!("{}/{}", writer.folder(), layout::DATAFLOW);
            (path, text.clone().into_bytes())
        });
        Ok(RenderedFlow {
            warnings,
            ours,
            read,
            ..flow
        })
    }

    /// Applies an order to the flow of the parent.
    pub(super) fn order(&self, order: &Order) -> Result<RenderedFlow, CommandError> {
        let folder = flow_folder(self.environment, &order.name);
        let Some(files) = self.parent.files(&folder)? else {
            let place = match (self.remote, self.parent.commit()) {
                (Some(remote), _) => format!("`{}`", remote.label()),
                (None, Some(commit)) => format!("commit {}", commit.short()),
                (None, None) => "this repository".to_owned(),
            };
            return Err(CommandError::failure(format!("{folder} is not in {place}"))
                .hint("pass the repository and the environment with `--repo PATH --env ENV`"));
        };
        let old = self.read(&files)?;
        let mut flow = (order.change)(&old)?;
        substitution::protect(&mut flow.dataflow, &old.dataflow);
        let new = New {
            flow,
            source: None,
            own_text: None,
            sides: None,
        };
        // An order is no render: a later source is not made from it.
        self.finish(Some((&old, &files)), new, None)
    }

    fn finish(
        &self,
        old: Option<(&Rendered, &BTreeMap<String, Vec<u8>>)>,
        new: New<'_>,
        origin: Option<Origin>,
    ) -> Result<RenderedFlow, CommandError> {
        let step_origin = self.origin_of_steps(&new);
        let New {
            flow: mut new,
            source,
            own_text,
            ..
        } = new;
        let mut warnings = check(&new)?;
        warnings.extend(advise(&new, source));
        warnings.extend(old.iter().flat_map(|(old, _)| advise_on_change(old, &new)));
        let present = old.map(|(old, _)| old);
        let losses = self.losses(present, &mut new, step_origin, &mut warnings)?;
        let folder = flow_folder(self.environment, new.name());
        let files = Files {
            folder: &folder,
            old,
            new: &new,
            own_text,
            reset: self.request.reset,
        };
        let files = files.changes()?;
        let found = scan::scan(&folder, &new, &files);
        refuse_secrets(new.name(), &found.new)?;
        warnings.extend(found.known.iter().map(already_in_git));
        let change = FlowChange {
            environment: self.environment.to_owned(),
            old: old.map(|(old, _)| old.clone()),
            new,
            losses,
            origin,
        };
        Ok(RenderedFlow {
            change,
            files,
            warnings,
            ours: None,
            read: None,
        })
    }

    /// Refuses a loss of state, and a change that could not be checked. If the user accepts the loss, adds the recovery
    /// action that requests it. Records the steps of the new version.
    fn losses(
        &self,
        old: Option<&Rendered>,
        new: &mut Rendered,
        origin: step_check::Origin<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<Loss>, CommandError> {
        let CommitRequest {
            acceptance, loader, ..
        } = self.request;
        let checked = loader.compare_to_record(old, None, new, origin)?;
        let unchecked = checked.refuse_unchecked(new.name(), acceptance.unchecked);
        warnings.extend(unchecked.map_err(|error| self.with_recording(error, old))?);
        warnings.extend(checked.record(new));
        let losses = checked.losses;
        let causes = old.map_or_else(Vec::new, |old| loss::causes(old, new, &losses));
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

    /// Adds how to record the steps of the version in git, if it has none and code beside it.
    fn with_recording(&self, error: CommandError, old: Option<&Rendered>) -> CommandError {
        match old.filter(|old| !old.code.is_empty() && loss::recorded(old).is_err()) {
            Some(old) => error.hint(format!(
                "or record the steps of the version in git first: check it out, and run `waxctl df commit {}`",
                flow_folder(self.environment, old.name())
            )),
            None => error,
        }
    }

    /// Records the steps of what a source alone renders: the next merge begins with it. `new` is the version that was
    /// committed.
    fn record_steps(&self, ours: &mut Rendered, new: &Rendered) {
        let same = loss::is_same_content(new, ours).then(|| loss::recorded(new).ok());
        let shape = same.flatten().or_else(|| self.request.loader.loaded(ours));
        loss::record(ours, shape.as_ref());
    }

    fn origin_of_steps<'n>(&'n self, new: &New<'n>) -> step_check::Origin<'n> {
        let settings = &self.request.settings;
        match (new.source, new.sides) {
            (Some(source), Some(sides)) => step_check::Origin::Merged(source, settings, sides),
            (Some(source), None) => step_check::Origin::Named(source, settings),
            (None, _) => step_check::Origin::Elsewhere,
        }
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

    fn refuse_other_namespace(
        &self,
        writer: &Writer<'_>,
        old: Option<&Rendered>,
    ) -> Result<(), CommandError> {
        let claimed = old.and_then(Rendered::namespace);
        match (claimed, writer.namespace()) {
            (Some(claimed), Some(wanted)) if claimed != wanted => {
                let folder = writer.folder();
                Err(CommandError::policy(format!(
                    "{folder} belongs to namespace `{claimed}`, not to `{wanted}`"
                ))
                .hint(format!(
                    "leave out `-n`, or choose another `--env` for namespace `{wanted}`"
                )))
            }
            _ => Ok(()),
        }
    }
}

// Returns the source's dataflow.yaml, unless another commit has changed the one in git.
fn own_text<'s>(writer: &Writer<'s>, files: Option<&BTreeMap<String, Vec<u8>>>) -> Option<&'s str> {
    let own = writer.source.dataflow_text.as_deref()?;
    let now = files.and_then(|files| files.get(layout::DATAFLOW));
    let same = now.is_none() || now == checked_out_text(writer).as_ref();
    same.then_some(own)
}

// Returns the checked-out dataflow.yaml, if the source is the flow's own folder.
fn checked_out_text(writer: &Writer<'_>) -> Option<Vec<u8>> {
    let path = format!("{}/{}", writer.folder(), layout::DATAFLOW);
    let head = writer
        .is_own_folder()
        .then(|| writer.tip.sibling("HEAD"))?
        .ok()??;
    head.file(&path).ok()?
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
