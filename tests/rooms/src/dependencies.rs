//! Holds the manifests against the column "may use" of section "Rooms".

use crate::fault::{Fault, RoomFlaw};
use crate::package::Package;
use crate::table::{RoomRow, quoted};

/// The words that allow every crate.
const ALL: &str = "all of them";
/// The words that allow none.
const NOTHING: &str = "nothing of ours";

/// Every dependency that the table does not allow, and every row that cannot be read.
pub(crate) fn faults(packages: &[Package], rows: &[RoomRow]) -> Vec<Fault> {
    packages
        .iter()
        .flat_map(|package| of_package(package, packages, rows))
        .collect()
}

fn of_package(package: &Package, packages: &[Package], rows: &[RoomRow]) -> Vec<Fault> {
    let fault = |flaw| Fault::Rooms {
        folder: package.folder.clone(),
        flaw,
    };
    let Some(row) = rows
        .iter()
        .find(|row| row.folders.contains(&package.folder))
    else {
        return vec![fault(RoomFlaw::NoRow)];
    };
    if row.may_use == ALL {
        return Vec::new();
    }
    let allowed = quoted(&row.may_use);
    if allowed.is_empty() && row.may_use != NOTHING {
        return vec![fault(RoomFlaw::Unclear(row.may_use.clone()))];
    }
    let is_crate = |name: &&String| packages.iter().any(|package| package.name == **name);
    let unknown = allowed.iter().filter(|name| !is_crate(name));
    let too_many = package
        .dependencies
        .iter()
        .filter(|name| !allowed.contains(name));
    let unknown = unknown.map(|name| fault(RoomFlaw::NoCrate(name.clone())));
    unknown
        .chain(too_many.map(|name| fault(RoomFlaw::NotAllowed(name.clone()))))
        .collect()
}
