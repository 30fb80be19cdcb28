//! Tests that a signal during the user's hooks leaves working tree, index and locks as they were.

use std::path::PathBuf;
use std::process::Stdio;

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use process_group::Program;

use super::lab::{FLOW, Lab, footprint};

/// Returns all files of the working tree and the index, with their content.
fn contents(lab: &Lab) -> Vec<(PathBuf, Vec<u8>)> {
    let files = footprint(&lab.path("repo")).into_iter();
    files.map(|(path, _, content)| (path, content)).collect()
}

/// Sends a signal to a commit while one of its hooks runs, and returns the exit code.
fn ended_in_hook(lab: &Lab, hook: &str, signal: Signal, more: &[&str]) -> Option<i32> {
    let fifo = lab.path("fifo");
    nix::unistd::mkfifo(&fifo, Mode::from_bits_truncate(0o600)).unwrap();
    let path = format!("repo/.git/hooks/{hook}");
    let wait = format!(
        "#!/bin/sh\necho here > {0}\nread never < {0}\n",
        fifo.display()
    );
    lab.executable(&path, &wait);
    std::fs::create_dir_all(lab.path("tmp")).unwrap();
    let args = [&["../orders.py", "--name", "orders", "--env", "prod"], more].concat();
    let mut command = lab.waxctl_in_terminal("repo", &args);
    command
        .env("TMPDIR", lab.path("tmp"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut program = Program::start(&mut command).unwrap();
    assert_eq!(std::fs::read_to_string(&fifo).unwrap(), "here\n");
    if signal == Signal::SIGINT {
        program.interrupt().unwrap();
    } else {
        program.signal(signal).unwrap();
    }
    let status = program.wait().unwrap();
    std::fs::remove_file(&fifo).unwrap();
    std::fs::remove_file(lab.path(&path)).unwrap();
    status.code()
}

#[test]
fn signal_during_hook_leaves_everything_as_before() {
    let signals = [
        (Signal::SIGINT, 130),
        (Signal::SIGTERM, 143),
        (Signal::SIGHUP, 129),
    ];
    for hook in ["pre-commit", "prepare-commit-msg", "commit-msg"] {
        for (signal, code) in signals {
            for more in [&["-p", "2"][..], &["-p", "2", "--push"]] {
                let lab = Lab::with_remote();
                lab.commit_orders(&["--push"]).succeeded();
                lab.write("orders.py", format!("{FLOW}# changed\n"));
                lab.write("repo/mine.txt", "mine\n");
                let before = contents(&lab);
                let case = format!("{hook}, {signal}, {more:?}");
                assert_eq!(
                    ended_in_hook(&lab, hook, signal, more),
                    Some(code),
                    "{case}"
                );
                assert!(contents(&lab) == before, "{case}");
                for name in ["index.lock", "waxctl.index-lock", "WAXCTL_EDITMSG"] {
                    let left = lab.path("repo/.git").join(name);
                    assert!(!left.exists(), "{case}: {name}");
                }
                let temporary = std::fs::read_dir(lab.path("tmp")).unwrap().count();
                assert_eq!(temporary, 0, "{case}");
                lab.commit_orders(more).succeeded();
                assert_eq!(lab.git("repo", &["status", "--porcelain"]), "?? mine.txt");
            }
        }
    }
}

#[test]
fn signal_removes_shown_files_of_new_flow() {
    let lab = Lab::with_repository();
    let before = contents(&lab);
    let code = ended_in_hook(&lab, "pre-commit", Signal::SIGTERM, &[]);
    assert_eq!(code, Some(143));
    assert!(contents(&lab) == before);
    assert!(!lab.path("repo/apps").exists());
}
