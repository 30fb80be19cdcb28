use dataflow::code::Code;
use dataflow::spec::{Dataflow, DataflowSpec, EnvVar};

use super::*;

#[rstest::rstest]
#[case("spec.env.DB_PASSWORD", "x", true)]
#[case("spec.env[API_KEY]", "x", true)]
#[case("spec.env[TOKENIZER]", "bert-base", false)]
#[case("spec.env[AWS_ACCESS_KEY_ID]", "x", true)]
#[case("spec.recovery.cloudBackup.s3.secretAccessKey", "x", true)]
#[case("spec.recovery.cloudBackup.s3.secretName", "x", false)]
#[case("spec.image.pullSecret", "x", false)]
#[case("spec.env[PULL_SECRET]", "x", true)]
#[case("spec.env", "PULL_SECRET=x", true)]
#[case("metadata.annotations.example.com/api-token", "x", true)]
#[case("spec.env.URL", "postgres://user:hunter2@db/x", true)]
#[case("spec.env.URL", "postgres://user@db/x", false)]
#[case("spec.env.URL", "https://host/a:b@c", false)]
#[case("spec.env.JAAS", "required username=\"a\" password=\"hunter2\";", true)]
#[case("spec.env.A", "AKIAIOSFODNN7EXAMPLE", true)]
#[case("spec.image.tag", "1.0", false)]
fn value_that_could_be_secret_is_hidden(
    #[case] path: &str,
    #[case] value: &str,
    #[case] hidden: bool,
) {
    let mut new = Some(value.to_owned());
    Masks::default().field(path, &mut None, &mut new);
    assert_eq!(new.as_deref() == Some(HIDDEN), hidden);
}

fn flow(name: &str, value: &str) -> Rendered {
    let env = vec![EnvVar {
        name: name.to_owned(),
        value: value.to_owned(),
    }];
    let spec = DataflowSpec {
        env,
        ..DataflowSpec::default()
    };
    Rendered {
        dataflow: Dataflow::new("x", spec),
        code: Code::new(),
    }
}

#[test]
fn hidden_change_is_visible_as_change() {
    let masks = Masks::default();
    let (mut old, mut new) = (Some("a".to_owned()), Some("b".to_owned()));
    masks.field("spec.env.TOKEN", &mut old, &mut new);
    assert_eq!(old.as_deref(), Some(HIDDEN));
    assert_eq!(new.as_deref(), Some(HIDDEN_NEW));

    let file = |value: &str| Some(format!("x = 1\nurl = 'amqp://a:{value}@mq.shop.net'\n"));
    let (mut old, mut new) = (file("hunter2"), file("hunter3"));
    masks.file("a.py", &mut old, &mut new);
    assert_eq!(old, file("(hidden)"));
    assert_eq!(new, file("(hidden, changed)"));
}

#[test]
fn secret_under_harmless_name_is_hidden() {
    let (old, new) = (
        flow("DB_PASSWORD", "correct-horse"),
        flow("LEVEL", "correct-horse"),
    );
    let masks = Masks::of([&old, &new]);
    let mut value = Some("correct-horse".to_owned());
    masks.field("spec.env[LEVEL]", &mut None, &mut value);
    assert_eq!(value.as_deref(), Some(HIDDEN));
    let mut code = Some("x = 'correct-horse'\n".to_owned());
    masks.file("a.py", &mut None, &mut code);
    assert_eq!(code.as_deref(), Some("x = '(hidden)'\n"));
}

#[test]
fn chart_values_hide_only_their_secrets() {
    let text = "extraEnv:\n- name: DB_PASSWORD\n  value: hunter2\n- name: LEVEL\n  value: info\n";
    let mut new = Some(text.to_owned());
    Masks::default().field("spec.chartValues", &mut None, &mut new);
    assert_eq!(new, Some(text.replace("hunter2", HIDDEN)));
}

#[rstest::rstest]
#[case(
    "invalid value 'AKIAIOSFODNN7EXAMPLE' for '-p'",
    "invalid value '(hidden)' for '-p'"
)]
#[case(
    "cannot read\n   2 | a: [\n   3 | token: abcdef123456\n     | ^",
    "cannot read\n   2 | a: [\n   3 | token: (hidden)\n     | ^"
)]
#[case(
    "TOML error\n1 | password = \"hunter2\n  |    ^",
    "TOML error\n1 | password = \"(hidden)\n  |    ^"
)]
#[case(
    "fatal: cannot fetch https://ann:hunter2@git.shop.net/x",
    "fatal: cannot fetch https://ann:(hidden)@git.shop.net/x"
)]
#[case(
    "kubectl create secret generic x --from-file=KEY=/dev/stdin",
    "kubectl create secret generic x --from-file=KEY=/dev/stdin"
)]
#[case(
    "tip: to pass '--hidde' as a value, use '-- --hidde'",
    "tip: to pass '--hidde' as a value, use '-- --hidde'"
)]
#[case(
    "there is no token for the password of ann",
    "there is no token for the password of ann"
)]
fn secret_in_message_is_replaced(#[case] text: &str, #[case] redacted: &str) {
    assert_eq!(redact(text), redacted);
}

#[test]
fn message_with_many_secrets_is_replaced_whole() {
    // As settings, all of them are secrets; as a sentence, only the last one is.
    let weak: String = (0..110).map(|i| format!("password{i}=abcd ")).collect();
    let line = format!("1 | {weak}password=hunter2x9");
    assert_eq!(redact(&line), format!("1 |{HIDDEN}"));
}
