//! `GET /v1/store`: what the partitions on this process's volume say, read beside the engine.

use std::{path::PathBuf, sync::Arc};

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use store::{
    identity::ClaimUid,
    partition::{Partition, PartitionFacts},
    volume::{Record, Volume},
};

use super::{Keep, backups::Backups};
use crate::report::{FORMAT_VERSION, PartitionReport, ProbeReport, StoreReport};

pub(super) async fn get(State(keep): State<Arc<Keep>>) -> Response {
    let Some(folder) = keep.settings.store.clone() else {
        let text = "the dataflow has no recovery store\n";
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    let (start, process) = (keep.settings.member.start, keep.settings.member.process);
    let flow: Option<ProbeReport> = keep.run_dir.flow();
    // A disk may take its time, and readiness must not wait for it.
    let read = tokio::task::spawn_blocking(move || read(folder, process)).await;
    match read {
        Ok(Ok((volume, partitions))) => Json(StoreReport {
            v: FORMAT_VERSION,
            start,
            process,
            volume,
            partitions,
            flow,
            backup: keep.backups.as_ref().map(Backups::report),
        })
        .into_response(),
        Ok(Err(text)) => (StatusCode::INTERNAL_SERVER_ERROR, text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What all partitions of a volume say; nothing if one of them says nothing.
pub(super) fn facts(folder: PathBuf) -> Option<Vec<PartitionFacts>> {
    let (_, partitions) = read(folder, 0).ok()?;
    let facts = partitions.into_iter().map(|partition| partition.facts);
    facts.collect()
}

/// Reads all partitions, each in one short transaction: a long one would stop the engine's own
/// housekeeping.
fn read(folder: PathBuf, process: u32) -> Result<(Option<Record>, Vec<PartitionReport>), String> {
    let volume = Volume {
        ordinal: process,
        claim: ClaimUid::unknown(),
        folder,
    };
    let indexes = volume
        .contents()
        .map_err(|error| error.to_string())?
        .partitions;
    let of_one = |index| {
        let said = Partition::look(&volume.partition(index))
            .and_then(|partition| Ok((partition.facts()?, partition.step_ids()?)));
        match said {
            Ok((facts, steps)) => PartitionReport {
                index,
                facts: Some(facts),
                steps,
                unreadable: None,
            },
            Err(error) => PartitionReport {
                index,
                facts: None,
                steps: Vec::new(),
                unreadable: Some(error.to_string()),
            },
        }
    };
    // A volume without a record has never been used.
    Ok((
        volume.record().ok().flatten(),
        indexes.into_iter().map(of_one).collect(),
    ))
}
