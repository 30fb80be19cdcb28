//! Compares the steps of a new version of a flow with those of the present version, and records the new ones.
//!
//! The present version is known by its record, or by what its processes report. Only code that the user has named is
//! loaded, one version at a time. If changes of others were merged into it, the user's own side is loaded, and its steps
//! are merged with the recorded ones. If the steps of a version are not known, the user must accept that.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use agent::report::ProbeReport;
use dataflow::step_record;
use dataflow::steps::{Loss, Shape};
use gitops::advice::{self, losses_by_classes};
use gitops::loss;
use gitops::merge::merge_steps;
use gitops::own_code::{self, ForeignCode, Variables};
use gitops::rendered::Rendered;
use gitops::settings::FlowSettings;
use gitops::source::Source;

use crate::cluster::Session;
use crate::error::{CommandError, Kind};
use crate::local::python::{self, LoadFailure, NO_PYTHON};

/// The origin of the code of a new version.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// The user has named this source, with these settings. Its code may be loaded.
    Named(&'a Source, &'a FlowSettings),
    /// As `Named`, and the source was merged with the present version.
    Merged(&'a Source, &'a FlowSettings, Sides<'a>),
    /// The code comes from git or from a cluster. It is never loaded.
    Elsewhere,
}

/// What was merged with the present version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sides<'a> {
    /// What the source alone renders.
    pub(crate) ours: &'a Rendered,
    /// The version that the source was made from, if any.
    pub(crate) base: Option<&'a Rendered>,
}

/// The result of comparing two versions.
#[derive(Debug, Default)]
pub(crate) struct StepCheck {
    /// The steps that would lose their state, and whose loss the new version does not request.
    pub(crate) losses: Vec<Loss>,
    /// Why the steps could not be compared, although the change may affect them.
    pub(crate) unchecked: Option<String>,
    /// The stateful steps of the new version, if known.
    shape: Option<Shape>,
    /// Why they are not known.
    unknown: Option<String>,
}

/// Loads code, the same code only once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loader {
    shapes: RefCell<BTreeMap<String, Shape>>,
}

impl Loader {
    /// Compares the steps of two versions. `kept` are the stateful steps of the present version, if its processes have
    /// reported them.
    ///
    /// Loads nothing if the flow keeps no state, or if the change does not affect its steps.
    ///
    /// # Errors
    /// The code runs the flow while it is imported, or the user presses Ctrl-C.
    pub(crate) fn compare(
        &self,
        old: Option<&Rendered>,
        kept: Option<Shape>,
        new: &Rendered,
        origin: Origin<'_>,
    ) -> Result<StepCheck, CommandError> {
        if let Some(check) = by_image(old, new) {
            return Ok(check);
        }
        match old.filter(|old| loss::needs_check(old, new)) {
            Some(old) => self.check(old, kept, new, origin),
            None => Ok(StepCheck::default()),
        }
    }

    /// Compares the steps of two versions, and finds the steps of the new one also if there is nothing to compare.
    ///
    /// # Errors
    /// As [`Loader::compare`].
    pub(crate) fn compare_to_record(
        &self,
        old: Option<&Rendered>,
        kept: Option<Shape>,
        new: &Rendered,
        origin: Origin<'_>,
    ) -> Result<StepCheck, CommandError> {
        if !loss::keeps_state(new) {
            return Ok(StepCheck::default());
        }
        if let Some(check) = by_image(old, new) {
            return Ok(check);
        }
        if let Some(old) = old.filter(|old| loss::needs_check(old, new)) {
            return self.check(old, kept, new, origin);
        }
        if new.code.is_empty() {
            return Ok(StepCheck::default());
        }
        let (shape, unknown) = split(self.shape(old, new, origin)?);
        // A flow whose code stays as it is does not need its record now.
        let unknown = unknown.filter(|_| old.is_none_or(|old| !loss::is_same_content(old, new)));
        Ok(StepCheck {
            shape,
            unknown,
            ..StepCheck::default()
        })
    }

