use std::collections::BTreeMap;

use crate::layout;

use super::*;

const FLOW: &str = "apiVersion: bytewax.io/v1alpha1
kind: Dataflow
metadata:
  name: orders
spec:
  image:
    tag: 0.21.1-python3.11
  pythonFileName: orders.py
  configMapName: orders-source
";

const KUSTOMIZATION: &str = "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: shop
resources:
- dataflow.yaml
configurations:
- kustomizeconfig.yaml
configMapGenerator:
- name: orders-source
  files:
  - orders.py
";

/// Returns the files of a correct folder, changed by `files`; an empty text removes the file.
fn files(changes: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> = [
        ("dataflow.yaml", FLOW),
        ("kustomization.yaml", KUSTOMIZATION),
        ("kustomizeconfig.yaml", "nameReference: []\n"),
        ("orders.py", "flow = None\n"),
    ]
    .into_iter()
    .chain(changes.iter().copied())
    .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
    .collect();
    files.retain(|_, text| !text.is_empty());
    files
}

fn lines(changes: &[(&str, &str)]) -> String {
    let checked = folder("apps/prod/orders", &files(changes));
    Report::new(1, checked.problems).text(Format::Text)
}

fn flow(from: &str, to: &str) -> String {
    assert!(FLOW.contains(from), "{from}");
    FLOW.replace(from, to)
}

fn kustomization(from: &str, to: &str) -> String {
    assert!(KUSTOMIZATION.contains(from), "{from}");
    KUSTOMIZATION.replace(from, to)
}

#[test]
fn rendered_folder_has_no_problem() {
    assert_eq!(lines(&[]), "");
    let rendered = layout::read(&files(&[])).unwrap();
    let checked = folder("apps/prod/orders", &layout::write(&rendered));
    assert_eq!(checked.problems, []);
    let identity = checked.flow.unwrap();
    assert_eq!(
        (
            identity.scope.as_str(),
            identity.namespace.as_deref(),
            identity.line
        ),
        ("apps/prod", Some("shop"), Some(4))
    );
}

/// Returns the problems of folders in which one file is another, each under the name of its case.
fn table(cases: &[(&str, &str, String)]) -> String {
    let texts = cases.iter().map(|(name, file, text)| {
        let lines = lines(&[(*file, text.as_str())]);
        format!("# {name}\n{lines}\n")
    });
    texts.collect()
}

#[test]
fn faults_of_resource_have_place_and_remedy() {
    let with = |lines: &str| format!("{FLOW}{lines}");
    let text = table(&[
        ("not YAML", "dataflow.yaml", flow("spec:", "spec: [")),
        (
            "wrong type",
            "dataflow.yaml",
            with("  processesCount: many\n"),
        ),
        (
            "other kind",
            "dataflow.yaml",
            flow("Dataflow", "Deployment"),
        ),
        (
            "unknown field",
            "dataflow.yaml",
            with("  procesesCount: 2\n"),
        ),
        (
            "two faults",
            "dataflow.yaml",
            with("  processesCount: 0\n").replace("0.21.1-python3.11", "''"),
        ),
        ("not supported", "dataflow.yaml", with("  jobMode: true\n")),
        (
            "floating tag",
            "dataflow.yaml",
            flow("0.21.1-python3.11", "latest"),
        ),
        (
            "invalid name",
            "dataflow.yaml",
            flow("name: orders\n", "name: Orders\n"),
        ),
        (
            "other folder",
            "dataflow.yaml",
            flow("name: orders\n", "name: order\n"),
        ),
        (
            "entry point",
            "dataflow.yaml",
            flow("orders.py", "order.py"),
        ),
        (
            "module",
            "dataflow.yaml",
            flow("orders.py", "orders.flows:flow"),
        ),
        (
            "inline credential",
            "dataflow.yaml",
            with(
                "  recovery:\n    enabled: true\n    cloudBackup:\n      enabled: true\n      s3:\n        \
                 url: s3://bucket\n        accessKeyId: a\n        secretAccessKey: b\n",
            ),
        ),
    ]);
    insta::assert_snapshot!(text);
}

