//! The changes of a few fields that verbs of their own make: suspend, resume, restart and scale.

use dataflow::suspension::TimedSuspension;
use dataflow::{Dataflow, label};
use kube::ResourceExt as _;
use serde_json::{Value, json};
use thiserror::Error;

use crate::ownership::is_applied_annotation;

/// A change of a few fields of a Dataflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adjustment {
    /// Stop all processes and keep everything else.
    Suspend,
    /// Stop all processes until a time.
    SuspendUntil(TimedSuspension),
    /// End the suspension.
    Resume,
    /// Stop and start all processes once. The text is the time of the request.
    Restart(String),
    /// Change the number of processes, of worker threads in each, or both.
    Scale {
        /// Number of processes.
        processes: Option<i32>,
        /// Number of worker threads in each process.
        workers: Option<i32>,
    },
}

/// Error: a change would have no effect, which its author does not expect.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AdjustmentError {
    /// A suspended flow has nothing to restart.
    #[error("it is suspended")]
    Suspended,
    /// A suspension without an end cannot get one beside it.
    #[error("it is suspended without an end: spec.suspend is true")]
    NoEnd,
    /// No number is requested.
    #[error("neither a number of processes nor of workers is given")]
    Nothing,
}

/// Paths of the fields that an adjustment can change, as JSON pointers.
const FIELDS: [&str; 3] = [
    "/spec/suspend",
    "/spec/processesCount",
    "/spec/workersPerProcess",
];

/// The annotations of no suspension.
const NO_SUSPENSION: [(&str, Option<String>); 3] = [
    (label::SUSPENDED_UNTIL, None),
    (label::SUSPENDED_BY, None),
    (label::SUSPENSION_REASON, None),
];

impl Adjustment {
    /// Returns the Dataflow after the change, or `None` if it already is so.
    ///
    /// # Errors
    /// The change would have no effect for another reason.
    pub fn apply(&self, dataflow: &Dataflow) -> Result<Option<Dataflow>, AdjustmentError> {
        let mut changed = dataflow.clone();
        let spec = &mut changed.spec;
        match self {
            Self::Suspend if dataflow.spec.suspended() => {}
            Self::Suspend => {
                spec.suspend = Some(true);
                annotate(&mut changed, NO_SUSPENSION);
            }
            Self::SuspendUntil(_) if dataflow.spec.suspended() => {
                return Err(AdjustmentError::NoEnd);
            }
            Self::SuspendUntil(timed) => annotate(&mut changed, timed.annotations()),
            Self::Resume => {
                spec.suspend = spec.suspend.filter(|suspend| !suspend);
                annotate(&mut changed, NO_SUSPENSION);
            }
            Self::Restart(_) if dataflow.spec.suspended() => {
                return Err(AdjustmentError::Suspended);
            }
            Self::Restart(time) => {
                annotate(&mut changed, [(label::RESTARTED_AT, Some(time.clone()))]);
            }
            Self::Scale {
                processes: None,
                workers: None,
            } => return Err(AdjustmentError::Nothing),
            Self::Scale { processes, workers } => {
                if let Some(processes) =
                    processes.filter(|count| *count != dataflow.spec.processes())
                {
                    spec.processes_count = Some(processes);
                }
                if let Some(workers) = workers.filter(|count| *count != dataflow.spec.workers()) {
                    spec.workers_per_process = Some(workers);
                }
            }
        }
        Ok(Some(changed).filter(|changed| changed != dataflow))
    }

