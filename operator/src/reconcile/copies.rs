//! Starts and forgets the last backup, which is made before a gang is stopped.

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

/// Starts the last backup if the operation is `BackUp`, and publishes an event if the gang is stopped
/// without one. Any other operation means that no stop is due, so an earlier backup is forgotten.
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
        // Race: the cache may still show the gang as running after the stop. The backup is kept, so
        // that a repeated stop does not request another one.
        Operation::Stop(_) => {
            if let Some(why) = &decision.not_backed_up {
                publish(&event::not_backed_up(why), view, context).await;
            }
        }
        _ => backups.forget(object),
    }
}
