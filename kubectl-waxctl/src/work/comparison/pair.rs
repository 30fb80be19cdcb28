//! The present and the new version of a flow.

use dataflow::steps::Shape;
use gitops::advice::{advise, advise_on_change};
use gitops::check::check;
use gitops::diff::FlowDiff;
use gitops::loss;
use gitops::render;
use gitops::rendered::Rendered;
use gitops::settings::FlowSettings;
use gitops::source::Source;

use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::step_check::{Loader, Origin, StepCheck};

/// The present and the new version of a flow.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) old: Option<Rendered>,
    pub(super) new: Rendered,
}

/// Returns the name of a source before it is rendered.
pub(in crate::work) fn name_of(
    source: &Source,
    settings: &FlowSettings,
) -> Result<String, CommandError> {
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
    /// Checks the new version.
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
        Ok(Pair { old, new })
    }

    /// Adds the state that the change loses to a diff. `kept` are the stateful steps that processes have reported.
    pub(super) fn add_losses(
        &self,
        kept: Option<Shape>,
        origin: Origin<'_>,
        flow: &mut FlowDiff,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        let checked = Loader::default().compare(self.old.as_ref(), kept, &self.new, origin)?;
        let StepCheck {
            losses, unchecked, ..
        } = checked;
        flow.add_losses(&losses);
        if let Some(why) = &unchecked {
            ui.warn(&loss::not_compared(self.new.name(), why));
        }
        flow.unchecked_steps = unchecked;
        Ok(())
    }
}
