//! The tables of ARCHITECTURE.md and docs/modules.md.

use rooms::Checkout;
use rstest::rstest;

use crate::house::{faults, house};

const SOURCES: [(&str, &str); 5] = [
    (
        "lib.rs",
        "mod top; mod middle; mod low; pub const NAME: u8 = 1; #[cfg(test)] mod fixture;",
    ),
    (
        "top.rs",
        "pub struct Top(crate::middle::Middle, crate::low::Low);",
    ),
    (
        "middle.rs",
        "mod part; use crate::low::Low; pub struct Middle(Low);",
    ),
    ("middle/part.rs", "pub struct Part(super::Middle);"),
    ("low.rs", "pub struct Low;"),
];

fn first_line(fault: &str) -> &str {
    fault.lines().next().unwrap_or_default()
}

#[rstest]
#[case::one_each(&["`low`", "`middle`", "`top`"], &[])]
#[case::same_row(
    &["`low`, `middle`", "`top`"],
    &["wrong direction in house: `middle` (row 1) uses `low` (row 1), in the same row"]
)]
#[case::upward(
    &["`middle`", "`low`", "`top`"],
    &["wrong direction in house: `middle` (row 1) uses `low` (row 2), which is below it"]
)]
#[case::missing(
    &["`low`", "`top`"],
    &["docs/modules.md, Layers, `### house`: module `middle` has no row; add it to one"]
)]
#[case::twice(
    &["`low`", "`middle`", "`top`, `low`"],
    &["docs/modules.md, Layers, `### house`: `low` is listed twice; leave it in one row"]
)]
#[case::unknown(
    &["`low`", "`middle`", "`top`, `roof`"],
    &["docs/modules.md, Layers, `### house`: `roof` is no top-level module; take it out"]
)]
#[case::only_for_tests(
    &["`low`", "`middle`", "`top`, `fixture`"],
    &["docs/modules.md, Layers, `### house`: `fixture` is under `#[cfg(test)]`, which has no layer; take it out"]
)]
fn table_of_layers(#[case] layers: &[&str], #[case] expected: &[&str]) {
    let found = faults(&house(layers, &SOURCES));
    assert_eq!(
        found
            .iter()
            .map(|fault| first_line(fault))
            .collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn nested_module_counts_as_its_top_level_one() {
    let mut checkout = house(&["`low`", "`middle`", "`top`"], &SOURCES);
    checkout.put("house/src/middle/part.rs", "\nuse crate::top::Top;");
    let found = faults(&checkout);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("`middle` (row 2) uses `top` (row 3)"),
        "{}",
        found[0]
    );
    assert!(
        found[0].contains("house/src/middle/part.rs:2: Top"),
        "{}",
        found[0]
    );
}

#[test]
fn private_import_does_not_come_by_a_glob() {
    let sources = [
        ("lib.rs", "mod a; mod b; mod error;"),
        (
            "a.rs",
            "use crate::b::*; pub fn f() -> Result { Result::Ok }",
        ),
        ("b.rs", "use crate::error::Result; pub struct B(Result);"),
        ("error.rs", "pub enum Result { Ok }"),
    ];
    let mut checkout = house(&["`b`", "`a`", "`error`"], &sources);
    let of_a = |checkout: &Checkout| {
        faults(checkout)
            .iter()
            .any(|fault| fault.contains("`a` (row 2) uses `error` (row 3)"))
    };
    assert!(!of_a(&checkout));
    checkout.put("house/src/b.rs", "pub(crate) use crate::error::Result;");
    assert!(of_a(&checkout));
}

#[test]
fn module_that_is_handed_on_upward_is_named() {
    let sources = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "pub use crate::b;"),
        ("b.rs", "pub struct B;"),
        ("c.rs", "use crate::a::b::B; pub struct C(B);"),
    ];
    let found = faults(&house(&["`a`", "`b`", "`c`"], &sources));
    assert_eq!(
        found
            .iter()
            .map(|fault| first_line(fault))
            .collect::<Vec<_>>(),
        ["wrong direction in house: `a` (row 1) uses `b` (row 2), which is below it"]
    );
}

