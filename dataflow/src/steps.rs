//! What a dataflow is to its recovery store: under which ids it keeps state, and what it would leave
//! behind there that another one has kept.
//!
//! The engine says nothing when a step is gone or has another name: it begins anew, and the old rows
//! stay, to be loaded one day when the name comes back.

use std::fmt;

use crate::cost::{Change, Cost};

mod engine;

#[cfg(test)]
mod tests;

pub use engine::{Break, version_in};

/// What a dataflow keeps state for, as its code says when it is loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shape {
    /// The dataflow's own id, the first part of every step's.
    pub flow: String,
    /// The ids under which the engine stores state.
    pub stateful: Vec<String>,
    /// Those of them that are windows.
    pub windows: Vec<String>,
    /// Version of the engine, if it is known.
    pub engine: Option<String>,
}

/// What is kept in a store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Kept {
    /// The ids of the steps that have state.
    pub steps: Vec<String>,
    /// Those of them that are windows.
    pub windows: Vec<String>,
    /// Version of the engine that has written it, if it is known.
    pub engine: Option<String>,
}

/// State that would be lost.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Loss {
    /// The step's id.
    pub step: String,
    /// Why.
    pub cause: Cause,
}

/// Why a step's state would be lost.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The step is gone.
    Gone,
    /// The step seems to have this id now.
    Renamed(String),
    /// The whole dataflow has this id now.
    FlowRenamed(String),
    /// The engine can't read what another version has written.
    Format(Break),
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
            new: Some(loss.cause.to_string()),
            cost: Cost::StateLost,
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, cause } = self;
        match cause {
            Cause::Format(found) => write!(f, "step {step}: {found}"),
            Cause::Gone | Cause::Renamed(_) | Cause::FlowRenamed(_) => {
                write!(f, "step {step} is {cause}")
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("gone"),
            Self::Renamed(now) => write!(f, "gone, and {now} is new"),
            Self::FlowRenamed(now) => write!(f, "gone, as the dataflow is named {now} now"),
            Self::Format(found) => found.fmt(f),
        }
    }
}

/// What a new version of a dataflow would lose of what is kept, by step, in the order of their ids.
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

/// All losses in one sentence. A renamed dataflow has lost everything, which need not be listed.
#[must_use]
pub fn message(losses: &[Loss]) -> String {
    let renamed = losses.iter().find_map(|loss| match &loss.cause {
        Cause::FlowRenamed(now) => Some((loss.step.split('.').next()?, now)),
        Cause::Gone | Cause::Renamed(_) | Cause::Format(_) => None,
    });
    match renamed {
        Some((old, now)) => format!(
            "dataflow {old} is named {now} now, so that the state of all its {} steps is left behind",
            losses.len()
        ),
        None => losses
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; "),
    }
}

/// What a step is made of, below the name that its author gave it.
fn kind(step: &str) -> &str {
    step.splitn(3, '.').nth(2).unwrap_or_default()
}
