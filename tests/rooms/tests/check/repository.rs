//! The check on a copy of this repository in memory, with planted faults.

use std::path::Path;

use rooms::{Checkout, read_from_disk, wording};
use rstest::rstest;

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

/// The faults in texts that come with the change.
fn planted_wording(change: impl FnOnce(&mut Checkout)) -> Vec<String> {
    let found = |checkout: &Checkout| wording(checkout).expect("it can be read").faults();
    let mut checkout = repository();
    let before = found(&checkout);
    change(&mut checkout);
    found(&checkout)
        .into_iter()
        .filter(|fault| !before.contains(fault))
        .collect()
}

#[rstest]
#[case::contraction(
    "dataflow/src/name.rs",
    "fn planted() -> &'static str { \"it can't be\" }",
    "the message contains \"can't\""
)]
#[case::paragraph("docs/state.md", &"word ".repeat(91), "the paragraph has 91 words")]
#[case::readme("README.md", &"\n".repeat(120), "at most 120 are allowed")]
#[case::architecture("ARCHITECTURE.md", &"\n".repeat(150), "at most 150 are allowed")]
#[case::question_words(
    "dataflow/src/name.rs",
    &"/// What is planted.\nfn planted() {}\n".repeat(1000),
    "functions begin with a question word"
)]
fn planted_text_is_named(#[case] file: &str, #[case] text: &str, #[case] expected: &str) {
    let found = planted_wording(|checkout| append(checkout, file, &format!("\n{text}")));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains(expected), "{}", found[0]);
}

#[rstest]
#[case::missing("", "the module has no header")]
#[case::question("//! Where names are.", "the header begins with \"Where\"")]
fn planted_header_is_named(#[case] header: &str, #[case] expected: &str) {
    let found = planted_wording(|checkout| {
        let file = format!("{header}\npub fn planted() {{}}\n");
        checkout.put("dataflow/src/planted.rs", &file);
    });
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].starts_with("dataflow/src/planted.rs:1: "),
        "{}",
        found[0]
    );
    assert!(found[0].contains(expected), "{}", found[0]);
}
