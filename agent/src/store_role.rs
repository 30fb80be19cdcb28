//! The roles that have to do with the recovery store alone: `verify`, `store` and `inspect`.

use std::io::Write;

use store::{
    change::{self, Done},
    locked_volume::LockedVolume,
};

use crate::{
    backup,
    report::{FORMAT_VERSION, InspectionReport, TerminationReport},
    settings::{InspectSettings, StoreSettings, VerifySettings},
    telling::{failed, refusal},
};

/// Compares the volume with the orders, before the user's image gets to it.
///
/// # Errors
/// Says which file on which volume does not fit, and what to do.
pub fn verify(settings: VerifySettings) -> Result<String, TerminationReport> {
    let partitions = settings.recovery.partitions().len();
    LockedVolume::enter(settings.recovery).map_err(|error| refusal(&error))?;
    Ok(format!("{partitions} partitions are as ordered"))
}

/// Changes a store while no gang exists.
///
/// # Errors
/// Says what keeps the store as it is.
pub fn store(settings: &StoreSettings, log: &mut dyn Write) -> Result<String, TerminationReport> {
    let mut spec = settings.spec.clone();
    if let Some(restore) = &settings.restore
        && !change::has_begun(&spec).map_err(|error| refusal(&error))?
    {
        spec.change = backup::restore::fetch(restore, &spec, log)?;
    }
    match change::run(&spec) {
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
