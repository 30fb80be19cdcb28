//! Answers the questions of a decision: asks the API server and the agents until `decide` returns an
//! operation.

use dataflow::label;
use dataflow::name::DataflowName;
use kube::runtime::reflector::ObjectRef;

use super::context::Context;
use super::processes::api_port;
use crate::decide::{Decision, Next, Question, decide};
use crate::error::{Call, Race, ReconcileError};
use crate::observe::{View, list_pods, read_inspection};
use crate::observed::Answer;

/// Decides, and answers every question that the decision depends on.
pub(super) async fn decide_with_answers(
    view: &mut View,
    context: &Context,
) -> Result<Decision, ReconcileError> {
    loop {
        match decide(&view.observed) {
            Next::Do(decision) => return Ok(decision),
            Next::Ask(question) => {
                let answer = ask(&question, view, context).await?;
                view.observed.note(answer);
            }
        }
    }
}

async fn ask(
    question: &Question,
    view: &View,
    context: &Context,
) -> Result<Answer, ReconcileError> {
    let namespace = view.namespace();
    let processes = || {
        let name = view.dataflow.metadata.name.as_deref().unwrap_or_default();
        context.caches.pods_of(&namespace, name, label::PROCESS)
    };
    let (agents, port) = (&context.agents, api_port(view));
    Ok(match question {
        Question::Pods => {
            let pods = list_pods(&context.client, &namespace, name(view)?).await;
            Answer::Pods(pods.map_err(ReconcileError::api(Call::Read, "list the pods"))?)
        }
        Question::Processes => Answer::Processes(agents.process_reports(&processes(), port).await),
        Question::StoredSteps => Answer::StoredSteps(agents.stored_steps(&processes(), port).await),
        Question::Backups => {
            let object = ObjectRef::from_obj(view.dataflow.as_ref());
            context.backup_polls.polled(&object, view.observed.now);
            Answer::Backups(agents.backups(&processes(), port).await)
        }
        Question::Resumption => {
            let start = view.observed.last_status.start.unwrap_or_default();
            Answer::Resumption(agents.resumed(&processes(), port, start).await)
        }
        Question::Inspection(pod) => {
            let read = read_inspection(&context.client, &namespace, pod).await;
            let action = "read the log of a store pod";
            Answer::Inspection(read.map_err(ReconcileError::api(Call::Existing, action))?)
        }
    })
}

/// Returns the valid name of the Dataflow. A Dataflow without one has no pods to list.
fn name(view: &View) -> Result<&DataflowName, ReconcileError> {
    view.name.as_ref().ok_or(ReconcileError::Overtaken {
        action: "find the pods",
        race: Race::Gone,
    })
}
