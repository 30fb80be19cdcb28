//! Texts that are a use of a module, and texts that are not.

use rstest::rstest;

use crate::house::{faults, house, uses_b};

#[rstest]
#[case::import("use crate::b::Thing;")]
#[case::public_import("pub(crate) use crate::b::Thing;")]
#[case::nested_group("use crate::{other::{self, Else}, b::{inner::{Deep}}};")]
#[case::renamed("use crate::b as c; fn f() { c::make(); }")]
#[case::renamed_item("use crate::b::Thing as Mine;")]
#[case::unnamed("use crate::b::Thing as _;")]
#[case::module_alone("use crate::b;")]
#[case::glob("use crate::b::*;")]
#[case::super_path("fn f() -> super::b::Thing { todo!() }")]
#[case::inline_module("mod x { fn f() { super::super::b::make(); } }")]
#[case::inline_module_twice("mod x { mod y { use super::super::super::b::Thing; } }")]
#[case::self_path("use self::x::y::make; mod x { pub(super) use crate::b as y; }")]
#[case::expression("fn f() -> u8 { crate::b::LIMIT + 1 }")]
#[case::call("fn f() { crate::b::Thing::new(1); }")]
#[case::type_argument("type T = Vec<Option<crate::b::Thing>>;")]
#[case::turbofish("fn f() { Vec::<crate::b::Thing>::new(); }")]
#[case::bound("fn f<T: crate::b::Trait>(t: T) {}")]
#[case::qualified("fn f() { <u8 as crate::b::Trait>::make(); }")]
#[case::qualified_type("fn f() { <crate::b::Thing>::make(); }")]
#[case::pattern("fn f(x: u8) { match x { crate::b::LIMIT => {} _ => {} } }")]
#[case::struct_pattern("fn f(x: X) { let crate::b::Thing { .. } = x; }")]
#[case::inherent_impl("use crate::b; impl b::Thing { fn more(&self) {} }")]
#[case::trait_impl("impl From<crate::b::Thing> for u8 { }")]
#[case::macro_arguments("fn f() { println!(\"{}\", crate::b::LIMIT); }")]
#[case::macro_language("fn f() { select! { x = crate::b::make() => x, } }")]
#[case::macro_in_macro("fn f() { assert!(matches!(x, Some(crate::b::LIMIT) if true)); }")]
#[case::macro_definition("macro_rules! m { ($x:expr) => { $crate::b::make($x) }; }")]
#[case::attribute("#[arg(value_parser = crate::b::make)] struct A;")]
#[case::attribute_of_field("struct A { #[serde(with = \"crate::b::inner\")] x: u8 }")]
#[case::import_in_function("fn f() { use crate::b; b::make(); }")]
#[case::import_of_enum_variants("fn f() { use crate::b::Thing::*; }")]
#[case::through_a_face("use crate::face::Shown;")]
#[case::through_a_glob_of_a_face("use crate::face::Deep;")]
#[case::handed_on_from_another_crate("use crate::b::Duration;")]
#[case::generated_name("use crate::b::MadeByMacro;")]
#[case::only_linux("#[cfg(target_os = \"linux\")] use crate::b::Thing;")]
#[case::also_without_tests("#[cfg(all(unix, any(feature = \"x\", test)))] use crate::b::Thing;")]
#[case::not_in_tests("#[cfg(all(unix, not(test)))] use crate::b::Thing;")]
#[case::type_in_attribute("#[serde(from = \"Vec<crate::b::Thing>\")] struct A;")]
#[case::default_in_attribute("struct A { #[serde(default = \"crate::b::make\")] x: u8 }")]
#[case::raw_name("use crate::r#b::Thing;")]
fn use_is_seen(#[case] a: &str) {
    assert!(uses_b(a), "{a}");
}

#[rstest]
#[case::other_module("use crate::other::Else;")]
#[case::other_crate("use ::b::Thing;")]
#[case::extern_crate("use b::Thing;")]
#[case::own_item("mod b { pub struct Thing; } use b::Thing;")]
#[case::own_child("mod b { pub fn make() {} } fn f() { b::make(); self::b::make(); }")]
#[case::method("fn f(x: u8) { x.b(); x.b.make(); }")]
#[case::variable("fn f(b: u8) -> u8 { let make = b; make }")]
#[case::field("struct A { b: u8 } fn f(a: A) { a.b; }")]
#[case::label("fn f() { 'b: loop { break 'b; } }")]
#[case::comment("/// [`crate::b::Thing`]\nstruct A; // crate::b::Thing")]
#[case::string("const TEXT: &str = \"crate::b::Thing\";")]
#[case::visibility("mod x { pub(in crate::a) struct Y; }")]
#[case::test_module("#[cfg(test)] mod tests { use crate::b::Thing; }")]
#[case::test_import("#[cfg(test)] use crate::b::Thing;")]
#[case::test_function("#[cfg(all(test, unix))] fn f() { crate::b::make(); }")]
#[case::test_method("struct A; impl A { #[cfg(test)] fn f() { crate::b::make(); } }")]
#[case::test_condition_in_condition("#[cfg(all(unix, all(test)))] use crate::b::Thing;")]
#[case::test_field("struct A { #[cfg(test)] x: crate::b::Thing }")]
#[case::test_variant("enum A { #[cfg(test)] X(crate::b::Thing), Y }")]
#[case::test_statement("fn f() { #[cfg(test)] crate::b::make(); }")]
#[case::test_local("fn f() { #[cfg(test)] let x = crate::b::make(); }")]
#[case::test_macro("fn f() { #[cfg(test)] println!(\"{}\", crate::b::LIMIT); }")]
#[case::test_assignment("fn f(mut x: u8) { #[cfg(test)] x = crate::b::LIMIT; }")]
#[case::test_block("fn f() { #[cfg(test)] { crate::b::make(); } }")]
#[case::test_arm("fn f(x: u8) { match x { #[cfg(test)] crate::b::LIMIT => {} _ => {} } }")]
#[case::test_field_of_a_value("fn f() -> A { A { #[cfg(test)] x: crate::b::LIMIT } }")]
#[case::test_constant_of_a_trait("trait A { #[cfg(test)] const X: u8 = crate::b::LIMIT; }")]
#[case::name_in_attribute("struct A { #[serde(rename = \"crate::b::Thing\")] x: u8 }")]
#[case::string_in_macro("fn f() { select! { x = y => \"crate::b::Thing\" } }")]
#[case::test_derive("#[cfg_attr(test, derive(crate::b::Thing))] struct A;")]
fn no_use_is_seen(#[case] a: &str) {
    assert!(!uses_b(a), "{a}");
}

#[test]
fn file_for_tests_only_is_left_out() {
    let sources = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "#![cfg(test)]\nuse crate::b::B;"),
        ("b.rs", "#[cfg(test)] use crate::a::A; pub struct B;"),
    ];
    assert_eq!(faults(&house(&["`b`"], &sources)), Vec::<String>::new());
}
