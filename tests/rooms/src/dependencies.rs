//! Compares the manifests with the column "may use" of section "Crates".

use std::collections::BTreeSet;

use crate::checkout::Checkout;
use crate::fault::{CrateFlaw, Fault};
use crate::package::Package;
use crate::table::{CrateRow, MayUse};

/// Finds every dependency that the table does not allow, and every fault of the table itself.
pub(crate) fn faults(checkout: &Checkout, packages: &[Package], rows: &[CrateRow]) -> Vec<Fault> {
    let of_packages = packages
        .iter()
        .flat_map(|package| of_package(package, packages, rows));
    of_rows(checkout, packages, rows)
        .into_iter()
        .chain(of_packages)
        .collect()
}

/// Finds the faults of all rows, also of rows about folders that are no crates.
fn of_rows(checkout: &Checkout, packages: &[Package], rows: &[CrateRow]) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for row in rows {
        for folder in &row.folders {
            let is_crate = packages.iter().any(|package| package.folder == *folder);
            if !seen.insert(folder) {
                faults.push(fault(folder, CrateFlaw::SecondRow));
            }
            if !checkout.has_folder(folder) {
                faults.push(fault(folder, CrateFlaw::NoFolder));
            }
            match &row.may_use {
                MayUse::Empty if is_crate => faults.push(fault(folder, CrateFlaw::Empty)),
                MayUse::Unclear(words) => {
                    faults.push(fault(folder, CrateFlaw::Unclear(words.clone())));
                }
                _ => {}
            }
        }
    }
    faults
}

fn of_package(package: &Package, packages: &[Package], rows: &[CrateRow]) -> Vec<Fault> {
    let fault = |flaw| fault(&package.folder, flaw);
    let Some(row) = rows
        .iter()
        .find(|row| row.folders.contains(&package.folder))
    else {
        return vec![fault(CrateFlaw::NoRow)];
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
    let unknown = unknown.map(|name| fault(CrateFlaw::NoCrate(name.clone())));
    unknown
        .chain(too_many.map(|name| fault(CrateFlaw::NotAllowed(name.clone()))))
        .collect()
}

fn fault(folder: &str, flaw: CrateFlaw) -> Fault {
    Fault::Crates {
        folder: folder.to_owned(),
        flaw,
    }
}
