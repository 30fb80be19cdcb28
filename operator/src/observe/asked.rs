//! What the spec asks for, as far as its code can be read.

use dataflow::code::CodeHash;
use dataflow::label;
use dataflow::spec::Dataflow;
use dataflow::status::{self, ConditionType, DataflowStatus, Reason};
use dataflow::validate::{Warning, validate};
use kube::{Client, ResourceExt};

use super::history::History;
use super::{Caches, Prepared, Settings};
use crate::observed::Target;

/// What the spec asks for.
pub(super) struct Asked {
    pub(super) answer: Answer,
    /// The code that lies in the `ConfigMap` now.
    pub(super) code: Option<CodeHash>,
    pub(super) warnings: Vec<Warning>,
}

/// Whether it can be had.
pub(super) enum Answer {
    Run(Box<Prepared>),
    Parked,
    Faults {
        not_supported: bool,
        message: String,
    },
    Missing(String),
}

/// Checks the spec and reads the code it refers to, unless nothing is to be run.
pub(super) async fn asked(
    dataflow: &Dataflow,
    caches: &Caches,
    client: &Client,
    settings: &Settings,
    history: &History,
) -> Result<Asked, kube::Error> {
    let name = dataflow.name_any();
    let namespace = dataflow.namespace().unwrap_or_default();
    let validated = match validate(&dataflow.spec, &name) {
        Ok(validated) => validated,
        Err(faults) => {
            let message = in_one_line(&faults.to_string());
            let answer = Answer::Faults {
                not_supported: faults.not_supported(),
                message,
            };
            // What runs on may need its code again, whatever else is wrong with the spec.
            let source = super::goal::source_name(dataflow);
            let code = match source {
                Some(source) => caches.sources.hash(client, &namespace, &source).await?,
                None => None,
            };
            return Ok(Asked {
                answer,
                code,
                warnings: Vec::new(),
            });
        }
    };
    let warnings = validated.warnings.clone();
    if validated.suspend {
        return Ok(Asked {
            answer: Answer::Parked,
            code: None,
            warnings,
        });
    }
    let code = caches
        .sources
        .hash(client, &namespace, &validated.config_map)
        .await?;
    let Some(hash) = &code else {
        return Ok(Asked {
            answer: Answer::Missing(validated.config_map),
            code,
            warnings,
        });
    };
    let pinned = history.agent_image(&dataflow.spec, hash);
    let image = pinned.as_ref().unwrap_or(&settings.agent_image);
    let restarted_at = dataflow.annotations().get(label::RESTARTED_AT).cloned();
    let answer = match Prepared::new(&name, &dataflow.spec, hash.clone(), image, restarted_at) {
        Ok(prepared) => Answer::Run(Box::new(prepared.keeping(raised(dataflow)))),
        Err(faults) => Answer::Faults {
            not_supported: faults.not_supported(),
            message: in_one_line(&faults.to_string()),
        },
    };
    Ok(Asked {
        answer,
        code,
        warnings,
    })
}

/// For how long old snapshots are to be kept, if longer than the spec says.
fn raised(dataflow: &Dataflow) -> Option<i32> {
    dataflow.status.as_ref()?.backup_interval
}

/// The target for a `ConfigMap` that does not exist, with what status has said about it so far.
pub(super) fn missing(source: &str, status: &DataflowStatus) -> Target {
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

fn in_one_line(faults: &str) -> String {
    faults.lines().collect::<Vec<_>>().join("; ")
}
