//! Compares sources with the flow in a git repository.

use std::path::Path;

use gitops::diff::{self, FlowDiff};
use gitops::environment::{self, EnvironmentError};
use gitops::layout;
use gitops::rendered::Rendered;
use gitops::settings::FlowSettings;
use gitops::source::Source;

use super::pair::{Pair, name_of};
use crate::error::CommandError;
use crate::git::Repository;
use crate::ui::Ui;
use crate::work::base::{BaseChoice, MergedFlow, Writer};
use crate::work::step_check::{Origin, Sides};

/// The place in git to compare with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Repository; without it, that of the current folder.
    pub(crate) repo: Option<&'a Path>,
    /// Environment; without it, that of the source's folder, else the only one.
    pub(crate) environment: Option<&'a str>,
    /// Commit, branch or tag.
    pub(crate) reference: &'a str,
}

/// Compares each source with the flow of its name. Warns of what a commit would take back from others.
///
/// # Errors
/// A source is no valid flow, or git fails.
pub(crate) fn compare(
    sources: &[Source],
    settings: &FlowSettings,
    place: &Place<'_>,
    ui: &mut Ui,
) -> Result<Vec<FlowDiff>, CommandError> {
    let reference = place.reference;
    let repository = Repository::find(place.repo)?;
    let tip = repository.view_of(reference)?;
    sources
        .iter()
        .map(|source| {
            let environment = environment_of(source, place, &repository)?;
            let name = name_of(source, settings)?;
            let writer = Writer {
                settings,
                source,
                tip: &tip,
                remote: None,
                environment: &environment,
                name: &name,
                choice: &BaseChoice::Evidence,
            };
            let old = read(&writer, reference)?;
            let mut base = None;
            let merged = MergedFlow::of(&writer, old.as_ref(), &mut base)?;
            for warning in merged.doubts().iter().chain(&merged.warnings) {
                ui.warn(warning);
            }
            let pair = Pair::of(old, merged.flow, source, ui)?;
            let against = format!("{} at {reference}", writer.folder());
            let mut flow = diff::compare(pair.old.as_ref(), &pair.new, against);
            let sides = Sides {
                ours: &merged.ours,
                base: base.as_ref().and_then(|base| base.flow.as_ref()),
            };
            let origin = Origin::Merged(source, settings, sides);
            pair.add_losses(None, origin, &mut flow, ui)?;
            Ok(flow)
        })
        .collect()
}

/// Returns the version in git of a source's flow, and its place for messages. Nothing is rendered or loaded.
///
/// # Errors
/// There is none, its folder cannot be read, or git fails.
pub(crate) fn present(
    source: &Source,
    settings: &FlowSettings,
    place: &Place<'_>,
) -> Result<(String, Rendered), CommandError> {
    let repository = Repository::find(place.repo)?;
    let tip = repository.view_of(place.reference)?;
    let writer = Writer {
        settings,
        source,
        tip: &tip,
        remote: None,
        environment: &environment_of(source, place, &repository)?,
        name: &name_of(source, settings)?,
        choice: &BaseChoice::Evidence,
    };
    let against = format!("{} at {}", writer.folder(), place.reference);
    match read(&writer, place.reference)? {
        Some(flow) => Ok((against, flow)),
        None => Err(CommandError::failure(format!("there is no {against}"))
            .hint("name the place with `--env ENV`, `--repo PATH`, `--ref REF` or `--name NAME`")),
    }
}

/// Returns the environment that the user or the source names, else the only one.
fn environment_of(
    source: &Source,
    place: &Place<'_>,
    repository: &Repository,
) -> Result<String, CommandError> {
    let of_folder = source.place.as_ref();
    let of_folder = of_folder.map(|place| place.environment.as_str());
    match place.environment.or(of_folder) {
        Some(environment) => Ok(environment.to_owned()),
        None => environment::only(repository.environments(place.reference)?)
            .map_err(|error| which_environment(place.reference, error)),
    }
}

/// Explains that the environment is unknown. The usual hint, to name the first environment, would not help: a
/// comparison needs an existing one.
fn which_environment(reference: &str, error: EnvironmentError) -> CommandError {
    match error {
        EnvironmentError::None => CommandError::usage(error.to_string())
            .because(format!("apps/ has no folder at `{reference}`"))
            .hint("name it with `--env ENV`"),
        EnvironmentError::Several(_) | EnvironmentError::BadName(_) => error.into(),
    }
}

fn read(writer: &Writer<'_>, reference: &str) -> Result<Option<Rendered>, CommandError> {
    let folder = writer.folder();
    let Some(files) = writer.tip.files(&folder)? else {
        return Ok(None);
    };
    layout::read(&files).map(Some).map_err(|error| {
        CommandError::failure(format!("cannot read {folder} at `{reference}`")).chain(&error)
    })
}
