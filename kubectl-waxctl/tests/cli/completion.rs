//! Tests that shells accept their completion scripts.

use std::process::Command;

use waxctl::ui::Program;

use crate::environment::{Environment, say};

#[test]
fn bash_accepts_completion_script() {
    let environment = Environment::new();
    let (code, script, _) = say(Program::Alone, &["completion", "bash"]);
    assert_eq!(code, 0);
    environment.write("completion.bash", &script);
    let check = "source completion.bash && COMP_WORDS=(waxctl df ren) COMP_CWORD=2 && \
                 _waxctl waxctl ren df && echo \"${COMPREPLY[@]}\"";
    let finished = environment.finish(Command::new("bash").args(["--norc", "-c", check]));
    assert_eq!(finished.stdout, "render\n", "{finished}");
}

#[test]
fn zsh_and_fish_scripts_exist() {
    for (shell, head) in [("zsh", "#compdef waxctl"), ("fish", "complete -c waxctl")] {
        let (code, script, _) = say(Program::Alone, &["completion", shell]);
        assert_eq!(code, 0);
        assert!(script.contains(head), "{script}");
    }
}

#[test]
fn completion_install_writes_one_file_once() {
    let environment = Environment::new();
    let home = environment.root().display().to_string();
    let mut text = String::new();
    let mut run = |args: &[&str]| {
        let finished = environment.run(&[&["completion", "install"], args].concat());
        let shown = finished.to_string().replace(&home, "ROOT");
        text += &format!("$ waxctl completion install {}\n{shown}\n", args.join(" "));
    };
    run(&[]);
    for shell in ["bash", "zsh", "fish"] {
        run(&[shell, "--dry-run"]);
        run(&[shell]);
        run(&[shell]);
    }
    let script = environment.root().join("home/.zfunc/_waxctl");
    let written = std::fs::read_to_string(&script).unwrap();
    assert!(written.starts_with("#compdef waxctl\n"), "{written}");
    std::fs::write(&script, written + "\n").unwrap();
    run(&["zsh"]);
    std::fs::write(&script, "#compdef waxctl\n# of another program\n").unwrap();
    run(&["zsh"]);
    insta::assert_snapshot!(text);
}
