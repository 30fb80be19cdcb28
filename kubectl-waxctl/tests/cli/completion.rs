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
