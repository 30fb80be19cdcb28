//! The sidecar: answers for its process over HTTP, without asking the engine more than it must.

use std::{io, sync::Arc, time::Duration};

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
    sync::Mutex,
};

use crate::{
    formed::{Formation, formation, sockets},
    report::{FORMAT_VERSION, LiveReport, Phase, ReadyReport},
    settings::{KeepSettings, Member},
    state::{RunDir, RunState},
};

mod scrape;

/// How long the engine may take for its metrics. It needs Python's lock for them, so a busy step
/// can hold them up.
pub const SCRAPE_LIMIT: Duration = Duration::from_secs(5);

/// The sidecar cannot serve.
#[derive(Debug, Error)]
pub enum KeepError {
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

/// What the handlers share.
#[derive(Debug)]
pub struct Keep {
    settings: KeepSettings,
    run_dir: RunDir,
    scrape_limit: Duration,
    /// A second scrape beside one that waits would only wait, too, and hold the engine up longer.
    scraping: Mutex<()>,
}

/// Serves until told to stop.
///
/// # Errors
/// The port is taken, or the system refuses.
pub fn keep(settings: KeepSettings) -> Result<(), KeepError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let port = settings.api_port;
        let listener = match TcpListener::bind(("::", port)).await {
            Ok(listener) => listener,
            // A kernel without IPv6.
            Err(_) => TcpListener::bind(("0.0.0.0", port))
                .await
                .map_err(|source| KeepError::Bind { port, source })?,
        };
        let (mut terminate, mut interrupt) = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        );
        let keep = Keep::new(settings, SCRAPE_LIMIT);
        tokio::select! {
            served = axum::serve(listener, keep.router()) => served.map_err(KeepError::from),
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
        }
    })
}

impl Keep {
    /// Makes the sidecar's state.
    #[must_use]
    pub fn new(settings: KeepSettings, scrape_limit: Duration) -> Self {
        let run_dir = RunDir::new(&settings.run_dir);
        Self {
            settings,
            run_dir,
            scrape_limit,
            scraping: Mutex::new(()),
        }
    }

    /// Makes its routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/v1/ready", get(ready))
            .route("/v1/live", get(live))
            .route("/metrics", get(metrics))
            .route("/dataflow", get(dataflow))
            .route("/healthz", get(|| async { "ok\n" }))
            .with_state(Arc::new(self))
    }

    fn look(&self) -> io::Result<(RunState, Formation)> {
        let member = &self.settings.member;
        let state = self.run_dir.read(member.start);
        Ok((state, formation(&sockets(&self.settings.proc_net)?, member)))
    }
}

async fn ready(State(keep): State<Arc<Keep>>) -> Response {
    match keep.look() {
        Ok((state, formation)) => {
            let report = ready_report(&keep.settings.member, state, formation);
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

async fn live(State(keep): State<Arc<Keep>>) -> Response {
    match keep.look() {
        Ok((state, formation)) => {
            Json(live_report(&keep.settings.member, state, formation)).into_response()
        }
        Err(error) => no_look(&error),
    }
}

fn no_look(error: &io::Error) -> Response {
    let text = format!("the socket tables cannot be read: {error}\n");
    (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
}

async fn metrics(State(keep): State<Arc<Keep>>) -> Response {
    let port = keep.settings.member.engine_port;
    let scrape = async {
        let _turn = keep.scraping.lock().await;
        scrape::get(port, "/metrics").await
    };
    match tokio::time::timeout(keep.scrape_limit, scrape).await {
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
async fn dataflow(State(keep): State<Arc<Keep>>) -> Response {
    match std::fs::read(keep.run_dir.graph()) {
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
        formed: state.phase == Phase::Running && formation.formed,
        peers: formation.peers,
        exit_code: state.exit_code,
    }
}

/// Says whether the process is ready, and if not why.
///
/// A dataflow that has ended is not ready: that is what makes the operator ask how it stands.
#[must_use]
pub fn ready_report(member: &Member, state: RunState, formation: Formation) -> ReadyReport {
    let others = member.processes - 1;
    let reason = match (state.phase, formation.formed) {
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
