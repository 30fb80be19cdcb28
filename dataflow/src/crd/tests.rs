use std::collections::BTreeSet;
use std::path::Path;

use super::*;

#[test]
fn the_crd_stays_small_enough_for_every_tool() {
    let size = serde_json::to_string(&crd()).unwrap().len();
    assert!(size < 64 * 1024, "the CRD has {size} bytes of JSON");
}

#[test]
fn rule_names_are_unique() {
    let names: BTreeSet<_> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), RULES.len());
}

#[test]
fn the_installed_file_is_what_the_types_say() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/crd/dataflows.bytewax.io.yaml");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, yaml()).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(
        written == yaml(),
        "stale: run `UPDATE=1 cargo test -p dataflow crd`"
    );
}
