//! Circles of files.

use rooms::Checkout;
use rstest::rstest;

use crate::house::{faults, house};

/// The circles of a crate; its table is of no interest.
fn circles(sources: &[(&str, &str)]) -> Vec<String> {
    let checkout: Checkout = house(&[], sources);
    faults(&checkout)
        .into_iter()
        .filter(|fault| fault.starts_with("circle"))
        .collect()
}

#[test]
fn circle_of_two_names_both_directions() {
    let found = circles(&[
        ("lib.rs", "mod a;\nmod b;"),
        ("a.rs", "use crate::b::B;\npub struct A(B);"),
        ("b.rs", "pub struct B;\n\nfn f(a: super::a::A) {}"),
    ]);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("2 files"), "{}", found[0]);
    assert!(found[0].contains("house/src/a.rs:1: B"), "{}", found[0]);
    assert!(found[0].contains("house/src/b.rs:3: A"), "{}", found[0]);
}

#[test]
fn circle_of_three_through_a_reexport() {
    let found = circles(&[
        ("lib.rs", "mod a; mod b; mod c; pub use c::C;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "use crate::C; pub struct B(C);"),
        ("c.rs", "use crate::a::A; pub struct C(Option<Box<A>>);"),
    ]);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("3 files"), "{}", found[0]);
    assert!(!found[0].contains("lib.rs"), "{}", found[0]);
}

#[test]
fn parent_and_child_can_be_a_circle() {
    let found = circles(&[
        ("lib.rs", "mod a;"),
        ("a.rs", "mod child; pub struct A; fn f() { child::g() }"),
        ("a/child.rs", "use super::A; pub fn g() { A; }"),
    ]);
    assert_eq!(found.len(), 1);
}

#[test]
fn glob_of_parent_uses_parent() {
    let found = circles(&[
        ("lib.rs", "mod a;"),
        ("a.rs", "mod child; pub struct A; fn f() { child::g() }"),
        ("a/child.rs", "use super::*; pub fn g() { A; }"),
    ]);
    assert_eq!(found.len(), 1);
}

