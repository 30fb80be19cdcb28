use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::code::PackFile;
use crate::revision::revision;
use crate::spec::strategy::any_spec;
use crate::yaml;

fn spec(text: &str) -> DataflowSpec {
    yaml::from_str(text).unwrap()
}

fn code(files: &[(&str, &[u8])]) -> Code {
    let mut code = Code::new();
    for (key, bytes) in files {
        code.insert(*key, *bytes).unwrap();
    }
    code
}

fn shown(changes: &[Change]) -> String {
    let side = |text: &Option<String>| text.as_ref().map_or("-".to_owned(), |t| format!("{t:?}"));
    changes
        .iter()
        .map(|change| {
            let (old, new) = (side(&change.old), side(&change.new));
            format!("{}: {old} -> {new}, {}\n", change.path, change.cost)
        })
        .collect()
}

#[test]
fn changed_fields_are_listed_with_their_cost() {
    let old = spec(
        "
image: {tag: '1', repository: bytewax/bytewax}
pythonFileName: a.py
configMapName: source-1
suspend: false
env: [{name: A, value: '1'}, {name: B, value: x}]
artifactsDownload: {url: https://x, token: old}
",
    );
    let new = spec(
        "
image: {tag: '2'}
pythonFileName: a.py
configMapName: source-2
processesCount: 2
env: [{name: B, value: x}, {name: C, value: yes}]
artifactsDownload: {url: https://x, token: new}
",
    );
    insta::assert_snapshot!(shown(&changes(&old, &Code::new(), &new, &Code::new())), @r#"
    spec.artifactsDownload.token: "(hidden)" -> "(hidden)", one restart
    spec.configMapName: "source-1" -> "source-2", no restart
    spec.env[A]: "1" -> -, one restart
    spec.env[C]: - -> "yes", one restart
    spec.image.tag: "1" -> "2", one restart
    spec.processesCount: - -> "2", one restart
    "#);
}

#[test]
fn changed_code_is_listed_by_file() {
    let old = code(&[
        ("a.py", b"x = 1\n"),
        ("pkg..b.py", b"y"),
        ("gone.bin", b"\xff\x00"),
    ]);
    let new = code(&[
        ("a.py", b"x = 2\n"),
        ("pkg..b.py", b"y"),
        ("pkg..new.py", b""),
    ]);
    let spec = DataflowSpec::default();
    insta::assert_snapshot!(shown(&changes(&spec, &old, &spec, &new)), @r#"
    code/a.py: "x = 1\n" -> "x = 2\n", one restart
    code/gone.bin: "(binary, 2 bytes)" -> -, one restart
    code/pkg/new.py: - -> "", one restart
    "#);
}

#[test]
fn changed_archive_is_listed_by_file() {
    let packed = |text: &str| {
        let files = ["a.py", "pkg/b.py"].map(|path| PackFile {
            path: path.into(),
            bytes: if path == "a.py" {
                text.into()
            } else {
                b"same".to_vec()
            },
            executable: false,
        });
        code(&[("code.tar", &code::pack(&files).unwrap())])
    };
    let tar = spec("{image: {tag: x}, pythonFileName: a.py, tarName: code.tar}");
    let changes = changes(&tar, &packed("1"), &tar, &packed("2"));
    assert_eq!(shown(&changes), "code/a.py: \"1\" -> \"2\", one restart\n");
}

#[test]
fn binary_files_of_equal_size_differ_by_content() {
    let spec = DataflowSpec::default();
    let (old, new) = (code(&[("a", b"\xff1")]), code(&[("a", b"\xff2")]));
    assert_eq!(changes(&spec, &old, &spec, &new).len(), 1);
}

#[rstest]
#[case::same("", "", Cost::None)]
#[case::default_written_out("", "processesCount: 1\nsuspend: false\n", Cost::None)]
#[case::other_config_map("configMapName: a\n", "configMapName: b\n", Cost::None)]
#[case::size("", "processesCount: 2\n", Cost::OneRestart)]
#[case::suspend("", "suspend: true\n", Cost::OneRestart)]
#[case::recovery_on("", "recovery: {enabled: true}\n", Cost::OneRestart)]
#[case::state_reset(
    "recovery: {enabled: true}\n",
    "recovery: {enabled: true, action: {type: Reset, expect: {storeId: a, timeline: b}}}\n",
    Cost::StateLost
)]
#[case::store_adopted(
    "recovery: {enabled: true}\n",
    "recovery: {enabled: true, action: {type: Adopt, expect: {storeId: a, timeline: b}}}\n",
    Cost::OneRestart
)]
#[case::action_removed(
    "recovery: {enabled: true, action: {type: Reset, expect: {storeId: a, timeline: b}}}\n",
    "recovery: {enabled: true}\n",
    Cost::None
)]
#[case::larger_volumes(
    "recovery: {enabled: true, persistence: {size: 1Gi}}\n",
    "recovery: {enabled: true, persistence: {size: 2Gi, storageClassName: fast}}\n",
    Cost::None
)]
#[case::recovery_off("recovery: {enabled: true}\n", "", Cost::StateLost)]
#[case::recovery_off_by_value(
    "recovery: {enabled: true, partsCount: 2}\n",
    "recovery: {enabled: false, partsCount: 2}\n",
    Cost::StateLost
)]
#[case::order_of_variables(
    "env: [{name: A, value: x}, {name: B, value: y}]\n",
    "env: [{name: B, value: y}, {name: A, value: x}]\n",
    Cost::OneRestart
)]
fn total_cost_of_a_change(#[case] old: &str, #[case] new: &str, #[case] cost: Cost) {
    let base = "image: {tag: x}\npythonFileName: a.py\n";
    let (old, new) = (spec(&format!("{base}{old}")), spec(&format!("{base}{new}")));
    assert_eq!(
        total(&changes(&old, &Code::new(), &new, &Code::new())),
        cost
    );
}

proptest! {
    #[test]
    fn restart_requires_new_revision_size_or_suspension(
        old in any_spec(), new in any_spec(), old_text in "[ab]", new_text in "[ab]"
    ) {
        let (old_code, new_code) =
            (code(&[("a", old_text.as_bytes())]), code(&[("a", new_text.as_bytes())]));
        let untouched = revision(&old, &old_code.hash()) == revision(&new, &new_code.hash())
            && old.processes() == new.processes()
            && old.suspended() == new.suspended();
        let cost = total(&changes(&old, &old_code, &new, &new_code));
        prop_assert_eq!(cost == Cost::None, untouched);
    }
}

#[test]
fn cost_of_image_with_code_is_unknown() {
    let flow = |tag: &str, recovery: bool| {
        spec(&format!(
            "{{image: {{tag: '{tag}'}}, pythonFileName: shop.orders, codeInImage: true, recovery: {{enabled: {recovery}}}}}"
        ))
    };
    let cost = |old: &DataflowSpec, new: &DataflowSpec| {
        total(&changes(old, &Code::new(), new, &Code::new()))
    };
    assert_eq!(cost(&flow("1", true), &flow("2", true)), Cost::Unknown);
    assert_eq!(cost(&flow("1", false), &flow("2", false)), Cost::OneRestart);
    let mut more = flow("1", true);
    more.processes_count = Some(2);
    assert_eq!(cost(&flow("1", true), &more), Cost::OneRestart);
    // The code moves into the image: its steps are unknown from now on.
    let file = spec(
        "{image: {tag: '1'}, pythonFileName: a.py, configMapName: a, recovery: {enabled: true}}",
    );
    assert_eq!(cost(&file, &flow("1", true)), Cost::Unknown);
}
