//! `GET` and `POST /v1/backup`, and `GET /v1/backups`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};

use super::shared::Sidecar;
use crate::report::{
    BackupAnswer, BackupRequest, BackupStatusReport, FORMAT_VERSION, POD_HEADER, PointsReport,
};

/// How long a request waits for its copies. A repetition with the same id continues to wait.
const WAIT: Duration = Duration::from_secs(20);
/// The most restore points in an answer.
const MOST: usize = 1000;
/// The longest id, in bytes.
const ID: usize = 64;

/// Returns the status of copies. It reads neither partitions nor bucket, since clients poll it.
pub(super) async fn status(State(sidecar): State<Arc<Sidecar>>) -> Response {
    let Some(backups) = &sidecar.backups else {
        return without();
    };
    Json(BackupStatusReport {
        v: FORMAT_VERSION,
        start: sidecar.settings.identity.start,
        backup: backups.report(),
    })
    .into_response()
}

/// Makes copies, if the request proves that its sender may read the pod.
pub(super) async fn post(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    Json(request): Json<BackupRequest>,
) -> Response {
    let (Some(backups), Some(backup)) = (&sidecar.backups, &sidecar.settings.backup) else {
        return without();
    };
    let pod_uid = headers.get(POD_HEADER).and_then(|uid| uid.to_str().ok());
    if pod_uid != Some(backup.pod_uid.as_str()) {
        let text = format!("the header {POD_HEADER} does not contain the UID of this pod\n");
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    let id = request.id;
    if id.is_empty() || id.len() > ID {
        let text = format!("the id must have 1 to {ID} characters\n");
        return (StatusCode::BAD_REQUEST, text).into_response();
    }
    let (status, taken, failure) = match backups.make(&id, WAIT).await {
        None => (StatusCode::ACCEPTED, None, None),
        Some(Ok(taken)) => (StatusCode::OK, Some(taken), None),
        Some(Err(why)) => (StatusCode::BAD_GATEWAY, None, Some(why)),
    };
    let answer = BackupAnswer {
        v: FORMAT_VERSION,
        id,
        taken,
        failure,
    };
    (status, Json(answer)).into_response()
}

/// Lists restore points.
pub(super) async fn list(
    State(sidecar): State<Arc<Sidecar>>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let (Some(backups), Some(backup)) = (&sidecar.backups, &sidecar.settings.backup) else {
        return without();
    };
    let most = query.get("most").and_then(|most| most.parse().ok());
    match backups.points(most.unwrap_or(MOST).min(MOST)).await {
        Ok((points, notes)) => Json(PointsReport {
            v: FORMAT_VERSION,
            store: backup.spec.store.clone(),
            points,
            notes,
        })
        .into_response(),
        Err(why) => (StatusCode::BAD_GATEWAY, format!("{why}\n")).into_response(),
    }
}

fn without() -> Response {
    let text = "the dataflow has no backups\n";
    (StatusCode::NOT_FOUND, text).into_response()
}