    fn check(
        &self,
        old: &Rendered,
        kept: Option<Shape>,
        new: &Rendered,
        origin: Origin<'_>,
    ) -> Result<StepCheck, CommandError> {
        let (shape, unknown) = split(self.shape(Some(old), new, origin)?);
        let recorded = match kept {
            Some(kept) => Ok(kept),
            // The same code has the same steps, only the engine is another one.
            None if loss::is_same_content(old, new) && shape.is_some() => {
                shape.clone().ok_or_else(String::new)
            }
            None => loss::recorded(old).map_err(|why| format!("its present version {why}")),
        };
        let (losses, unchecked) = match (recorded, &shape) {
            (Ok(kept), Some(shape)) => (all_losses(old, kept, new, shape), None),
            (Ok(_), None) => (Vec::new(), unknown.clone()),
            (Err(why), _) => (Vec::new(), Some(why)),
        };
        Ok(StepCheck {
            losses,
            unchecked,
            shape,
            unknown,
        })
    }

    /// Returns the stateful steps of the new version: from its record, from that of the old version if the code is the
    /// same, by loading it, or by merging those of both sides.
    fn shape(
        &self,
        old: Option<&Rendered>,
        new: &Rendered,
        origin: Origin<'_>,
    ) -> Result<Result<Shape, String>, CommandError> {
        let same = old.filter(|old| loss::is_same_content(old, new));
        if let Some(shape) = [Some(new), same]
            .into_iter()
            .flatten()
            .find_map(|flow| loss::recorded(flow).ok())
        {
            return Ok(Ok(shape));
        }
        let (source, settings) = match origin {
            Origin::Named(source, settings) | Origin::Merged(source, settings, _) => {
                (source, settings)
            }
            Origin::Elsewhere => {
                let why = loss::recorded(new).err().map(|why| why.to_string());
                return Ok(Err(format!("its new version {}", why.unwrap_or_default())));
            }
        };
        let variables =
            |flow: &Rendered| own_code::variables(&flow.dataflow.spec.env, source, settings);
        match (own_code::refuse_foreign(new, source, settings), origin) {
            (Ok(()), _) => self.load(new, variables(new)),
            (Err(ForeignCode::Merged), Origin::Merged(_, _, sides))
                if own_code::refuse_foreign(sides.ours, source, settings).is_ok() =>
            {
                self.merged(old, sides, variables(sides.ours))
            }
            (Err(why), _) => Ok(Err(why.to_string())),
        }
    }

    /// Merges the recorded steps of the present version with those of the user's own code. The code of others is not run.
    fn merged(
        &self,
        theirs: Option<&Rendered>,
        sides: Sides<'_>,
        variables: Variables,
    ) -> Result<Result<Shape, String>, CommandError> {
        let recorded = |flow: Option<&Rendered>| flow.and_then(|flow| loss::recorded(flow).ok());
        let (Some(base), Some(theirs)) = (recorded(sides.base), recorded(theirs)) else {
            return Ok(Err(ForeignCode::Merged.to_string()));
        };
        let ours = self.load(sides.ours, variables)?;
        Ok(ours.and_then(|ours| {
            merge_steps(&base, &ours, &theirs).ok_or_else(|| {
                "one side has renamed the flow, the other one has changed it".to_owned()
            })
        }))
    }

    /// Returns the stateful steps of a version, if it was loaded.
    pub(crate) fn loaded(&self, flow: &Rendered) -> Option<Shape> {
        let content = step_record::content(&flow.dataflow.spec, &flow.code.hash());
        self.shapes.borrow().get(&content).cloned()
    }

    fn load(
        &self,
        flow: &Rendered,
        variables: Variables,
    ) -> Result<Result<Shape, String>, CommandError> {
        if let Some(shape) = self.loaded(flow) {
            return Ok(Ok(shape));
        }
        let content = step_record::content(&flow.dataflow.spec, &flow.code.hash());
        match python::load(flow, variables.named) {
            Ok(report) => {
                let shape = as_shape(report);
                self.shapes.borrow_mut().insert(content, shape.clone());
                Ok(Ok(shape))
            }
            Err(LoadFailure::NoPython) => Ok(Err(format!("its new code: {NO_PYTHON}"))),
            Err(LoadFailure::Other(why)) => {
                let missing = variables.foreign.iter().find(|name| why.contains(*name));
                let hint = missing.map_or_else(String::new, |name| {
                    format!(
                        "; its variable `{name}` was not given in this call: add `-e {name}=VALUE`"
                    )
                });
                Ok(Err(format!("its new code: {why}{hint}")))
            }
            Err(LoadFailure::Interrupted) => Err(CommandError::ended(Kind::Interrupted)),
            Err(LoadFailure::RunsOnImport(message)) => Err(CommandError::usage(message)),
        }
    }
}

