//! Stops a gang because of `spec.suspend`, or of a suspension that ends by itself. The code, the revisions and the state are kept.

use dataflow::status::Reason;
use dataflow::suspension::TimedSuspension;

use super::decision::Decision;
use super::operation::Operation;
use super::summary::Summary;
use super::{recovery, start};
use crate::observed::{Observed, Ownership, Probe, Target};

/// Returns the next operation for a suspended Dataflow: stop the gang, delete probe pods, wait until no pod is left.
pub(super) fn decide(observed: &Observed) -> Decision {
    let why = match &observed.timed_suspension {
        Some(timed) => format!("stopping: {}", timed.phrase()),
        None => "stopping because spec.suspend is set".to_owned(),
    };
    let stopping = Summary::reconciling(Reason::Stopping, why);
    match &observed.gang {
        Ownership::Foreign(what) => return Decision::idle(Summary::name_taken(what)),
        Ownership::Owned(gang) if gang.replicas > 0 => {
            return Decision::act(Operation::Stop(gang.version.clone()), stopping);
        }
        Ownership::Owned(_) | Ownership::Terminating | Ownership::Inherited | Ownership::Absent => {
        }
    }
    if let Some(probe) = leftover(observed) {
        return Decision::act(delete(probe), stopping);
    }
    if !observed.pods.is_empty() {
        return start::wait_for(observed, &observed.pods, stopping);
    }
    let summary = match &observed.target {
        Target::Refused {
            not_supported: true,
            message,
        } => Summary::stalled(Reason::NotSupportedYet, message.clone()),
        Target::Refused {
            not_supported: false,
            message,
        } => Summary::stalled(Reason::InvalidSpec, message.clone()),
        Target::Run(_) | Target::Suspended | Target::Missing { .. } => {
            let suspended = observed.timed_suspension.as_ref();
            let suspended =
                suspended.map_or_else(|| "suspended".to_owned(), TimedSuspension::phrase);
            Summary::ready(
                Reason::Suspended,
                format!("{suspended}; code and revision history are kept"),
            )
        }
    };
    recovery::idle(observed, summary)
}

/// Returns a probe pod that is not terminating.
pub(super) fn leftover(observed: &Observed) -> Option<&Probe> {
    observed.probes.iter().find(|probe| !probe.deleting)
}

/// Returns the operation that deletes a probe pod.
pub(super) fn delete(probe: &Probe) -> Operation {
    Operation::DeleteProbe(probe.name.clone(), probe.version.clone())
}
