//! Tests which files of a SOURCE folder get into git, and what a folder in the repository says about itself.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::lab::{FLOW, Lab};

/// Returns the paths of the code that `df render` prints, and what it says about the rest.
fn rendered(lab: &Lab, cwd: &str, source: &str) -> (BTreeSet<String>, String) {
    let mut command = lab.command(env!("CARGO_BIN_EXE_kubectl-waxctl"), cwd);
    command.args([
        "df", "render", source, "-N", "x", "-f", "main.py", "-o", "json",
    ]);
    let run = lab.run(command).succeeded();
    let list: Value = serde_json::from_str(&run.out).unwrap();
    let items = list["items"].as_array().unwrap();
    let code = items
        .iter()
        .find(|item| item["kind"] == "ConfigMap")
        .unwrap();
    let keys = code["data"].as_object().unwrap().keys();
    (keys.map(|key| key.replace("..", "/")).collect(), run.err)
}

#[test]
fn folder_is_read_with_the_rules_of_git() {
    let lab = Lab::with_repository();
    let config = lab.read("home/.gitconfig");
    lab.write(
        "home/.gitconfig",
        format!("{config}[core]\nexcludesFile = ~/ignore\n"),
    );
    lab.write("home/ignore", "*.log\n");
    lab.write(
        "repo/.gitignore",
        "/team/flow/*.tmp\nbuild/\n*.csv\nout-*\n",
    );
    lab.write("repo/.git/info/exclude", "*.local\n");
    lab.write(
        "repo/team/flow/.gitignore",
        "creds.json\n/top.txt\n!keep.csv\n\\#odd\n",
    );
    lab.write("repo/team/flow/pkg/.gitignore", "!a.log\n");
    for file in [
        "main.py",
        "creds.json",
        "a.tmp",
        "pkg/a.tmp",
        "top.txt",
        "pkg/top.txt",
        "keep.csv",
        "pkg/other.csv",
        "forced.csv",
        "a.log",
        "pkg/a.log",
        "mine.local",
        "build/x.py",
        "build/forced.py",
        "out-1",
    ] {
        lab.write(&format!("repo/team/flow/{file}"), "x\n");
    }
    let forced = ["team/flow/forced.csv", "team/flow/build/forced.py"];
    lab.git("repo", &[&["add", "-f"][..], &forced].concat());
    let listed = lab.git(
        "repo/team/flow",
        &["ls-files", "--cached", "--others", "--exclude-standard"],
    );
    let expected: BTreeSet<String> = listed
        .lines()
        .filter(|path| !path.ends_with(".gitignore"))
        .map(str::to_owned)
        .collect();
    let (files, said) = rendered(&lab, "repo/team/flow", ".");
    assert_eq!(files, expected);
    assert_eq!(
        said.lines().next(),
        Some(
            "left out: a.log, a.tmp, build/x.py, creds.json, mine.local and 3 more (ignored by git)"
        )
    );
    // From elsewhere, and in a linked worktree, the same rules count.
    assert_eq!(rendered(&lab, ".", "repo/team/flow").0, expected);
    lab.git("repo", &["worktree", "add", "-q", "../linked"]);
    lab.write("linked/team/flow/main.py", "x\n");
    lab.write("linked/team/flow/mine.local", "x\n");
    let files = rendered(&lab, "linked", "team/flow").0;
    assert_eq!(files.into_iter().collect::<Vec<_>>(), ["main.py"]);
}

#[test]
fn ignored_folder_is_taken_if_named() {
    let lab = Lab::with_repository();
    lab.write("repo/.gitignore", "*\n");
    lab.write("repo/flow/main.py", FLOW);
    let (files, said) = rendered(&lab, "repo", "flow");
    assert_eq!(files.into_iter().collect::<Vec<_>>(), ["main.py"]);
    assert_eq!(said, "");
}

