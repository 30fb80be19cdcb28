//! The children that must stand before a pod may start.

use dataflow::status::Reason;

use super::deed::Deed;
use super::standing::Standing;
use super::step::Step;
use crate::observed::{Goal, Observed, Part, Version, Which};

/// The next child to write, if any is missing.
pub(super) fn ensure(o: &Observed, which: Which, goal: &Goal) -> Option<Deed> {
    let Goal { parts, .. } = goal;
    let standing = || Standing::progressing(Reason::Starting, "writes the objects it needs");
    if matches!(parts.code_config_map, Part::Absent) && !parts.code_available {
        return Some(Deed::rest(code_lost(goal)).again(o, 30));
    }
    let steps = [
        need(&parts.code_config_map, |_| Step::CreateCodeConfigMap(which)),
        need(&parts.record, |_| Step::CreateRecord(which)),
        need(&parts.headless_service, |live| {
            Step::WriteHeadlessService(which, live)
        }),
        need(&parts.api_service, |live| {
            Step::WriteApiService(which, live)
        }),
    ];
    steps.into_iter().find_map(|need| match need {
        Need::Nothing => None,
        Need::Step(step) => Some(Deed::act(step, standing())),
        Need::Wait => Some(Deed::rest(standing()).again(o, 2)),
        Need::Taken(what) => Some(Deed::rest(Standing::name_taken(&what))),
    })
}

/// The next child that the probe itself needs.
pub(super) fn before_probe(goal: &Goal) -> Result<Option<Step>, Standing> {
    let needs = [
        need(&goal.parts.code_config_map, |_| {
            Step::CreateCodeConfigMap(Which::Target)
        }),
        need(&goal.parts.record, |_| Step::CreateRecord(Which::Target)),
    ];
    for need in needs {
        match need {
            Need::Nothing => {}
            Need::Step(step) => return Ok(Some(step)),
            Need::Wait => return Err(Standing::probing()),
            Need::Taken(what) => return Err(Standing::name_taken(&what)),
        }
    }
    Ok(None)
}

#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
enum Need {
    Nothing,
    Step(Step),
    Wait,
    Taken(String),
}

fn need(part: &Part, write: impl FnOnce(Option<Version>) -> Step) -> Need {
    match part {
        Part::Current => Need::Nothing,
        Part::Absent => Need::Step(write(None)),
        Part::Drifted(version) => Need::Step(write(Some(version.clone()))),
        Part::Leaving => Need::Wait,
        Part::Taken(what) => Need::Taken(what.clone()),
    }
}

fn code_lost(goal: &Goal) -> Standing {
    Standing::stalled(
        Reason::MissingReference,
        format!(
            "the code of revision {} is gone, and its ConfigMap holds other code now",
            goal.revision
        ),
    )
}