    /// Returns what has been done, in the words of kubectl.
    #[must_use]
    pub fn done(&self) -> &'static str {
        match self {
            Self::Suspend | Self::SuspendUntil(_) => "suspended",
            Self::Resume => "resumed",
            Self::Restart(_) => "restarted",
            Self::Scale { .. } => "scaled",
        }
    }

    /// Returns the action, in words that follow "cannot".
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::Suspend | Self::SuspendUntil(_) => "suspend",
            Self::Resume => "resume",
            Self::Restart(_) => "restart",
            Self::Scale { .. } => "scale",
        }
    }

    /// Returns the state that makes the change unnecessary.
    #[must_use]
    pub fn already(&self) -> &'static str {
        match self {
            Self::Suspend | Self::SuspendUntil(_) => "is already suspended",
            Self::Resume => "is not suspended",
            Self::Restart(_) => "was restarted in this instant",
            Self::Scale { .. } => "already has this size",
        }
    }

    /// Whether the change is made in the cluster even if git describes the flow: it concerns no state that git keeps.
    /// An annotation that a controller has applied from git is kept there, and the controller would set it back.
    #[must_use]
    pub fn belongs_to_cluster(&self, live: &Dataflow) -> bool {
        let in_git = |annotation| is_applied_annotation(&live.metadata, annotation);
        match self {
            Self::Restart(_) => !in_git(label::RESTARTED_AT),
            Self::SuspendUntil(_) => !in_git(label::SUSPENDED_UNTIL),
            Self::Resume => {
                let timed = TimedSuspension::requested(live).is_some();
                timed && !live.spec.suspended() && !in_git(label::SUSPENDED_UNTIL)
            }
            Self::Suspend | Self::Scale { .. } => false,
        }
    }
}

/// Returns the operations of a JSON patch (RFC 6902) that turn the fields of `before` into those of `after`.
#[must_use]
pub fn operations(before: &Dataflow, after: &Dataflow) -> Vec<Value> {
    let json = |dataflow: &Dataflow| serde_json::to_value(dataflow).unwrap_or_default();
    let (old, new) = (json(before), json(after));
    let mut operations = Vec::new();
    for path in FIELDS {
        match (old.pointer(path), new.pointer(path)) {
            (old, new) if old == new => {}
            (_, Some(value)) => operations.push(json!({"op": "add", "path": path, "value": value})),
            (_, None) => operations.push(json!({"op": "remove", "path": path})),
        }
    }
    let mut annotated = before.metadata.annotations.is_some();
    for key in label::REQUESTS {
        let path = format!("/metadata/annotations/{}", key.replace('/', "~1"));
        match (before.annotations().get(key), after.annotations().get(key)) {
            (old, new) if old == new => {}
            (_, None) => operations.push(json!({"op": "remove", "path": path})),
            (_, Some(value)) => {
                if !std::mem::replace(&mut annotated, true) {
                    operations
                        .push(json!({"op": "add", "path": "/metadata/annotations", "value": {}}));
                }
                operations.push(json!({"op": "add", "path": path, "value": value}));
            }
        }
    }
    operations
}

