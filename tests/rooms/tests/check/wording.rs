//! The check of texts, with a planted fault of each kind.

use rooms::{Checkout, figures, wording};
use rstest::rstest;

use crate::house::house;

/// The crate `house` of one module with this text, below a correct header.
fn module(text: &str) -> Checkout {
    file(&format!("//! Holds all things.\n{text}"))
}

/// The crate `house` of one module with this file.
fn file(text: &str) -> Checkout {
    let root = "//! Builds houses.\nmod low;";
    house(&["`low`"], &[("lib.rs", root), ("low.rs", text)])
}

fn faults(checkout: &Checkout) -> Vec<String> {
    wording(checkout)
        .expect("the workspace can be read")
        .faults()
}

fn contraction(line: usize, word: &str) -> String {
    format!(
        "house/src/low.rs:{line}: the message contains \"{word}\"; write the words in full, such as \
         \"cannot\""
    )
}

#[rstest]
#[case::argument("fn f() { g(\"it can't\"); }", "can't")]
#[case::macro_argument("fn f() { println!(\"{}\", [\"it doesn't\"][0]); }", "doesn't")]
#[case::format("fn f() -> String { format!(\"{n} won't\") }", "won't")]
#[case::constant("const A: &str = \"there's one\";", "there's")]
#[case::raw("const A: &str = r#\"they're\"#;", "they're")]
#[case::error("#[derive(Error)] #[error(\"isn't\")] struct E;", "isn't")]
#[case::error_of_variant("enum E { #[error(\"I've\")] A }", "I've")]
#[case::flag("struct A { #[arg(help = \"it'll\")] a: u8 }", "it'll")]
#[case::help("#[derive(Debug, clap::Args)] /// It's on\nstruct A;", "It's")]
#[case::conditional_derive(
    "#[cfg_attr(feature = \"a\", derive(JsonSchema))] /// It's on\nstruct A;",
    "It's"
)]
#[case::conditional_message("#[cfg_attr(feature = \"a\", error(\"isn't\"))] struct E;", "isn't")]
#[case::description("#[derive(JsonSchema)] struct A {\n /// Can't be\n a: u8 }", "Can't")]
fn contraction_in_message_is_refused(#[case] text: &str, #[case] word: &str) {
    let found = faults(&module(text));
    assert_eq!(found.len(), 1, "{found:?}");
    let lines: Vec<String> = (2..5).map(|line| contraction(line, word)).collect();
    assert!(lines.contains(&found[0]), "{}", found[0]);
}

#[test]
fn contraction_is_named_with_its_line() {
    let checkout = module("\n\nfn f() { g(\"can't\"); }");
    assert_eq!(faults(&checkout), [contraction(4, "can't")]);
}

#[rstest]
#[case::genitive("fn f() { g(\"the pod's name\"); }")]
#[case::comment("// It can't be.\nfn f() {}")]
#[case::doc("/// Does what can't fail.\nfn f() {}")]
#[case::test_module("#[cfg(test)] mod tests { fn f() { g(\"can't\"); } }")]
#[case::test_function("#[cfg(test)] fn f() { g(\"can't\"); }")]
#[case::test_method("impl A { #[cfg(test)] fn f() { g(\"can't\"); } }")]
#[case::test_statement("fn f() { #[cfg(test)] g(\"can't\"); }")]
#[case::conditional_on_tests("#[cfg_attr(test, error(\"can't\"))] struct E;")]
#[case::condition("#[cfg_attr(feature = \"can't\", derive(Debug))] struct E;")]
#[case::reason("#[expect(dead_code, reason = \"it isn't used\")] fn f() {}")]
fn other_text_is_accepted(#[case] text: &str) {
    assert_eq!(faults(&module(text)), Vec::<String>::new());
}

