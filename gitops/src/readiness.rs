//! Decides from `status` whether a Dataflow is in the state that its spec describes.

use dataflow::Dataflow;
use dataflow::phase::message;
use dataflow::status::{Condition, ConditionType, Reason, find};

/// State of a Dataflow in relation to the current generation of its spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The gang runs; with the message of the condition.
    Ready(String),
    /// No process runs and none should: the Dataflow is suspended or has completed.
    Settled(String),
    /// The operator is working on it; with the message of the condition.
    Waiting(String),
    /// The operator cannot continue until a user changes something.
    Stalled {
        /// Reason of the condition.
        reason: String,
        /// Message of the condition.
        message: String,
    },
}

/// Decides from the conditions of `dataflow`. Conditions of an older generation of the spec are ignored.
#[must_use]
pub fn judge(dataflow: &Dataflow) -> Verdict {
    let generation = dataflow.metadata.generation.unwrap_or(0);
    let status = dataflow
        .status
        .as_ref()
        .filter(|status| status.observed_generation >= generation);
    let Some(status) = status else {
        return Verdict::Waiting(message(dataflow));
    };
    let holds =
        |kind: ConditionType| find(&status.conditions, kind).filter(|c| holds(c, generation));
    if let Some(stalled) = holds(ConditionType::Stalled) {
        let Condition {
            reason, message, ..
        } = stalled.clone();
        return Verdict::Stalled { reason, message };
    }
    match holds(ConditionType::Ready) {
        None => Verdict::Waiting(message(dataflow)),
        Some(ready) if rests(ready) => Verdict::Settled(message(dataflow)),
        Some(_) => Verdict::Ready(message(dataflow)),
    }
}

fn holds(condition: &Condition, generation: i64) -> bool {
    condition.status == "True"
        && condition
            .observed_generation
            .is_none_or(|seen| seen >= generation)
}

fn rests(ready: &Condition) -> bool {
    [Reason::Suspended, Reason::Completed]
        .iter()
        .any(|reason| ready.reason == reason.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const GENERATION: i64 = 3;

    fn dataflow(observed: i64, conditions: &[(&str, &str, &str, i64)]) -> Dataflow {
        let conditions: Vec<_> = conditions
            .iter()
            .map(|(kind, status, reason, generation)| {
                serde_json::json!({
                    "type": kind, "status": status, "reason": reason, "message": format!("{reason} it is"),
                    "observedGeneration": generation, "lastTransitionTime": "2026-01-01T00:00:00Z",
                })
            })
            .collect();
        serde_json::from_value(serde_json::json!({
            "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
            "metadata": { "name": "orders", "generation": GENERATION },
            "spec": { "image": { "tag": "x" }, "pythonFileName": "orders.py" },
            "status": { "observedGeneration": observed, "conditions": conditions },
        }))
        .unwrap()
    }

    #[rstest]
    #[case::running(3, &[("Ready", "True", "Running", 3)], "Ready")]
    #[case::suspended(3, &[("Ready", "True", "Suspended", 3)], "Settled")]
    #[case::completed(3, &[("Ready", "True", "Completed", 3)], "Settled")]
    #[case::starting(3, &[("Ready", "False", "Starting", 3), ("Reconciling", "True", "Starting", 3)], "Waiting")]
    #[case::stalled(3, &[("Ready", "False", "CrashLoop", 3), ("Stalled", "True", "CrashLoop", 3)], "Stalled")]
    #[case::stalled_while_the_old_one_runs(3, &[("Ready", "True", "Running", 3), ("Stalled", "True", "ProbeFailed", 3)], "Stalled")]
    #[case::ready_of_the_old_spec(2, &[("Ready", "True", "Running", 2)], "Waiting")]
    #[case::stalled_of_the_old_spec(2, &[("Stalled", "True", "CrashLoop", 2)], "Waiting")]
    #[case::condition_older_than_the_status(3, &[("Ready", "True", "Running", 2)], "Waiting")]
    #[case::never_seen(-1, &[], "Waiting")]
    fn conditions_of_older_generation_are_ignored(
        #[case] observed: i64,
        #[case] conditions: &[(&str, &str, &str, i64)],
        #[case] expected: &str,
    ) {
        let verdict = judge(&dataflow(observed, conditions));
        let kind = match verdict {
            Verdict::Ready(_) => "Ready",
            Verdict::Settled(_) => "Settled",
            Verdict::Waiting(_) => "Waiting",
            Verdict::Stalled { .. } => "Stalled",
        };
        assert_eq!(kind, expected);
    }

    #[test]
    fn stalled_verdict_has_the_operators_message() {
        let verdict = judge(&dataflow(3, &[("Stalled", "True", "ImagePull", 3)]));
        let expected = Verdict::Stalled {
            reason: "ImagePull".into(),
            message: "ImagePull it is".into(),
        };
        assert_eq!(verdict, expected);
    }
}
