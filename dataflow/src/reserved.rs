//! Names, folders and ports inside a pod that are reserved for the platform. The plan uses only these, and `validate`
//! rejects settings of the user that conflict with them.

/// Init container that copies the agent into the pod.
pub(crate) const INSTALL: &str = "install";

/// Init container that writes the code as files.
pub(crate) const FETCH: &str = "fetch";

/// Init container that verifies the recovery volume.
pub(crate) const VERIFY: &str = "verify";

/// Sidecar container beside the process.
pub(crate) const SIDECAR: &str = "sidecar";

/// The sidecar in pods of a revision whose agent image has the first interface.
pub(crate) const KEEP: &str = "keep";

/// Container of the probe pod, which loads a revision.
pub(crate) const PROBE: &str = "probe";

/// All containers of the platform that can be in a pod.
pub(crate) const CONTAINERS: [&str; 6] = [INSTALL, FETCH, VERIFY, SIDECAR, KEEP, PROBE];

/// Folder of the agent.
pub(crate) const AGENT_FOLDER: &str = "/waxrun";

/// Folder through which the agent's containers of one pod exchange files.
pub(crate) const RUN_FOLDER: &str = "/run/waxrun";

/// Folder that contains the user's code; the working directory of the engine.
pub(crate) const WORKDIR: &str = "/var/bytewax";

/// Folder for temporary files, since the root file system is read-only.
pub(crate) const TMP_FOLDER: &str = "/tmp";

/// Folder of the recovery volume.
pub(crate) const RECOVERY_FOLDER: &str = "/var/recovery";

/// All folders that the platform mounts into the user's container.
pub(crate) const FOLDERS: [&str; 5] = [
    AGENT_FOLDER,
    RUN_FOLDER,
    WORKDIR,
    TMP_FOLDER,
    RECOVERY_FOLDER,
];

/// Port of the engine's own web server inside a pod. Only the agent uses it.
pub(crate) const ENGINE_PORT: i32 = 3031;

/// Port of the rendezvous, where the processes of a gang agree to start their engines together.
pub(crate) const RENDEZVOUS_PORT: i32 = 3032;
