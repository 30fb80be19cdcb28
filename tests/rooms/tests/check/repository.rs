//! The check on a copy of this repository in memory, with planted faults.

use std::path::Path;

use rooms::{Checkout, read_from_disk};

use crate::house::faults;

fn repository() -> Checkout {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    read_from_disk(&root).expect("this repository can be read")
}

fn append(checkout: &mut Checkout, path: &str, text: &str) {
    let changed = format!(
        "{}\n{text}\n",
        checkout.text(path).expect("the file exists")
    );
    checkout.put(path, &changed);
}

/// The faults that come with the change.
fn planted(change: impl FnOnce(&mut Checkout)) -> Vec<String> {
    let mut checkout = repository();
    let before = faults(&checkout);
    change(&mut checkout);
    faults(&checkout)
        .into_iter()
        .filter(|fault| !before.contains(fault))
        .collect()
}

#[test]
fn planted_upward_import_is_named() {
    let found = planted(|checkout| {
        append(
            checkout,
            "tests/rooms/src/tree.rs",
            "use crate::report::Report;",
        );
    });
    let fault = found
        .iter()
        .find(|fault| fault.starts_with("wrong direction in rooms: `tree`"));
    let fault = fault.unwrap_or_else(|| panic!("a wrong direction expected: {found:#?}"));
    assert!(
        fault.contains("uses `report`") && fault.contains(": Report"),
        "{fault}"
    );
}

#[test]
fn planted_circle_is_named() {
    let found = planted(|checkout| {
        append(
            checkout,
            "dataflow/src/name.rs",
            "fn planted() { crate::yaml::planted(); }",
        );
        append(
            checkout,
            "dataflow/src/yaml.rs",
            "pub fn planted() { crate::name::planted(); }",
        );
    });
    let fault = found
        .iter()
        .find(|fault| fault.starts_with("circle in dataflow: 2 files"));
    let fault = fault.unwrap_or_else(|| panic!("a circle expected: {found:#?}"));
    assert!(
        fault.contains("dataflow/src/name.rs") && fault.contains("dataflow/src/yaml.rs"),
        "{fault}"
    );
}
