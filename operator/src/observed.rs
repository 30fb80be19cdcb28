//! What one pass knows about one Dataflow: plain values, no Kubernetes objects, no client.

use dataflow::steps::Kept;
use jiff::Timestamp;

mod backups;
mod probe;
mod store;

pub use backups::{BackupAnswer, BackupWish, Backups, LastBackup};
pub use probe::{Probe, ProbeOutcome};
pub use store::{
    Claim, GrowthRefused, HeldClaim, Pending, Resumption, StoreLedger, StoreObjects, StorePod,
    StoreProgress, StoreRecord, StoreWish,
};

/// The identity and age of one object, the precondition of every write that changes or deletes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
}

/// What a gang was started as: the labels and the restart annotation of a pod template.
///
/// Two pods belong to the same gang exactly when their stamps are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Revision of spec and code.
    pub revision: String,
    /// Number of processes.
    pub size: i32,
    /// Start number.
    pub start: i64,
    /// Restart request that was in force.
    pub restarted_at: Option<String>,
}

/// The `StatefulSet` of a Dataflow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Gang {
    /// Precondition of the next write.
    pub version: Version,
    /// `spec.replicas`.
    pub replicas: i32,
    /// What the template says; `None` when somebody removed our labels.
    pub stamp: Option<Stamp>,
    /// Whether its controller has seen the newest spec.
    pub settled: bool,
    /// `status.replicas`: pods that its controller knows of.
    pub existing: i32,
    /// Whether its input has ended, so that no pod made from now on may start.
    pub gated: bool,
    /// Whether each of its pods has a recovery volume of its own. That cannot be changed.
    pub own_volumes: bool,
    /// The store that its template tells of.
    pub store: Option<StoreLedger>,
    /// For how many seconds its engines keep old snapshots.
    pub kept: Option<i64>,
}

/// A name in the namespace and who holds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Slot<T> {
    /// Nobody.
    Absent,
    /// An object that is being deleted, or that the garbage collector is about to delete.
    Leaving,
    /// An object that is not ours, named `Kind name`.
    Taken(String),
    /// Ours.
    Ours(T),
}

/// How far one child that is written once and then only compared has come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// It has to be created.
    Absent,
    /// It is as it should be.
    Current,
    /// It is ours and differs from what it should be.
    Drifted(Version),
    /// It is being deleted.
    Leaving,
    /// Somebody else's object holds the name; `Kind name`.
    Taken(String),
}

/// The children that a gang needs besides its `StatefulSet`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parts {
    /// The immutable copy of the code.
    pub snapshot: Part,
    /// Whether the code to write a missing snapshot from can be read.
    pub code_available: bool,
    /// The `ControllerRevision`.
    pub record: Part,
    /// The headless Service.
    pub headless_service: Part,
    /// The Service in front of the agents.
    pub api_service: Part,
}

/// One state of the world that a Dataflow can be brought to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Goal {
    /// Revision of spec and code.
    pub revision: String,
    /// Number of processes.
    pub size: i32,
    /// Restart request in force.
    pub restarted_at: Option<String>,
    /// Whether pods stay after the end of input.
    pub keep_alive: bool,
    /// The recovery store it needs, if it keeps state.
    pub store: Option<StoreWish>,
    /// The copies of it, if any are made.
    pub backup: Option<BackupWish>,
    /// Where its children stand.
    pub parts: Parts,
}

/// What the spec asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::large_enum_variant, reason = "there is one for each pass")]
pub enum Target {
    /// A gang.
    Run(Goal),
    /// Nothing: the flow is suspended, and nobody asked what it would run.
    Parked,
    /// The spec cannot be run as it is written.
    Refused {
        /// Whether every fault is a published field that this release does not build.
        not_supported: bool,
        /// All faults.
        message: String,
    },
    /// Something that the spec refers to does not exist.
    Missing {
        /// What is missing.
        message: String,
        /// Since when the status has said that we wait for it.
        waiting_since: Option<Timestamp>,
        /// Whether the status has given up waiting.
        given_up: bool,
    },
}

impl Target {
    /// The gang that is asked for.
    #[must_use]
    pub fn goal(&self) -> Option<&Goal> {
        match self {
            Self::Run(goal) => Some(goal),
            Self::Parked | Self::Refused { .. } | Self::Missing { .. } => None,
        }
    }
}

/// The numbers that status carries from one pass to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ledger {
    /// Last start number drawn.
    pub start: Option<i64>,
    /// The run that reached the end of its input.
    pub completed: Option<Completion>,
    /// The last gang that formed.
    pub formed: Option<Formed>,
    /// The start of which status says where it went on.
    pub resumed: Option<i64>,
    /// Whether processes that had all been running have not all run since.
    pub away: bool,
    /// Whether the flow rests on purpose: suspended or completed.
    pub resting: bool,
    /// What status says about a revision that is refused because state would be lost.
    pub state_lost: Option<LostState>,
    /// The recovery store.
    pub store: StoreRecord,
}

/// State that a revision would leave behind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LostState {
    /// What would be lost, for people.
    pub sentence: String,
    /// Ids of the steps that would lose it.
    pub steps: Vec<String>,
}

/// A run that reached the end of its input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Completion {
    /// Its revision.
    pub revision: String,
    /// The restart request that was in force.
    pub restarted_at: Option<String>,
}

/// The last time all processes of a start were connected.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Formed {
    /// The start number.
    pub start: i64,
    /// Highest restart count of its process containers then.
    pub restarts: i32,
}

