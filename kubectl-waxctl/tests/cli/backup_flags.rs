//! Tests the flags of backups on all verbs that take the flags of a flow.

use std::fmt::Write as _;
use std::process::Command;

use crate::environment::Environment;

const BACKUP: [&str; 11] = [
    "--recovery",
    "--recovery-backup",
    "--recovery-backup-s3-url=s3://bucket/folder",
    "--recovery-backup-s3-k8s-secret=bucket-keys",
    "--recovery-backup-s3-endpoint=https://minio.example:9000",
    "--recovery-backup-s3-region=eu-central-1",
    "--recovery-backup-s3-path-style=false",
    "--recovery-backup-copy-interval=60",
    "--recovery-backup-keep=5",
    "--recovery-backup-keep-seconds=86400",
    "--name=hello",
];

const FIELDS: &str = "  recovery:
    enabled: true
    cloudBackup:
      enabled: true
      s3:
        url: s3://bucket/folder
        secretName: bucket-keys
        endpoint: https://minio.example:9000
        region: eu-central-1
        pathStyle: false
      interval: 60
      keep: 5
      keepSeconds: 86400
";

/// Creates a repository with one commit.
fn repository() -> Environment {
    let environment = Environment::new();
    environment.make_repository();
    environment
}

#[test]
fn backup_flags_set_fields_on_four_verbs() {
    for verb in [
        &["render"][..],
        &["deploy", "--dry-run"],
        &["diff", "--env=prod"],
        &["commit", "--env=prod"],
    ] {
        let environment = repository();
        let finished = environment.run(&[&["df"], verb, &["hello.py"], &BACKUP].concat());
        let text = match verb[0] {
            "commit" => environment.git(&["show", "HEAD:apps/prod/hello/dataflow.yaml"]),
            _ => finished.stdout.clone(),
        };
        // A diff writes paths, and the server has another order of fields.
        let found = FIELDS
            .split_whitespace()
            .all(|word| text.contains(word.trim_end_matches(':')));
        assert!(found && finished.code <= 1, "{verb:?}: {finished}");
        assert!(
            !finished.stderr.contains("cloudBackup"),
            "{verb:?}: {finished}"
        );
    }
}

#[test]
fn backup_fields_are_rendered_exactly() {
    let environment = Environment::new();
    let finished = environment.run(&[&["df", "render", "hello.py"][..], &BACKUP].concat());
    assert!(finished.stdout.contains(FIELDS), "{finished}");
}

#[test]
fn values_file_and_environment_lines_set_backups() {
    let environment = Environment::new();
    environment.write(
        "values.env",
        "RECOVERY=true\nRECOVERY_BACKUP=true\nRECOVERY_BACKUP_S3_URL=s3://bucket/folder\n",
    );
    let finished = environment.run(&[
        "df",
        "render",
        "hello.py",
        "-N",
        "hello",
        "-v",
        "values.env",
    ]);
    assert!(
        finished.stdout.contains("url: s3://bucket/folder"),
        "{finished}"
    );
}

#[test]
fn incomplete_backups_are_refused_or_named() {
    let environment = Environment::new();
    let mut text = String::new();
    for flags in [
        &["--recovery-backup"][..],
        &["--recovery", "--recovery-backup"],
        &[
            "--recovery",
            "--recovery-backup",
            "--recovery-backup-s3-url=bucket",
        ],
        &[
            "--recovery",
            "--recovery-backup",
            "--recovery-backup-s3-k8s-secret=keys",
        ],
        &["--recovery", "--recovery-backup-s3-url=s3://bucket/folder"],
        &["--recovery-backup-keep=0"],
    ] {
        let call = [&["df", "render", "hello.py", "--name", "hello"], flags].concat();
        let finished = environment.run(&call);
        writeln!(
            text,
            "{} (exit code {})\n{}",
            flags.join(" "),
            finished.code,
            finished.stderr
        )
        .unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn hint_for_secret_puts_no_key_into_argv() {
    let environment = Environment::new();
    let refused = environment.run(&[
        "df",
        "render",
        "hello.py",
        "--recovery-backup-s3-aws-secret-access-key=not-printed",
    ]);
    assert!(!refused.to_string().contains("not-printed"), "{refused}");
    let (_, command) = refused.stderr.split_once("`printf").unwrap();
    let (command, _) = command.split_once('`').unwrap();
    let script = format!("printf{command} --dry-run=client -o yaml");
    let made = environment.finish(
        Command::new("env")
            .args([
                "AWS_ACCESS_KEY_ID=an-id",
                "AWS_SECRET_ACCESS_KEY=a-key",
                "sh",
                "-c",
            ])
            .arg(script),
    );
    assert!(
        made.stdout.contains("AWS_ACCESS_KEY_ID: YW4taWQ="),
        "{made}"
    );
    assert!(
        made.stdout.contains("AWS_SECRET_ACCESS_KEY: YS1rZXk="),
        "{made}"
    );
}
