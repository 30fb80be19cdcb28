//! The closed set of steps.

use dataflow::plan::StoreLayout;
use dataflow::status::{Completed, StoreChangeKind};

use crate::observed::{StoreLedger, Surplus, Version, Which};

/// One thing to do. Every destructive step carries the versions it was decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing.
    Rest,
    /// Write the immutable copy of the code.
    CreateCodeConfigMap(Which),
    /// Write the `ControllerRevision`.
    CreateRecord(Which),
    /// Create or correct the headless Service.
    WriteHeadlessService(Which, Option<Version>),
    /// Create or correct the Service in front of the agents.
    WriteApiService(Which, Option<Version>),
    /// Start a pod that tries the target.
    CreateProbe,
    /// Delete a probe pod.
    DeleteProbe(String, Version),
    /// Have every agent copy its partitions to the bucket before the gang is stopped, unless they
    /// are at it.
    BackUp,
    /// Scale the gang to 0.
    Stop(Version),
    /// Delete pods that nobody controls any more.
    DeletePods(Vec<(String, Version)>),
    /// Draw a start number above `above`, then write template and size in one write.
    Start {
        /// What to start.
        which: Which,
        /// The `StatefulSet` to update; none to create it.
        set: Option<Version>,
        /// The Dataflow that the number is drawn on.
        dataflow: Version,
        /// The highest start number seen anywhere.
        above: i64,
        /// What the processes are told about their recovery store.
        store: Option<StoreLayout>,
    },
    /// Do something about the recovery store.
    Store(Which, StoreStep),
    /// Delete the `StatefulSet`, which has no pods, because what must change in it cannot.
    RemoveSet(Version),
    /// Keep every pod that the gang may yet get from starting: its input has ended.
    Gate(Version),
    /// Note that the input has ended.
    Complete(Completed),
    /// Delete something that nothing needs.
    Drop(Surplus),
}

/// One thing to do about the recovery store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreStep {
    /// Note something, before anything is done that relies on it.
    WriteLedger {
        /// The Dataflow whose status it is written to.
        dataflow: Version,
        /// The whole new ledger.
        ledger: StoreLedger,
        /// The last start number, where it was lost as well.
        start: Option<i64>,
    },
    /// Start a pod that looks what lies on these volumes.
    Inspect(Vec<u32>),
    /// Create the claim of the volume with this ordinal.
    CreateClaim(u32),
    /// Ask for the size of the spec.
    GrowClaim {
        /// Ordinal of the volume.
        ordinal: u32,
        /// UID of its claim.
        uid: String,
    },
    /// Start a pod that makes one part of the change that is under way.
    CreatePod {
        /// What is done.
        kind: StoreChangeKind,
        /// Which part.
        part: u32,
        /// Ordinals of the volumes that it works on.
        volumes: Vec<u32>,
    },
    /// Delete a pod that has done its part.
    DeletePod(String, Version),
}

impl Step {
    /// A fixed word for logs and metrics.
    #[must_use]
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::CreateCodeConfigMap(_) => "create_code_config_map",
            Self::CreateRecord(_) => "create_record",
            Self::WriteHeadlessService(..) => "write_headless_service",
            Self::WriteApiService(..) => "write_api_service",
            Self::CreateProbe => "create_probe",
            Self::DeleteProbe(..) => "delete_probe",
            Self::BackUp => "back_up",
            Self::Stop(_) => "stop",
            Self::DeletePods(_) => "delete_pods",
            Self::Start { .. } => "start",
            Self::Store(_, step) => step.name(),
            Self::RemoveSet(_) => "remove_set",
            Self::Gate(_) => "gate",
            Self::Complete(_) => "complete",
            Self::Drop(_) => "drop",
        }
    }
}

impl StoreStep {
    fn name(&self) -> &'static str {
        match self {
            Self::WriteLedger { .. } => "write_ledger",
            Self::Inspect(_) => "inspect_volumes",
            Self::CreateClaim(_) => "create_claim",
            Self::GrowClaim { .. } => "grow_claim",
            Self::CreatePod { .. } => "create_store_pod",
            Self::DeletePod(..) => "delete_store_pod",
        }
    }
}