impl StepCheck {
    /// Refuses a change whose steps could not be compared, unless the user accepts that; then returns the warning.
    ///
    /// # Errors
    /// The user does not accept it.
    pub(crate) fn refuse_unchecked(
        &self,
        name: &str,
        accepted: bool,
    ) -> Result<Option<String>, CommandError> {
        match &self.unchecked {
            None => Ok(None),
            Some(why) if accepted => Ok(Some(loss::not_compared(name, why))),
            Some(why) => Err(CommandError::policy(format!(
                "cannot check whether steps of `{name}` lose their state"
            ))
            .because(why)
            .hint("to go on without this check, add `--accept-unchecked-steps`; the cluster compares again before it stops anything")),
        }
    }

    /// Writes the record of steps into the new version, or removes an outdated one. Returns a warning if the next change
    /// will have nothing to compare with.
    pub(crate) fn record(&self, new: &mut Rendered) -> Option<String> {
        let complete = loss::record(new, self.shape.as_ref());
        let why = match &self.unknown {
            _ if !complete => "they are too many for an annotation",
            Some(why) if self.unchecked.is_none() => why,
            Some(_) | None => return None,
        };
        Some(format!(
            "the steps of `{}` are not recorded, so its next change cannot be checked: {why}",
            new.name()
        ))
    }
}

/// The time limit for the reports of the processes: without them the user has to decide.
const REPORT_TIMEOUT: Duration = Duration::from_secs(30);

/// Returns the stateful steps that the processes of a flow report, if its version in the cluster has no record of them
/// and a comparison needs them. The steps of code in an image cannot be compared.
pub(crate) async fn reported(session: &Session, old: &Rendered, new: &Rendered) -> Option<Shape> {
    let comparable = !new.dataflow.spec.has_code_in_image();
    if !loss::needs_check(old, new) || !comparable || loss::recorded(old).is_ok() {
        return None;
    }
    let gang = session
        .live(old.name(), true, Some(REPORT_TIMEOUT))
        .await
        .ok()?;
    let reports = gang.stores?.0.into_iter().flatten();
    let mut flows = reports.filter_map(|report| report.flow);
    flows.find(ProbeReport::knows_state).map(as_shape)
}

/// Returns the result for another image that brings other steps, whatever the code beside it is.
fn by_image(old: Option<&Rendered>, new: &Rendered) -> Option<StepCheck> {
    let old = old.filter(|old| !loss::drops_all(old, new))?;
    Some(StepCheck {
        unchecked: Some(advice::flow_of_new_image(old, new)?),
        ..StepCheck::default()
    })
}

/// Returns the losses by steps and engines, and those of the other steps by classes.
fn all_losses(old: &Rendered, kept: Shape, new: &Rendered, shape: &Shape) -> Vec<Loss> {
    let steps = kept.stateful.clone();
    let mut losses = loss::losses(old, kept, new, shape.clone());
    let is_lost = |step: &String| losses.iter().any(|loss| loss.step == *step);
    let rest: Vec<String> = steps.into_iter().filter(|step| !is_lost(step)).collect();
    losses.extend(losses_by_classes(old, new, &rest));
    losses
}

fn split(known: Result<Shape, String>) -> (Option<Shape>, Option<String>) {
    match known {
        Ok(shape) => (Some(shape), None),
        Err(why) => (None, Some(why)),
    }
}

pub(super) fn as_shape(report: ProbeReport) -> Shape {
    Shape {
        flow: report.flow,
        stateful: report.stateful,
        windows: report.windows,
        engine: Some(report.engine),
    }
}
