//! The role `sidecar`: reports the state of its process over HTTP, and makes backup copies.
//!
//! It asks the engine for nothing but metrics, since a busy engine does not answer. The state of `launch` comes
//! from files in the run folder, connections from the socket tables of the kernel, partitions from the volume.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use thiserror::Error;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{
    formed::Formation,
    hosts::listen,
    report::{FORMAT_VERSION, LiveReport, ProcessPhase, ReadyReport},
    settings::{ProcessIdentity, SidecarSettings},
    state::RunState,
};

mod backups;
mod copies;
mod exposition;
mod facts;
mod failure;
mod frontier;
mod partitions;
mod requests;
mod scrape;
mod shared;

pub use shared::Sidecar;

use backups::BackupCommands;
use copies::Copier;

/// How long the engine may take for its metrics. It needs Python's global lock for them, so a busy step can
/// delay them.
pub const SCRAPE_LIMIT: Duration = Duration::from_secs(5);

/// Why the sidecar cannot serve.
#[derive(Debug, Error)]
pub enum SidecarError {
    /// The port cannot be opened.
    #[error("cannot open port {port}")]
    Bind {
        /// The port.
        port: u16,
        /// The error of the system.
        source: io::Error,
    },
    /// The runtime or the server failed.
    #[error("the HTTP server failed")]
    Serve {
        /// The error of the system.
        #[from]
        source: io::Error,
    },
}

/// Serves until a signal to stop.
///
/// # Errors
/// The port is taken, or the system refuses.
pub fn serve(settings: SidecarSettings) -> Result<(), SidecarError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let port = settings.api_port;
        let own = settings.identity.process;
        let listener = listen(&settings.identity, own, port)
            .and_then(TcpListener::from_std)
            .map_err(|source| SidecarError::Bind { port, source })?;
        let (mut terminate, mut interrupt) = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        );
        let (sidecar, commands) = Sidecar::with_backups(settings, SCRAPE_LIMIT);
        let sidecar = Arc::new(sidecar);
        tokio::select! {
            served = axum::serve(listener, Sidecar::routes(&sidecar)) => served.map_err(SidecarError::from),
            never = sidecar.make_copies(commands) => match never {},
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
        }
    })
}

impl Sidecar {
    /// Returns the routes of the HTTP server.
    pub fn router(self) -> Router {
        Self::routes(&Arc::new(self))
    }

    /// Makes copies beside the server. Never ends: failures of copies are reported over HTTP.
    async fn make_copies(&self, commands: Option<BackupCommands>) -> Infallible {
        let settings = &self.settings;
        if let (Some(backups), Some(backup), Some(commands)) =
            (&self.backups, &settings.backup, commands)
        {
            let (backup, identity) = (backup.clone(), settings.identity.clone());
            match Copier::new(backup, identity, settings.api_port, self.run_dir.clone()) {
                Ok(copier) => backups::run(backups, commands, copier).await,
                Err(error) => backups::give_up(backups, commands, &error).await,
            }
        }
        std::future::pending().await
    }

    fn routes(sidecar: &Arc<Self>) -> Router {
        Router::new()
            .route("/v1/ready", get(ready))
            .route("/v1/live", get(live))
            .route("/v1/store", get(partitions::get))
            .route("/v1/backup", get(requests::status).post(requests::post))
            .route("/v1/backups", get(requests::list))
            .route("/metrics", get(metrics))
            .route("/dataflow", get(dataflow))
            .route("/healthz", get(|| async { "ok\n" }))
            .with_state(Arc::clone(sidecar))
    }
}

async fn ready(State(sidecar): State<Arc<Sidecar>>) -> Response {
    match sidecar.observe() {
        Ok((state, formation)) => {
            let report = ready_report(&sidecar.settings.identity, &state, formation);
            let status = if report.ready {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            (status, Json(report)).into_response()
        }
        Err(error) => unreadable(&error),
    }
}

async fn live(State(sidecar): State<Arc<Sidecar>>) -> Response {
    match sidecar.observe() {
        Ok((state, formation)) => {
            Json(live_report(&sidecar.settings.identity, state, formation)).into_response()
        }
        Err(error) => unreadable(&error),
    }
}

fn unreadable(error: &io::Error) -> Response {
    let text = format!("cannot read the socket tables: {error}\n");
    (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
}

async fn metrics(State(sidecar): State<Arc<Sidecar>>) -> Response {
    let port = sidecar.settings.identity.engine_port;
    let scrape = async {
        let _turn = sidecar.scraping.lock().await;
        let (parts, body) = scrape::ask("127.0.0.1", port, "/metrics").await?;
        Ok::<_, io::Error>(scrape::answer(&parts, sidecar.with_agent_metrics(&body)))
    };
    match tokio::time::timeout(sidecar.scrape_limit, scrape).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("cannot reach the engine: {error}\n"),
        )
            .into_response(),
        Err(_) => (
            StatusCode::GATEWAY_TIMEOUT,
            "the engine is too busy to answer\n",
        )
            .into_response(),
    }
}

/// Serves the graph from the file that the engine wrote at its start. The engine itself would answer with the
/// same text, but only after any scrape that waits.
async fn dataflow(State(sidecar): State<Arc<Sidecar>>) -> Response {
    match std::fs::read(sidecar.run_dir.graph()) {
        Ok(graph) => ([(header::CONTENT_TYPE, "application/json")], graph).into_response(),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the engine has not written its graph yet\n",
        )
            .into_response(),
    }
}

/// Makes the answer of `GET /v1/live`.
#[must_use]
pub fn live_report(
    identity: &ProcessIdentity,
    state: RunState,
    formation: Formation,
) -> LiveReport {
    LiveReport {
        v: FORMAT_VERSION,
        start: identity.start,
        revision: identity.revision.clone(),
        process: identity.process,
        processes: identity.processes,
        phase: state.phase,
        formed: state.phase == ProcessPhase::Running && state.waits.is_none() && formation.formed,
        peers: formation.peers,
        exit_code: state.exit_code,
        round: state.round,
        overdue: state.waits.as_ref().is_some_and(|waits| waits.overdue),
        wait_reason: state.waits.map(|waits| waits.reason),
    }
}

/// Makes the answer of `GET /v1/ready`.
///
/// A dataflow that has ended is not ready. The change of readiness makes the operator ask for its state.
#[must_use]
pub fn ready_report(
    identity: &ProcessIdentity,
    state: &RunState,
    formation: Formation,
) -> ReadyReport {
    let others = identity.processes - 1;
    let waits = || state.waits.as_ref().map(|waits| waits.reason.clone());
    let reason = match (state.phase, formation.formed) {
        (ProcessPhase::Starting | ProcessPhase::Running, _) if state.waits.is_some() => waits(),
        (ProcessPhase::Running, true) => None,
        (ProcessPhase::Starting, _) => Some("waiting for the engine to be started".to_owned()),
        (ProcessPhase::Running, false) if others == 0 => {
            Some("loading the dataflow: the engine does not serve its API yet".to_owned())
        }
        (ProcessPhase::Running, false) => Some(format!(
            "connected to {} of {others} other processes",
            formation.peers
        )),
        (ProcessPhase::Ended, _) => Some("the dataflow has ended".to_owned()),
        (ProcessPhase::Failed, _) => Some(format!(
            "the engine ended with exit code {}",
            state.exit_code.unwrap_or(1)
        )),
    };
    ReadyReport {
        v: FORMAT_VERSION,
        ready: reason.is_none(),
        reason,
    }
}

#[cfg(test)]
mod tests;
