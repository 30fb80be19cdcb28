//! Tests that values which YAML, shells and templates often change arrive unchanged in the pod.

use std::collections::BTreeMap;

use serde_json::Value;
use wax_tests::TestNamespace;

use super::flow;

/// Sixty strings: words that YAML 1.1 reads as other types, texts that look like numbers, blanks, line ends,
/// special characters of several formats, and other alphabets.
const AWKWARD: [&str; 60] = [
    "yes",
    "no",
    "on",
    "off",
    "y",
    "N",
    "true",
    "False",
    "null",
    "~",
    "Null",
    "0123",
    "1_000",
    "1e3",
    "0x1F",
    "0o17",
    ".5",
    "1.0",
    "+1",
    "-0",
    ".inf",
    ".NaN",
    "12:30:45",
    "2026-11-22",
    "2026-11-22T10:00:00Z",
    "<<",
    "=",
    "- a",
    "a: b",
    "a #b",
    "#a",
    "&a",
    "*a",
    "!a",
    "!!str a",
    "|",
    ">",
    "%a",
    "@a",
    "`a`",
    "'a'",
    "\"a\"",
    "{a: b}",
    "[a, b]",
    "a,b",
    " leading",
    "trailing ",
    "\ttab first",
    "tab\tinside",
    "one\ntwo",
    "one\ntwo\n",
    "\n\nblank lines\n\n",
    "\tindented\n  text\n",
    "CR\r\nLF\r\n",
    "back\\slash",
    "${HOME}",
    "ünïcödé",
    "日本語",
    "🐝",
    "e\u{301}",
];

/// Special characters, blanks and line ends that may occur in a text file.
const TAIL: &str = "\n# yes: on\t\n#   trailing blanks   \n#\ttabs, ünïcödé, 日本語, 🐝, ${HOME}, `backticks`, \"quotes\"\n\n\n# a last line without an end";

fn names() -> impl Iterator<Item = (String, &'static str)> {
    AWKWARD
        .iter()
        .enumerate()
        .map(|(number, value)| (format!("V_{number:02}"), *value))
}

#[tokio::test(flavor = "multi_thread")]
async fn awkward_values_and_code_arrive_unchanged() {
    let ns = TestNamespace::new("awkward").await.unwrap();
    let code = flow("environment") + TAIL;
    let file = ns.folder().join("environment.py");
    std::fs::write(&file, &code).unwrap();
    let given: Vec<String> = names()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();

    let mut arguments = vec!["df", "render", "environment.py", "--name", "awkward"];
    arguments.extend(given.iter().flat_map(|value| ["-e", value.as_str()]));
    let rendered = ns.waxctl(&arguments).unwrap().ok().unwrap();
    assert_eq!(
        ns.waxctl(&arguments).unwrap().ok().unwrap(),
        rendered,
        "the same input gives the same bytes"
    );
    ns.apply(&rendered).unwrap();
    arrives(&ns, &code).await;

    // The same values through the layout in git, which kustomize reads and writes again.
    ns.kubectl(&["delete", "dataflow", "awkward"])
        .unwrap()
        .ok()
        .unwrap();
    wax_tests::wait::gone(&ns.pods(), "awkward-0")
        .await
        .unwrap();
    ns.waxctl(&[&arguments[..], &["--into", "layout"]].concat())
        .unwrap()
        .ok()
        .unwrap();
    ns.kubectl(&[
        "apply",
        "--server-side",
        "--force-conflicts",
        "-k",
        &ns.folder().join("layout").to_string_lossy(),
    ])
    .unwrap()
    .ok()
    .unwrap();
    arrives(&ns, &code).await;
}

async fn arrives(ns: &TestNamespace, code: &str) {
    let log = ns.log_line("awkward-0", "\"code\"").await.unwrap();
    let lines: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let environment: BTreeMap<String, String> =
        serde_json::from_value(lines[0]["environment"].clone()).unwrap();
    let expected: BTreeMap<String, String> = names()
        .map(|(name, value)| (name, value.to_owned()))
        .collect();
    assert_eq!(environment, expected);
    assert_eq!(lines[1]["code"], code);
}
