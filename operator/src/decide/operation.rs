//! The closed set of operations.

use dataflow::plan::StoreLayout;
use dataflow::status::{Completed, StoreChangeKind};

use crate::observed::{Obsolete, RevisionRef, StoreLedger, Version};

/// One operation on the cluster. Every destructive operation carries the versions that it was decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// No operation.
    None,
    /// Create the immutable ConfigMap with the code.
    CreateCodeConfigMap(RevisionRef),
    /// Create the `ControllerRevision`.
    CreateRecord(RevisionRef),
    /// Create or correct the headless Service.
    WriteHeadlessService(RevisionRef, Option<Version>),
    /// Create or correct the Service in front of the agents.
    WriteApiService(RevisionRef, Option<Version>),
    /// Create a probe pod for the desired revision.
    CreateProbe,
    /// Delete a probe pod.
    DeleteProbe(String, Version),
    /// Request from every agent a backup of its partitions before the gang is stopped, unless one is being made.
    BackUp,
    /// Scale the gang to 0.
    Stop(Version),
    /// Delete pods without a controller.
    DeletePods(Vec<(String, Version)>),
    /// Allocate a start number above `above`, then write template and replicas in one write.
    Start {
        /// The revision to start.
        which: RevisionRef,
        /// The `StatefulSet` to update; `None` to create it.
        set: Option<Version>,
        /// The version of the Dataflow in whose status the number is allocated.
        dataflow: Version,
        /// The highest start number in status or in the template.
        above: i64,
        /// The layout of the recovery store for the processes; `None` if they keep no state.
        store: Option<StoreLayout>,
    },
    /// Perform an operation on the recovery store.
    Store(RevisionRef, StoreOperation),
    /// Delete the `StatefulSet`, which has no pods, because an immutable field of it must change.
    RemoveSet(Version),
    /// Add a scheduling gate to the template, so that no new pod of the gang starts: its input has ended.
    Gate(Version),
    /// Record in status that the input has ended.
    Complete(Completed),
    /// Delete an object that is no longer needed.
    DeleteObsolete(Obsolete),
}

/// One operation on the recovery store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreOperation {
    /// Write the ledger. Order: before any operation that relies on it.
    WriteLedger {
        /// The version of the Dataflow whose status is written.
        dataflow: Version,
        /// The new ledger.
        ledger: StoreLedger,
        /// The last start number, if status has lost it as well.
        start: Option<i64>,
    },
    /// Create a store pod that inspects these volumes.
    Inspect(Vec<u32>),
    /// Create the PVC of the volume with this ordinal.
    CreateClaim(u32),
    /// Expand a PVC to the size in the spec.
    GrowClaim {
        /// The ordinal of the volume.
        ordinal: u32,
        /// The UID of its PVC.
        uid: String,
    },
    /// Create a store pod that makes one part of the pending store change.
    CreatePod {
        /// The kind of the change.
        kind: StoreChangeKind,
        /// The index of the part.
        part: u32,
        /// The ordinals of the volumes that the store pod mounts.
        volumes: Vec<u32>,
    },
    /// Delete a store pod that is no longer needed.
    DeletePod(String, Version),
}

impl Operation {
    /// Returns the name of the operation for logs and metrics.
    #[must_use]
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
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
            Self::Store(_, operation) => operation.name(),
            Self::RemoveSet(_) => "remove_set",
            Self::Gate(_) => "gate",
            Self::Complete(_) => "complete",
            Self::DeleteObsolete(_) => "delete_obsolete",
        }
    }
}

impl StoreOperation {
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
