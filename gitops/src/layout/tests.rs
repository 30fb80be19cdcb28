use std::fmt::Write as _;

use dataflow::spec::{DataflowSpec, ImageSpec};
use proptest::prelude::*;

use super::*;

fn rendered(files: &[(&str, &[u8])]) -> Rendered {
    let mut code = Code::new();
    for (key, bytes) in files {
        code.insert(*key, *bytes).unwrap();
    }
    let mut dataflow = Dataflow::new(
        "hello",
        DataflowSpec {
            image: ImageSpec {
                tag: "1".to_owned(),
                ..ImageSpec::default()
            },
            python_file_name: "hello.py".to_owned(),
            config_map_name: Some("hello-source".to_owned()),
            ..DataflowSpec::default()
        },
    );
    dataflow.metadata.namespace = Some("prod".to_owned());
    Rendered { dataflow, code }
}

fn listing(files: &BTreeMap<String, Vec<u8>>) -> String {
    files.iter().fold(String::new(), |mut text, (path, bytes)| {
        write!(text, "=== {path}\n{}", String::from_utf8_lossy(bytes)).unwrap();
        text
    })
}

#[test]
fn folder_of_a_flow_with_code() {
    let rendered = rendered(&[("hello.py", b"flow = 1\n"), ("pkg..mod.py", b"x = 1\n")]);
    insta::assert_snapshot!(listing(&write(&rendered)));
}

#[test]
fn flow_without_code_has_no_generator() {
    insta::assert_snapshot!(listing(&write(&rendered(&[]))));
}

#[test]
fn additions_to_the_folder_are_ignored() {
    let expected = rendered(&[("hello.py", b"flow = 1\n")]);
    let mut files = write(&expected);
    let text = String::from_utf8(files[KUSTOMIZATION].clone()).unwrap();
    let edited = format!(
        "# ours\n{}\ncommonLabels:\n  team: a\n",
        text.replace("- hello.py", "- ./hello.py")
    );
    files.insert(KUSTOMIZATION.to_owned(), edited.into_bytes());
    files.insert("README.md".to_owned(), b"notes".to_vec());
    assert_eq!(read(&files).unwrap(), expected);
}

#[test]
fn missing_or_broken_file_is_named() {
    let mut files = write(&rendered(&[("hello.py", b"flow = 1\n")]));
    let without = |name: &str| {
        let mut files = files.clone();
        files.remove(name);
        read(&files).map_err(|error| error.to_string())
    };
    assert_eq!(
        without(DATAFLOW),
        Err("there is no dataflow.yaml".to_owned())
    );
    assert_eq!(without("hello.py"), Err("there is no hello.py".to_owned()));
    files.insert(DATAFLOW.to_owned(), b"spec: [".to_vec());
    let error = read(&files).unwrap_err();
    assert_eq!(error.to_string(), "cannot read dataflow.yaml");
}

#[test]
fn only_local_folder_is_read_strictly() {
    let mut files = write(&rendered(&[("hello.py", b"flow = 1\n")]));
    let text = String::from_utf8(files[DATAFLOW].clone()).unwrap();
    let misspelt = format!("{text}  procesesCount: 2\n");
    let with_status = format!("{text}status:\n  newer: 1\n");
    files.insert(DATAFLOW.to_owned(), misspelt.into_bytes());
    assert_eq!(
        read_strict(&files).unwrap_err().to_string(),
        "dataflow.yaml has unknown field spec.procesesCount"
    );
    read(&files).unwrap();
    files.insert(DATAFLOW.to_owned(), with_status.into_bytes());
    read_strict(&files).unwrap();
}

#[test]
fn other_kind_is_reported_before_its_fields() {
    let refused = |types: &str| {
        let text = format!("{types}metadata: {{name: a}}\nspec: {{x: 1}}\n");
        let files = BTreeMap::from([(DATAFLOW.to_owned(), text.into_bytes())]);
        read_strict(&files).unwrap_err().to_string()
    };
    let is = |what: &str| {
        format!("dataflow.yaml contains a {what}, not a Dataflow of bytewax.io/v1alpha1")
    };
    assert_eq!(
        refused("apiVersion: apps/v1\nkind: Deployment\n"),
        is("Deployment of apps/v1")
    );
    assert_eq!(
        refused("apiVersion: bytewax.io/v2\nkind: Dataflow\n"),
        is("Dataflow of bytewax.io/v2")
    );
    assert_eq!(
        refused("kind: Dataflow\n"),
        is("Dataflow without an apiVersion")
    );
    assert_eq!(refused(""), is("resource without a kind"));
}

proptest! {
    #[test]
    fn written_folder_reads_back_unchanged(
        files in prop::collection::btree_map("[a-z]{1,5}(\\.\\.[a-z]{1,5})?\\.(py|txt)", any::<Vec<u8>>(), 0..4),
        namespace in prop::option::of("[a-z]{1,8}"),
    ) {
        let files: Vec<_> = files.iter().map(|(key, bytes)| (key.as_str(), bytes.as_slice())).collect();
        let mut expected = rendered(&files);
        expected.dataflow.metadata.namespace = namespace;
        prop_assert_eq!(read(&write(&expected)).unwrap(), expected);
    }
}
