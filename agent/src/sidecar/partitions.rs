//! `GET /v1/store`: the partitions on this process's volume.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{backups::Backups, facts::read, shared::Sidecar};
use crate::report::{FORMAT_VERSION, ProbeReport, StoreReport};

pub(super) async fn get(State(sidecar): State<Arc<Sidecar>>) -> Response {
    let Some(folder) = sidecar.settings.store.clone() else {
        let text = "the dataflow has no recovery store\n";
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    let (start, process) = (
        sidecar.settings.identity.start,
        sidecar.settings.identity.process,
    );
    let flow: Option<ProbeReport> = sidecar.run_dir.flow();
    // A disk may be slow, and readiness must not wait for it.
    let read = tokio::task::spawn_blocking(move || read(folder, process)).await;
    match read {
        Ok(Ok((volume, partitions))) => Json(StoreReport {
            v: FORMAT_VERSION,
            start,
            process,
            volume,
            partitions,
            flow,
            backup: sidecar.backups.as_ref().map(Backups::report),
        })
        .into_response(),
        Ok(Err(text)) => (StatusCode::INTERNAL_SERVER_ERROR, text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
