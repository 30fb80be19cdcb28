//! Tests that all examples in the help parse, and runs those that need neither a cluster nor Bytewax.

use std::ffi::OsString;

use waxctl::cli::Cli;
use waxctl::ui::Program;

use crate::environment::{Environment, HELLO, say};
use crate::help::verbs;

/// The verbs whose examples need a cluster, and `run`, which needs Bytewax.
const ELSEWHERE: [&str; 25] = [
    "backup",
    "backups",
    "deploy",
    "events",
    "get",
    "graph",
    "import",
    "list",
    "ls",
    "delete",
    "rm",
    "reset-state",
    "restart",
    "restore",
    "resume",
    "rollback",
    "scale",
    "support",
    "suspend",
    "logs",
    "wait",
    "why",
    "install",
    "uninstall",
    "run",
];

/// Returns the command lines in the examples of a verb.
fn examples(verb: &[String]) -> Vec<String> {
    let mut args: Vec<_> = verb.iter().map(String::as_str).collect();
    args.push("--help");
    let (_, text, _) = say(Program::Alone, &args);
    let (_, examples) = text.split_once("Examples:\n").unwrap_or_default();
    // Joins continuation lines, as a shell does.
    let examples = examples.replace("\\\n", " ");
    let lines = examples.lines().map(str::trim);
    lines
        .filter(|line| line.starts_with("waxctl "))
        .map(str::to_owned)
        .collect()
}

fn words(example: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for char in example.chars() {
        match (quote, char) {
            (None, '"' | '\'') => quote = Some(char),
            (Some(open), char) if open == char => quote = None,
            (None, ' ') => words.push(std::mem::take(&mut word)),
            (_, char) => word.push(char),
        }
    }
    words.push(word);
    words
        .into_iter()
        .filter(|word| !word.is_empty())
        .skip(1)
        .collect()
}

/// Creates a clone with an identity, a pushed first commit, and the files that the examples name.
fn project() -> Environment {
    let environment = Environment::new();
    for flow in ["orders", "hello"] {
        let source = if flow == "hello" {
            HELLO
        } else {
            "flow = None\n"
        };
        environment.write("flow.py", source);
        let folder = format!("flows/{flow}");
        environment.run(&["df", "render", "flow.py", "-N", flow, "--into", &folder]);
    }
    environment.write("orders.py", "flow = None\n");
    let remote = environment.root().join("remote.git");
    environment.git(&[
        "init",
        "--quiet",
        "--bare",
        "-b",
        "main",
        remote.to_str().unwrap(),
    ]);
    environment.make_repository();
    environment.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    environment.git(&["push", "--quiet", "-u", "origin", "main"]);
    environment
}

#[test]
fn every_example_parses() {
    let mut count = 0;
    for verb in verbs() {
        for example in examples(&verb) {
            let args = words(&example).into_iter().map(OsString::from).collect();
            let parsed = Cli::parse(Program::Alone, args, 80);
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
            count += 1;
        }
    }
    assert!(count >= verbs().len(), "{count} examples");
}

#[test]
fn examples_without_cluster_succeed() {
    for verb in verbs() {
        for example in examples(&verb) {
            let args = words(&example);
            let elsewhere = args.iter().any(|word| ELSEWHERE.contains(&word.as_str()));
            let offline = args.iter().any(|word| word == "--export");
            let outside = args
                .iter()
                .any(|word| word == "--live" || word.contains("://"));
            if (elsewhere && !offline) || outside {
                continue;
            }
            let args: Vec<_> = args.iter().map(String::as_str).collect();
            let finished = project().run(&args);
            let differs = args.contains(&"diff") && finished.code == 1;
            assert!(finished.code == 0 || differs, "{example}: {finished}");
        }
    }
}
