//! The two writes of a start: its number, then template and size.

use dataflow::plan::StoreLayout;
use k8s_openapi::api::apps::v1::StatefulSet;
use kube::Client;

use super::revision::{planned, prepared};
use super::{backup_secret, status, write};
use crate::error::ReconcileError;
use crate::observe::View;
use crate::observed::{Version, Which};

/// Draws a start number.
pub(super) async fn draw(
    view: &mut View,
    client: &Client,
    which: Which,
    new: bool,
    dataflow: &Version,
    above: i64,
) -> Result<i64, ReconcileError> {
    let number = above + 1;
    if new {
        // Before a number is drawn for nothing.
        let gang = planned(view, which)?.stateful_set;
        write::confirm_free_or_ours(client, &view.namespace(), &gang).await?;
    }
    status::note(view, client, dataflow, |status| status.start = Some(number)).await?;
    Ok(number)
}

/// Writes template and size in one write.
pub(super) async fn put_gang(
    view: &View,
    client: &Client,
    which: Which,
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