#[test]
fn faults_of_folder_have_place_and_remedy() {
    let text = table(&[
        ("code file missing", "orders.py", String::new()),
        (
            "resource missing",
            "kustomization.yaml",
            kustomization("- dataflow.yaml", "- dataflow.yaml\n- pdb.yaml"),
        ),
        (
            "resource not listed",
            "kustomization.yaml",
            kustomization("- dataflow.yaml", "- flow.yaml"),
        ),
        (
            "no name reference",
            "kustomization.yaml",
            kustomization("configurations:\n- kustomizeconfig.yaml\n", ""),
        ),
        (
            "other ConfigMap",
            "kustomization.yaml",
            kustomization("name: orders-source", "name: orders-code"),
        ),
        (
            "kustomization not YAML",
            "kustomization.yaml",
            "resources: [".to_owned(),
        ),
        ("file not listed", "helpers.py", "x = 1\n".to_owned()),
        ("no kustomization", "kustomization.yaml", String::new()),
    ]);
    insta::assert_snapshot!(text);
}

#[test]
fn secrets_are_found_and_never_shown() {
    let variable = "  env:\n  - name: DB_PASSWORD\n    value: correct horse battery\n";
    let text = table(&[
        ("in variable", "dataflow.yaml", format!("{FLOW}{variable}")),
        (
            "in code",
            "orders.py",
            "flow = None\nkey = 'AKIAIOSFODNN7REALKEY'\n".to_owned(),
        ),
    ]);
    assert!(!text.contains("AKIAIOSFODNN7REALKEY") && !text.contains("correct horse"));
    insta::assert_snapshot!(text);
}

#[test]
fn output_of_render_is_checked_with_code() {
    let rendered =
        layout::read(&files(&[("dataflow.yaml", &flow("orders.py", "order.py"))])).unwrap();
    let text = crate::resources::text(&rendered, crate::object::Format::Yaml);
    let text = format!("kind: Service\napiVersion: v1\n---\n# nothing\n---\n{text}");
    assert!(has_dataflow(&text));
    let checked = documents("all.yaml", &text);
    assert_eq!(checked.len(), 1);
    let problems: Vec<_> = checked
        .into_iter()
        .flat_map(|checked| checked.problems)
        .collect();
    insta::assert_snapshot!(Report::new(1, problems).text(Format::Text));
}

#[test]
fn list_of_objects_is_checked_too() {
    let rendered =
        layout::read(&files(&[("dataflow.yaml", &flow("orders.py", "order.py"))])).unwrap();
    let text = crate::resources::text(&rendered, crate::object::Format::Json);
    let [checked] = &documents("all.json", &text)[..] else {
        panic!("not one flow");
    };
    assert_eq!(checked.problems[0].rule, "entry-point");
    assert_eq!(checked.problems[0].line, None);
}

fn identity(folder: &str, namespace: Option<&str>, name: &str) -> Flow {
    Flow {
        file: format!("{folder}/dataflow.yaml"),
        line: Some(4),
        scope: parent(folder).to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    }
}

#[test]
fn collisions_are_found_within_one_environment() {
    let flows = [
        identity("apps/dev/orders", Some("shop"), "orders"),
        identity("apps/prod/orders", Some("shop"), "orders"),
        identity("apps/prod/Orders", Some("shop"), "orders"),
        identity("apps/prod/orders-api", Some("shop"), "orders-api"),
        identity("apps/prod/other", Some("team"), "orders"),
    ];
    insta::assert_snapshot!(Report::new(flows.len(), together(&flows)).text(Format::Text));
}

#[test]
fn report_has_every_format() {
    let bad = flow("tag: 0.21.1-python3.11", "tag: ''");
    let checked = folder(
        "apps/prod/a, b:c",
        &files(&[("dataflow.yaml", &bad), ("x.py", "1\n")]),
    );
    let report = Report::new(1, checked.problems);
    let formats = [Format::Text, Format::Json, Format::GitHub, Format::GitLab];
    let texts = formats.map(|format| format!("{format:?}\n{}", report.text(format)));
    insta::assert_snapshot!(format!("{}{}", texts.join("\n"), report.summary()));
}

#[test]
fn folders_without_flow_are_left_out() {
    let none = |path: &str, changes: &[(&str, &str)]| {
        let checked = folder(path, &files(changes));
        checked.flow.is_none() && checked.problems.is_empty()
    };
    let patched = kustomization(
        "- dataflow.yaml",
        "- ../base\npatches:\n- path: dataflow.yaml",
    );
    let patch = flow("  image:\n    tag: 0.21.1-python3.11\n", "");
    assert!(none(
        "overlays/prod",
        &[("kustomization.yaml", &patched), ("dataflow.yaml", &patch)]
    ));
    assert!(none("nifi", &[("dataflow.yaml", "processors: [")]));
    assert!(!none(
        "apps/prod/orders",
        &[("dataflow.yaml", "processors: [")]
    ));
    assert!(!none(
        "flows/orders",
        &[("dataflow.yaml", &flow("bytewax.io", "bytwax.io"))]
    ));
}
