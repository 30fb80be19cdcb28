use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

use super::*;

fn list() -> Value {
    json!({
        "kind": "List", "metadata": {"resourceVersion": ""},
        "items": [
            {
                "metadata": {"name": "orders", "labels": {"app.kubernetes.io/name": "o", "team": "data"}},
                "spec": {"n": 2, "ratio": 0.5, "on": true, "none": null, "steps": ["a", "b", "c", "d"]},
                "status": {"conditions": [
                    {"type": "Ready", "status": "True"}, {"type": "Stalled", "status": "False"},
                ]},
            },
            {"metadata": {"name": "hello"}, "spec": {"n": 10, "steps": []}},
        ],
    })
}

fn text(template: &str) -> String {
    match Template::parse(template).and_then(|template| template.text(&list(), true)) {
        Ok(text) => text,
        Err(error) => format!("error: {error}"),
    }
}

#[rstest]
#[case::text("plain", "plain")]
#[case::fields("{.items[0].metadata.name}", "orders")]
#[case::several("{.items[*].metadata.name}", "orders hello")]
#[case::missing("<{.nothing.here}>", "<>")]
#[case::escaped_dot(r"{.items[0].metadata.labels.app\.kubernetes\.io/name}", "o")]
#[case::escaped_key(r"{.items[0].metadata.labels['app\.kubernetes\.io/name']}", "o")]
#[case::object(
    "{.items[0].metadata.labels}",
    r#"{"app.kubernetes.io/name":"o","team":"data"}"#
)]
#[case::array("{.items[0].spec.steps}", r#"["a","b","c","d"]"#)]
#[case::scalars(
    "{.items[0].spec.n} {.items[0].spec.ratio} {.items[0].spec.on}",
    "2 0.5 true"
)]
#[case::last("{.items[-1].metadata.name}", "hello")]
#[case::slice("{.items[0].spec.steps[1:3]}", "b c")]
#[case::step("{.items[0].spec.steps[::2]}", "a c")]
#[case::union("{.items[0].spec.steps[0,2]}", "a c")]
#[case::keys("{.items[0].metadata['name','labels'].team}", "data")]
#[case::range(
    r#"{range .items[*]}{.metadata.name}={.spec.n}{"\n"}{end}"#,
    "orders=2\nhello=10\n"
)]
#[case::inner_range(
    "{range .items[*]}{.metadata.name}:{range .spec.steps[*]}({@}){end};{end}.",
    "orders:(a)(b)(c)(d);hello:;."
)]
#[case::filter(r#"{.items[?(@.metadata.name=="hello")].spec.n}"#, "10")]
#[case::filter_by_number("{.items[?(@.spec.n>2)].metadata.name}", "hello")]
#[case::filter_by_presence("{.items[?(@.status)].metadata.name}", "orders")]
#[case::filter_by_text(r#"{.items[0].status.conditions[?(@.type=="Ready")].status}"#, "True")]
#[case::recursive("{..name}", "orders hello")]
#[case::quotes(r#"{"a\tb"}{'c"d'}"#, "a\tbc\"d")]
#[case::numbers("{1}{-2.5}", "1-2.5")]
fn template_is_evaluated(#[case] template: &str, #[case] expected: &str) {
    assert_eq!(text(template), expected);
}

#[test]
fn invalid_templates_are_explained() {
    let templates = [
        "{.items",
        "{.items[0}",
        "{.items[x]}",
        "{.items[5]}",
        "{.items[?(@.spec.n==2}",
        "{.items[0][?(@.a==1)]}",
        r#"{.items[?(@.spec.n=="2")]}"#,
        "{.items[?(@.metadata==1)]}",
        "{\"open}",
        r#"{"\q"}"#,
        "{end}",
        "{word}",
        "{....}",
        "{.kind[0]}",
        "{.items[::0]}",
        "{#}",
        "{1.2.3}",
    ];
    let lines = templates.map(|template| format!("{template}  {}", text(template)));
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn missing_field_is_error_if_demanded() {
    let template = Template::parse("{.nothing}").unwrap();
    let error = template.text(&list(), false).unwrap_err();
    assert_eq!(error.to_string(), "nothing is not found");
}

#[test]
fn deep_nesting_is_refused() {
    let template = "{".to_owned() + &"[?(".repeat(10_000) + &")]".repeat(10_000) + "}";
    assert!(text(&template).starts_with("error: "));
    let template = "{".to_owned() + &"[..".repeat(50) + "}";
    assert!(text(&template).starts_with("error: "));
}

#[test]
fn number_of_values_is_bounded() {
    let template = "{".to_owned() + &"..[*]".repeat(40) + "}";
    let deep = (0..60).fold(json!([0]), |inner, _| json!([inner]));
    let result = Template::parse(&template).unwrap().text(&deep, true);
    assert!(result.is_err_and(|error| error.to_string().contains("values")));
}

#[rstest]
#[case(json!(100_000.5), "100000.5", "100000.5")]
#[case(json!(1e20), "1e+20", "100000000000000000000")]
#[case(json!(1e21), "1e+21", "1e+21")]
#[case(json!(0.000_01), "1e-05", "0.00001")]
#[case(json!(1.5e-7), "1.5e-07", "1.5e-7")]
#[case(json!(2.0), "2", "2")]
#[case(json!(18_446_744_073_709_551_615_u64), "1.8446744073709552e+19", "18446744073709552000")]
#[case(json!("<a>"), "<a>", r#""\u003ca\u003e""#)]
fn values_are_written_as_in_go(#[case] value: Value, #[case] printed: &str, #[case] in_json: &str) {
    assert_eq!(go::printed(&value), printed);
    assert_eq!(go::printed(&json!([value])), format!("[{in_json}]"));
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-c]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c]", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Pieces of templates, so that many random ones are nearly valid.
const PIECES: [&str; 28] = [
    "{", "}", "[", "]", "[?(", ")]", ".", "..", "*", "a", "b", "c", "@", "$", "range ", "end", "'",
    "\"", "\\", ",", ":", "-", "1", "==", "<", " ", "é", "\n",
];

proptest! {
    #[test]
    fn no_template_panics(
        pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24),
        object in json_value(),
        allow_missing in any::<bool>(),
    ) {
        if let Ok(template) = Template::parse(&pieces.concat()) {
            template.text(&object, allow_missing).ok();
            template.json(&object, allow_missing).ok();
        }
    }

    #[test]
    fn printed_json_is_read_back(object in json_value()) {
        let whole = Template::parse("{@}").unwrap();
        if object.is_array() || object.is_object() {
            let text = whole.text(&object, true).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), object.clone());
        }
        let array = whole.json(&object, true).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&array).unwrap(), json!([object]));
    }
}
