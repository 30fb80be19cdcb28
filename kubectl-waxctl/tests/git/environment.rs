//! Tests commits with the variables of git in the environment, and with settings that forbid what git usually finds.

use super::lab::{Lab, Run, footprint};

const ORDERS: [&str; 4] = ["--name", "orders", "--env", "prod"];

// Two repositories, and the run of waxctl in the first one with variables.
fn in_repo(lab: &Lab, cwd: &str, more: &[&str], variables: &[(&str, &str)]) -> Run {
    let source = lab.text("orders.py");
    let args = [&[source.as_str()], &ORDERS[..], more].concat();
    let mut command = lab.waxctl(cwd, &args);
    command.envs(variables.iter().copied());
    lab.run(command)
}

fn with_other() -> Lab {
    let lab = Lab::with_remote();
    lab.git(".", &["init", "-q", "other"]);
    lab.write("other/README.md", "other\n");
    lab.git("other", &["add", "."]);
    lab.git("other", &["commit", "-qm", "Other"]);
    lab
}

#[test]
fn named_repository_ignores_variables_of_git() {
    let lab = with_other();
    let list = lab.git(".", &["rev-parse", "--local-env-vars"]);
    let other = lab.text("other/.git");
    let variables: Vec<(&str, &str)> = list
        .lines()
        .filter(|name| !name.starts_with("GIT_CONFIG_"))
        .chain(["GIT_NAMESPACE"])
        .map(|name| (name, other.as_str()))
        .collect();
    let before = footprint(&lab.path("other"));
    let refs = lab.git("other", &["show-ref"]);
    in_repo(&lab, ".", &["--repo", "repo"], &variables).succeeded();
    assert_eq!(lab.git("repo", &["status", "--porcelain"]), "");
    assert_eq!(lab.git("repo", &["rev-list", "--count", "main"]), "2");

    let url = format!("file://{}", lab.text("remote.git"));
    in_repo(&lab, "other", &["--repo", &url, "--push"], &variables).succeeded();
    assert_eq!(lab.git("remote.git", &["rev-list", "--count", "main"]), "2");
    assert!(before == footprint(&lab.path("other")));
    assert_eq!(lab.git("other", &["show-ref"]), refs);
    assert_eq!(
        lab.git("other", &["rev-parse", "--is-shallow-repository"]),
        "false"
    );
}

#[test]
fn settings_in_environment_apply_to_named_repository() {
    let lab = with_other();
    let variables = [
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "user.name"),
        ("GIT_CONFIG_VALUE_0", "Ben"),
    ];
    in_repo(&lab, ".", &["--repo", "repo"], &variables).succeeded();
    assert_eq!(lab.git("repo", &["log", "-1", "--format=%cn"]), "Ben");
}

#[test]
fn git_dir_means_what_git_means() {
    let lab = with_other();
    let repo = lab.text("repo/.git");
    // As in a hook of this repository.
    in_repo(&lab, "repo", &[], &[("GIT_DIR", ".git")]).succeeded();
    // As for a folder of settings that is kept apart from its repository.
    lab.write("home/dotfiles/x", "");
    let home = lab.text("home/dotfiles");
    let apart = [("GIT_DIR", repo.as_str()), ("GIT_WORK_TREE", home.as_str())];
    in_repo(
        &lab,
        "home/dotfiles",
        &["-p", "2", "--branch", "new"],
        &apart,
    )
    .succeeded();
    assert_eq!(lab.git("repo", &["rev-list", "--count", "new"]), "3");
}

#[test]
fn git_dir_of_another_repository_is_refused() {
    let lab = with_other();
    let repo = lab.text("repo/.git");
    lab.write("plain/x", "");
    let refs = lab.git("repo", &["show-ref"]);
    let before = footprint(&lab.path("other"));
    let inside = in_repo(&lab, "other", &[], &[("GIT_DIR", &repo)]);
    let outside = in_repo(&lab, "plain", &[], &[("GIT_DIR", &repo)]);
    let index = lab.text("elsewhere.index");
    let other_index = in_repo(&lab, "repo", &[], &[("GIT_INDEX_FILE", &index)]);
    assert_eq!(lab.git("repo", &["show-ref"]), refs);
    assert!(before == footprint(&lab.path("other")));
    assert!(!lab.path("plain/apps").exists());
    let shown = [inside.shown(), outside.shown(), other_index.shown()];
    insta::assert_snapshot!(shown.join("=====\n"));
}

#[test]
fn forbidden_bare_repositories_work_if_named() {
    let lab = Lab::with_remote();
    lab.git(
        ".",
        &["config", "--global", "safe.bareRepository", "explicit"],
    );
    in_repo(&lab, ".", &["--repo", "remote.git"], &[]).succeeded();
    let url = format!("file://{}", lab.text("remote.git"));
    in_repo(&lab, ".", &["--repo", &url, "--push", "-p", "2"], &[]).succeeded();
    assert_eq!(
        lab.git(
            ".",
            &["--git-dir=remote.git", "rev-list", "--count", "main"]
        ),
        "3"
    );
}

#[test]
fn deleted_current_folder_is_named() {
    let lab = Lab::with_remote();
    lab.write("repo/gone/x", "");
    let args = [&[lab.text("orders.py").as_str()], &ORDERS[..]]
        .concat()
        .join(" ");
    let script = format!(
        "rm -r ../gone; exec {} df commit {args}",
        env!("CARGO_BIN_EXE_kubectl-waxctl")
    );
    let mut command = lab.command("sh", "repo/gone");
    command.args(["-c", &script]);
    insta::assert_snapshot!(lab.run(command).shown());
}

#[test]
fn path_with_line_end_is_found() {
    let lab = Lab::with_repository();
    std::fs::rename(lab.path("repo"), lab.path("re\npo")).unwrap();
    in_repo(&lab, "re\npo", &[], &[]).succeeded();
    assert_eq!(lab.git("re\npo", &["status", "--porcelain"]), "");
}
