//! Returns a flow to a revision that the cluster still stores.

use dataflow::code::Code;
use dataflow::plan::RevisionRecord;
use dataflow::steps::Shape;
use dataflow::{Dataflow, DataflowName};
use gitops::deployment::Deployment;
use gitops::loss;
use gitops::merge::merge;
use gitops::object::dynamic;
use gitops::ownership;
use gitops::rendered::Rendered;
use kube::api::DynamicObject;

use super::deploy;
use super::step_check::{Loader, Origin, StepCheck, reported};
use crate::access::Access;
use crate::cluster::apply::Conflicts;
use crate::cluster::dataflows::StoredRevision;
use crate::cluster::{Session, block_on};
use crate::dry_run::DryRun;
use crate::error::CommandError;

/// A flow, and the revision to return to.
#[derive(Debug)]
pub(crate) struct RollbackPlan {
    /// The flow in the cluster.
    pub(crate) live: Dataflow,
    /// Its namespace.
    pub(crate) namespace: String,
    /// The code of the live flow.
    code: Code,
    /// The revision.
    pub(crate) record: RevisionRecord,
    /// The code of the record.
    old_code: Code,
    /// The stateful steps of the record, if they are known.
    steps: Option<Shape>,
}

impl RollbackPlan {
    /// Returns the flow in the cluster, with only the annotations that waxctl owns as field manager.
    pub(crate) fn present(&self) -> Rendered {
        let mut present = Rendered::as_written(&self.live, self.code.clone());
        let ours = ownership::applied_annotations(&self.live.metadata);
        present.dataflow.metadata.annotations = Some(ours).filter(|ours| !ours.is_empty());
        present
    }

    /// Returns a flow with spec and code of the revision. Fields that are not part of a revision stay.
    ///
    /// # Errors
    /// The flow's name is invalid.
    pub(crate) fn on(&self, flow: &Rendered) -> Result<Rendered, CommandError> {
        let name = flow_name(flow.name())?;
        let mut dataflow = flow.dataflow.clone();
        let now = std::mem::replace(&mut dataflow.spec, self.record.spec.clone());
        dataflow.spec.processes_count = now.processes_count;
        dataflow.spec.suspend = now.suspend;
        // A name that waxctl generated ends with the hash of the earlier code.
        let ours = |source: &String| source.starts_with(&name.source());
        dataflow.spec.config_map_name = match now.config_map_name {
            _ if self.record.spec.has_code_in_image() => None,
            Some(source) if !ours(&source) => Some(source),
            Some(_) | None => Some(name.source()),
        };
        if let Some(recovery) = &mut dataflow.spec.recovery {
            recovery.action = now.recovery.and_then(|recovery| recovery.action);
        }
        let mut earlier = Rendered {
            dataflow,
            code: self.old_code.clone(),
        };
        loss::record(&mut earlier, self.steps.as_ref());
        Ok(earlier)
    }
}

impl RollbackPlan {
    /// Returns the flow in git with what the rollback changes in the cluster. What is only in git stays: the cluster has
    /// not seen it, and neither has the user.
    ///
    /// # Errors
    /// The same values or lines were changed in git since.
    pub(crate) fn in_git(&self, flow: &Rendered) -> Result<Rendered, CommandError> {
        let mut present = self.present();
        present
            .dataflow
            .metadata
            .clone_from(&flow.dataflow.metadata);
        // The name of the generated ConfigMap ends with a hash in the cluster.
        let source = &flow.dataflow.spec.config_map_name;
        present.dataflow.spec.config_map_name.clone_from(source);
        let rolled_back = self.on(&present)?;
        let merged = merge(&present, &rolled_back, flow, "the flow in git");
        let recorded = merged.map(|merged| {
            let mut merged = merged.flow;
            if loss::is_same_content(&rolled_back, &merged) {
                loss::record(&mut merged, self.steps.as_ref());
            }
            merged
        });
        recorded.map_err(|error| {
            let mut command = CommandError::from(error);
            command.hints = vec![
                "git has newer changes that the cluster does not run yet: wait until it does"
                    .to_owned(),
                "or go back in git: `git revert COMMIT`".to_owned(),
            ];
            command
        })
    }
}

/// Finds the revision of `name` that starts with `to`, or the newest other one, with its code.
///
/// # Errors
/// There is no such flow or revision.
pub(crate) fn find(
    name: &str,
    to: Option<&str>,
    access: &Access,
) -> Result<RollbackPlan, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        let Some(live) = session.dataflow(name).await? else {
            return Err(session.absent(name).await);
        };
        let kept = session.revisions(name).await?;
        let present = live
            .status
            .as_ref()
            .and_then(|status| status.revision.clone());
        let StoredRevision { record, steps } = choose(kept, present.as_deref(), name, to)?;
        let old_code = if record.spec.has_code_in_image() {
            Code::new()
        } else {
            let config_map = flow_name(name)?.code_config_map(&record.code_hash);
            let Some(old_code) = session.config_map(&config_map).await? else {
                return Err(CommandError::failure(format!(
                    "the code of revision `{}` no longer exists in the cluster",
                    record.revision()
                )));
            };
            Code::from_config_map(&old_code)
        };
        let code = match live.spec.config_map_name.as_deref() {
            Some(source) => session.config_map(source).await?,
            None => None,
        };
        // Nobody has compared the content of the ConfigMap with the name that it has.
        let steps = steps.filter(|_| old_code.hash() == record.code_hash);
        Ok(RollbackPlan {
            namespace: session.namespace().to_owned(),
            code: code.as_ref().map(Code::from_config_map).unwrap_or_default(),
            old_code,
            live,
            record,
            steps,
        })
    })
}