/// Sets annotations, or removes those without a value. No empty map is left.
fn annotate<const COUNT: usize>(
    dataflow: &mut Dataflow,
    wanted: [(&'static str, Option<String>); COUNT],
) {
    for (key, value) in wanted {
        match (value, &mut dataflow.metadata.annotations) {
            (Some(value), annotations) => {
                let annotations = annotations.get_or_insert_default();
                annotations.insert(key.to_owned(), value);
            }
            (None, Some(annotations)) => drop(annotations.remove(key)),
            (None, None) => {}
        }
    }
    let annotations = &mut dataflow.metadata.annotations;
    *annotations = annotations.take().filter(|all| !all.is_empty());
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn flow(spec: Value) -> Dataflow {
        Dataflow::new("orders", serde_json::from_value(spec).unwrap())
    }

    fn scale(processes: Option<i32>, workers: Option<i32>) -> Adjustment {
        Adjustment::Scale { processes, workers }
    }

    #[rstest]
    #[case::suspend(Adjustment::Suspend, json!({}), json!([["add", "/spec/suspend", true]]))]
    #[case::suspend_again(Adjustment::Suspend, json!({"suspend": true}), json!([]))]
    #[case::resume(Adjustment::Resume, json!({"suspend": true}), json!([["remove", "/spec/suspend", null]]))]
    #[case::resume_running(Adjustment::Resume, json!({"suspend": false}), json!([]))]
    #[case::up(scale(Some(3), None), json!({}), json!([["add", "/spec/processesCount", 3]]))]
    #[case::to_default(scale(Some(1), None), json!({"processesCount": 2}), json!([["add", "/spec/processesCount", 1]]))]
    #[case::same(scale(Some(1), Some(1)), json!({}), json!([]))]
    #[case::workers(scale(Some(2), Some(4)), json!({"processesCount": 2}), json!([["add", "/spec/workersPerProcess", 4]]))]
    #[case::restart(
        Adjustment::Restart("now".to_owned()), json!({}),
        json!([["add", "/metadata/annotations", {}], ["add", "/metadata/annotations/bytewax.io~1restarted-at", "now"]])
    )]
    fn adjustment_patches_only_its_fields(
        #[case] adjustment: Adjustment,
        #[case] spec: Value,
        #[case] expected: Value,
    ) {
        let before = flow(spec);
        let after = adjustment.apply(&before).unwrap();
        let patch = after.map_or_else(Vec::new, |after| operations(&before, &after));
        let brief: Vec<_> = patch
            .iter()
            .map(|operation| json!([operation["op"], operation["path"], operation["value"]]))
            .collect();
        assert_eq!(json!(brief), expected);
    }

    #[test]
    fn timed_suspension_is_set_and_removed() {
        let timed = TimedSuspension {
            until: "2026-05-01T14:00:00Z".parse().unwrap(),
            by: None,
            reason: Some("a migration".to_owned()),
        };
        let before = flow(json!({"suspend": false}));
        let suspended = Adjustment::SuspendUntil(timed.clone())
            .apply(&before)
            .unwrap()
            .unwrap();
        assert_eq!(TimedSuspension::requested(&suspended), Some(timed.clone()));
        assert_eq!(operations(&before, &suspended).len(), 3);
        let resumed = Adjustment::Resume.apply(&suspended).unwrap();
        assert_eq!(resumed, Some(before));
        for after in [Adjustment::Resume, Adjustment::Suspend] {
            assert_eq!(
                after.belongs_to_cluster(&suspended),
                after == Adjustment::Resume
            );
            let changed = after.apply(&suspended).unwrap().unwrap();
            assert_eq!(TimedSuspension::requested(&changed), None);
        }
        let endless = flow(json!({"suspend": true}));
        let refused = Adjustment::SuspendUntil(timed).apply(&endless);
        assert_eq!(refused, Err(AdjustmentError::NoEnd));
    }

    #[rstest]
    #[case::waxctl("waxctl", "Update", true)]
    #[case::kubectl_annotate("kubectl-annotate", "Update", true)]
    #[case::flux("kustomize-controller", "Apply", false)]
    #[case::argo_client_side("argocd-controller", "Update", false)]
    fn annotation_of_git_is_changed_in_git(
        #[case] manager: &str,
        #[case] operation: &str,
        #[case] in_cluster: bool,
    ) {
        let timed = TimedSuspension {
            until: "2026-05-01T14:00:00Z".parse().unwrap(),
            by: None,
            reason: None,
        };
        let mut live = flow(json!({}));
        annotate(&mut live, timed.annotations());
        let field = format!("f:{}", label::SUSPENDED_UNTIL);
        live.metadata.managed_fields = serde_json::from_value(json!([{
            "manager": manager, "operation": operation,
            "fieldsV1": {"f:metadata": {"f:annotations": {field: {}}}},
        }]))
        .unwrap();
        for adjustment in [Adjustment::Resume, Adjustment::SuspendUntil(timed)] {
            assert_eq!(adjustment.belongs_to_cluster(&live), in_cluster);
        }
        let restart = Adjustment::Restart("now".to_owned());
        assert!(restart.belongs_to_cluster(&live));
    }

    #[test]
    fn restart_keeps_other_annotations() {
        let mut before = flow(json!({}));
        let notes = [
            ("team".to_owned(), "a".to_owned()),
            (label::RESTARTED_AT.to_owned(), "old".to_owned()),
        ];
        before.metadata.annotations = Some(notes.into());
        let after = Adjustment::Restart("new".to_owned())
            .apply(&before)
            .unwrap()
            .unwrap();
        let paths: Vec<_> = operations(&before, &after)
            .iter()
            .map(|operation| operation["path"].clone())
            .collect();
        assert_eq!(
            json!(paths),
            json!(["/metadata/annotations/bytewax.io~1restarted-at"])
        );
        assert_eq!(after.metadata.annotations.unwrap()["team"], "a");
    }

    #[test]
    fn adjustment_without_effect_is_refused() {
        let suspended = flow(json!({"suspend": true}));
        let restart = Adjustment::Restart("now".to_owned());
        assert_eq!(restart.apply(&suspended), Err(AdjustmentError::Suspended));
        assert_eq!(
            scale(None, None).apply(&suspended),
            Err(AdjustmentError::Nothing)
        );
    }
}
