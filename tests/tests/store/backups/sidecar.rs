//! Runs `waxrun sidecar` and `waxrun store` as their containers do.

use std::process::Command;

use anyhow::Result;
use tempfile::TempDir;
use wax_tests::command::{Finished, run};
use wax_tests::ports;
use wax_tests::programs::programs;
pub(super) use wax_tests::sidecar::Sidecar;

use super::super::Store;

/// Environment variables of one container.
pub(super) type Environment = Vec<(&'static str, String)>;

/// Starts the sidecar of each process of a gang. As in pods, all listen on the same port of different addresses.
pub(super) async fn sidecars(
    store: &Store,
    processes: u32,
    bucket: &Environment,
) -> Result<Vec<Sidecar>> {
    let port = ports::free(1)?.remove(0);
    let hosts: Vec<_> = (0..processes).map(host).collect();
    let mut sidecars = Vec::new();
    for ordinal in 0..processes {
        let mut command = Command::new(&programs()?.agent);
        command
            .arg("sidecar")
            .env_clear()
            .envs(store.environment(ordinal, processes))
            .envs(bucket.clone())
            .env("WAXRUN_HOSTS", hosts.join(","))
            // No `launch` writes to this folder.
            .env("WAXRUN_RUN_DIR", store.scratch());
        sidecars.push(Sidecar::start(command, (host(ordinal), port)).await?);
    }
    Ok(sidecars)
}

fn host(ordinal: u32) -> String {
    format!("127.0.0.{}", ordinal + 1)
}

/// Runs the store pod of a restore on all volumes. `places` is the placement afterwards.
pub(super) fn restore(
    store: &mut Store,
    bucket: &Environment,
    places: &[u32],
    point: Option<&str>,
) -> Result<Finished> {
    let scratch = TempDir::new()?;
    let mut command = Command::new(&programs()?.agent);
    command
        .arg("store")
        .env_clear()
        .envs(store.restore_environment(places))
        .envs(bucket.clone())
        .env("WAXRUN_SCRATCH", scratch.path())
        .env("WAXRUN_TERMINATION_LOG", scratch.path().join("message"));
    if let Some(point) = point {
        command.env("WAXRUN_RESTORE_POINT", point);
    }
    run(&mut command, b"")
}