#[test]
fn file_of_test_module_is_left_out() {
    let checkout = house(
        &["`low`"],
        &[
            ("lib.rs", "//! Builds houses.\nmod low;"),
            ("low.rs", "//! Holds all.\n#[cfg(test)] mod tests;"),
            ("low/tests.rs", "fn f() { g(\"can't\"); }"),
        ],
    );
    assert_eq!(faults(&checkout), Vec::<String>::new());
}

#[rstest]
#[case::none(
    "fn f() {}",
    "the module has no header; write `//!` and what the module contains"
)]
#[case::comment(
    "// Holds things.\nfn f() {}",
    "the module has no header; write `//!` and what the module contains"
)]
#[case::empty(
    "//!\n//!\nfn f() {}",
    "the module has no header; write `//!` and what the module contains"
)]
#[case::second_line(
    "//!\n//! What it holds.\nfn f() {}",
    "the header begins with \"What\"; begin with what the file contains or does"
)]
#[case::what(
    "//! What it holds.",
    "the header begins with \"What\"; begin with what the file contains or does"
)]
#[case::how(
    "//! How things are held.",
    "the header begins with \"How\"; begin with what the file contains or does"
)]
fn header_fault_is_named(#[case] text: &str, #[case] fault: &str) {
    assert_eq!(
        faults(&file(text)),
        [format!("house/src/low.rs:1: {fault}")]
    );
}

#[rstest]
#[case::licence("// A licence.\n\n//! Holds all.\nfn f() {}")]
#[case::attribute("#![allow(dead_code)]\n//! Holds all.\nfn f() {}")]
fn header_may_follow_licence_or_attribute(#[case] text: &str) {
    assert_eq!(faults(&file(text)), Vec::<String>::new());
}

#[rstest]
#[case::of_libtest("#[test] fn a_b_c_d_e_f_g_h_i() {}", 1)]
#[case::of_rstest("#[cfg(test)] mod tests { #[rstest] fn a_b_c_d_e_f_g_h_i() {} }", 1)]
#[case::of_tokio("#[tokio::test] async fn a_b_c_d_e_f_g_h_i() {}", 1)]
#[case::eight_words("#[test] fn a_b_c_d_e_f_g_h() {}", 0)]
#[case::no_test("fn a_b_c_d_e_f_g_h_i() {}", 0)]
fn long_name_of_test_is_refused(#[case] text: &str, #[case] count: usize) {
    let found = faults(&module(text));
    assert_eq!(found.len(), count, "{found:?}");
    let start = "house/src/low.rs:2: the name of the test has 9 words";
    assert!(found.iter().all(|fault| fault.starts_with(start)));
}

#[rstest]
#[case::readme("README.md")]
#[case::architecture("ARCHITECTURE.md")]
fn missing_page_is_named(#[case] page: &str) {
    let pages = ["README.md", "ARCHITECTURE.md"]
        .into_iter()
        .filter(|other| *other != page);
    let mut checkout: Checkout = pages.map(|other| (other, "")).collect();
    checkout.put("Cargo.toml", "[workspace]\nmembers = []\n");
    assert_eq!(faults(&checkout), [format!("{page} is missing")]);
}

#[test]
fn module_of_test_model_needs_a_header() {
    let checkout = house(
        &["`low`"],
        &[
            ("lib.rs", "//! Builds houses.\nmod low;"),
            ("low.rs", "//! Holds all.\n#[cfg(test)] mod model;"),
            ("low/model.rs", "fn f() {}"),
        ],
    );
    let found = faults(&checkout);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("house/src/low/model.rs:1: the module has no header"));
}

/// Functions whose docs begin with "What", and others.
fn functions(questions: usize, others: usize) -> Checkout {
    let asking = "/// What it is.\nfn f() {}\n".repeat(questions);
    let telling = "/// Returns it.\nfn f() {}\n/// Whether it is.\nfn f() {}\n".repeat(others / 2);
    module(&format!("{asking}{telling}"))
}

#[test]
fn question_words_are_accepted_up_to_the_share() {
    assert_eq!(faults(&functions(3, 98)), Vec::<String>::new());
}

