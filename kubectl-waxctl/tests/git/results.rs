//! Tests the results that `df commit -o` prints for programs.

use super::lab::Lab;

#[test]
fn commit_prints_documents_for_programs() {
    let lab = Lab::with_remote();
    let mut shown = String::new();
    let mut run = |flags: &[&str]| {
        let run = lab.commit_orders(flags).shown();
        shown += &format!("$ df commit {}\n{run}=====\n", flags.join(" "));
    };
    run(&["-o", "json", "--dry-run=client"]);
    run(&["-o", "json", "--push"]);
    run(&["-o", "yaml"]);
    run(&["-o", "name"]);
    run(&["--dry-run=server"]);
    insta::assert_snapshot!(shown);
}

#[test]
fn name_of_commit_is_its_id() {
    let lab = Lab::with_repository();
    let args = "../orders.py -N orders --env prod -o name";
    let args: Vec<&str> = args.split(' ').collect();
    let output = lab.waxctl("repo", &args).output().unwrap();
    let id = String::from_utf8(output.stdout).unwrap();
    assert_eq!(id.trim(), lab.git("repo", &["rev-parse", "HEAD"]));
}
