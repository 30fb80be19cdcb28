//! Holds the manifests against the column "may use" of section "Rooms".

use std::collections::BTreeSet;

use crate::checkout::Checkout;
use crate::fault::{Fault, RoomFlaw};
use crate::package::Package;
use crate::table::{MayUse, RoomRow};

/// Every dependency that the table does not allow, and every fault of the table itself.
pub(crate) fn faults(checkout: &Checkout, packages: &[Package], rows: &[RoomRow]) -> Vec<Fault> {
    let of_packages = packages
        .iter()
        .flat_map(|package| of_package(package, packages, rows));
    of_rows(checkout, packages, rows)
        .into_iter()
        .chain(of_packages)
        .collect()
}

/// The faults of rows, also of those that are about no crate.
fn of_rows(checkout: &Checkout, packages: &[Package], rows: &[RoomRow]) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for row in rows {
        for folder in &row.folders {
            let is_crate = packages.iter().any(|package| package.folder == *folder);
            if !seen.insert(folder) {
                faults.push(fault(folder, RoomFlaw::SecondRow));
            }
            if !checkout.has_folder(folder) {
                faults.push(fault(folder, RoomFlaw::NoFolder));
            }
            match &row.may_use {
                MayUse::Empty if is_crate => faults.push(fault(folder, RoomFlaw::Empty)),
                MayUse::Unclear(words) => {
                    faults.push(fault(folder, RoomFlaw::Unclear(words.clone())));
                }
                _ => {}
            }
        }
    }
    faults
}

fn of_package(package: &Package, packages: &[Package], rows: &[RoomRow]) -> Vec<Fault> {
    let fault = |flaw| fault(&package.folder, flaw);
    let Some(row) = rows
        .iter()
        .find(|row| row.folders.contains(&package.folder))
    else {
        return vec![fault(RoomFlaw::NoRow)];
    };
    let MayUse::Crates(allowed) = &row.may_use else {
        return Vec::new();
    };
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

fn fault(folder: &str, flaw: RoomFlaw) -> Fault {
    Fault::Rooms {
        folder: folder.to_owned(),
        flaw,
    }
}
