use std::collections::BTreeMap;

use proptest::prelude::*;
use rstest::rstest;
use serde::Deserialize;

use super::*;

/// Texts that some YAML readers read as another type, or that are hard to write.
const AWKWARD: [&str; 78] = [
    "",
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "yes",
    "Yes",
    "NO",
    "no",
    "on",
    "Off",
    "y",
    "N",
    "true",
    "False",
    "null",
    "~",
    "Null",
    "0",
    "-1",
    "+1",
    "0123",
    "0o17",
    "0x1F",
    "0b11",
    "1_000",
    "1e3",
    "1.",
    ".5",
    "-.inf",
    ".NaN",
    "1:30",
    "12:30:45",
    "2026-11-22",
    "2026-11-22T10:00:00Z",
    "0.21",
    "1.10",
    "=",
    "<<",
    "-",
    "- a",
    "?",
    "? a",
    ":",
    "a: b",
    "a:b",
    "a:",
    "#",
    "a #b",
    "a#b",
    "!tag",
    "&anchor",
    "*alias",
    "|",
    ">",
    "%TAG",
    "@at",
    "`tick`",
    "'single'",
    "\"double\"",
    "back\\slash",
    "{a: b}",
    "[a, b]",
    "a, b",
    "---",
    "...",
    " leading",
    "trailing ",
    "tab\tinside",
    "\ttab first",
    "größe 漢字 🦀",
    "nul\0bell\u{7}",
    "next\u{85}line",
    "line\u{2028}paragraph\u{2029}",
    "\u{feff}mark",
    "${VAR} $(VAR) {{ value }}",
];

/// Texts of several lines.
const SEVERAL_LINES: [&str; 16] = [
    "a\nb",
    "a\nb\n",
    "a\nb\n\n",
    "\na\n",
    "\n\n  a\n",
    "\n\ta\n",
    "\ta\nb\n",
    "  a\nb\n",
    "a\n\tb\n",
    "a\n  b\n   \nc\n",
    "a \nb\t\n",
    "a\r\nb\r\n",
    "a\n---\nb\n",
    "a\n# no comment\nb: c\n",
    "# first\nimport os\n\n\ndef f():\n    return \"\\n\"\n",
    "a\n\u{85}b\n",
];

fn awkward() -> impl Iterator<Item = &'static str> {
    AWKWARD.into_iter().chain(SEVERAL_LINES)
}

#[test]
fn awkward_text_reads_back_in_every_position() {
    for text in awkward() {
        let map = BTreeMap::from([(text.to_owned(), vec![text.to_owned(), "next".to_owned()])]);
        let written = to_string(&map).unwrap();
        let back: BTreeMap<String, Vec<String>> =
            from_str(&written).unwrap_or_else(|error| panic!("{text:?}:\n{written}\n{error}"));
        assert_eq!(back, map, "\n{written}");
    }
}

#[test]
fn written_form_of_awkward_texts_is_stable() {
    let lines: Vec<String> = awkward()
        .map(|text| to_string(&BTreeMap::from([("value", text)])).unwrap())
        .collect();
    insta::assert_snapshot!(lines.concat());
}

#[test]
fn long_line_is_not_folded() {
    let long = "word ".repeat(100) + "end";
    let written = to_string(&BTreeMap::from([("value", long.as_str())])).unwrap();
    assert_eq!(written, format!("value: {long}\n"));
    let code = format!("x = 1  # {long}\ny = 2\n");
    let written = to_string(&BTreeMap::from([("value", code.as_str())])).unwrap();
    assert_eq!(written, format!("value: |\n  x = 1  # {long}\n  y = 2\n"));
}

