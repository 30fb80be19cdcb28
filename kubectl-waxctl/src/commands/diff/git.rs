//! Comparing with the flow in a git repository.

use std::path::Path;

use super::{DiffArgs, name_of, pair};
use crate::diff::{self, FlowDiff};
use crate::error::CommandError;
use crate::git::Repository;
use crate::render::{Rendered, layout};
use crate::settings::Settings;
use crate::source::Source;
use crate::ui::Ui;

pub(super) fn compare(
    sources: &[Source],
    settings: &Settings,
    args: &DiffArgs,
    ui: &mut Ui,
) -> Result<Vec<FlowDiff>, CommandError> {
    let repository = Repository::discover(args.repo.as_deref().unwrap_or(Path::new(".")))?;
    let environment = match &args.env {
        Some(environment) => environment.clone(),
        None => only_environment(&repository, &args.reference)?,
    };
    sources
        .iter()
        .map(|source| {
            let name = name_of(source, settings)?;
            let old = read(&repository, &args.reference, &environment, &name)?;
            let pair = pair(old, source, settings, ui)?;
            let against = format!("apps/{environment}/{name} at {}", args.reference);
            let mut flow = diff::compare(pair.old.as_ref(), &pair.new, against);
            flow.lose(&pair.losses);
            Ok(flow)
        })
        .collect()
}

fn only_environment(repository: &Repository, reference: &str) -> Result<String, CommandError> {
    let mut environments = repository.environments(reference)?;
    match (environments.pop(), environments.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(
            CommandError::usage("there is no environment in this repository yet")
                .because(format!("apps/ has no folder at {reference}"))
                .hint("name the one that is meant with `--env ENV`"),
        ),
        (Some(last), false) => {
            environments.push(last);
            Err(CommandError::usage("there are several environments")
                .because(format!("apps/ holds {}", environments.join(", ")))
                .hint("choose one with `--env ENV`"))
        }
    }
}

fn read(
    repository: &Repository,
    reference: &str,
    environment: &str,
    name: &str,
) -> Result<Option<Rendered>, CommandError> {
    let Some(files) = repository.read_flow(Some(reference), environment, name)? else {
        return Ok(None);
    };
    layout::read(&files).map(Some).map_err(|error| {
        let folder = format!("apps/{environment}/{name} at {reference}");
        CommandError::failure(format!("{folder} can't be read")).chain(&error)
    })
}
