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
    BackupAnswer, BackupRequest, BackupStanding, FORMAT_VERSION, POD_HEADER, PointsReport,
};

/// How long a request waits for its copies; whoever asks again with the same id goes on waiting.
const WAIT: Duration = Duration::from_secs(20);
/// How many moments are told at most.
const MOST: usize = 1000;
/// The longest id.
const ID: usize = 64;

/// Says how copies stand without a look at partitions or bucket: it is asked again and again.
pub(super) async fn standing(State(sidecar): State<Arc<Sidecar>>) -> Response {
    let Some(backups) = &sidecar.backups else {
        return without();
    };
    Json(BackupStanding {
        v: FORMAT_VERSION,
        start: sidecar.settings.member.start,
        backup: backups.report(),
    })
    .into_response()
}

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
        let text = format!("the header {POD_HEADER} does not hold the UID of this pod\n");
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
            store: backup.orders.store.clone(),
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