#[test]
fn question_words_above_the_share_are_refused() {
    let found = faults(&functions(4, 98));
    let first_lines = "the docs of 4 of 102 functions begin with a question word, and at most 3 may \
                       (3 %); begin them with a verb, such as \"Returns\"\n  house/src/low.rs:2\n  \
                       house/src/low.rs:4\n";
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(first_lines), "{}", found[0]);
}

#[rstest]
#[case::method("impl A { /// Where it is.\n fn f() {} }")]
#[case::trait_method("trait A { /// Who it is.\n fn f(); }")]
#[case::inline_module("mod a { /// Why it is.\n fn f() {} }")]
fn question_word_is_found(#[case] text: &str) {
    assert_eq!(faults(&module(text)).len(), 1);
}

#[rstest]
#[case::readme("README.md", 120)]
#[case::architecture("ARCHITECTURE.md", 150)]
fn long_page_is_refused(#[case] page: &str, #[case] most: usize) {
    let mut checkout = module("");
    checkout.put(page, &"word\n\n".repeat(most / 2));
    assert_eq!(faults(&checkout), Vec::<String>::new());
    checkout.put(page, &format!("{}word\n", "word\n\n".repeat(most / 2)));
    let lines = most + 1;
    assert_eq!(
        faults(&checkout),
        [format!(
            "{page} has {lines} lines, and at most {most} are allowed; move details to docs/"
        )]
    );
}

#[rstest]
#[case::readme("README.md", "", "\n\n")]
#[case::docs("docs/state.md", "", "\n\n")]
#[case::list_item("docs/state.md", "- ", "\n")]
#[case::cell("docs/state.md", "| ", " |\n|---|\n")]
#[case::quote("docs/state.md", "> ", "\n\n")]
fn long_paragraph_is_refused(#[case] page: &str, #[case] before: &str, #[case] after: &str) {
    let paragraph = |words| {
        format!(
            "# Head\n\n{before}{}{after}{before}end",
            "word ".repeat(words)
        )
    };
    let mut checkout = module("");
    checkout.put(page, &paragraph(90));
    assert_eq!(faults(&checkout), Vec::<String>::new());
    checkout.put(page, &paragraph(91));
    assert_eq!(
        faults(&checkout),
        [format!(
            "{page}:3: the paragraph has 91 words, and at most 90 are allowed; split it, or write a list \
             or a table"
        )]
    );
}

/// A workspace with one script.
fn script(path: &str, text: &str) -> Checkout {
    let mut checkout = module("");
    checkout.put(path, text);
    checkout
}

#[rstest]
#[case::python("a.py", "'''Runs it.'''\nprint(\"it can't\")")]
#[case::shell("a.sh", "# Runs it.\necho \"it can't\"")]
#[case::escaped_in_shell("a.sh", "# Runs it.\necho 'it can'\\''t'")]
#[case::document_in_shell("a.sh", "# Runs it.\ncat <<END\nit can't\nEND")]
#[case::shell_without_ending("box", "#!/bin/sh\n# Runs it.\necho \"it can't\"")]
#[case::go("a.go", "// Package a runs it.\npackage a\nconst b = `it can't`")]
#[case::make("Makefile", "# Runs it.\nrun: ## it can't")]
fn contraction_in_script_is_refused(#[case] path: &str, #[case] text: &str) {
    let found = faults(&script(path, text));
    assert_eq!(found.len(), 1, "{found:?}");
    let message = "the message contains \"can't\"";
    assert!(found[0].starts_with(path) && found[0].contains(message));
}

#[rstest]
#[case::python("a.py", "'''Runs it.'''\nprint()  # It can't fail.")]
#[case::shell("a.sh", "# Runs it.\ntrue # It can't fail.")]
#[case::go("a.go", "// Package a runs it.\npackage a // It can't fail.")]
#[case::make("Makefile", "# Runs it.\n# It can't fail.\nrun:")]
#[case::other_language("a.toml", "a = \"it can't\"")]
fn comment_of_script_is_accepted(#[case] path: &str, #[case] text: &str) {
    assert_eq!(faults(&script(path, text)), Vec::<String>::new());
}

