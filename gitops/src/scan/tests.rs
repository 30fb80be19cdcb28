use dataflow::code::Code;
use dataflow::spec::{Dataflow, DataflowSpec};

use super::*;

const FOLDER: &str = "apps/prod/orders";

fn flow(entry: &str, code: &str) -> Rendered {
    let spec = DataflowSpec {
        python_file_name: entry.to_owned(),
        ..DataflowSpec::default()
    };
    let mut files = Code::new();
    files.insert("flow.py", code).unwrap();
    Rendered {
        dataflow: Dataflow::new("orders", spec),
        code: files,
    }
}

fn changed(path: &str, old: Option<&str>, new: &str) -> FileChange {
    FileChange {
        path: format!("{FOLDER}/{path}"),
        old: old.map(Into::into),
        new: Some(new.into()),
    }
}

fn shown(found: &[Finding]) -> Vec<String> {
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn finding_names_file_line_and_rule() {
    let change = changed("flow.py", None, "import os\npassword = 'hunter2'\n");
    let found = scan(FOLDER, &flow("flow.py", ""), &[change]);
    assert_eq!(
        shown(&found.new),
        ["flow.py line 2 contains a secret, judging by the name `password`"]
    );
}

#[test]
fn secret_in_comment_of_resource_is_found() {
    let text = "# db: postgres://app:hunter2@db.shop.net/x\nkind: Dataflow\nmetadata:\n  annotations:\n    \
                example.com/api-token: abc123def456\n";
    let found = scan(
        FOLDER,
        &flow("flow.py", ""),
        &[changed(DATAFLOW, None, text)],
    );
    assert_eq!(
        shown(&found.new),
        [
            "dataflow.yaml line 1 contains a password in a URL",
            "dataflow.yaml line 5 contains a secret, judging by the name `api-token`",
        ]
    );
}

#[test]
fn line_that_git_has_already_is_known() {
    let old = "password = 'hunter2'\n";
    let change = changed(
        "flow.py",
        Some(old),
        &format!("import os\n{old}token = 'abc123def456'\n"),
    );
    let found = scan(FOLDER, &flow("flow.py", ""), &[change]);
    assert_eq!(
        shown(&found.known),
        ["flow.py line 2 contains a secret, judging by the name `password`"]
    );
    assert_eq!(
        shown(&found.new),
        ["flow.py line 3 contains a secret, judging by the name `token`"]
    );
}

#[rstest::rstest]
#[case(
    "flow.py:get_flow('clicks', 'hunter2')",
    Some("a secret, judging by the name `api_key`")
)]
#[case(
    "flow:get_flow('clicks', 'hunter2')",
    Some("a secret, judging by the name `api_key`")
)]
#[case(
    "flow.py:other('hx9Kq2fT7vLw0RzPb4YdNc8SgJm1XuEa')",
    Some("what looks like a key")
)]
#[case("flow.py:get_flow('clicks', 'k')", None)]
fn argument_of_entry_point_is_found(#[case] entry: &str, #[case] what: Option<&str>) {
    let flow = flow(entry, "def get_flow(topic, api_key):\n    pass\n");
    let text = format!("kind: Dataflow\nspec:\n  pythonFileName: {entry}\n");
    let found = scan(FOLDER, &flow, &[changed(DATAFLOW, None, &text)]);
    let want = what.map(|what| format!("dataflow.yaml line 3 contains {what}"));
    assert_eq!(shown(&found.new), Vec::from_iter(want));
    let marked = text.trim_end().to_owned() + " # waxctl:allow-secret\n";
    let found = scan(FOLDER, &flow, &[changed(DATAFLOW, None, &marked)]);
    assert_eq!(found, Scan::default());
}

#[test]
fn names_and_message_are_searched() {
    let token = ["ghp_", "0123456789abcdefghijABCDEFGHIJ"].concat();
    let change = changed(&format!("{token}.py"), None, "");
    let found = scan(FOLDER, &flow("flow.py", ""), &[change]);
    assert_eq!(
        shown(&found.new),
        ["the name of a file contains a GitHub token"]
    );
    assert_eq!(
        shown(&in_message(&format!("Fix\n\nlogin with {token}"))),
        ["the commit message line 3 contains a GitHub token"]
    );
    assert_eq!(
        shown(&in_branch(&format!("try-{token}"))),
        ["the name of the branch contains a GitHub token"]
    );
    assert_eq!(in_message("Rotate the password of the database"), []);
}

#[test]
fn variable_in_any_form_of_yaml_is_found() {
    let mut flow = flow("flow.py", "");
    flow.dataflow.spec.env.push(dataflow::spec::EnvVar {
        name: "DB_PASSWORD".to_owned(),
        value: "Zk8Qv3xT9rLm2WbN".to_owned(),
    });
    let text = |mark: &str| {
        format!("x: &p Zk8Qv3xT9rLm2WbN{mark}\nenv:\n- name: DB_PASSWORD\n  value: *p\n")
    };
    let places = |text: &str, old: Option<&str>| {
        let change = changed("dataflow.yaml", old, text);
        shown(&scan(FOLDER, &flow, &[change]).new)
    };
    let expected =
        "dataflow.yaml: spec.env[DB_PASSWORD] contains a secret, judging by the name `DB_PASSWORD`";
    assert_eq!(places(&text(""), None), [expected]);
    assert_eq!(
        places(&text(&format!(" # {MARK}")), None),
        Vec::<String>::new()
    );
    let (old, new) = (text(""), text("") + "# more");
    assert_eq!(places(&new, Some(&old)), Vec::<String>::new());
    let flow_style = "env: [{name: DB_PASSWORD, value: Zk8Qv3xT9rLm2WbN}]";
    let of_line = "dataflow.yaml line 1 contains a secret, judging by the name `DB_PASSWORD`";
    assert_eq!(places(flow_style, None), [of_line]);
}
