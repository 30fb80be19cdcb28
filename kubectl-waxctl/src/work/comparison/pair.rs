//! The present and the new version of a flow.

use dataflow::steps::Loss;
use gitops::advice::{advise, advise_on_change};
use gitops::check::check;
use gitops::loss;
use gitops::render;
use gitops::rendered::Rendered;
use gitops::settings::FlowSettings;
use gitops::source::Source;

use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::losses::losses;

/// The present and the new version of a flow, with the state that the change loses.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) old: Option<Rendered>,
    pub(super) new: Rendered,
    pub(super) losses: Vec<Loss>,
}

/// Returns the name of a source before it is rendered.
pub(super) fn name_of(source: &Source, settings: &FlowSettings) -> Result<String, CommandError> {
    match render::given_name(settings, source) {
        Some(name) => Ok(name),
        // Rendering returns the error for a missing name.
        None => Ok(render::render(settings, source)?.name().to_owned()),
    }
}

/// Renders a source onto the present version.
pub(super) fn pair(
    old: Option<Rendered>,
    source: &Source,
    settings: &FlowSettings,
    ui: &mut Ui,
) -> Result<Pair, CommandError> {
    let new = match &old {
        Some(old) => render::update(old, settings, source)?,
        None => render::render(settings, source)?,
    };
    Pair::of(old, new, source, ui)
}

impl Pair {
    /// Checks the new version, and finds the state that the change loses.
    pub(super) fn of(
        old: Option<Rendered>,
        new: Rendered,
        source: &Source,
        ui: &mut Ui,
    ) -> Result<Pair, CommandError> {
        let advice = advise(&new, Some(source));
        let inputs = old.iter().flat_map(|old| advise_on_change(old, &new));
        for warning in check(&new)?.into_iter().chain(advice).chain(inputs) {
            ui.warn(&warning);
        }
        let losses = match old.as_ref().map(|old| losses(old, &new)) {
            None => Vec::new(),
            Some(Ok(losses)) => losses,
            Some(Err(why)) => {
                ui.warn(&loss::not_compared(new.name(), &why));
                Vec::new()
            }
        };
        Ok(Pair { old, new, losses })
    }
}
