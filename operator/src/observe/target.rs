//! What the spec asks for, as far as its code can be read.

use dataflow::code::CodeHash;
use dataflow::label;
use dataflow::plan::Agent;
use dataflow::spec::Dataflow;
use dataflow::status::{self, ConditionType, DataflowStatus, Reason};
use dataflow::validate::{Faults, ValidatedDataflow, Warning, validate};
use kube::{Client, ResourceExt};

use super::cache::Caches;
use super::history::History;
use super::prepared::Prepared;
use super::settings::Settings;
use super::source;
use crate::observed::{Goal, Target};

/// What the spec asks for.
pub(super) struct SpecReading {
    pub(super) outcome: SpecOutcome,
    /// The code that lies in the `ConfigMap` now.
    pub(super) code: Option<CodeHash>,
    pub(super) warnings: Vec<Warning>,
}

/// Whether it can be had.
pub(super) enum SpecOutcome {
    Run(Box<Prepared>),
    Parked,
    Faults {
        not_supported: bool,
        message: String,
    },
    Missing(String),
}

/// Checks the spec and reads the code it refers to, unless nothing is to be run.
pub(super) async fn read(
    dataflow: &Dataflow,
    caches: &Caches,
    client: &Client,
    settings: &Settings,
    history: &History,
) -> Result<SpecReading, kube::Error> {
    let name = dataflow.name_any();
    let namespace = dataflow.namespace().unwrap_or_default();
    let validated = match validate(&dataflow.spec, &name) {
        Ok(validated) => validated,
        Err(faults) => {
            // What runs on may need its code again, whatever else is wrong with the spec.
            let code = match source::name_of(dataflow) {
                Some(source) => caches.sources.hash(client, &namespace, &source).await?,
                None => None,
            };
            return Ok(SpecReading {
                outcome: refused(&faults),
                code,
                warnings: Vec::new(),
            });
        }
    };
    let ValidatedDataflow {
        suspend,
        config_map,
        warnings,
        ..
    } = validated;
    let code = if suspend {
        None
    } else {
        caches.sources.hash(client, &namespace, &config_map).await?
    };
    let outcome = match &code {
        _ if suspend => SpecOutcome::Parked,
        None => SpecOutcome::Missing(config_map),
        Some(hash) => with_code(dataflow, hash, settings, history),
    };
    Ok(SpecReading {
        outcome,
        code,
        warnings,
    })
}

fn with_code(
    dataflow: &Dataflow,
    hash: &CodeHash,
    settings: &Settings,
    history: &History,
) -> SpecOutcome {
    let pinned = history.agent(&dataflow.spec, hash);
    let agent = pinned.unwrap_or_else(|| Agent::current(&settings.agent_image));
    let restarted_at = dataflow.annotations().get(label::RESTARTED_AT).cloned();
    let name = dataflow.name_any();
    match Prepared::new(&name, &dataflow.spec, hash.clone(), agent, restarted_at) {
        Ok(prepared) => SpecOutcome::Run(Box::new(prepared.keeping(raised(dataflow)))),
        Err(faults) => refused(&faults),
    }
}

fn refused(faults: &Faults) -> SpecOutcome {
    let message: Vec<String> = faults.to_string().lines().map(str::to_owned).collect();
    SpecOutcome::Faults {
        not_supported: faults.not_supported(),
        message: message.join("; "),
    }
}

/// For how long old snapshots are to be kept, if longer than the spec says.
fn raised(dataflow: &Dataflow) -> Option<i32> {
    dataflow.status.as_ref()?.backup_interval
}

/// The target that the reading of a spec means, and the revision it asks for.
pub(super) fn target(
    outcome: SpecOutcome,
    status: &DataflowStatus,
    goal: impl Fn(&Prepared) -> Goal,
) -> (Target, Option<Prepared>) {
    match outcome {
        SpecOutcome::Run(prepared) => (Target::Run(goal(&prepared)), Some(*prepared)),
        SpecOutcome::Parked => (Target::Parked, None),
        SpecOutcome::Faults {
            not_supported,
            message,
        } => (
            Target::Refused {
                not_supported,
                message,
            },
            None,
        ),
        SpecOutcome::Missing(source) => (missing(&source, status), None),
    }
}

/// The target for a `ConfigMap` that does not exist, with what status has said about it so far.
fn missing(source: &str, status: &DataflowStatus) -> Target {
    let said = |kind, reason: Reason| {
        status::find(&status.conditions, kind)
            .filter(|condition| condition.status == "True" && condition.reason == reason.as_ref())
    };
    let waiting = said(ConditionType::Reconciling, Reason::WaitingForReference);
    Target::Missing {
        message: format!("ConfigMap {source} with the code does not exist"),
        waiting_since: waiting.map(|condition| condition.last_transition_time.0),
        given_up: said(ConditionType::Stalled, Reason::MissingReference).is_some(),
    }
}
