//! The roles that work on the recovery store only: `verify`, `store` and `inspect`.

use std::io::Write;

use store::{
    change::{self, Done},
    locked_volume::LockedVolume,
};

use crate::{
    backup,
    report::{FORMAT_VERSION, InspectionReport, TerminationReport},
    reporting::{failed, refusal},
    settings::{InspectSettings, StoreSettings, VerifySettings},
};

/// Checks the recovery volume before the user's container can access it.
///
/// # Errors
/// Names the file and volume that do not fit, with a remedy.
pub fn verify(settings: VerifySettings) -> Result<String, TerminationReport> {
    let partitions = settings.recovery.partitions().len();
    LockedVolume::enter(settings.recovery).map_err(|error| refusal(&error))?;
    Ok(format!("verified {partitions} partitions"))
}

/// Makes a store change while no gang exists.
///
/// # Errors
/// Says why the store cannot be changed.
pub fn store(settings: &StoreSettings, log: &mut dyn Write) -> Result<String, TerminationReport> {
    let mut spec = settings.spec.clone();
    if let Some(restore) = &settings.restore
        && !change::has_begun(&spec).map_err(|error| refusal(&error))?
    {
        spec.change = backup::restore::fetch(restore, &spec, log)?;
    }
    match change::run(&spec) {
        Ok(Done::Changed) => Ok("changed the recovery store".to_owned()),
        Ok(Done::Already) => {
            Ok("the recovery store has been changed before; nothing to do".to_owned())
        }
        Err(error) => Err(refusal(&error)),
    }
}

/// Reports the content of the volumes of a store whose ledger is lost, as JSON.
///
/// # Errors
/// Says why the volumes cannot be read.
pub fn inspect(settings: &InspectSettings) -> Result<String, TerminationReport> {
    let volumes = store::inspect::inspect(&settings.root, &settings.volumes);
    let report = InspectionReport {
        v: FORMAT_VERSION,
        volumes: volumes.map_err(|error| refusal(&error))?,
    };
    serde_json::to_string(&report).map_err(|error| failed(&error))
}
