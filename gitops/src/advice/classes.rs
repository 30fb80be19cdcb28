//! Finds classes that a new version does not have any more where the pickles of stored state name them.
//!
//! A pickle names the module and the qualified name of each class, and of a function that `__reduce__` returns. What
//! matters is whether both still lead to something in the new version, not where that is defined.

mod definition;
mod project;
mod scope;
mod subject;
mod syntax;

use dataflow::steps::{Cause, Loss};

use super::reading::{keeps_state, variable};
use crate::loss::drops_all;
use crate::rendered::Rendered;
use definition::{Definition, now};
use project::{Found, Project};
use subject::{Subject, subjects};

/// End of the ids of all steps with state of the user's.
const STATEFUL: &str = "stateful_batch";

/// What becomes of objects whose class or function the new version does not have in its old place.
enum Verdict {
    /// It is elsewhere.
    Lost(Cause),
    /// There is no trace of it.
    Removed,
    /// Only running the code shows it; the place that decides.
    Unchecked(String),
}

/// Returns the steps of `kept` that lose their state because a class moves.
///
/// Which step keeps objects of which class is not known, so that all of them do.
pub(super) fn losses(old: &Rendered, new: &Rendered, kept: &[String]) -> Vec<Loss> {
    let mut verdicts = verdicts(old, new).into_iter();
    let cause = verdicts.find_map(|(_, verdict)| match verdict {
        Verdict::Lost(cause) => Some(cause),
        Verdict::Removed | Verdict::Unchecked(_) => None,
    });
    let Some(cause) = cause else {
        return Vec::new();
    };
    let loss = |step: &String| Loss {
        step: step.clone(),
        cause: cause.clone(),
    };
    let stateful = kept.iter().filter(|step| step.ends_with(STATEFUL));
    stateful.map(loss).collect()
}

/// Returns a warning for each class that is removed, and for each that could not be checked.
pub(super) fn warnings(old: &Rendered, new: &Rendered) -> Vec<String> {
    let warning = |(subject, verdict): (Subject, Verdict)| {
        let what = format!("{} of {}", what(&subject), subject.file);
        match verdict {
            Verdict::Lost(_) => None,
            Verdict::Removed => Some(format!(
                "{what} is removed: a step whose state contains objects of it cannot load them"
            )),
            Verdict::Unchecked(place) => Some(format!(
                "cannot check whether state with objects of {what} can be loaded: {place} binds names while it runs"
            )),
        }
    };
    verdicts(old, new).into_iter().filter_map(warning).collect()
}

fn verdicts(old: &Rendered, new: &Rendered) -> Vec<(Subject, Verdict)> {
    let path = |rendered| variable(rendered, "PYTHONPATH").unwrap_or_default();
    let same_entry = old.dataflow.spec.python_file_name == new.dataflow.spec.python_file_name
        && path(old) == path(new);
    let same = old.code == new.code && same_entry;
    if !keeps_state(old) || !keeps_state(new) || same || drops_all(old, new) {
        return Vec::new();
    }
    let (before, after) = (Project::of(old), Project::of(new));
    let judged = subjects(&before).into_iter().filter_map(|subject| {
        let verdict = verdict(&subject, &before, &after)?;
        Some((subject, verdict))
    });
    judged.collect()
}

/// Returns what is wrong with a name in the new version.
fn verdict(subject: &Subject, old: &Project, new: &Project) -> Option<Verdict> {
    match new.lookup(&subject.module, &subject.name) {
        Found::Class(..) | Found::Object => None,
        Found::Function(_) if subject.members.is_none() => None,
        Found::Unknown(place) => Some(Verdict::Unchecked(place)),
        Found::Function(_) | Found::No => Some(match now(subject, old, new) {
            Some(now) => Verdict::Lost(cause(subject, &now)),
            None => Verdict::Removed,
        }),
    }
}

fn cause(subject: &Subject, now: &Definition) -> Cause {
    if subject.members.is_some() && now.name == subject.name && now.file != subject.file {
        return Cause::ClassMoved {
            class: subject.name.clone(),
            from: subject.file.clone(),
            to: now.file.clone(),
        };
    }
    Cause::ClassUnbound {
        class: what(subject),
        name: subject.name.clone(),
        module: subject.module.clone(),
        now: format!("`{}` of {}", now.name, now.file),
    }
}

fn what(subject: &Subject) -> String {
    let kind = if subject.members.is_some() {
        "class"
    } else {
        "function"
    };
    format!("{kind} `{}`", subject.name)
}

#[cfg(test)]
mod tests;
