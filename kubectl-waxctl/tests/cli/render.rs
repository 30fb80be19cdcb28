//! Tests `df render` as a process, for every kind of source and value.

use std::process::{Command, Stdio};

use crate::environment::{Environment, executable};

#[test]
fn same_source_gives_same_bytes() {
    let environment = Environment::new();
    environment.write("code/main.py", "flow = make()\n");
    environment.write("code/pkg/mod.py", "y = 2\n");
    environment.write("code/with space.txt", "z\n");
    for args in [
        &["df", "render", "hello.py", "-N", "hello", "-e", "B=1,A=2"][..],
        &["df", "render", "code", "-N", "code"],
        &["df", "render", "hello.py", "-N", "hello", "-o", "json"],
        &["df", "render", "hello.py", "-N", "hello", "--expand"],
    ] {
        let (first, second) = (environment.run(args), environment.run(args));
        assert_eq!(first.code, 0, "{first}");
        assert_eq!(first.stdout, second.stdout);
    }
}

#[test]
fn into_writes_valid_source_folder() {
    let environment = Environment::new();
    let args = [
        "df", "render", "hello.py", "-N", "hello", "-n", "prod", "-p", "2",
    ];
    let plain = environment.run(&args);
    let into = environment.run(&[&args[..], &["--into", "apps/prod/hello"]].concat());
    insta::assert_snapshot!(into);
    let again = environment.run(&["df", "render", "apps/prod/hello"]);
    assert_eq!(again.stdout, plain.stdout);
    let nothing = environment.run(&[
        "df",
        "render",
        "apps/prod/hello",
        "--into",
        "apps/prod/hello",
    ]);
    assert_eq!(nothing.code, 0, "{nothing}");
}

#[test]
fn format_for_folder_is_refused() {
    let environment = Environment::new();
    environment.write("values.yaml", "output-format: json\n");
    for format in [&["-o", "json"][..], &["-v", "values.yaml"]] {
        let args = ["df", "render", "hello.py", "-N", "hello", "--into", "out"];
        let refused = environment.run(&[&args[..], format].concat());
        assert_eq!(refused.code, 2, "{refused}");
        assert!(
            refused
                .stderr
                .starts_with("error: `-o` does not fit `--into`\n"),
            "{refused}"
        );
        assert!(!environment.work().join("out").exists());
    }
}

#[test]
fn namespace_of_source_follows_rule() {
    let environment = Environment::new();
    let render = ["df", "render", "hello.py", "-N", "hello", "--into", "out"];
    assert_eq!(environment.run(&render).code, 0);
    environment.write(
        "out/kustomization.yaml",
        "namespace: ../other\nresources: [dataflow.yaml]\n",
    );
    let refused = environment.run(&["df", "deploy", "out", "--server", "http://127.0.0.1:1"]);
    assert_eq!(refused.code, 2, "{refused}");
    assert!(refused.stderr.contains("RFC 1123"), "{refused}");
    let checked = environment.run(&["df", "validate", "out"]);
    assert_eq!(checked.code, 1, "{checked}");
    assert!(checked.stdout.contains("RFC 1123"), "{checked}");
}

#[test]
fn folder_of_other_flow_is_not_overwritten() {
    let environment = Environment::new();
    environment.run(&["df", "render", "hello.py", "-N", "hello", "--into", "out"]);
    let refused = environment.run(&["df", "render", "hello.py", "-N", "other", "--into", "out"]);
    insta::assert_snapshot!(refused);
}

#[test]
fn large_code_warns_and_larger_is_refused() {
    let environment = Environment::new();
    environment.write("large.py", &"x = 1\n".repeat(40_000));
    let warned = environment.run(&["df", "render", "large.py", "-N", "large"]);
    assert_eq!(warned.code, 0);
    insta::assert_snapshot!(warned.stderr);
    environment.write("larger.py", &"x = 1\n".repeat(200_000));
    insta::assert_snapshot!(environment.run(&["df", "render", "larger.py", "-N", "larger"]));
}

#[test]
fn awkward_values_round_trip() {
    let environment = Environment::new();
    let values = [
        "yes",
        "no",
        "on",
        "off",
        "y",
        "N",
        "true",
        "null",
        "~",
        "",
        " ",
        "0123",
        "0x1f",
        "0o17",
        "1_000",
        "1e3",
        ".inf",
        "-.5",
        "12:30:45",
        "2026-01-01",
        "=",
        "a=b",
        "a,b",
        "a, B=c",
        "#x",
        "a #b",
        "- a",
        "? a",
        "a: b",
        ": ",
        "'",
        "\"",
        "\\",
        "\\n",
        "`",
        "%",
        "@",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "[a]",
        "{a: b}",
        "tab\there",
        "\tleading",
        "trailing ",
        " leading",
        "a\nb",
        "a\nb\n",
        "\na",
        "a\r\nb",
        "ünïcödé",
        "日本語",
        "🦀",
        "\u{feff}bom",
        "${VAR}",
        "$(VAR)",
        "%%",
        "a\u{a0}b",
    ];
    assert_eq!(values.len(), 60);
    let mut command = Command::new(executable());
    command.args(["df", "render", "hello.py", "-N", "hello", "-o", "yaml"]);
    for (number, value) in values.iter().enumerate() {
        command.arg("-e").arg(format!("V{number}={value}"));
    }
    let finished = environment.finish(&mut command);
    assert_eq!(finished.code, 0, "{finished}");
    let first = finished.stdout.split("---\n").next().unwrap();
    let dataflow: dataflow::Dataflow = dataflow::yaml::from_str(first).unwrap();
    // One of the values contains ", B=": a comma splits only directly before a name.
    let read: Vec<_> = dataflow
        .spec
        .env
        .iter()
        .map(|variable| variable.value.as_str())
        .collect();
    assert_eq!(read, values);
}

#[test]
fn closed_output_is_no_error() {
    let environment = Environment::new();
    environment.write("large.py", &"x = 1\n".repeat(30_000));
    let mut child = Command::new(executable())
        .args(["df", "render", "large.py", "-N", "large"])
        .current_dir(environment.work())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn color_needs_terminal_or_flag() {
    let environment = Environment::new();
    let plain = environment.run(&["df", "render", "hello.py"]);
    assert!(!plain.stderr.contains('\x1b'), "{plain}");
    let always = environment.run(&["df", "render", "hello.py", "--color", "always"]);
    assert!(always.stderr.contains('\x1b'), "{always}");
}
