//! Tests the three names of the program.

use std::process::Command;

use crate::environment::{Environment, executable};

fn call(name: &str, args: &[&str]) -> String {
    let environment = Environment::new();
    let link = environment.root().join(name);
    std::os::unix::fs::symlink(executable(), &link).unwrap();
    let finished = environment.finish(Command::new(link).args(args));
    assert_eq!(finished.code, 0, "{finished}");
    finished.stdout
}

#[test]
fn usage_shows_called_name() {
    assert!(
        call("kubectl-waxctl", &["version", "--help"]).contains("Usage: kubectl waxctl version")
    );
    assert!(call("waxctl", &["version", "--help"]).contains("Usage: waxctl version"));
}

#[test]
fn kubectl_completion_uses_its_protocol() {
    let answer = call("kubectl_complete-waxctl", &["df", "rend"]);
    assert_eq!(answer, "render\tShow the YAML for a source\n:4\n");
}