#[test]
fn program_may_use_all_modules() {
    let mut checkout = house(&["`low`", "`middle`", "`top`"], &SOURCES);
    checkout.put(
        "house/src/main.rs",
        "mod top { pub fn f() {} } fn main() { top::f(); house::low::g(); }",
    );
    assert_eq!(faults(&checkout), Vec::<String>::new());
    checkout.put("house/src/low.rs", "pub struct Low([u8; crate::NAME]);");
    let found = faults(&checkout);
    assert_eq!(
        first_line(&found[0]),
        "wrong direction in house: `low` uses the root of the crate"
    );
}

#[rstest]
#[case::no_layers("### house", "### barn", &[
    "docs/modules.md, Layers, `### house`: there is no such table; write one with all modules",
    "docs/modules.md, Layers, `### barn`: this is neither the name nor the folder of a crate",
])]
#[case::in_backticks("### house", "### `house/`", &[])]
#[case::no_row("| `house/`", "| `house/src/`", &["ARCHITECTURE.md, Crates, `house/`: the crate has no row; add one"])]
#[case::all("nothing of ours", "all of them", &[])]
#[case::no_crate("nothing of ours", "`barn`", &["ARCHITECTURE.md, Crates, `house/`: `barn` in column `may use` is no crate"])]
#[case::unclear("nothing of ours", "little", &[
    "ARCHITECTURE.md, Crates, `house/`: column `may use` says \"little\"; write crates in backticks with \
     commas between them, notes in parentheses, or \"all of them\" or \"nothing of ours\"",
])]
#[case::never("nothing of ours", "`house`, never `barn`", &[
    "ARCHITECTURE.md, Crates, `house/`: column `may use` says \"`house`, never `barn`\"; write crates in \
     backticks with commas between them, notes in parentheses, or \"all of them\" or \"nothing of ours\"",
])]
#[case::words_behind("nothing of ours", "`house` (its `barn`, too) only", &[
    "ARCHITECTURE.md, Crates, `house/`: column `may use` says \"`house` (its `barn`, too) only\"; write \
     crates in backticks with commas between them, notes in parentheses, or \"all of them\" or \
     \"nothing of ours\"",
])]
#[case::empty("nothing of ours", "", &[
    "ARCHITECTURE.md, Crates, `house/`: column `may use` is empty; write crates in backticks with commas \
     between them, notes in parentheses, or \"all of them\" or \"nothing of ours\"",
])]
#[case::note("nothing of ours", "`house` (its `barn`, too)", &[])]
#[case::second_row("| `house/`", "| `house/` | | all of them |\n| `house/`", &[
    "ARCHITECTURE.md, Crates, `house/`: the folder has two rows; leave one",
])]
#[case::no_folder("| `house/`", "| `barn/` | | |\n| `house/`", &[
    "ARCHITECTURE.md, Crates, `barn/`: there is no such folder; take it out",
])]
#[case::second_table("| any | `top` |", "| any | `top` |\n\n### `house/`\n", &[
    "docs/modules.md, Layers, `### house`: the crate has another table; leave one",
])]
#[case::words_in_layers("| `low`", "| `low`, not `top`", &[
    "docs/modules.md, Layers, `### house`: a row says \"`low`, not `top`\"; write modules in backticks, \
     with commas between them",
    "docs/modules.md, Layers, `### house`: module `low` has no row; add it to one",
])]
fn table_of_crates(#[case] from: &str, #[case] to: &str, #[case] expected: &[&str]) {
    let mut checkout = house(&["`low`", "`middle`", "`top`"], &SOURCES);
    for page in ["ARCHITECTURE.md", "docs/modules.md"] {
        let changed = checkout.text(page).unwrap().replacen(from, to, 1);
        checkout.put(page, &changed);
    }
    assert_eq!(faults(&checkout), expected);
}

