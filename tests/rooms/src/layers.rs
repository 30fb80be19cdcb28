//! Compares the modules of a crate with its table in section "Layers".

use std::collections::BTreeMap;

use crate::fault::{Fault, LayerFlaw};
use crate::package::Package;
use crate::table::LayerTable;
use crate::uses::{Crate, Use};

/// Finds every fault of a crate's table, and every use of a module that is not in a row above.
pub(crate) fn faults(checked: &Crate, package: &Package, tables: &[LayerTable]) -> Vec<Fault> {
    let flaw = |table: &str, flaw| Fault::Layers {
        table: table.to_owned(),
        flaw,
    };
    let mut tables = tables.iter().filter(|table| belongs_to(table, package));
    let Some(table) = tables.next() else {
        return match checked.modules.is_empty() {
            true => Vec::new(),
            false => vec![flaw(&package.name, LayerFlaw::NoTable)],
        };
    };

    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    let second = tables.map(|table| flaw(&table.of, LayerFlaw::SecondTable));
    let mut faults: Vec<Fault> = second.collect();
    let unclear = table.unclear.iter().cloned();
    faults.extend(unclear.map(|words| flaw(&table.of, LayerFlaw::Unclear(words))));
    for (index, names) in table.rows.iter().enumerate() {
        for name in names {
            if checked.only_for_tests.contains(name) {
                faults.push(flaw(&table.of, LayerFlaw::OnlyForTests(name.clone())));
            } else if !checked.modules.contains(name) {
                faults.push(flaw(&table.of, LayerFlaw::NoModule(name.clone())));
            } else if rows.contains_key(name.as_str()) {
                faults.push(flaw(&table.of, LayerFlaw::Twice(name.clone())));
            } else {
                rows.insert(name, index + 1);
            }
        }
    }
    let missing = checked
        .modules
        .iter()
        .filter(|module| !rows.contains_key(module.as_str()));
    faults.extend(missing.map(|module| flaw(&table.of, LayerFlaw::Missing(module.clone()))));
    faults.extend(directions(checked, &rows));
    faults
}

/// Finds the tables that belong to no crate.
pub(crate) fn unknown_tables(packages: &[Package], tables: &[LayerTable]) -> Vec<Fault> {
    let unknown = |table: &&LayerTable| !packages.iter().any(|package| belongs_to(table, package));
    let flaw = |table: &LayerTable| Fault::Layers {
        table: table.of.clone(),
        flaw: LayerFlaw::NoCrate,
    };
    tables.iter().filter(unknown).map(flaw).collect()
}

fn belongs_to(table: &LayerTable, package: &Package) -> bool {
    table.of == package.name || table.of == package.folder
}

/// Returns one fault for each pair of modules of which the first must not use the second.
fn directions(checked: &Crate, rows: &BTreeMap<&str, usize>) -> Vec<Fault> {
    let mut pairs: BTreeMap<(&str, Option<&str>), Vec<Use>> = BTreeMap::new();
    for each in &checked.uses {
        if let Some(from) = each.from.module.as_deref() {
            let pair = (from, each.to.module.as_deref());
            pairs.entry(pair).or_default().push(each.clone());
        }
    }
    let package = &checked.name;
    let faults = pairs.into_iter().filter_map(|((from, to), uses)| {
        let Some(to) = to else {
            return Some(Fault::OfRoot {
                package: package.clone(),
                from: from.to_owned(),
                uses,
            });
        };
        let (row, other) = (*rows.get(from)?, *rows.get(to)?);
        (from != to && other >= row).then(|| Fault::Upward {
            package: package.clone(),
            from: (from.to_owned(), row),
            to: (to.to_owned(), other),
            uses,
        })
    });
    faults.collect()
}
