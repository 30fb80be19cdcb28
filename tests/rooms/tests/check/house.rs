//! A workspace of one crate, `house`.

use rooms::{Checkout, check};

/// A workspace of the crate `house` with these files below `src`, and the layers of its table,
/// lowest first.
pub(crate) fn house(layers: &[&str], sources: &[(&str, &str)]) -> Checkout {
    let rows: String = layers
        .iter()
        .map(|modules| format!("| any | {modules} |\n"))
        .collect();
    let architecture = "# House\n\n## Crates\n\n| crate | what | may use |\n|---|---|---|\n\
                        | `house/` | all | nothing of ours |\n";
    let modules = format!("## Layers\n\n### house\n\n| layer | modules |\n|---|---|\n{rows}");
    let files = [
        ("Cargo.toml", "[workspace]\nmembers = [\"house\"]\n"),
        ("house/Cargo.toml", "[package]\nname = \"house\"\n"),
        ("README.md", "# House\n"),
        ("ARCHITECTURE.md", architecture),
        ("docs/modules.md", modules.as_str()),
    ];
    let mut checkout: Checkout = files.into_iter().collect();
    for (path, text) in sources {
        checkout.put(&format!("house/src/{path}"), text);
    }
    checkout
}

/// The faults of a workspace that can be read.
pub(crate) fn faults(checkout: &Checkout) -> Vec<String> {
    check(checkout).expect("the workspace can be read").faults()
}

/// Whether module `a` uses module `b`, if this is in `a.rs`: the table allows it to use none.
///
/// `b` declares `Thing`, `make`, `LIMIT` and a child `b::inner` with `Deep`, and hands on `Duration`;
/// `other` has `Else`.
pub(crate) fn uses_b(a: &str) -> bool {
    let sources = [
        ("lib.rs", "mod a; mod b; mod other; mod face;"),
        ("a.rs", a),
        (
            "b.rs",
            "pub mod inner; pub struct Thing; pub(crate) fn make() {} pub const LIMIT: u8 = 1; pub use std::time::Duration;",
        ),
        ("b/inner.rs", "pub struct Deep;"),
        ("other.rs", "pub struct Else;"),
        (
            "face.rs",
            "pub use crate::b::Thing as Shown; pub use crate::b::inner::*;",
        ),
    ];
    let checkout = house(&["`other`", "`a`", "`b`", "`face`"], &sources);
    faults(&checkout)
        .iter()
        .any(|fault| fault.contains("`a` (row 2) uses `b` (row 3)"))
}
