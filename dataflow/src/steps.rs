//! Compares the steps of a new version of a dataflow with the state in its recovery store, and finds the state that the
//! new version would lose.
//!
//! The engine stores state under step ids. If a step was removed or renamed, the engine reports nothing: the new step
//! starts without state. The old rows stay in the store, and the engine loads them if the old id appears again.

use std::fmt;

use crate::cost::{Change, Cost};
use crate::step_id;

mod engine;

#[cfg(test)]
mod tests;

pub use engine::{Break, version_in};

/// The stateful steps of a dataflow, as found by loading its code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Id of the dataflow, which is the first part of every step id.
    pub flow: String,
    /// Ids of the steps for which the engine stores state.
    pub stateful: Vec<String>,
    /// The ids among them that are windows.
    pub windows: Vec<String>,
    /// Version of the engine, if known.
    pub engine: Option<String>,
}

/// The state that a recovery store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Kept {
    /// Ids of the steps that have state.
    pub steps: Vec<String>,
    /// The ids among them that are windows.
    pub windows: Vec<String>,
    /// Version of the engine that wrote the state, if known.
    pub engine: Option<String>,
}

/// One step whose state would be lost.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Loss {
    /// Id of the step.
    pub step: String,
    /// Reason of the loss.
    pub cause: Cause,
}

/// Reason why the state of a step would be lost.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The new version has no step with this id.
    Gone,
    /// The step was probably renamed to this id.
    Renamed(String),
    /// The dataflow was renamed to this id, which changes the id of every step.
    FlowRenamed(String),
    /// The new engine cannot read the state that the old engine wrote.
    Format(Break),
    /// A class whose objects the state can contain is in another module, and a pickle names the module.
    ClassMoved {
        /// Name of the class.
        class: String,
        /// Its old file.
        from: String,
        /// Its new file.
        to: String,
    },
    /// A class or function that a pickle names is still defined, but not under that name.
    ClassUnbound {
        /// Kind and name.
        class: String,
        /// Name in its module.
        name: String,
        /// Module that the pickle names.
        module: String,
        /// What it probably is now.
        now: String,
    },
}

impl From<Shape> for Kept {
    fn from(shape: Shape) -> Self {
        Self {
            steps: shape.stateful,
            windows: shape.windows,
            engine: shape.engine,
        }
    }
}

impl From<&Loss> for Change {
    fn from(loss: &Loss) -> Self {
        Self {
            path: format!("state[{}]", loss.step),
            old: Some("kept".to_owned()),
            new: Some(match &loss.cause {
                cause @ (Cause::Format(_)
                | Cause::FlowRenamed(_)
                | Cause::ClassMoved { .. }
                | Cause::ClassUnbound { .. }) => format!("lost: {cause}"),
                cause => format!("lost: the step was {cause}"),
            }),
            cost: Cost::StateLost,
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, cause } = self;
        match cause {
            Cause::Format(_)
            | Cause::FlowRenamed(_)
            | Cause::ClassMoved { .. }
            | Cause::ClassUnbound { .. } => {
                write!(f, "step {}: {cause}", step_id::shown(step))
            }
            Cause::Gone | Cause::Renamed(_) => {
                write!(f, "step {} was {cause}", step_id::shown(step))
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("removed"),
            Self::Renamed(now) => {
                write!(f, "removed, and {} was added", step_id::shown(now))
            }
            Self::FlowRenamed(now) => {
                write!(
                    f,
                    "its id begins with the name of the dataflow, which is now {}",
                    step_id::shown(now)
                )
            }
            Self::Format(found) => found.fmt(f),
            Self::ClassMoved { class, from, to } => write!(
                f,
                "its state can contain objects of class `{class}`, which moves from {from} to {to} (to keep it, import \
                 the class in {from}, too)"
            ),
            Self::ClassUnbound {
                class,
                name,
                module,
                now,
            } => write!(
                f,
                "its pickles can name {class} of module `{module}`, which is now {now} (to keep it, give the module the \
                 name `{name}`, too)"
            ),
        }
    }
}

/// Returns the losses that the new version of a dataflow would cause, sorted by step id.
#[must_use]
pub fn lost(kept: &Kept, new: &Shape) -> Vec<Loss> {
    let flow_of = |step: &str| step.split('.').next().unwrap_or_default().to_owned();
    let fresh: Vec<&String> = new
        .stateful
        .iter()
        .filter(|step| !kept.steps.contains(step))
        .collect();
    let cause = |step: &String| {
        if new.stateful.contains(step) {
            let versions = kept.engine.as_ref().zip(new.engine.as_ref());
            let window = kept.windows.contains(step);
            return versions
                .and_then(|(old, new)| engine::between(old, new, window))
                .map(Cause::Format);
        }
        if flow_of(step) != new.flow {
            return Some(Cause::FlowRenamed(new.flow.clone()));
        }
        let gone = |other: &&String| !new.stateful.contains(other);
        let mut alike = fresh.iter().filter(|fresh| kind(fresh) == kind(step));
        let rivals = kept.steps.iter().filter(gone);
        let only_one = rivals.filter(|other| kind(other) == kind(step)).count() == 1;
        Some(match (alike.next(), alike.next()) {
            (Some(now), None) if only_one => Cause::Renamed((*now).clone()),
            _ => Cause::Gone,
        })
    };
    let mut losses: Vec<Loss> = kept
        .steps
        .iter()
        .filter_map(|step| {
            let cause = cause(step)?;
            let step = step.clone();
            Some(Loss { step, cause })
        })
        .collect();
    losses.sort_by(|one, other| one.step.cmp(&other.step));
    losses.dedup();
    losses
}

/// Returns all losses as one message. If the dataflow was renamed, every step is lost, so only their number is given.
#[must_use]
pub fn message(losses: &[Loss]) -> String {
    let renamed = losses.iter().find_map(|loss| match &loss.cause {
        Cause::FlowRenamed(now) => Some((loss.step.split('.').next()?, now)),
        Cause::Gone
        | Cause::Renamed(_)
        | Cause::Format(_)
        | Cause::ClassMoved { .. }
        | Cause::ClassUnbound { .. } => None,
    });
    match renamed {
        Some((old, now)) => format!(
            "dataflow {old} is now named {now}, so all its {} steps lose their state",
            losses.len()
        ),
        None => losses
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; "),
    }
}

/// Returns the operators that a step consists of: the part of its id after the name that the author gave it.
fn kind(step: &str) -> &str {
    step.splitn(3, '.').nth(2).unwrap_or_default()
}
