//! Admin endpoint: `/live`, `/ready` with the open problems, and `/metrics`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::error::RunError;
use crate::health::Health;
use crate::metrics::Metrics;

/// State that the endpoint serves.
#[derive(Clone)]
pub(crate) struct AdminState {
    /// Open problems of the operator, for `/ready`.
    pub(crate) health: Arc<Health>,
    /// Counters, for `/metrics`.
    pub(crate) metrics: Arc<Metrics>,
}

/// Serves the endpoint until `shutdown` is cancelled.
///
/// # Errors
///
/// Fails if the operator cannot listen on `address`.
pub(crate) async fn serve(
    address: SocketAddr,
    state: AdminState,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let listen = |source| RunError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    // Port 0 selects any free port; the log is the only place that shows which.
    let bound = listener.local_addr().map_err(listen)?;
    tracing::info!(address = %bound, "admin endpoint is listening");
    axum::serve(listener, router(state))
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
        .map_err(listen)
}

fn router(state: AdminState) -> Router {
    Router::new()
        .route("/live", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(state)
}

async fn ready(State(state): State<AdminState>) -> impl IntoResponse {
    match state.health.reasons() {
        reasons if reasons.is_empty() => (StatusCode::OK, "ok\n".to_owned()),
        reasons => (StatusCode::SERVICE_UNAVAILABLE, reasons),
    }
}

async fn metrics(State(state): State<AdminState>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], state.metrics.text())
}