#[rstest]
#[case::python("a.py", "import os", "a docstring")]
#[case::shell("a.sh", "#!/bin/sh\nset -eu", "a comment")]
#[case::make("Makefile", "run:", "a comment")]
#[case::go("a.go", "package a", "a package comment")]
fn script_without_header_is_refused(#[case] path: &str, #[case] text: &str, #[case] form: &str) {
    assert_eq!(
        faults(&script(path, text)),
        [format!(
            "{path}:1: the file has no header; write {form} that says what it contains or does"
        )]
    );
}

#[test]
fn package_of_go_needs_one_comment() {
    let mut checkout = script("a/b.go", "package a");
    checkout.put("a/c.go", "// Package a runs it.\npackage a");
    checkout.put("a/b_test.go", "package a");
    assert_eq!(faults(&checkout), Vec::<String>::new());
    checkout.put("a/c.go", "package a");
    let found = faults(&checkout);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("a/b.go:1: the file has no header"));
}

#[rstest]
#[case::python("a.py", "\"\"\"\nHow it runs.\"\"\"", "How")]
#[case::shell("a.sh", "#!/bin/sh\n# a.sh DIR: what is in DIR.", "what")]
#[case::make("Makefile", "# Where it runs.", "Where")]
#[case::go("a.go", "// Which one runs.\npackage a", "Which")]
fn question_in_header_is_refused(#[case] path: &str, #[case] text: &str, #[case] word: &str) {
    let found = faults(&script(path, text));
    assert_eq!(found.len(), 1, "{found:?}");
    let start = format!("{path}:1: the header begins with \"{word}\"");
    assert!(found[0].starts_with(&start), "{}", found[0]);
}

#[rstest]
#[case::python("a.py", "'''Runs it.'''\ndef test_a_b_c_d_e_f_g_h_i():", 1)]
#[case::python_eight_words("a.py", "'''Runs it.'''\ndef test_a_b_c_d_e_f_g_h():", 0)]
#[case::go("a_test.go", "package a\nfunc TestItIsOneOfTheNamesTooLong(t *T) {", 0)]
#[case::go_nine_words(
    "a_test.go",
    "package a\nfunc TestItIsOneOfTheNamesThatAreLong(t *T) {",
    1
)]
fn long_name_in_script_is_refused(#[case] path: &str, #[case] text: &str, #[case] count: usize) {
    let found = faults(&script(path, text));
    assert_eq!(found.len(), count, "{found:?}");
    let start = format!("{path}:2: the name of the test has 9 words");
    assert!(found.iter().all(|fault| fault.starts_with(&start)));
}

#[test]
fn report_of_texts() {
    let mut checkout = module("/// Returns it.\nfn f() { g(\"can't\"); }");
    insta::assert_snapshot!(wording(&checkout).unwrap(), @r#"
    house/src/low.rs:3: the message contains "can't"; write the words in full, such as "cannot"

    documented functions: 1, messages: 1, scripts: 0, pages: 3; 1 fault in the wording
    "#);
    checkout.put("house/src/low.rs", "//! Holds all.");
    insta::assert_snapshot!(wording(&checkout).unwrap(), @"documented functions: 0, messages: 0, scripts: 0, pages: 3; no fault in the wording");
}

#[test]
fn report_of_figures() {
    let mut checkout =
        module("/// Returns it. What else?\nfn f() {}\n/// Who is it, then, now?\nfn g() {}");
    checkout.put("ARCHITECTURE.md", "# Head\n\none two\n\none two three\n");
    insta::assert_snapshot!(figures(&checkout).unwrap(), @"
    crate             functions  question words  sentences median words
    house                     2      1 (50.0 %)          5            2
    all                       2      1 (50.0 %)          5            2
    longest paragraph of ARCHITECTURE.md: 3 words (line 5)
    ");
}
