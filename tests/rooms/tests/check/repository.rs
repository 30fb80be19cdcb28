//! The check on a copy of this repository in memory, with planted faults.

use std::path::Path;

use rooms::{Checkout, read_from_disk, wording};

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

/// The path, the planted text and the fault of each planted text.
const TEXTS: [(&str, &str, &str); 18] = [
    (
        "dataflow/src/name.rs",
        "fn planted() -> &'static str { \"it can't be\" }",
        "the message contains \"can't\"",
    ),
    ("docs/state.md", "WORDS", "the paragraph has 91 words"),
    ("README.md", "LINES", "at most 120 are allowed"),
    ("ARCHITECTURE.md", "LINES", "at most 150 are allowed"),
    (
        "dataflow/src/code.rs",
        "QUESTIONS",
        "functions begin with a question word",
    ),
    ("dataflow/src/planted.rs", "", "the module has no header"),
    (
        "dataflow/src/asking.rs",
        "//! Where names are.",
        "the header begins with \"Where\"",
    ),
    (
        "agent/src/explain.py",
        "print(\"it can't be\")",
        "the message contains \"can't\"",
    ),
    (
        ".ci/run",
        "echo \"it won't be\"",
        "the message contains \"won't\"",
    ),
    (
        "tests/cluster/orchestrator/main.go",
        "const planted = \"it isn't\"",
        "the message contains \"isn't\"",
    ),
    (
        "Makefile",
        "planted: ## it's planted",
        "the message contains \"it's\"",
    ),
    ("examples/planted.py", "", "the file has no header"),
    ("tests/planted.sh", "#!/bin/sh", "the file has no header"),
    (
        "tests/cluster/planted/planted.go",
        "package planted",
        "the file has no header",
    ),
    (
        "tests/asking.py",
        "'''How it is planted.'''",
        "the header begins with \"How\"",
    ),
    (
        "tests/cluster/asking.sh",
        "# asking.sh: what is planted.",
        "the header begins with \"what\"",
    ),
    (
        "tests/measures_test.py",
        "def test_a_b_c_d_e_f_g_h_i(): pass",
        "the name of the test has 9 words",
    ),
    (
        "tests/cluster/orchestrator/gate_test.go",
        "func TestItIsOneOfTheNamesThatAreLong(t *testing.T) {}",
        "the name of the test has 9 words",
    ),
];

// All texts are planted in one copy: reading the whole repository takes seconds.
#[test]
fn planted_texts_are_named() {
    let found = |checkout: &Checkout| wording(checkout).expect("it can be read").faults();
    let mut checkout = repository();
    let before = found(&checkout);
    for (path, text, _) in TEXTS {
        let text = match text {
            "WORDS" => "word ".repeat(91),
            "LINES" => "\n".repeat(150),
            "QUESTIONS" => "/// What is planted.\nfn planted() {}\n".repeat(1000),
            text => text.to_owned(),
        };
        match checkout.text(path) {
            Some(_) => append(&mut checkout, path, &format!("\n{text}")),
            None => checkout.put(path, &format!("{text}\npub fn planted() {{}}\n")),
        }
    }
    let mut named = found(&checkout);
    named.retain(|fault| !before.contains(fault));
    for (path, _, expected) in TEXTS {
        let of_path = |fault: &&String| fault.contains(expected) && names(fault, path);
        assert_eq!(
            named.iter().filter(of_path).count(),
            1,
            "{expected}: {named:#?}"
        );
    }
    assert_eq!(named.len(), TEXTS.len(), "{named:#?}");
}

/// Whether the fault is in the file. The one about question words lists the functions of all files.
fn names(fault: &str, path: &str) -> bool {
    fault.starts_with(path) || fault.contains(&format!("\n  {path}"))
}