#[test]
fn fields_keep_order_and_empty_collections_are_written() {
    #[derive(Serialize)]
    struct Sample {
        zebra: i64,
        apple: f64,
        list: Vec<Vec<i64>>,
        nothing: Option<bool>,
        map: BTreeMap<String, String>,
    }
    let sample = Sample {
        zebra: -1,
        apple: 0.5,
        list: vec![vec![1, 2], vec![]],
        nothing: None,
        map: BTreeMap::new(),
    };
    insta::assert_snapshot!(to_string(&sample).unwrap(), @r"
    zebra: -1
    apple: 0.5
    list:
    - - 1
      - 2
    - []
    nothing: null
    map: {}
    ");
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only the errors of reading it matter")]
struct Typed {
    name: String,
    count: Option<i32>,
}

#[rstest]
#[case::wrong_type("wrong_type", "name: a\ncount: many\n")]
#[case::duplicate_key("duplicate_key", "name: a\ncount: 1\nname: b\n")]
#[case::missing_field("missing_field", "count: 1\n")]
#[case::broken_indentation("broken_indentation", "name: a\n  count: 1\n")]
#[case::unclosed_quote("unclosed_quote", "name: \"a\n")]
#[case::no_map("no_map", "just a text\n")]
fn reading_error_shows_the_line(#[case] name: &str, #[case] text: &str) {
    let error = from_str::<Typed>(text).unwrap_err();
    let shown = format!("{error}\n\nbrief: {}\n", error.brief());
    assert_eq!(error.brief().lines().count(), 1, "{}", error.brief());
    insta::assert_snapshot!(name, shown);
}

#[rstest]
#[case("yes")]
#[case("0123")]
#[case("1_000")]
#[case("1.10")]
#[case("2026-11-22")]
#[case("0x1F")]
fn typed_text_is_not_converted(#[case] text: &str) {
    let read: BTreeMap<String, String> = from_str(&format!("value: {text}\n")).unwrap();
    assert_eq!(read["value"], text);
}

#[test]
fn strict_reading_names_unknown_fields() {
    let text = "
apiVersion: bytewax.io/v1alpha1
kind: Dataflow
metadata: {name: orders, nam: x}
spec:
  image: {tag: '1', Tag: '2'}
  procesesCount: 2
  env: [{name: A, value: yes}, {name: B, valu: no}]
  recovery: {persistence: {sise: 1Gi}}
";
    let error = from_str_strict::<crate::Dataflow>(text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown fields metadata.nam, spec.image.Tag, spec.procesesCount, spec.env[1].valu, \
         spec.recovery.persistence.sise"
    );
    let known = text
        .replace(", nam: x", "")
        .replace(", Tag: '2'", "")
        .replace("procesesCount", "processesCount")
        .replace("valu: no", "value: no")
        .replace("sise", "size");
    let strict = from_str_strict::<crate::Dataflow>(&known).unwrap();
    assert_eq!(strict, from_str::<crate::Dataflow>(&known).unwrap());
    assert_eq!(strict.spec.env[1].value, "no");
}

/// Generates texts with many characters that have a meaning in YAML.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        proptest::string::string_regex(
            "[ \\t\\n\\r:#'\"{}\\[\\]|>%@`!&*?,~=<_.+a-z0-9é\u{85}\u{2028}\u{feff}-]{0,24}"
        )
        .expect("a valid pattern"),
        proptest::collection::vec(
            prop_oneof![
                Just("\t"),
                Just(" "),
                Just("\n"),
                Just("\n\n"),
                Just("x"),
                Just("- "),
                Just("#"),
                Just("\r\n")
            ],
            0..12
        )
        .prop_map(|parts| parts.concat()),
        proptest::sample::select(awkward().map(str::to_owned).collect::<Vec<_>>()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_reads_back_unchanged(value in text(), key in text(), code in text()) {
        let map = BTreeMap::from([(key, vec![BTreeMap::from([("code", code), ("value", value)])])]);
        let written = to_string(&map).unwrap();
        let back: BTreeMap<String, Vec<BTreeMap<String, String>>> =
            from_str(&written).map_err(|error| TestCaseError::fail(format!("{written}\n{error}")))?;
        let owned: BTreeMap<String, Vec<BTreeMap<String, String>>> = map
            .into_iter()
            .map(|(key, list)| {
                let list = list
                    .into_iter()
                    .map(|map| map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
                    .collect();
                (key, list)
            })
            .collect();
        prop_assert_eq!(back, owned, "\n{}", written);
    }

    #[test]
    fn writing_a_read_text_is_stable(value in text()) {
        let written = to_string(&BTreeMap::from([("value", value)])).unwrap();
        let read: BTreeMap<String, String> = from_str(&written).unwrap();
        prop_assert_eq!(to_string(&read).unwrap(), written);
    }
}

#[rstest]
#[case::nothing("", "null")]
#[case::comment("# only a comment\n", "null")]
#[case::marker("---\na: 1\n", r#"{"a":1}"#)]
#[case::two("a: 1\n---\na: 2\n", r#"{"a":1}"#)]
#[case::ended("a: 1\n...\nnot: [yaml\n", r#"{"a":1}"#)]
#[case::duplicate("a: 1\na: 2\n", r#"{"a":2}"#)]
#[case::json(r#"{"a": "1"}"#, r#"{"a":"1"}"#)]
fn first_document_is_read_as_kubectl_does(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(first_document(text).unwrap().to_string(), expected);
}

#[test]
fn unreadable_document_has_position() {
    let error = first_document("a: 1\nb: [\n").unwrap_err();
    assert!(error.position().is_some(), "{error}");
}