#[test]
fn ignored_files_and_links_stay_out_of_commit() {
    let lab = Lab::with_repository();
    lab.write("secret", "password");
    lab.write("flow/main.py", FLOW);
    lab.write("flow/creds.json", "{\"user\": \"a\"}\n");
    lab.write("flow/.gitignore", "creds.json\n");
    lab.write("flow/.env", "BROKER=kafka\n");
    symlink(lab.path("secret"), lab.path("flow/notes.txt")).unwrap();
    let run = lab.commit("repo", &["../flow", "--name", "orders", "--env", "prod"]);
    insta::assert_snapshot!(run.succeeded().shown());
    let files = lab.git("repo", &["ls-tree", "-r", "--name-only", "HEAD", "apps"]);
    insta::assert_snapshot!(files, @r"
    apps/prod/orders/dataflow.yaml
    apps/prod/orders/kustomization.yaml
    apps/prod/orders/kustomizeconfig.yaml
    apps/prod/orders/main.py
    ");
}

#[test]
fn folder_in_the_repository_says_environment_and_name() {
    let lab = Lab::with_repository();
    for env in ["dev", "prod"] {
        lab.commit("repo", &["../orders.py", "--name", "orders", "--env", env])
            .succeeded();
    }
    let diff = |cwd: &str, source: &str| {
        let mut command = lab.command(env!("CARGO_BIN_EXE_kubectl-waxctl"), cwd);
        command.args(["df", "diff", source]);
        lab.run(command)
    };
    for (cwd, source) in [
        ("repo", "apps/prod/orders"),
        ("repo/apps/prod", "orders"),
        ("repo/apps/prod/orders", "."),
    ] {
        let run = diff(cwd, source).succeeded();
        assert_eq!(
            run.out,
            "orders: no changes against apps/prod/orders at HEAD\n"
        );
    }
    lab.write("repo/apps/prod/orders/orders.py", format!("{FLOW}# new\n"));
    lab.write("repo/apps/dev/orders/orders.py", format!("{FLOW}# new\n"));
    lab.commit("repo", &["apps/prod/orders", "apps/dev/orders"])
        .succeeded();
    let changed = lab.git("repo", &["show", "--format=", "--name-only", "HEAD"]);
    assert_eq!(
        changed,
        "apps/dev/orders/orders.py\napps/prod/orders/orders.py"
    );
    lab.git("repo/apps/prod", &["mv", "orders", "renamed"]);
    insta::assert_snapshot!(diff("repo", "apps/prod/renamed").shown(), @r"
    error: apps/prod/renamed contains the dataflow `orders`
      1. the folder of a dataflow has its name
    hint: write `name: renamed` into apps/prod/renamed/dataflow.yaml, or pass `--name orders`
    -- exit code 2
    ");
    insta::assert_snapshot!(diff("repo", "apps/prod/renamed/orders.py").shown(), @r"
    error: the dataflow has no name
      1. the source is only a part of the flow in apps/prod/renamed
    hint: name the whole folder apps/prod/renamed, or pass `--name NAME`
    -- exit code 2
    ");
}

#[test]
fn changed_input_of_flow_with_state_is_told() {
    let lab = Lab::with_repository();
    let flow = "import bytewax.operators as op\nfrom bytewax.connectors.files import FileSource\n\
                from bytewax.dataflow import Dataflow\n\nflow = Dataflow(\"orders\")\n\
                op.input(\"in\", flow, FileSource(\"data/in.txt\"))\n";
    lab.write("flow/main.py", flow);
    lab.write("flow/data/in.txt", "one\n");
    let args = ["../flow", "--name", "orders", "--env", "prod"];
    lab.commit("repo", &[&args[..], &["--recovery"]].concat())
        .succeeded();
    lab.write("flow/data/in.txt", "another\n");
    let warning = "warning: data/in.txt changes, and main.py:6 reads it: a flow that keeps state resumes at its old \
                   offset in the file\n";
    let mut diff = lab.command(env!("CARGO_BIN_EXE_kubectl-waxctl"), "repo");
    diff.args(["df", "diff"]).args(args);
    let run = lab.run(diff);
    assert!(run.err.contains(warning), "{}", run.err);
    // No Python here has Bytewax.
    let accepted = [&args[..], &["--accept-unchecked-steps"]].concat();
    let run = lab.commit("repo", &accepted).succeeded();
    assert!(run.err.contains(warning), "{}", run.err);
}

#[test]
fn imported_flow_of_new_image_needs_word() {
    let lab = Lab::with_repository();
    lab.write("entry.py", "from shop_flows.orders import flow\n");
    let args = [
        "../entry.py",
        "--name",
        "orders",
        "--env",
        "prod",
        "--recovery",
    ];
    let commit = |more: &[&str]| lab.commit("repo", &[&args[..], more].concat());
    commit(&["-t", "0.21.1-first"]).succeeded();
    let refused = commit(&["-t", "0.21.1-second"]);
    assert_eq!(refused.code, Some(5), "{}", refused.shown());
    let why = "entry.py:1 takes the flow from `shop_flows.orders` of the image";
    assert!(refused.err.contains(why), "{}", refused.err);
    let accepted = commit(&["-t", "0.21.1-second", "--accept-unchecked-steps"]).succeeded();
    assert!(accepted.err.contains(why), "{}", accepted.err);
}

#[test]
fn code_in_image_commits_without_config_map() {
    let lab = Lab::with_repository();
    let commit = |more: &[&str]| {
        let args = ["--code-in-image", "--name", "orders", "--env", "prod"];
        lab.commit("repo", &[&args[..], more].concat())
    };
    let image = [
        "-f",
        "shop.orders:flow",
        "-i",
        "registry.example.com/flows",
        "--recovery",
    ];
    let first = commit(&[&image[..], &["-t", "1.4.0-python3.11"]].concat());
    insta::assert_snapshot!(first.succeeded().shown());
    insta::assert_snapshot!(lab.read("repo/apps/prod/orders/kustomization.yaml"));
    let mut diff = lab.command(env!("CARGO_BIN_EXE_kubectl-waxctl"), "repo");
    diff.args([
        "df",
        "diff",
        "--code-in-image",
        "--name",
        "orders",
        "--env",
        "prod",
    ])
    .args(["-t", "1.5.0-python3.11"]);
    insta::assert_snapshot!(lab.run(diff).shown());
    // Nothing here can tell whether the steps of another image keep their state.
    let refused = commit(&["-t", "1.5.0-python3.11"]);
    assert_eq!(refused.code, Some(5), "{}", refused.err);
    insta::assert_snapshot!(refused.shown());
    let accepted = commit(&["-t", "1.5.0-python3.11", "--accept-unchecked-steps"]).succeeded();
    assert!(
        accepted.err.starts_with("warning: cannot check"),
        "{}",
        accepted.err
    );
    let resized = commit(&["-p", "2"]).succeeded();
    assert_eq!(resized.err, "");
    let mut folder = lab.command(env!("CARGO_BIN_EXE_kubectl-waxctl"), "repo");
    folder.args(["df", "diff", "apps/prod/orders"]);
    assert_eq!(lab.run(folder).code, Some(0));
}

/// Chart values whose parts share others by anchor and merge key.
const MERGED_VALUES: &str = "x-small: &small
  limits: {cpu: 500m, memory: 256Mi}
  requests: &less
    cpu: 100m
    memory: 128Mi
resources:
  <<: *small
  requests:
    <<: *less
    cpu: 200m
";

#[test]
fn merge_keys_count_and_stay_in_git() {
    let lab = Lab::with_repository();
    lab.write("values.yaml", MERGED_VALUES);
    let mut expand = lab.command(env!("CARGO_BIN_EXE_kubectl-waxctl"), "repo");
    expand.args(["df", "render", "../orders.py", "--name", "orders"]);
    expand.args(["-V", "../values.yaml", "--expand"]);
    let pods = lab.run(expand).succeeded().out;
    let resources = "        resources:
          limits:
            cpu: 500m
            memory: 256Mi
          requests:
            cpu: 200m
            memory: 128Mi
";
    assert!(pods.contains(resources), "{pods}");

    let path = "repo/apps/prod/orders/dataflow.yaml";
    lab.commit_orders(&["-V", "../values.yaml"]).succeeded();
    let first = lab.read(path);
    for line in MERGED_VALUES.lines() {
        assert!(first.contains(line), "{line}\n{first}");
    }
    // An anchor that somebody adds to the file itself stays, too.
    let recovery = "\nspec:\n  recovery: &store\n    enabled: true\n    partsCount: 2\n";
    let edited = first.replacen("\nspec:\n", recovery, 1);
    lab.write(path, &edited);
    lab.git("repo", &["commit", "-qam", "By hand"]);
    lab.commit_orders(&["-p", "2"]).succeeded();
    let second = lab.read(path);
    assert_eq!(second.replace("  processesCount: 2\n", ""), edited);
}
