//! Compares output formats with the real kubectl: both programs ask the same simulated API server.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::api::Api;
use crate::environment::{Environment, Finished};
use crate::get::FLOWS;

/// JSONPath templates, from the documentation of kubectl and for each of its rules.
const TEMPLATES: &[&str] = &[
    "{.kind}",
    "{@}",
    "{$}",
    "{.}",
    "{.items[*].metadata.name}",
    "{.items[0].metadata.name}",
    "{.items[-1].metadata.name}",
    "{.items[-1:].metadata.name}",
    "{.items[0:2].metadata.name}",
    "{.items[::2].metadata.name}",
    "{.items[1:].metadata.name}",
    "{.items[:1].metadata.name}",
    "{.items[0,2].metadata.name}",
    "{.items[0, 1]['metadata.name', 'kind']}",
    "{.items[*]['metadata.name','spec.processesCount']}",
    "{.items[*].spec.image}",
    "{.items[*].spec.args[*]}",
    "{.items[*].spec.args[0]}",
    "{.items[0].spec.args[5]}",
    "{.items[0].spec.args[-5]}",
    "{.items[0].spec.args[3:1]}",
    "{.items[0].spec.args[0:3:2]}",
    "{.items[0].spec.args[0:3:0]}",
    "{.items[0].spec.args[]}",
    "{.items[0].spec.args[-2:-1]}",
    "{.items.metadata.name}",
    "{.missing}",
    "{.items[*].missing}",
    "before {.kind} after",
    "{.kind}{.apiVersion}",
    "{.kind} {.apiVersion}",
    "no braces",
    "}{.kind}}",
    "{ .kind }",
    "{.kind .apiVersion}",
    "{'text'}{\"double\"}",
    r#"{"tab\tand\nline"}"#,
    r#"{"\u00e9\x41\101\"'"}"#,
    r#"{'it\'s'}"#,
    r#"{"bad\q"}"#,
    "{1}{-2}{2.5}{true}{false}",
    "{.items[*].spec.numbers}",
    "{.items[*].spec.numbers[*]}",
    "{.items[0].spec.numbers.float}",
    "{.items[0].spec.numbers.large}",
    "{.items[0].spec.numbers.small}",
    "{.items[0].spec.numbers.million}",
    "{.items[0].spec.numbers.huge}",
    "{.items[0].spec.none}",
    "{.items[0].spec.html}",
    "{.items[0].spec.on}",
    r"{.items[0].metadata.labels.app\.kubernetes\.io/name}",
    r"{.items[0].metadata.labels['app\.kubernetes\.io/name']}",
    "{.items[0].metadata.labels['app.kubernetes.io/name']}",
    "{.items[0].metadata.labels}",
    r#"{range .items[*]}{.metadata.name}{"\t"}{.spec.image.tag}{"\n"}{end}"#,
    r#"{range .items[*]}[{.metadata.name}, {.spec.processesCount}] {end}"#,
    "{range .items[*]}{.metadata.name}:{range .spec.args[*]}{@},{end};{end}.",
    "{range .items[*]}{range .spec.args[*]}{@}{end}{end}{.kind}",
    "{range .items[*]}{.metadata.name}",
    "{range .items[?(@.none)]}{.metadata.name}{end}end",
    "{range .missing[*]}x{end}y",
    "{end}",
    "{range .items[*]}{end}{end}",
    "{range .items[0,1]}{.metadata.name} {end}",
    r#"{.items[?(@.metadata.name=="orders")].spec.image.tag}"#,
    "{.items[?(@.metadata.name=='orders')].spec.image.tag}",
    r#"{.items[?(@.metadata.name!="orders")].metadata.name}"#,
    "{.items[?(@.spec.processesCount==2)].metadata.name}",
    "{.items[?(@.spec.processesCount>1)].metadata.name}",
    "{.items[?(@.spec.processesCount>=2)].metadata.name}",
    "{.items[?(@.spec.processesCount<2)].metadata.name}",
    "{.items[?(@.spec.processesCount<=2)].metadata.name}",
    "{.items[?(@.spec.processesCount==2.5)].metadata.name}",
    r#"{.items[?(@.spec.processesCount=="2")].metadata.name}"#,
    "{.items[?(@.spec.on==true)].metadata.name}",
    "{.items[?(@.spec.on<true)].metadata.name}",
    "{.items[?(@.status)].metadata.name}",
    "{.items[?(@.status.conditions)].metadata.name}",
    r#"{.items[*].status.conditions[?(@.type=="Ready")].status}"#,
    r#"{.items[0].status.conditions[?(@.type=="Ready")].status}"#,
    r#"{.items[0].status.conditions[?(@.reason=="it is (very) well")].type}"#,
    r#"{.items[?(@.metadata.labels.app\.kubernetes\.io/name=="o")].metadata.name}"#,
    "{.items[?(@.spec.image.tag==@.metadata.name)].metadata.name}",
    r#"{.items[?(@.spec.args[0]=="a")].metadata.name}"#,
    r#"{.items[?(@.spec.args[*]=="a")].metadata.name}"#,
    "{.items[?(@.metadata==1)].metadata.name}",
    "{.metadata[?(@.a)]}",
    "{.items[?(@.a==1}",
    "{.items[?(@.a=1)]}",
    "{.items[?(@.a===1)]}",
    "{..name}",
    "{..image.tag}",
    "{..status}",
    "{.items..name}",
    "{.items[0].spec..tag}",
    "{....}",
    "{..*}",
    "{.items[*]",
    "{.items[x]}",
    "{.items[1}",
    "{.items[-]}",
    "{.kind[0]}",
    "{.metadata[0]}",
    "{word}",
    "{#}",
    "{1.2.3}",
    "{.kind\n}",
    "{\"open}",
    "{.items[0].metadata.name.*}",
    "{.items[0].spec.image.*}",
    "{.items[0].spec.args.*}",
    "{.items[0]['spec','metadata'].nothing}",
    "{.items[0].metadata['name']}",
    "{.items[0].metadata['na me']}",
    "{.items[0]..args[0]}",
    "{.items[*].metadata.name[0]}",
];

