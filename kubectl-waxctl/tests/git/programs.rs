//! Tests which programs that the settings of a repository name are run: only those of a repository that was named.

use super::lab::{FLOW, Lab};

const HOOKS: [&str; 6] = [
    "commit-msg",
    "post-commit",
    "post-index-change",
    "pre-commit",
    "prepare-commit-msg",
    "reference-transaction",
];
const ORDERS: [&str; 5] = ["orders.py", "--name", "orders", "--env", "prod"];

/// Writes a program that notes its run in the file `ran`, and returns its path.
fn program(lab: &Lab, path: &str) -> String {
    let ran = lab.text("ran");
    lab.executable(path, &format!("#!/bin/sh\necho \"$0\" >> {ran}\ncat\n"));
    lab.text(path)
}

fn has_run(lab: &Lab) -> bool {
    let ran = lab.path("ran");
    let has_run = ran.exists();
    if has_run {
        std::fs::remove_file(ran).unwrap();
    }
    has_run
}

/// Creates a folder among the files of a clone that looks like a bare repository, with hooks and a monitor.
fn with_bare_among_files() -> Lab {
    let lab = Lab::with_repository();
    lab.git(".", &["init", "-q", "--bare", "repo/vendor/evil"]);
    for hook in HOOKS {
        program(&lab, &format!("repo/vendor/evil/hooks/{hook}"));
    }
    let monitor = program(&lab, "monitor");
    let config = ["--git-dir=repo/vendor/evil", "config", "core.fsmonitor"];
    lab.git(".", &[&config[..], &[&monitor]].concat());
    lab
}

#[test]
fn bare_folder_among_files_runs_no_program() {
    let lab = with_bare_among_files();
    let source = lab.text("orders.py");
    let args = [&[source.as_str()], &ORDERS[1..]].concat();
    let bare = lab.commit("repo/vendor/evil", &args);
    assert_eq!(lab.commit("repo/vendor/evil/hooks", &args), bare);
    let config = "repo/vendor/evil/config";
    let text = lab.read(config);
    lab.write(
        config,
        text.replace("bare = true", "bare = false\nworktree = .."),
    );
    assert_eq!(lab.commit("repo/vendor/evil", &args), bare);
    lab.write("repo/vendor/evil/orders.py", FLOW);
    let inside = [&["repo/vendor/evil/orders.py"], &ORDERS[1..]].concat();
    lab.commit(".", &[&inside[..], &["--repo", "repo"]].concat())
        .succeeded();
    assert!(!has_run(&lab));
    insta::assert_snapshot!(bare.shown(), @r"
    error: LAB/repo/vendor/evil looks like a bare repository, but is among the files of LAB/repo
      1. its settings can name programs, which git would run
    hint: use the repository around it: add `--repo LAB/repo`
    hint: or name it, if you trust it: add `--repo LAB/repo/vendor/evil`
    -- exit code 2
    ");
    lab.write(config, text);
    lab.commit(
        ".",
        &[&ORDERS[..], &["--repo", "repo/vendor/evil"]].concat(),
    )
    .succeeded();
    assert!(has_run(&lab), "the hooks of a repository that was named");
}

#[test]
fn bare_repository_of_the_current_folder_works() {
    let lab = Lab::with_remote();
    let source = lab.text("orders.py");
    let commit = |cwd: &str, processes: &str, git_dir: Option<&str>| {
        let args = [&[source.as_str()], &ORDERS[1..], &["-p", processes]].concat();
        let mut command = lab.waxctl(cwd, &args);
        command.envs(git_dir.map(|folder| ("GIT_DIR", folder)));
        lab.run(command).succeeded();
    };
    commit("remote.git", "1", None);
    commit("remote.git/refs", "2", None);
    // As in a hook of the server.
    commit("remote.git", "3", Some("."));
    commit(".", "4", Some("remote.git"));
    assert_eq!(lab.git("remote.git", &["rev-list", "--count", "main"]), "5");
}

#[test]
fn programs_in_settings_of_source_stay_out() {
    let lab = Lab::with_repository();
    lab.git(".", &["init", "-q", "source"]);
    lab.write("source/.gitattributes", "*.py filter=evil\n");
    lab.write("source/orders.py", FLOW);
    lab.git("source", &["add", "."]);
    lab.git("source", &["commit", "-qm", "Start"]);
    let evil = program(&lab, "evil");
    for setting in ["core.fsmonitor", "filter.evil.clean"] {
        lab.git("source", &["config", setting, &evil]);
    }
    lab.git("source", &["config", "filter.evil.required", "true"]);
    for hook in HOOKS {
        program(&lab, &format!("source/.git/hooks/{hook}"));
    }
    lab.write("source/orders.py", format!("{FLOW}# more\n"));
    let args = [&["../source/orders.py"], &ORDERS[1..]].concat();
    lab.commit("repo", &args).succeeded();
    assert!(!has_run(&lab));
    let message = lab.git("repo", &["log", "-1", "--format=%B"]);
    assert!(message.contains("Waxctl-Source: "), "{message}");
    lab.git("source", &["status"]);
    assert!(has_run(&lab), "plain git runs them");
}

#[test]
fn monitor_of_files_is_never_started() {
    let lab = Lab::with_remote();
    let monitor = program(&lab, "monitor");
    lab.git("repo", &["config", "core.fsmonitor", &monitor]);
    program(&lab, "repo/.git/hooks/pre-commit");
    for more in [&[][..], &["-p", "2"], &["-p", "3", "--push"]] {
        lab.commit_orders(more).succeeded();
        let ran = lab.read("ran");
        assert!(!ran.contains("/monitor"), "{ran}");
    }
    lab.git("repo", &["status"]);
    assert!(lab.read("ran").contains("/monitor"), "plain git runs it");
}