/// Compares the steps of the flow with those of the revision. Runs no code: both versions are from the cluster.
///
/// # Errors
/// The cluster cannot be reached.
pub(crate) fn check_steps(
    plan: &RollbackPlan,
    old: &Rendered,
    new: &Rendered,
    access: &Access,
) -> Result<StepCheck, CommandError> {
    // The record may be another manager's annotation, which the rollback does not apply.
    let old = Rendered::as_written(&plan.live, old.code.clone());
    let kept = block_on(async {
        let session = Session::connect(access).await?;
        Ok(reported(&session.in_namespace(&plan.namespace), &old, new).await)
    })?;
    Loader::default().compare(Some(&old), kept, new, Origin::Elsewhere)
}

/// Applies the new version of a flow to the cluster, in place of the one that `plan` has shown, and returns it. A dry run
/// returns what would be there.
///
/// # Errors
/// The cluster refuses, or another client has changed the flow meanwhile.
pub(crate) fn apply(
    new: &Rendered,
    plan: &RollbackPlan,
    take_over: bool,
    dry_run: DryRun,
    access: &Access,
) -> Result<DynamicObject, CommandError> {
    let deployment = Deployment::new(new, &plan.namespace);
    if dry_run == DryRun::Client {
        return Ok(dynamic(&deployment.dataflow));
    }
    block_on(async {
        let session = Session::connect(access).await?;
        let conflicts = Conflicts::from_flag(take_over);
        if dry_run == DryRun::None {
            return deploy::apply(&session, &deployment, Some(&plan.live), conflicts).await;
        }
        session.unchanged(&plan.live).await?;
        let mut checked = deploy::would_apply(&session, &deployment, conflicts).await?;
        Ok(checked.pop().expect("the Dataflow is the last of them"))
    })
}

/// Chooses the requested revision, else the newest one that is not running.
fn choose(
    kept: Vec<StoredRevision>,
    present: Option<&str>,
    flow: &str,
    to: Option<&str>,
) -> Result<StoredRevision, CommandError> {
    let names: Vec<String> = kept
        .iter()
        .map(|stored| stored.record.revision().to_string())
        .collect();
    let matches = |name: &String| match to {
        Some(wanted) => name.starts_with(wanted),
        None => Some(name.as_str()) != present,
    };
    let found = names.iter().rposition(matches);
    match found.and_then(|index| kept.into_iter().nth(index)) {
        Some(stored) => Ok(stored),
        None => Err(CommandError::failure(match to {
            Some(wanted) => format!("no revision `{wanted}` of dataflow `{flow}` is stored"),
            None => format!("no other revision of dataflow `{flow}` is stored"),
        })
        .because(format!("stored revisions: {}", names.join(", ")))),
    }
}

fn flow_name(name: &str) -> Result<DataflowName, CommandError> {
    DataflowName::try_from(name).map_err(|error| {
        CommandError::failure("the name is not valid for a dataflow").chain(&error)
    })
}

#[cfg(test)]
mod tests {
    use dataflow::DataflowSpec;
    use dataflow::plan::Agent;
    use serde_json::json;

    use super::*;

    fn rendered(tag: &str, level: &str, code: &str) -> Rendered {
        let spec = json!({
            "image": {"tag": tag}, "configMapName": "orders-source", "pythonFileName": "a.py",
            "env": [{"name": "LEVEL", "value": level}],
        });
        let mut files = Code::new();
        files.insert("a.py", code).unwrap();
        Rendered {
            dataflow: Dataflow::new("orders", serde_json::from_value(spec).unwrap()),
            code: files,
        }
    }

    #[test]
    fn rollback_in_git_keeps_newer_changes() {
        let live = rendered("2", "info", "a\nb\n");
        let old = rendered("1", "info", "a\n");
        let mut dataflow = live.dataflow.clone();
        dataflow.spec.config_map_name = Some("orders-source-5b7k2".to_owned());
        let plan = RollbackPlan {
            live: dataflow,
            namespace: "shop".to_owned(),
            code: live.code,
            steps: None,
            record: RevisionRecord {
                format_version: 1,
                code_hash: old.code.hash(),
                spec: old.dataflow.spec,
                agent: Agent::current(""),
            },
            old_code: old.code,
        };
        let newer = rendered("2", "debug", "a\nb\n");
        let expected = rendered("1", "debug", "a\n");
        assert_eq!(plan.in_git(&newer).unwrap(), expected);
        let clash = plan.in_git(&rendered("3", "info", "a\nb\n")).unwrap_err();
        assert_eq!(clash.causes, ["spec.image.tag"]);
    }

    #[test]
    fn annotations_of_other_managers_are_left_out() {
        let spec = DataflowSpec::default();
        let mut live = Dataflow::new("orders", spec.clone());
        live.metadata = serde_json::from_value(json!({
            "name": "orders",
            "annotations": {"ours": "a", "theirs": "b"},
            "managedFields": [{
                "manager": "waxctl", "operation": "Apply",
                "fieldsV1": {"f:metadata": {"f:annotations": {"f:ours": {}}}},
            }],
        }))
        .unwrap();
        let mut plan = RollbackPlan {
            live,
            namespace: "shop".to_owned(),
            code: Code::new(),
            record: RevisionRecord {
                format_version: 1,
                spec,
                code_hash: Code::new().hash(),
                agent: Agent::current(""),
            },
            old_code: Code::new(),
            steps: None,
        };
        let annotations = |plan: &RollbackPlan| {
            let applied = plan.on(&plan.present()).unwrap();
            serde_json::to_value(applied.dataflow.metadata.annotations).unwrap()
        };
        assert_eq!(annotations(&plan), json!({"ours": "a"}));
        plan.live.metadata.managed_fields = None;
        assert_eq!(annotations(&plan), json!(null));
    }
}