/// Columns of `-o custom-columns`.
const COLUMNS: &[&str] = &[
    "NAME:.metadata.name",
    "NAME:.metadata.name,TAG:.spec.image.tag",
    "N:.spec.processesCount,A:.kind",
    "NAME:metadata.name,ARGS:{.spec.args},IMAGE:{spec.image}",
    "ARGS:.spec.args[*],FIRST:.spec.args[0:1]",
    "MISSING:.a.b,NULL:.spec.none,EMPTY:.spec.empty,ON:.spec.on",
    "NUMBERS:.spec.numbers",
    r"LABEL:.metadata.labels.app\.kubernetes\.io/name,ALL:.metadata.labels",
    "A:.metadata.name,A:.metadata.name",
    ":.metadata.name",
    "lower case:.metadata.name",
    "NAME",
    "NAME:.a[",
    "NAME:{.a}{.b}",
];

/// Paths of `--sort-by`.
const PATHS: &[&str] = &[
    ".metadata.name",
    "metadata.name",
    "{.metadata.name}",
    ".spec.processesCount",
    ".spec.image.tag",
    ".spec.size",
    ".metadata.creationTimestamp",
    ".spec.args[0]",
    ".nothing",
];

/// Returns the kubectl of the machine, or the one that `tests/cluster` has built.
pub(crate) fn kubectl() -> Command {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or(home.join(".cache"), PathBuf::from);
    let built = std::fs::read_dir(cache.join("bytewax-platform/bin"));
    let built = built.into_iter().flatten().flatten();
    let kubectl = std::env::split_paths(&folders)
        .chain(built.map(|entry| entry.path()))
        .map(|folder| folder.join("kubectl"))
        .find(|path| path.is_file());
    Command::new(kubectl.expect("this test needs kubectl on the PATH"))
}

fn flow(name: &str, number: i64) -> Value {
    json!({
        "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
        "metadata": {
            "name": name, "namespace": "shop", "uid": name, "resourceVersion": number.to_string(),
            "creationTimestamp": format!("2026-01-{:02}T00:00:00Z", 20 - number),
            "managedFields": [{"manager": "waxctl"}],
        },
        "spec": {
            "image": {"tag": format!("0.{number}.1")}, "pythonFileName": "a.py",
            "processesCount": number, "size": format!("{}Gi", 100 / number),
        },
    })
}

