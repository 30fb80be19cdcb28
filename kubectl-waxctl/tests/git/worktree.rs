//! Tests what a commit does to the working tree and the index: links, modes, refusals, shared and sparse repositories.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::lab::{FLOW, Lab, footprint};

const FOLDER: &str = "repo/apps/prod/orders";

fn status(lab: &Lab) -> String {
    lab.git("repo", &["status", "--porcelain"])
}

fn set_mode(lab: &Lab, path: &str, mode: u32) {
    fs::set_permissions(lab.path(path), fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn checked_in_link_is_not_followed() {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    lab.write("victim", "mine\n");
    let link = format!("{FOLDER}/.dataflow.yaml.waxctl");
    symlink(lab.path("victim"), lab.path(&link)).unwrap();
    lab.git("repo", &["add", "-A"]);
    lab.git("repo", &["commit", "-qm", "Add a link"]);
    lab.commit_orders(&["-p", "2"]).succeeded();
    assert_eq!(lab.read("victim"), "mine\n");
    let written = lab.path(&format!("{FOLDER}/dataflow.yaml"));
    assert!(written.symlink_metadata().unwrap().is_file());
    assert_eq!(status(&lab), "");
}

#[test]
fn refused_move_of_branch_changes_nothing() {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    lab.executable(
        "repo/.git/hooks/reference-transaction",
        "#!/bin/sh\ntest \"$1\" != prepared || { echo 'frozen until Monday' >&2; exit 1; }\n",
    );
    let refs = lab.git("repo", &["show-ref"]);
    let before = footprint(&lab.path("repo"));
    let by_hook = lab.commit_orders(&["-p", "2"]);
    assert!(before == footprint(&lab.path("repo")));
    assert_eq!(lab.git("repo", &["show-ref"]), refs);
    fs::remove_file(lab.path("repo/.git/hooks/reference-transaction")).unwrap();
    let by_name = lab.commit_orders(&["-p", "2", "--branch", "main/new"]);
    assert!(before == footprint(&lab.path("repo")));
    lab.commit_orders(&["-p", "2"]).succeeded();
    assert_eq!(status(&lab), "");
    insta::assert_snapshot!([by_hook.shown(), by_name.shown()].join("=====\n"));
}

#[test]
fn modes_agree_in_index_and_tree() {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    let flow = format!("{FOLDER}/orders.py");
    // A disk on which every file is executable.
    lab.git("repo", &["config", "core.fileMode", "false"]);
    set_mode(&lab, &flow, 0o777);
    lab.write("orders.py", format!("{FLOW}# two\n"));
    lab.commit_orders(&[]).succeeded();
    assert_eq!(status(&lab), "");
    // A mode that the user has changed stays the user's change.
    lab.git("repo", &["config", "core.fileMode", "true"]);
    lab.write("orders.py", format!("{FLOW}# three\n"));
    lab.commit_orders(&[]).succeeded();
    assert_eq!(lab.git("repo", &["diff", "--cached", "--name-only"]), "");
    assert_eq!(status(&lab), " M apps/prod/orders/orders.py");
    // A mode that the user has committed stays.
    lab.git("repo", &["commit", "-qam", "Executable"]);
    lab.write("orders.py", format!("{FLOW}# four\n"));
    lab.commit_orders(&[]).succeeded();
    assert_eq!(status(&lab), "");
    let entry = lab.git("repo", &["ls-tree", "HEAD", "apps/prod/orders/orders.py"]);
    assert!(entry.starts_with("100755"), "{entry}");
    let mode = lab.path(&flow).metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o777);
}

#[test]
fn new_files_have_the_mode_of_the_umask() {
    let lab = Lab::with_repository();
    let script = format!(
        "umask 027; exec {} df commit ../orders.py --name orders --env prod",
        env!("CARGO_BIN_EXE_kubectl-waxctl")
    );
    let mut command = lab.command("sh", "repo");
    command.args(["-c", &script]);
    lab.run(command).succeeded();
    let file = lab.path(&format!("{FOLDER}/orders.py"));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn group_can_write_to_shared_repository() {
    let lab = Lab::with_repository();
    lab.git("repo", &["config", "core.sharedRepository", "group"]);
    lab.git("repo", &["config", "core.fsync", "all"]);
    lab.commit_orders(&[]).succeeded();
    let mode = |path: &str| lab.path(path).metadata().unwrap().permissions().mode();
    assert_eq!(mode("repo/.git/waxctl.lock") & 0o060, 0o060);
    assert_eq!(mode("repo/.git/index") & 0o020, 0o020);
    let list = ["rev-parse", "HEAD:apps", "HEAD:apps/prod/orders/orders.py"];
    for id in lab.git("repo", &list).lines() {
        let folder = format!("repo/.git/objects/{}", &id[..2]);
        assert_eq!(mode(&folder) & 0o020, 0o020, "{folder}");
    }
}

#[test]
fn flow_outside_sparse_checkout_is_refused() {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    lab.write("repo/docs/x", "x");
    lab.git("repo", &["add", "."]);
    lab.git("repo", &["commit", "-qm", "Docs"]);
    lab.git("repo", &["sparse-checkout", "set", "docs"]);
    assert!(!lab.path(FOLDER).exists());
    let refused = lab.commit_orders(&["-p", "2"]);
    lab.git("repo", &["sparse-checkout", "add", "apps/prod/orders"]);
    lab.commit_orders(&["-p", "2"]).succeeded();
    // A new flow is written all the same.
    let new = ["../orders.py", "--name", "second", "--env", "dev"];
    lab.commit("repo", &new).succeeded();
    assert_eq!(status(&lab), "");
    insta::assert_snapshot!(refused.shown());
}

#[test]
fn names_that_differ_in_case_are_refused() {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    let environment = lab.commit("repo", &["../orders.py", "--name", "o", "--env", "Prod"]);
    lab.write("code/flow.py", FLOW);
    lab.write("code/lib.py", "");
    lab.write("code/Lib.py", "");
    let code = ["../code", "--name", "o", "--env", "prod", "-f", "flow.py"];
    let code = lab.commit("repo", &code);
    assert_eq!(status(&lab), "");
    insta::assert_snapshot!([environment.shown(), code.shown()].join("=====\n"));
}

#[test]
fn code_file_with_generated_name_is_refused() {
    let lab = Lab::with_repository();
    lab.write("code/flow.py", FLOW);
    lab.write("code/kustomization.yaml", "kind: Mine\n");
    let run = lab.commit(
        "repo",
        &["../code", "--name", "o", "--env", "prod", "-f", "flow.py"],
    );
    assert_eq!(status(&lab), "");
    insta::assert_snapshot!(run.shown());
}

#[test]
fn kustomization_edited_by_hand_gets_new_files() {
    let lab = Lab::with_repository();
    lab.write("code/flow.py", FLOW);
    lab.write("code/old.py", "");
    let args = [
        "../code", "--name", "orders", "--env", "prod", "-f", "flow.py",
    ];
    lab.commit("repo", &args).succeeded();
    let path = format!("{FOLDER}/kustomization.yaml");
    let mine = lab.read(&path).replace(
        "  - flow.py",
        "  # the flow itself\n  - flow.py=./flow.py # entry",
    ) + "commonLabels:\n  team: shop\n";
    lab.write(&path, &mine);
    lab.git("repo", &["commit", "-qam", "By hand"]);
    lab.write("code/new.py", "");
    fs::remove_file(lab.path("code/old.py")).unwrap();
    lab.commit("repo", &args).succeeded();
    assert_eq!(lab.read(&path), mine.replace("  - old.py", "  - new.py"));
    assert_eq!(status(&lab), "");
}

#[test]
fn branch_rebased_in_other_worktree_is_busy() {
    let lab = Lab::with_repository();
    lab.git(
        "repo",
        &["worktree", "add", "-q", "-b", "live", "../second"],
    );
    lab.write("second/x.txt", "x");
    lab.git("second", &["add", "."]);
    lab.git("second", &["commit", "-qm", "X"]);
    let stop = lab
        .command("git", "second")
        .args(["rebase", "-q", "--exec", "false", "HEAD~1"])
        .output()
        .unwrap();
    assert!(!stop.status.success());
    let refused = lab.commit_orders(&["--branch", "live"]);
    lab.git("second", &["rebase", "--abort"]);
    insta::assert_snapshot!(refused.shown());
}

#[test]
fn attributes_convert_as_git_converts() {
    let lab = Lab::with_repository();
    lab.write(
        "repo/.gitattributes",
        "*.py ident\napps/dev/** working-tree-encoding=UTF-16LE eol=crlf\n",
    );
    lab.git("repo", &["add", "."]);
    lab.git("repo", &["commit", "-qm", "Attributes"]);
    lab.write("orders.py", format!("{FLOW}# $Id: 12345 $\n"));
    lab.commit_orders(&[]).succeeded();
    let blob = lab.git("repo", &["show", "HEAD:apps/prod/orders/orders.py"]);
    assert!(blob.ends_with("# $Id$"), "{blob}");
    assert!(lab.read(&format!("{FOLDER}/orders.py")).contains("# $Id: "));
    let other = ["../orders.py", "--name", "o", "--env", "dev"];
    lab.commit("repo", &other).succeeded();
    let blob = lab.git("repo", &["show", "HEAD:apps/dev/o/orders.py"]);
    assert!(blob.starts_with("from bytewax"), "{blob}");
    let disk = fs::read(lab.path("repo/apps/dev/o/orders.py")).unwrap();
    assert!(disk.starts_with(b"f\0r\0o\0m\0"), "{disk:?}");
    assert_eq!(status(&lab), "");
}

#[test]
fn message_is_utf_8_whatever_the_setting() {
    let lab = Lab::with_repository();
    lab.git("repo", &["config", "i18n.commitEncoding", "ISO-8859-1"]);
    lab.commit_orders(&["-m", "Größe"]).succeeded();
    let raw = lab.git("repo", &["cat-file", "commit", "HEAD"]);
    assert!(
        raw.contains("\n\nGröße") && !raw.contains("\nencoding "),
        "{raw}"
    );
}

#[test]
fn variables_in_settings_mark_the_dataflow_for_flux() {
    let lab = Lab::with_repository();
    let path = format!("{FOLDER}/dataflow.yaml");
    let mark = "kustomize.toolkit.fluxcd.io/substitute: disabled";
    lab.commit_orders(&["-e", "LINE=${name}: ${price}"])
        .succeeded();
    assert!(lab.read(&path).contains(mark));
    lab.commit_orders(&["-p", "2"]).succeeded();
    assert!(lab.read(&path).contains(mark));
    // What somebody wrote for Flux stays for Flux.
    lab.commit("repo", &["../orders.py", "--name", "o", "--env", "prod"])
        .succeeded();
    let path = "repo/apps/prod/o/dataflow.yaml";
    let mine = lab.read(path) + "  env:\n  - name: TAG\n    value: ${TAG}\n";
    lab.write(path, &mine);
    lab.git("repo", &["commit", "-qam", "By hand"]);
    lab.commit(
        "repo",
        &["../orders.py", "--name", "o", "--env", "prod", "-p", "2"],
    )
    .succeeded();
    let edited = lab.read(path);
    assert!(edited.contains("processesCount: 2") && edited.contains("value: ${TAG}"));
    assert!(!edited.contains(mark), "{edited}");
}

#[test]
fn file_that_git_assumes_unchanged_is_staged() {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    let flow = "apps/prod/orders/orders.py";
    lab.git("repo", &["update-index", "--assume-unchanged", flow]);
    lab.write("orders.py", format!("{FLOW}# two\n"));
    lab.commit_orders(&[]).succeeded();
    assert_eq!(lab.git("repo", &["diff", "--cached", "--name-only"]), "");
}

// Git compares the content of a file that is as new as the index, because its time tells nothing.
#[test]
fn edit_as_new_as_the_index_is_seen() {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    lab.git("repo", &["config", "core.trustctime", "false"]);
    lab.write("repo/foo", "draft1\n");
    let written = lab.path("repo/foo").metadata().unwrap().modified().unwrap();
    lab.git("repo", &["add", "foo"]);
    lab.write("repo/foo", "draft2\n");
    for path in ["repo/foo", "repo/.git/index"] {
        let file = fs::File::options().write(true).open(lab.path(path));
        file.unwrap().set_modified(written).unwrap();
    }
    lab.write("orders.py", format!("{FLOW}# two\n"));
    lab.commit_orders(&[]).succeeded();
    assert_eq!(status(&lab), "AM foo");
}

#[test]
fn staged_file_below_a_new_file_is_kept() {
    let lab = Lab::with_repository();
    let folder = [
        "../src",
        "-f",
        "orders.py",
        "--name",
        "orders",
        "--env",
        "prod",
    ];
    lab.write("src/orders.py", FLOW);
    lab.commit("repo", &folder).succeeded();
    lab.write(&format!("{FOLDER}/data/mine.txt"), "mine\n");
    lab.git("repo", &["add", "apps"]);
    fs::remove_dir_all(lab.path(&format!("{FOLDER}/data"))).unwrap();
    lab.write("src/data", "1\n");
    let refused = lab.commit("repo", &folder).shown();
    assert!(
        refused.contains("data/mine.txt has uncommitted changes"),
        "{refused}"
    );
    assert_eq!(status(&lab), "AD apps/prod/orders/data/mine.txt");
}

#[test]
fn branch_switched_meanwhile_gets_no_files() {
    let lab = Lab::with_repository();
    lab.commit_orders(&[]).succeeded();
    lab.git("repo", &["branch", "other"]);
    let hook = "#!/bin/sh\ngit symbolic-ref HEAD refs/heads/other\n";
    lab.executable("repo/.git/hooks/commit-msg", hook);
    lab.write("orders.py", format!("{FLOW}# two\n"));
    let refused = lab.commit_orders(&[]);
    assert!(
        refused
            .shown()
            .contains("another branch was checked out meanwhile"),
        "{}",
        refused.shown()
    );
    assert_eq!(status(&lab), "");
    assert_eq!(
        lab.git("repo", &["rev-parse", "main"]),
        lab.git("repo", &["rev-parse", "other"])
    );
}

#[test]
fn committed_windows_line_ends_are_no_change() {
    for attributes in ["", "* text=auto\n", "* text\n"] {
        let lab = Lab::with_repository();
        lab.write("orders.py", FLOW.replace('\n', "\r\n"));
        lab.commit_orders(&[]).succeeded();
        let file = format!("{FOLDER}/orders.py");
        assert!(lab.read(&file).contains("\r\n"));
        if attributes.is_empty() {
            lab.git("repo", &["config", "core.autocrlf", "true"]);
        } else {
            lab.write("repo/.gitattributes", attributes);
            lab.git("repo", &["add", ".gitattributes"]);
            lab.git("repo", &["commit", "-qm", "Add attributes"]);
        }
        let newer = format!("{FLOW}# changed\n").replace('\n', "\r\n");
        lab.write("orders.py", newer);
        lab.commit_orders(&[]).succeeded();
        assert!(lab.read(&file).contains("# changed"), "{attributes}");
        // What the user has changed is still refused.
        lab.write(&file, "mine\r\n");
        let again = format!("{FLOW}# changed\n# again\n").replace('\n', "\r\n");
        lab.write("orders.py", again);
        let refused = lab.commit_orders(&[]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert_eq!(lab.read(&file), "mine\r\n");
    }
}
