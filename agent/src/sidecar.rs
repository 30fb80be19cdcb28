//! The sidecar: answers for its process over HTTP, without asking the engine more than it must.

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
    report::{FORMAT_VERSION, LiveReport, Phase, ReadyReport},
    settings::{Member, SidecarSettings},
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

use backups::Wishes;
use copies::Copier;

/// How long the engine may take for its metrics. It needs Python's lock for them, so a busy step
/// can hold them up.
pub const SCRAPE_LIMIT: Duration = Duration::from_secs(5);

/// The sidecar cannot serve.
#[derive(Debug, Error)]
pub enum SidecarError {
    /// The port cannot be had.
    #[error("port {port} cannot be opened")]
    Bind {
        /// The port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The runtime or the server failed.
    #[error("the server failed")]
    Serve {
        /// What the system said.
        #[from]
        source: io::Error,
    },
}

/// Serves until told to stop.
///
/// # Errors
/// The port is taken, or the system refuses.
pub fn serve(settings: SidecarSettings) -> Result<(), SidecarError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let port = settings.api_port;
        let own = settings.member.process;
        let listener = listen(&settings.member, own, port)
            .and_then(TcpListener::from_std)
            .map_err(|source| SidecarError::Bind { port, source })?;
        let (mut terminate, mut interrupt) = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        );
        let (sidecar, wishes) = Sidecar::with_backups(settings, SCRAPE_LIMIT);
        let sidecar = Arc::new(sidecar);
        tokio::select! {
            served = axum::serve(listener, Sidecar::routes(&sidecar)) => served.map_err(SidecarError::from),
            never = sidecar.make_copies(wishes) => match never {},
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
        }
    })
}

impl Sidecar {
    /// Makes its routes.
    pub fn router(self) -> Router {
        Self::routes(&Arc::new(self))
    }

    /// Makes copies beside the server; never ends, as what goes wrong with them is told over HTTP.
    async fn make_copies(&self, wishes: Option<Wishes>) -> Infallible {
        let settings = &self.settings;
        if let (Some(backups), Some(backup), Some(wishes)) =
            (&self.backups, &settings.backup, wishes)
        {
            let (backup, member) = (backup.clone(), settings.member.clone());
            match Copier::new(backup, member, settings.api_port, self.run_dir.clone()) {
                Ok(copier) => backups::run(backups, wishes, copier).await,
                Err(error) => backups::give_up(backups, wishes, &error).await,
            }
        }
        std::future::pending().await
    }

    fn routes(sidecar: &Arc<Self>) -> Router {
        Router::new()
            .route("/v1/ready", get(ready))
            .route("/v1/live", get(live))
            .route("/v1/store", get(partitions::get))
            .route("/v1/backup", get(requests::standing).post(requests::post))
            .route("/v1/backups", get(requests::list))
            .route("/metrics", get(metrics))
            .route("/dataflow", get(dataflow))
            .route("/healthz", get(|| async { "ok\n" }))
            .with_state(Arc::clone(sidecar))
    }
}

async fn ready(State(sidecar): State<Arc<Sidecar>>) -> Response {
    match sidecar.look() {
        Ok((state, formation)) => {
            let report = ready_report(&sidecar.settings.member, &state, formation);
            let status = if report.ready {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            (status, Json(report)).into_response()
        }
        Err(error) => no_look(&error),
    }
}

async fn live(State(sidecar): State<Arc<Sidecar>>) -> Response {
    match sidecar.look() {
        Ok((state, formation)) => {
            Json(live_report(&sidecar.settings.member, state, formation)).into_response()
        }
        Err(error) => no_look(&error),
    }
}

fn no_look(error: &io::Error) -> Response {
    let text = format!("the socket tables cannot be read: {error}\n");
    (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
}

async fn metrics(State(sidecar): State<Arc<Sidecar>>) -> Response {
    let port = sidecar.settings.member.engine_port;
    let scrape = async {
        let _turn = sidecar.scraping.lock().await;
        let (parts, body) = scrape::ask("127.0.0.1", port, "/metrics").await?;
        Ok::<_, io::Error>(scrape::answer(&parts, sidecar.with_ours(&body)))
    };
    match tokio::time::timeout(sidecar.scrape_limit, scrape).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("the engine does not serve: {error}\n"),
        )
            .into_response(),
        Err(_) => (
            StatusCode::GATEWAY_TIMEOUT,
            "the engine is too busy to answer\n",
        )
            .into_response(),
    }
}

/// Serves the graph from the file the engine wrote at its start: its own answer is the same text,
/// but stands behind any scrape that waits.
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

/// Says where the process stands.
#[must_use]
pub fn live_report(member: &Member, state: RunState, formation: Formation) -> LiveReport {
    LiveReport {
        v: FORMAT_VERSION,
        start: member.start,
        revision: member.revision.clone(),
        process: member.process,
        processes: member.processes,
        phase: state.phase,
        formed: state.phase == Phase::Running && state.waits.is_none() && formation.formed,
        peers: formation.peers,
        exit_code: state.exit_code,
        round: state.round,
        overdue: state.waits.as_ref().is_some_and(|waits| waits.overdue),
        waits: state.waits.map(|waits| waits.reason),
    }
}

/// Says whether the process is ready, and if not why.
///
/// A dataflow that has ended is not ready: that is what makes the operator ask how it stands.
#[must_use]
pub fn ready_report(member: &Member, state: &RunState, formation: Formation) -> ReadyReport {
    let others = member.processes - 1;
    let waits = || state.waits.as_ref().map(|waits| waits.reason.clone());
    let reason = match (state.phase, formation.formed) {
        (Phase::Starting | Phase::Running, _) if state.waits.is_some() => waits(),
        (Phase::Running, true) => None,
        (Phase::Starting, _) => Some("the engine has not been started".to_owned()),
        (Phase::Running, false) if others == 0 => {
            Some("the engine does not serve yet; it is loading the dataflow".to_owned())
        }
        (Phase::Running, false) => Some(format!(
            "connected to {} of {others} other processes",
            formation.peers
        )),
        (Phase::Ended, _) => Some("the dataflow has ended".to_owned()),
        (Phase::Failed, _) => Some(format!(
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