/// Creates an API server that real clients accept, with three flows.
fn cluster() -> Api {
    let api = Api::start();
    let group = json!({"groupVersion": "bytewax.io/v1alpha1", "version": "v1alpha1"});
    let resource = json!({
        "name": "dataflows", "singularName": "dataflow", "namespaced": true, "kind": "Dataflow",
        "verbs": ["get", "list", "watch"], "shortNames": ["df"],
    });
    let group = json!({"name": "bytewax.io", "versions": [group], "preferredVersion": group});
    api.put("/api", json!({"kind": "APIVersions", "versions": ["v1"]}));
    api.put(
        "/api/v1",
        json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": []}),
    );
    api.put(
        "/apis",
        json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": [group]}),
    );
    api.put("/apis/bytewax.io/v1alpha1", json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "bytewax.io/v1alpha1", "resources": [resource],
    }));
    let mut orders = flow("orders", 2);
    orders["metadata"]["labels"] = json!({"app.kubernetes.io/name": "o", "team": "data"});
    orders["spec"]["args"] = json!(["a", "b", "c"]);
    orders["spec"]["numbers"] = json!({"float": 0.5, "large": 1e21, "small": 1e-7, "million": 1_234_567.5, "huge": 18_446_744_073_709_551_615_u64});
    orders["spec"]["none"] = Value::Null;
    orders["spec"]["empty"] = "".into();
    orders["spec"]["html"] = json!(["<a & b>", "é\u{2028}"]);
    orders["spec"]["on"] = true.into();
    orders["status"] = json!({"conditions": [
        {"type": "Ready", "status": "True", "reason": "it is (very) well"},
        {"type": "Stalled", "status": "False"},
    ]});
    let mut same = flow("0.10.1", 10);
    same["spec"]["args"] = json!([]);
    same["status"] = json!({});
    for flow in [orders, same, flow("hello", 1)] {
        let name = flow["metadata"]["name"].as_str().unwrap().to_owned();
        api.put(&format!("{FLOWS}/{name}"), flow);
    }
    api
}

/// Runs both programs, and appends to `differences` where they differ in output or success.
struct Comparison {
    api: Api,
    environment: Environment,
    differences: Vec<String>,
}

impl Comparison {
    fn new() -> Self {
        Self {
            api: cluster(),
            environment: Environment::new(),
            differences: Vec::new(),
        }
    }

    fn compare(&mut self, flags: &[&str]) {
        let place = ["-n", "shop", "--server", self.api.address()];
        let mut theirs = kubectl();
        theirs.args(["get", "dataflows"]).args(flags).args(place);
        let theirs = self.environment.finish(&mut theirs);
        let ours = [&["df", "list"], flags, &place].concat();
        let ours = self.environment.run(&ours);
        // What is printed before an error does not matter.
        let result = |finished: &Finished| (finished.code == 0).then(|| finished.stdout.clone());
        if result(&ours) != result(&theirs) {
            self.differences
                .push(format!("{flags:?}\nours: {ours}theirs: {theirs}"));
        }
    }

    fn finish(self, count: usize) {
        let different = self.differences.len();
        let all = self.differences.join("\n");
        assert!(different == 0, "{different} of {count} differ:\n{all}");
    }
}

#[test]
fn jsonpath_equals_that_of_kubectl() {
    let mut comparison = Comparison::new();
    for template in TEMPLATES {
        comparison.compare(&["-o", &format!("jsonpath={template}")]);
    }
    for template in [
        "{.items[*].metadata.name}",
        "{.kind}{.items[0].spec}",
        "{.none}",
        "text",
    ] {
        comparison.compare(&["-o", &format!("jsonpath-as-json={template}")]);
        let strict = "--allow-missing-template-keys=false";
        comparison.compare(&["-o", &format!("jsonpath={template}"), strict]);
        comparison.compare(&["-o", "jsonpath", "--template", template]);
    }
    comparison.finish(TEMPLATES.len() + 12);
}

#[test]
fn columns_equal_those_of_kubectl() {
    let mut comparison = Comparison::new();
    for columns in COLUMNS {
        let format = format!("custom-columns={columns}");
        comparison.compare(&["-o", &format]);
        comparison.compare(&["-o", &format, "--no-headers"]);
    }
    comparison
        .environment
        .write("columns", "NAME TAG\nmetadata.name {.spec.image.tag}\n");
    comparison
        .environment
        .write("template", "{.items[*].metadata.name}\n");
    comparison.compare(&["-o", "custom-columns-file=columns"]);
    comparison.compare(&["-o", "jsonpath-file=template"]);
    comparison.compare(&["-o", "jsonpath-file", "--template", "template"]);
    comparison.compare(&[
        "-o",
        "custom-columns=NAME:.metadata.name",
        "-l",
        "none=there",
    ]);
    comparison.compare(&["-o", "jsonpath={.items}", "-l", "none=there"]);
    comparison.compare(&["-o", "name", "-l", "none=there"]);
    comparison.finish(2 * COLUMNS.len() + 6);
}

#[test]
fn order_equals_that_of_kubectl() {
    let mut comparison = Comparison::new();
    for path in PATHS {
        comparison.compare(&["-o", "name", "--sort-by", path]);
        comparison.compare(&[
            "-o",
            "custom-columns=NAME:.metadata.name",
            "--sort-by",
            path,
        ]);
    }
    comparison.finish(2 * PATHS.len());
}