#[rstest]
#[case::allowed("`yard`", &[])]
#[case::all("all of them", &[])]
#[case::not_allowed("nothing of ours", &[
    "ARCHITECTURE.md, Crates, `house/`: Cargo.toml depends on `yard`, which column `may use` does not \
     allow; drop the dependency or mend the table",
])]
fn manifest_against_the_table(#[case] may_use: &str, #[case] expected: &[&str]) {
    let checkout = house_and_yard(
        may_use,
        "[workspace.dependencies]\ngarden = { path = \"out/yard\", package = \"yard\" }\n",
        "[dependencies]\ngarden.workspace = true\nserde = \"1\"\n",
    );
    assert_eq!(faults(&checkout), expected);
}

#[rstest]
#[case::on_a_platform(
    "[target.'cfg(unix)'.dependencies]\nyard = { path = \"../out/yard\" }",
    true
)]
#[case::to_build("[target.'cfg(unix)'.build-dependencies]\nyard.workspace = true", true)]
#[case::renamed(
    "[dependencies]\nstore = { path = \"../out/yard\", package = \"yard\" }",
    true
)]
#[case::in_tests("[dev-dependencies]\nyard.workspace = true", false)]
#[case::of_that_name(
    "[dependencies]\nyard = { package = \"yard-of-others\", version = \"1\" }",
    false
)]
fn dependency_is_held(#[case] dependencies: &str, #[case] held: bool) {
    let checkout = house_and_yard("nothing of ours", "", dependencies);
    assert_eq!(!faults(&checkout).is_empty(), held, "{dependencies}");
}

/// The crates `house`, which has these dependencies, and `yard`, which it may use or not.
fn house_and_yard(may_use: &str, of_all: &str, of_house: &str) -> Checkout {
    let root = format!("[workspace]\nmembers = [\"house\", \"out/yard\"]\n{of_all}");
    let house = format!("[package]\nname = \"house\"\n{of_house}");
    let rooms = format!(
        "## Crates\n| crate | what | may use |\n|---|---|---|\n| `house/` | | {may_use} |\n\
         | `out/yard/`, `docs/` | | nothing of ours |\n"
    );
    let yard = "[package]\nname = \"yard\"\n[dev-dependencies]\nhouse.workspace = true\n";
    [
        ("Cargo.toml", root.as_str()),
        ("house/Cargo.toml", &house),
        ("out/yard/Cargo.toml", yard),
        ("docs/house.md", ""),
        ("ARCHITECTURE.md", &rooms),
    ]
    .into_iter()
    .collect()
}

#[rstest]
#[case::file("src/bin/tool.rs", "")]
#[case::folder("src/bin/tool/main.rs", "")]
#[case::stated("src/bin/tool.rs", "[[bin]]\nname = \"tool\"")]
#[case::stated_with_its_path("tools/tool.rs", "[[bin]]\nname = \"tool\"\npath = \"tools/tool.rs\"")]
fn modules_of_every_program_have_a_row(#[case] file: &str, #[case] stated: &str) {
    let mut checkout = house(&["`low`", "`middle`", "`top`"], &SOURCES);
    checkout.put(
        "house/Cargo.toml",
        &format!("[package]\nname = \"house\"\n{stated}"),
    );
    checkout.put(&format!("house/{file}"), "mod shed { } fn main() {}");
    assert_eq!(
        faults(&checkout),
        ["docs/modules.md, Layers, `### house`: module `shed` has no row; add it to one"]
    );
}

#[rstest]
#[case::item("include!(\"x.rs\");", "include!")]
#[case::expression("fn f() -> u8 { std::include!(\"x.rs\") }", "include!")]
#[case::own_name("extern crate self as k;", "extern crate self")]
fn text_that_hides_uses_is_refused(#[case] text: &str, #[case] what: &str) {
    let mut checkout = house(&["`low`", "`middle`", "`top`"], &SOURCES);
    checkout.put("house/src/low.rs", &format!("pub struct Low;\n{text}"));
    let hint = "hides which modules are used; write a module, and `crate` for the crate";
    assert_eq!(
        faults(&checkout),
        [format!("house/src/low.rs:2: `{what}` {hint}")]
    );
}
