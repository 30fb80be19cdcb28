//! Names, folders and ports inside a pod that are ours. The plan uses these and no others, and the
//! checks keep the user's own settings away from them.

/// Container that copies the agent into the pod.
pub(crate) const INSTALL: &str = "install";

/// Container that lays the code out.
pub(crate) const FETCH: &str = "fetch";

/// Container that verifies the recovery volume.
pub(crate) const VERIFY: &str = "verify";

/// Container that runs beside the process.
pub(crate) const SIDECAR: &str = "sidecar";

/// The sidecar in pods of a revision whose agent image has the first interface.
pub(crate) const KEEP: &str = "keep";

/// Container that tries a revision.
pub(crate) const PROBE: &str = "probe";

/// Every container that may be in a pod beside the user's.
pub(crate) const CONTAINERS: [&str; 6] = [INSTALL, FETCH, VERIFY, SIDECAR, KEEP, PROBE];

/// Folder of the agent.
pub(crate) const AGENT_FOLDER: &str = "/waxrun";

/// Folder in which the agent's containers of one pod talk to each other.
pub(crate) const RUN_FOLDER: &str = "/run/waxrun";

/// Folder in which the user's code lies and the engine runs.
pub(crate) const WORKDIR: &str = "/var/bytewax";

/// Folder for files that nobody keeps, beside a root file system that nobody can write.
pub(crate) const TMP_FOLDER: &str = "/tmp";

/// Folder of the recovery volume.
pub(crate) const RECOVERY_FOLDER: &str = "/var/recovery";

/// Every folder that is mounted into the user's container.
pub(crate) const FOLDERS: [&str; 5] = [
    AGENT_FOLDER,
    RUN_FOLDER,
    WORKDIR,
    TMP_FOLDER,
    RECOVERY_FOLDER,
];

/// Port of the engine's own web server inside of a pod; nobody but the agent speaks to it.
pub(crate) const ENGINE_PORT: i32 = 3031;

/// Port on which the processes of a gang agree to start their engines together.
pub(crate) const RENDEZVOUS_PORT: i32 = 3032;
