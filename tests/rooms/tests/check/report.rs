//! The text that people read.

use rooms::{Checkout, check};

use crate::house::house;

#[test]
fn report_of_faults() {
    let checkout = house(
        &["`low`, `left`", "`top`, `right`", "`roof`"],
        &[
            (
                "lib.rs",
                "mod low; mod top; mod left; mod right;\npub const NAME: u8 = 1;",
            ),
            (
                "low.rs",
                "mod part;\nuse crate::top::{Top, Other};\n\nfn f() { part::g(); crate::top::make(); crate::NAME; }",
            ),
            ("low/part.rs", "pub fn g() { super::f(); }"),
            (
                "top.rs",
                "pub struct Top; pub struct Other; pub fn make() {}",
            ),
            (
                "left.rs",
                "use crate::right::Right;\npub struct Left(Right);",
            ),
            (
                "right.rs",
                "pub struct Right;\nimpl From<crate::left::Left> for Right {}",
            ),
        ],
    );
    insta::assert_snapshot!(check(&checkout).unwrap());
}

#[test]
fn report_without_a_fault() {
    let checkout = house(
        &["`low`", "`top`"],
        &[
            ("lib.rs", "mod low; mod top;"),
            ("low.rs", "pub struct Low;"),
            ("top.rs", "use crate::low::Low; pub struct Top(Low);"),
        ],
    );
    insta::assert_snapshot!(check(&checkout).unwrap(), @"1 crate, 3 modules, 1 use: no circle, every use goes down");
}

#[test]
fn unreadable_workspaces_are_errors_with_a_place() {
    let error = |sources: &[(&str, &str)]| check(&house(&[], sources)).unwrap_err().to_string();
    insta::assert_snapshot!(error(&[("lib.rs", "\nmod gone;")]), @"house/src/lib.rs:2 declares `mod gone`, and there is no file for it");
    insta::assert_snapshot!(error(&[("lib.rs", "mod a;"), ("a.rs", "\n\nfn 1")]), @"house/src/a.rs:3 is not Rust: expected identifier");
    let empty: Checkout = [("Cargo.toml", "[package]")].into_iter().collect();
    insta::assert_snapshot!(check(&empty).unwrap_err(), @"`Cargo.toml` is not a manifest of a workspace or a crate: it has no `workspace.members`");
}
