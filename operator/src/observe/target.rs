//! Reads the spec and its code into a [`Target`].

use dataflow::code::{Code, CodeHash};
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

/// Result of reading the spec.
pub(super) struct SpecReading {
    pub(super) outcome: SpecOutcome,
    /// Hash of the code that is in the user's `ConfigMap` now.
    pub(super) code: Option<CodeHash>,
    pub(super) warnings: Vec<Warning>,
}

/// Whether the spec can be run.
pub(super) enum SpecOutcome {
    Run(Box<Prepared>),
    Suspended,
    Faults {
        not_supported: bool,
        message: String,
    },
    Missing(String),
}

/// Validates the spec and reads the code that it refers to, unless the flow is suspended.
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
            // The running revision may need its code again, even if the new spec has faults.
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
    let code = match &config_map {
        _ if suspend => None,
        Some(source) => caches.sources.hash(client, &namespace, source).await?,
        // The image has the code, so that a revision differs from another only by its spec.
        None => Some(Code::new().hash()),
    };
    let outcome = match &code {
        _ if suspend => SpecOutcome::Suspended,
        None => SpecOutcome::Missing(config_map.unwrap_or_default()),
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

/// Returns the retention of old snapshots from status, if it was raised above the spec's.
fn raised(dataflow: &Dataflow) -> Option<i32> {
    dataflow.status.as_ref()?.backup_interval
}

/// Returns the target of a spec, and the prepared revision if the spec can be run.
pub(super) fn target(
    outcome: SpecOutcome,
    status: &DataflowStatus,
    goal: impl Fn(&Prepared) -> Goal,
) -> (Target, Option<Prepared>) {
    match outcome {
        SpecOutcome::Run(prepared) => (Target::Run(goal(&prepared)), Some(*prepared)),
        SpecOutcome::Suspended => (Target::Suspended, None),
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

/// Returns the target for a missing `ConfigMap`, with the wait that status has reported so far.
fn missing(source: &str, status: &DataflowStatus) -> Target {
    let reported = |kind, reason: Reason| {
        status::find(&status.conditions, kind)
            .filter(|condition| condition.status == "True" && condition.reason == reason.as_ref())
    };
    let waiting = reported(ConditionType::Reconciling, Reason::WaitingForReference);
    Target::Missing {
        message: format!("ConfigMap {source} with the code does not exist"),
        waiting_since: waiting.map(|condition| condition.last_transition_time.0),
        given_up: reported(ConditionType::Stalled, Reason::MissingReference).is_some(),
    }
}
