//! Tests the flags: the table of all verbs with their flags, and the refusals with their hints.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::Arg;
use waxctl::cli;
use waxctl::ui::Program;

use crate::environment::Environment;
use crate::help::verbs;

const ORIGINAL: [&str; 4] = ["render", "diff", "commit", "deploy"];

/// Returns the flags of a verb, including kubectl's flags with another short form.
fn flags(verb: &[String]) -> Vec<Arg> {
    let mut root = cli::command(Program::Alone);
    root.build();
    let mut command = &root;
    for word in verb {
        command = command.find_subcommand(word).unwrap();
    }
    command
        .get_arguments()
        .filter(|arg| arg.get_long().is_some())
        .cloned()
        .collect()
}

fn signature(arg: &Arg) -> String {
    let short = arg
        .get_short()
        .map(|short| format!("-{short}, "))
        .unwrap_or_default();
    let long = arg.get_long().unwrap_or_default();
    let value = arg
        .get_action()
        .takes_values()
        .then(|| arg.get_value_names().unwrap_or_default().join(" "))
        .map(|value| format!(" {value}"))
        .unwrap_or_default();
    format!("{short}--{long}{value}")
}

#[test]
fn the_table_of_flags() {
    let mut rows: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for verb in verbs().into_iter().filter(|verb| !verb.is_empty()) {
        let name = verb.last().unwrap().clone();
        for arg in flags(&verb) {
            let meaning = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let key = (signature(&arg), meaning.replace('\n', " "));
            rows.entry(key).or_default().push(name.clone());
        }
    }
    let everywhere = verbs().len() - 1;
    let mut table = String::new();
    for ((flag, meaning), verbs) in rows {
        let verbs = if verbs.len() == everywhere {
            "every verb".to_owned()
        } else {
            verbs.join(" ")
        };
        writeln!(table, "{flag} | {verbs} | {meaning}").unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn original_flags_are_equal_on_four_verbs() {
    let flow = |verb: &str| -> Vec<String> {
        let all = flags(&["dataflow".to_owned(), verb.to_owned()]);
        let shared = flags(&["dataflow".to_owned(), "render".to_owned()]);
        let shared: Vec<_> = shared.iter().map(signature).collect();
        all.iter()
            .map(signature)
            .filter(|flag| shared.contains(flag))
            .collect()
    };
    let original = "-N, --name NAME|-p, --processes N|-w, --workers N|-f, --python-file-name FILE|\
        -r, --requirements-file-name FILE|-e, --environment-variables NAME=VALUE|\
        -i, --image-repository IMAGE|-t, --image-tag TAG|-l, --image-pull-policy POLICY|\
        -s, --image-pull-secret SECRET|--job-mode BOOL|--keep-alive BOOL|--dry-run MODE|\
        -o, --output-format FORMAT|-v, --values FILE|-V, --chart-values-file FILE|--platform BOOL|\
        --recovery BOOL|--recovery-parts N|--recovery-snapshot-interval SECONDS|\
        --recovery-backup-interval SECONDS|--recovery-single-volume BOOL|--recovery-size SIZE|\
        --recovery-storageclass CLASS|--recovery-backup BOOL|--recovery-backup-s3-url URL|\
        --recovery-backup-s3-k8s-secret SECRET|--recovery-backup-s3-aws-access-key-id ID|\
        --recovery-backup-s3-aws-secret-access-key KEY|--yes BOOL|--schedule CRON|\
        --concurrency-policy POLICY|--create-namespace BOOL|-n, --namespace NAMESPACE|--debug";
    for verb in ORIGINAL {
        let known = flow(verb);
        for flag in original.split('|') {
            assert!(
                known.iter().any(|known| known == flag),
                "{verb} lacks {flag}: {known:?}"
            );
        }
    }
}

#[test]
fn unsupported_flags_are_refused_with_hint() {
    let environment = Environment::new();
    let mut table = String::new();
    let refused = flags(&["dataflow".to_owned(), "render".to_owned()]);
    for arg in refused {
        let flag = format!("--{}", arg.get_long().unwrap());
        let heading = arg.get_help_heading().unwrap_or_default();
        if heading != "Options that are not supported yet" {
            continue;
        }
        let value = if arg.get_num_args().unwrap().min_values() == 0 {
            "true"
        } else {
            "x"
        };
        let given = format!("{flag}={value}");
        let finished = environment.run(&["df", "render", "hello.py", "--name", "hello", &given]);
        assert!(finished.stdout.is_empty(), "{finished}");
        assert!(finished.stderr.contains(&flag), "{finished}");
        writeln!(
            table,
            "{given} (exit code {})\n{}",
            finished.code, finished.stderr
        )
        .unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn disabling_unsupported_feature_is_no_error() {
    let environment = Environment::new();
    let plain = environment.run(&["df", "render", "hello.py", "--name", "hello"]);
    let off = [
        "--job-mode=false",
        "--recovery=false",
        "--recovery-backup=false",
    ];
    for flag in off {
        let finished = environment.run(&["df", "render", "hello.py", "--name", "hello", flag]);
        assert_eq!(finished.stdout, plain.stdout, "{flag}: {finished}");
    }
}

#[test]
fn platform_flag_is_ignored_with_warning() {
    let environment = Environment::new();
    let finished = environment.run(&["df", "render", "hello.py", "-N", "hello", "--platform"]);
    assert_eq!(finished.code, 0, "{finished}");
    insta::assert_snapshot!(finished.stderr, @"warning: `--platform` is ignored: the operator runs every dataflow");
}
