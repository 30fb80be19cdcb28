//! The two writes of a start: first the start number in status, then template and replicas of the
//! `StatefulSet`.
//!
//! Order: a crash between the writes leaves an unused start number, never two starts with one number.

use dataflow::plan::StoreLayout;
use k8s_openapi::api::apps::v1::StatefulSet;
use kube::Client;

use super::revision::{planned, prepared};
use super::{backup_secret, status, write};
use crate::error::ReconcileError;
use crate::observe::View;
use crate::observed::{RevisionRef, Version};

/// Allocates a start number above `above` and writes it to status.
pub(super) async fn allocate_start_number(
    view: &mut View,
    client: &Client,
    which: RevisionRef,
    new: bool,
    dataflow: &Version,
    above: i64,
) -> Result<i64, ReconcileError> {
    let number = above + 1;
    if new {
        // Order: checked first, so that no number is allocated for a start that cannot happen.
        let gang = planned(view, which)?.stateful_set;
        write::confirm_free_or_ours(client, &view.namespace(), &gang).await?;
    }
    status::change(view, client, dataflow, |status| status.start = Some(number)).await?;
    Ok(number)
}

/// Writes template and replicas of the `StatefulSet` in one write.
pub(super) async fn write_gang(
    view: &View,
    client: &Client,
    which: RevisionRef,
    set: Option<&Version>,
    number: i64,
    store: Option<StoreLayout>,
) -> Result<(), ReconcileError> {
    let namespace = view.namespace();
    let prepared = prepared(view, which)?;
    backup_secret::create(view, client, prepared).await?;
    let plan = prepared.plan(&namespace, &view.uid(), number, store);
    let mut gang = plan.stateful_set;
    match set {
        None => write::create::<StatefulSet>(client, &namespace, &gang).await,
        Some(version) => {
            write::pin(&mut gang.metadata, version);
            write::replace::<StatefulSet>(client, &namespace, &gang).await
        }
    }
}