/// Why a process ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Death {
    /// When.
    pub at: Timestamp,
    /// Its exit code, or 128 and the signal.
    pub exit_code: i32,
    /// The agent's word for the kind of failure, else the kubelet's (`OOMKilled`).
    pub reason: String,
    /// Whether it died only because another process of the gang did.
    pub peer_lost: bool,
    /// The exception in the words of Python, or a sentence of ours.
    pub message: String,
    /// Step id of the dataflow the exception came from.
    pub step: Option<String>,
    /// The user's file.
    pub file: Option<String>,
    /// The line in that file.
    pub line: Option<i64>,
}

/// What the `process` container of a pod is doing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Doing {
    /// Not started: earlier containers of the pod are not through, or it is not scheduled.
    Pending,
    /// Started at this time and still running.
    Running(Timestamp),
    /// Ended, and the kubelet waits before it starts it again.
    Ended,
    /// Its image cannot be pulled.
    ImagePull {
        /// The image.
        image: String,
        /// The kubelet's words.
        message: String,
    },
    /// The kubelet cannot create it, for instance because a Secret is missing; its words.
    Refused(String),
}

/// One pod that carries the labels of the gang, whoever owns it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pod {
    /// `metadata.name`.
    pub name: String,
    /// Precondition of a deletion.
    pub version: Version,
    /// `metadata.creationTimestamp`.
    pub created: Timestamp,
    /// What it belongs to; `None` when labels are missing.
    pub stamp: Option<Stamp>,
    /// Uid of the controlling owner.
    pub controller: Option<String>,
    /// When its grace ends, once somebody deleted it.
    pub deleting: Option<Timestamp>,
    /// The node it is bound to.
    pub node: Option<String>,
    /// Whether its agent says that the gang has formed.
    pub ready: bool,
    /// When that last changed.
    pub ready_changed: Timestamp,
    /// The scheduler's words when it finds no node.
    pub unschedulable: Option<String>,
    /// The `process` container.
    pub doing: Doing,
    /// How often that container was started again.
    pub restarts: i32,
    /// Its newest end.
    pub death: Option<Death>,
    /// An init container that fails again and again: name, failures, last words.
    pub init_failure: Option<InitFailure>,
}

/// A container of ours that fails before the process can start.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InitFailure {
    /// Container name.
    pub container: String,
    /// How often it has failed.
    pub failures: i32,
    /// Its last words.
    pub message: String,
    /// The agent's word for the kind of failure.
    pub reason: Option<String>,
}

impl Pod {
    /// Whether the process container runs now.
    #[must_use]
    pub fn running_since(&self) -> Option<Timestamp> {
        match self.doing {
            Doing::Running(since) => Some(since),
            Doing::Pending | Doing::Ended | Doing::ImagePull { .. } | Doing::Refused(_) => None,
        }
    }
}

/// An owned object that nothing needs any more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Surplus {
    /// What it is.
    pub kind: SurplusKind,
    /// `metadata.name`.
    pub name: String,
    /// Precondition of its deletion.
    pub version: Version,
}

/// The kinds that pile up when a flow changes often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SurplusKind {
    /// A `ControllerRevision` beyond the newest five.
    Record,
    /// A code snapshot that no kept revision refers to.
    Snapshot,
}

/// What one agent answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Live {
    /// The start number it runs.
    pub start: i64,
    /// Whether its engine reached the end of its input in that start.
    pub ended: bool,
    /// Whether its engine runs.
    pub running: bool,
    /// Whether its engine is connected to all others.
    pub formed: bool,
    /// The index of its process.
    pub process: u32,
    /// What the process waits for, if it waits for others.
    pub waits: Option<Waits>,
}

/// What a process waits for before its engine may start, or before all have ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Waits {
    /// Who is missing or differs, in the agent's words.
    pub reason: String,
    /// Whether it waits longer than others should take.
    pub overdue: bool,
}

/// Everything `decide` looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The clock.
    pub now: Timestamp,
    /// The Dataflow.
    pub dataflow: Version,
    /// Whether the Dataflow is being deleted.
    pub deleting: bool,
    /// `spec.suspend`.
    pub suspend: bool,
    /// What status remembers.
    pub ledger: Ledger,
    /// What the spec asks for.
    pub target: Target,
    /// What last ran, rebuilt from its `ControllerRevision`; also set when it is the target.
    pub running: Option<Goal>,
    /// The revision before the running one, for advice.
    pub previous_revision: Option<String>,
    /// The `StatefulSet`.
    pub gang: Slot<Gang>,
    /// Pods with the gang's labels, from the cache.
    pub pods: Vec<Pod>,
    /// Probe pods.
    pub probes: Vec<Probe>,
    /// What there is of the recovery store besides its ledger.
    pub store: StoreObjects,
    /// Copies of it in a bucket.
    pub backups: Backups,
    /// What can be dropped once all is well.
    pub surplus: Vec<Surplus>,
    /// Whether the installed CRD drops our status fields.
    pub crd_too_old: bool,
    /// How long a probe may take, in seconds.
    pub probe_deadline: i64,
    /// Pods with the gang's labels from the API server itself, once asked for.
    pub listed: Option<Vec<Pod>>,
    /// The agents' answers, once asked for; one entry per process.
    pub live: Option<Vec<Option<Live>>>,
    /// What the agents say is in the recovery store, once asked for; one entry per process.
    pub kept: Option<Vec<Option<Kept>>>,
    /// Where the engines went on.
    pub resumption: Resumption,
}
