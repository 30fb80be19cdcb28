//! Prints the results of verbs that commit or write recovery actions.

use gitops::object::dataflow_name;
use gitops::stat;

use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::publish::Published;
use crate::work::recovery_action::Outcome;

/// Prints the commit and where it was pushed to.
pub(super) fn published(published: &Published, ui: &mut Ui) -> Result<(), CommandError> {
    let warnings = published.warnings.iter();
    warnings.for_each(|warning| ui.warn(warning));
    let Some(commit) = &published.commit else {
        ui.say("Nothing to commit.");
        return Ok(());
    };
    ui.line(&format!(
        "[{} {}] {}",
        published.branch,
        commit.short(),
        published.subject
    ))?;
    ui.data(&stat::stat(&published.changes))?;
    if let Some(place) = &published.pushed_to {
        ui.say(&format!("Pushed to {place}."));
    }
    for line in &published.said {
        ui.say(&format!("remote: {line}"));
    }
    Ok(())
}

/// Prints how a recovery action was applied.
pub(super) fn outcome(outcome: &Outcome, name: &str, ui: &mut Ui) -> Result<(), CommandError> {
    match outcome {
        Outcome::Committed(commit) => published(commit, ui),
        Outcome::Applied { namespace } => {
            ui.line(&format!("{} changed", dataflow_name(name)))?;
            ui.hint(&format!("waxctl df wait {name} -n {namespace}"));
            Ok(())
        }
    }
}
