use super::*;

fn read_text(name: &str, text: &str) -> Result<Values, CommandError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    read(&path)
}

#[rstest::rstest]
#[case(
    "v.yaml",
    "name: orders\nprocesses: 2\nimage-tag: 1_000\nkeep-alive: true\n\
     environment-variables:\n- A=on\n- B=1\nnamespace: yes\n"
)]
#[case(
    "v.json",
    r#"{"name": "orders", "processes": 2, "image-tag": "1_000", "keep-alive": true,
        "environment-variables": ["A=on", "B=1"], "namespace": "yes"}"#
)]
#[case(
    "v.toml",
    "name = \"orders\"\nprocesses = 2\nimage-tag = \"1_000\"\nkeep-alive = true\n\
     environment-variables = [\"A=on\", \"B=1\"]\nnamespace = \"yes\"\n"
)]
#[case(
    "v.env",
    "# a comment\nexport NAME=orders\nPROCESSES=2\nIMAGE_TAG='1_000'\nkeep-alive=true\n\
     ENVIRONMENT_VARIABLES=\"A=on,B=1\"\n\nNAMESPACE=yes\n"
)]
fn all_formats_give_same_values(#[case] name: &str, #[case] text: &str) {
    let values = read_text(name, text).unwrap();
    assert_eq!(values.flow.name.as_deref(), Some("orders"));
    assert_eq!(values.flow.processes, Some(2));
    assert_eq!(values.flow.image_tag.as_deref(), Some("1_000"));
    assert_eq!(values.flow.keep_alive, Some(true));
    assert_eq!(values.flow.environment_variables.join(","), "A=on,B=1");
    assert_eq!(values.namespace.as_deref(), Some("yes"));
}

#[rstest::rstest]
#[case("v.hcl", "", "HCL is not supported")]
#[case("v.properties", "", "the format of Java properties is not supported")]
#[case("values", "", "a file name without a known extension is not supported")]
#[case("v.yaml", "nmae: orders\n", "there is no flag `--nmae`")]
#[case(
    "v.yaml",
    "processes: many\n",
    "invalid value 'many' for '--processes <N>'"
)]
#[case("v.yaml", "values: other.yaml\n", "there is no flag `--values`")]
#[case("v.env", "orders\n", "line 1: there is no \"=\"")]
#[case(
    "v.toml",
    "name = 1.5\n",
    "`name`: a float cannot be the value of a flag"
)]
fn invalid_values_file_is_explained(#[case] name: &str, #[case] text: &str, #[case] cause: &str) {
    let error = read_text(name, text).unwrap_err();
    assert!(
        error.message.starts_with("cannot read the values file"),
        "{error:?}"
    );
    assert!(error.causes[0].starts_with(cause), "{error:?}");
}

#[test]
fn similar_flag_is_suggested() {
    let error = read_text("v.yaml", "image-tg: x\n").unwrap_err();
    assert_eq!(error.hints, ["did you mean `image-tag`?"]);
    for (hidden, text) in [
        ("platform", "platfrm: true\n"),
        ("schedule", "schedul: x\n"),
    ] {
        let error = read_text("v.yaml", text).unwrap_err();
        let told = error.hints.iter().any(|hint| hint.contains(hidden));
        assert!(!told, "{error:?}");
    }
}
