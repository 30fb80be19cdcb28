//! The roles that have to do with the recovery store alone: `verify`, `store` and `inspect`.

use std::io::Write;

use store::{
    job::{self, Done},
    member::Member,
};

use crate::{
    backup,
    report::{FORMAT_VERSION, InspectionReport, TerminationReport},
    reporting::{failed, refusal},
    settings::{InspectSettings, StoreSettings, VerifySettings},
};

/// Compares the volume with the orders, before the user's image gets to it.
///
/// # Errors
/// Says which file on which volume does not fit, and what to do.
pub fn verify(settings: VerifySettings) -> Result<String, TerminationReport> {
    let partitions = settings.recovery.partitions().len();
    Member::enter(settings.recovery).map_err(|error| refusal(&error))?;
    Ok(format!("{partitions} partitions are as ordered"))
}

/// Changes a store while no gang exists.
///
/// # Errors
/// Says what keeps the store as it is.
pub fn store(settings: &StoreSettings, log: &mut dyn Write) -> Result<String, TerminationReport> {
    let mut orders = settings.orders.clone();
    if let Some(restore) = &settings.restore
        && !job::has_begun(&orders).map_err(|error| refusal(&error))?
    {
        orders.change = backup::restore::fetch(restore, &orders, log)?;
    }
    match job::run(&orders) {
        Ok(Done::Changed) => Ok("the store is as ordered now".to_owned()),
        Ok(Done::Already) => Ok("the store was as ordered already".to_owned()),
        Err(error) => Err(refusal(&error)),
    }
}

/// Says what lies on the volumes of a store that nobody has a ledger of.
///
/// # Errors
/// Says what keeps the volumes from being looked at.
pub fn inspect(settings: &InspectSettings) -> Result<String, TerminationReport> {
    let volumes = store::inspect::inspect(&settings.root, &settings.volumes);
    let report = InspectionReport {
        v: FORMAT_VERSION,
        volumes: volumes.map_err(|error| refusal(&error))?,
    };
    serde_json::to_string(&report).map_err(|error| failed(&error))
}