#[test]
fn parent_that_only_declares_children_is_circle_free() {
    let found = circles(&[
        ("lib.rs", "mod a; mod other;"),
        (
            "a.rs",
            "mod one; mod two; pub use one::One; pub use self::two::*; use crate::other::O;",
        ),
        (
            "a/one.rs",
            "use super::{O, two}; use crate::a::Two; fn f() -> two::Two { Two } pub struct One;",
        ),
        ("a/two.rs", "pub struct Two;"),
        ("other.rs", "pub struct O;"),
    ]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn path_through_parent_makes_no_circle() {
    let found = circles(&[
        ("lib.rs", "mod a;"),
        (
            "a.rs",
            "pub mod one; pub mod two; pub use two::Two; fn f() { one::run() }",
        ),
        (
            "a/one.rs",
            "use crate::a; pub fn run() { a::two::Two; a::Two; }",
        ),
        ("a/two.rs", "pub struct Two;"),
    ]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn reexported_module_counts_as_used() {
    let mut sources = [
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "pub use crate::b; pub struct A;"),
        ("b.rs", "use crate::a::A; pub struct B(A);"),
        ("c.rs", "use crate::a::b::B; pub struct C(B);"),
    ];
    assert_eq!(circles(&sources).len(), 1);
    let child = [("a/child.rs", "use super::b::B; pub struct C(B);")];
    sources[1].1 = "use crate::b; mod child; pub struct A;";
    let sources = [sources.as_slice(), &child].concat();
    let found = circles(&sources);
    assert!(found[0].contains("house/src/a.rs:1: b"), "{found:?}");
}

#[test]
fn impl_in_file_of_child_uses_type() {
    let found = circles(&[
        ("lib.rs", "mod a;"),
        ("a.rs", "mod child; pub struct A; fn f() { child::g() }"),
        (
            "a/child.rs",
            "impl super::A { fn more(&self) {} } pub fn g() {}",
        ),
    ]);
    assert_eq!(found.len(), 1);
}

/// The circles of `a.rs`, whose type has this method, and a child with other methods of the type.
fn of_split_impl(method: &str) -> Vec<String> {
    let a = format!(
        "mod child; pub struct A {{ g: fn() }} impl A {{ {method} fn own(&self) {{}} }} \
         impl Clone for A {{ fn clone(&self) -> A {{ A }} }}"
    );
    let child = "use super::A; impl A { pub fn g(&self) { self.clone(); } pub const LIMIT: u8 = 1; \
                 #[cfg(test)] fn of_tests(&self) {} }";
    let other = "pub fn g() {}";
    circles(&[
        ("lib.rs", "mod a; mod other;"),
        ("a.rs", &a),
        ("a/child.rs", child),
        ("other.rs", other),
    ])
}

#[rstest]
#[case::of_self("fn f(&self) { self.g() }")]
#[case::of_a_reference("fn f(&self) { (&self).g() }")]
#[case::in_a_closure("fn f(&self) { || self.g(); }")]
#[case::in_a_macro("fn f(&self) { println!(\"{}\", self.g()) }")]
#[case::by_self("fn f(&self) { Self::g(self) }")]
#[case::by_type("fn f(&self) { A::g(self) }")]
#[case::by_path("fn f(&self) { crate::a::A::g(self) }")]
#[case::constant("fn f(&self) -> u8 { Self::LIMIT }")]
#[case::of_a_trait("} impl Drop for A { fn drop(&mut self) { self.g() } } impl A {")]
fn call_of_method_in_child_uses_child(#[case] method: &str) {
    let found = of_split_impl(method);
    assert_eq!(found.len(), 1, "{method}");
    assert!(
        found[0].contains("house/src/a.rs takes from house/src/a/child.rs"),
        "{}",
        found[0]
    );
}

#[rstest]
#[case::own("fn f(&self) { self.own(); Self::own(self) }")]
#[case::own_too("fn f(&self) { self.g() } #[cfg(unix)] fn g(&self) {}")]
#[case::field("fn f(&self) { (self.g)() }")]
#[case::of_another("fn f(&self, x: X) { x.g(); self.own().g() }")]
#[case::of_a_trait("} trait G { fn g(&self); fn f(&self) { self.g(); } } impl A {")]
#[case::of_another_type("} struct B; impl G for B { fn f(&self) { self.g(); } } impl A {")]
#[case::for_tests("fn f(&self) { self.of_tests() }")]
#[case::function("fn f(&self) { crate::other::g() }")]
fn same_method_name_elsewhere_uses_no_child(#[case] method: &str) {
    assert_eq!(of_split_impl(method), Vec::<String>::new(), "{method}");
}

#[test]
fn macro_of_parent_uses_it_and_import_not() {
    let parent =
        "use std::hash::Hash; macro_rules! text { () => {} } mod child; fn f() { child::g() }";
    let of_child =
        |text: &str| circles(&[("lib.rs", "mod a;"), ("a.rs", parent), ("a/child.rs", text)]).len();
    assert_eq!(of_child("text!(); pub fn g() {}"), 1);
    assert_eq!(of_child("#[derive(Hash)] struct Y; pub fn g() {}"), 0);
}

#[test]
fn inline_modules_belong_to_their_file() {
    let found = circles(&[
        ("lib.rs", "mod a;"),
        (
            "a.rs",
            "mod x { pub use super::y::Y; pub struct X; } mod y { use super::x::X; pub struct Y(X); }",
        ),
    ]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn module_and_function_of_one_name_differ() {
    let found = circles(&[
        ("lib.rs", "mod a; mod write;"),
        ("a.rs", "use crate::write::write; pub fn f() { write(); }"),
        (
            "write.rs",
            "pub fn write() {} fn g(write: u8) -> u8 { write }",
        ),
    ]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn imports_that_lead_to_each_other_end() {
    let found = circles(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub use crate::b::*; pub use crate::b::X;"),
        ("b.rs", "pub use crate::a::*; pub use crate::a::X;"),
    ]);
    assert_eq!(found.len(), 1);
}
