//! Copies that are made before a stop.

use dataflow::label;
use dataflow::spec::Dataflow;
use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;

use super::context::Context;
use super::processes::api_port;
use super::report::publish;
use crate::decide::{Decision, Operation};
use crate::event;
use crate::observe::View;

/// Has copies made before a stop, and forgets them when there is none, or no more.
pub(super) async fn before_stop(
    view: &View,
    object: &ObjectRef<Dataflow>,
    decision: &Decision,
    context: &Context,
) {
    let (backups, queue) = (&context.last_backups, &context.queue);
    match &decision.operation {
        Operation::BackUp => {
            let (namespace, name) = (view.namespace(), view.dataflow.name_any());
            let pods = context.caches.pods_of(&namespace, &name, label::PROCESS);
            let (agents, port) = (context.agents.clone(), api_port(view));
            let make = move |id: String| async move { agents.back_up(&pods, port, &id).await };
            backups.begin(object, view.observed.now, queue, make);
        }
        // An old view may show the gang as it was; what was copied for it holds.
        Operation::Stop(_) => {
            if let Some(why) = &decision.not_backed_up {
                publish(&event::not_backed_up(why), view, context).await;
            }
        }
        _ => backups.forget(object),
    }
}
