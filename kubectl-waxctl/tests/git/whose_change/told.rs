//! Tests of what a commit and a diff say about changes of others, whatever the user has set in git.

use super::super::people::{FEATURE, FIX, Team};
use super::{both_start, not_pulled_same_line, pulled_source_lacks};

#[test]
fn git_settings_do_not_hide_hotfix() {
    let settings = [
        ("log.showSignature", "true"),
        ("log.mailmap", "false"),
        ("log.follow", "true"),
        ("format.pretty", "oneline"),
        ("grep.patternType", "perl"),
        ("grep.patternType", "fixed"),
        ("grep.extendedRegexp", "true"),
        ("core.quotePath", "true"),
        ("core.abbrev", "40"),
        ("diff.noprefix", "true"),
        ("diff.external", "/bin/false"),
        ("color.ui", "always"),
        ("i18n.logOutputEncoding", "UTF-16"),
        ("status.showUntrackedFiles", "no"),
        ("fetch.prune", "true"),
        ("alias.rev-list", "!false"),
    ];
    let team = Team::new("full");
    let lab = &team.lab;
    let signing = lab
        .command("ssh-keygen", ".")
        .args(["-q", "-t", "ed25519", "-N", "", "-f", "key"])
        .status();
    assert!(signing.unwrap().success());
    for (name, value) in [
        ("gpg.format", "ssh"),
        ("user.signingkey", &lab.text("key.pub")),
        ("commit.gpgsign", "true"),
    ] {
        lab.git("repo", &["config", "--global", name, value]);
    }
    both_start(&team);
    team.by_hand("1i # fix of Ann", "orders.py");
    let mut lines = Vec::new();
    for (number, (name, value)) in settings.iter().enumerate() {
        team.new_machine_for_bo();
        let config = "home-bo/.gitconfig";
        let text = lab.read(config);
        let (section, key) = name.split_once('.').unwrap();
        lab.write(config, format!("{text}[{section}]\n{key} = \"{value}\"\n"));
        let line = format!("# {number} of Bo");
        lines.push(line.clone());
        team.source("bo", "", &lines.join(";"));
        team.bo(&[]).succeeded();
        assert!(team.remote_has(&[FIX, &line]), "{name}={value}");
    }
}

#[test]
fn refusals_name_commit_author_and_way_out() {
    let told = Team::new("full");
    pulled_source_lacks(&told);
    let conflict = Team::new("full");
    not_pulled_same_line(&conflict);
    let shown = [
        told.bo(&[]).shown(),
        conflict.bo(&[]).shown(),
        conflict.bo(&["--base", "nonsense"]).shown(),
    ];
    let shown = shown.join("=====\n");
    insta::assert_snapshot!(shown);
}

#[test]
fn base_without_the_flow_is_refused() {
    let team = Team::new("full");
    both_start(&team);
    let lab = &team.lab;
    let tip = lab.git("remote.git", &["rev-parse", "main"]);
    let start = lab.git("remote.git", &["rev-parse", "main~1"]);
    team.source("bo", "", FEATURE);
    let before_the_flow = team.bo(&["--base", &start]).shown();
    let other = ["../bo/orders.py", "--name", "second", "--env", "prod"];
    let of_other = [&other[..], &["--push", "--base", &tip]].concat();
    let of_other = lab.commit("bo-clone", &of_other).shown();
    assert_eq!(lab.git("remote.git", &["rev-parse", "main"]), tip);
    insta::assert_snapshot!([before_the_flow, of_other].join("=====\n"), @r"
    pushing to origin/main
    error: commit `ID` does not have apps/prod/orders
    hint: choose one of: git log -- apps/prod/orders
    -- exit code 2
    =====
    pushing to origin/main
    error: `--base ID` names a version of dataflow `second`, which does not exist in git
    hint: correct `--name` or `--env`, or leave out `--base`
    -- exit code 2
    ");
}

#[test]
fn base_option_ends_conflict() {
    let team = Team::new("full");
    not_pulled_same_line(&team);
    team.source("bo", "", "# fix of Ann and feature of Bo");
    assert_eq!(team.bo(&[]).code, Some(1));
    let tip = team
        .lab
        .git("remote.git", &["rev-parse", "--short", "main"]);
    team.bo(&["--base", &tip]).succeeded();
    team.source("bo", "", "# next");
    team.bo(&[]).succeeded();
    assert!(team.remote_has(&["# next"]));
}

#[test]
fn diff_warns_of_what_commit_takes_back() {
    let team = Team::new("full");
    pulled_source_lacks(&team);
    let mut command = team
        .lab
        .command(env!("CARGO_BIN_EXE_kubectl-waxctl"), "bo-clone");
    command
        .args(["df", "diff", "../bo/orders.py", "--name", "orders"])
        .env("HOME", team.lab.path("home-bo"));
    let run = team.lab.run(command);
    assert_eq!(run.code, Some(1), "{}", run.shown());
    let warning = format!("takes back orders.py: `{FIX}` of ");
    assert!(run.err.contains(&warning), "{}", run.shown());
}

#[test]
fn people_who_never_saw_each_other_are_merged() {
    let lab = Team::new("full");
    let git = |args: &[&str]| lab.lab.git(".", args);
    git(&["init", "-q", "--bare", "empty.git"]);
    for person in ["one", "two"] {
        git(&["clone", "-q", "empty.git", person]);
    }
    let commit = |person: &str, more: &[&str]| {
        let source = format!("../{person}-source/orders.py");
        let args = [&source, "--name", "orders", "--env", "prod", "--push"];
        lab.lab.commit(person, &[&args[..], more].concat())
    };
    lab.source("one-source", "", "");
    commit("one", &[]).succeeded();
    lab.source("one-source", FIX, "");
    commit("one", &[]).succeeded();
    lab.source("two-source", "", FEATURE);
    commit("two", &[]).succeeded();
    let text = lab
        .lab
        .git("empty.git", &["show", "main:apps/prod/orders/orders.py"]);
    assert!(text.contains(FIX) && text.contains(FEATURE), "{text}");
    // Another program of the same name is no version of this one.
    git(&["clone", "-q", "empty.git", "three"]);
    lab.lab
        .git("three", &["checkout", "-q", "--orphan", "nothing"]);
    lab.lab.write(
        "three-source/orders.py",
        "import other\n\nprogram = other.flow()\n",
    );
    let run = commit("three", &["--branch", "main"]);
    assert_eq!(run.code, Some(1), "{}", run.shown());
    assert!(run.err.contains("conflicting changes"), "{}", run.shown());
}
