//! Tests the help of every verb.

use waxctl::cli;
use waxctl::ui::Program;

use crate::environment::say;

/// Returns all verbs of the tree, each as the words of its command line.
pub(crate) fn verbs() -> Vec<Vec<String>> {
    fn walk(command: &clap::Command, path: &[String], found: &mut Vec<Vec<String>>) {
        found.push(path.to_vec());
        for verb in command
            .get_subcommands()
            .filter(|verb| verb.get_name() != "help")
        {
            let mut path = path.to_vec();
            path.push(verb.get_name().to_owned());
            walk(verb, &path, found);
        }
    }
    let mut found = Vec::new();
    walk(&cli::command(Program::Alone), &[], &mut found);
    found
}

fn help(program: Program, verb: &[String]) -> String {
    let mut args: Vec<_> = verb.iter().map(String::as_str).collect();
    args.push("--help");
    let (code, stdout, stderr) = say(program, &args);
    assert_eq!((code, stderr.as_str()), (0, ""), "{verb:?}");
    stdout
}

#[test]
fn every_verb_has_help() {
    for verb in verbs() {
        let name = if verb.is_empty() {
            "waxctl".to_owned()
        } else {
            verb.join("-")
        };
        insta::assert_snapshot!(format!("help-{name}"), help(Program::Alone, &verb));
    }
}

#[test]
fn every_verb_shows_example() {
    for verb in verbs() {
        let text = help(Program::Alone, &verb);
        assert!(text.contains("Examples:\n"), "{verb:?}: {text}");
    }
}

#[test]
fn plugin_help_uses_kubectl_commands() {
    let verb = ["dataflow".to_owned(), "render".to_owned()];
    let text = help(Program::Plugin, &verb);
    assert!(
        text.contains("Usage: kubectl waxctl dataflow render"),
        "{text}"
    );
    assert!(
        text.contains("\n  kubectl waxctl df render hello.py --name hello\n"),
        "{text}"
    );
    assert!(!text.contains("\n  waxctl "), "{text}");
}

#[test]
fn call_without_arguments_prints_help() {
    let (code, stdout, stderr) = say(Program::Alone, &[]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(stdout, help(Program::Alone, &[]));
}

#[test]
fn global_options_are_listed_once() {
    insta::assert_snapshot!(say(Program::Alone, &["options"]).1);
}
