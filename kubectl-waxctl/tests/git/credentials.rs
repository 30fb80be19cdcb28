//! Tests that credentials in addresses are in no argument of a process and in no message.

use std::fs;
use std::os::unix::fs::symlink;

use super::lab::{Lab, Run};

const ADDRESS: &str = "https://ann:s3cretpass@forge.example/shop.git";
const PLAIN: &str = "https://forge.example/shop.git";
const TOKEN: &str = "https://ghp_s3cretpass0123456789@forge.example/shop.git";

// Records the arguments of every git, and of the program that talks to the forge, which also asks for the credentials.
fn recording(lab: &Lab, mut command: std::process::Command) -> Run {
    let path = std::env::var_os("PATH").unwrap();
    let real = std::env::split_paths(&path)
        .map(|folder| folder.join("git"))
        .find(|git| git.is_file())
        .unwrap();
    let folder = lab.path("exec");
    if !folder.exists() {
        fs::create_dir(&folder).unwrap();
        let programs = lab.git(".", &["--exec-path"]);
        for program in fs::read_dir(programs).unwrap() {
            let program = program.unwrap();
            let name = program.file_name();
            if name != "git" && name != "git-remote-https" {
                symlink(program.path(), folder.join(name)).unwrap();
            }
        }
    }
    let record = format!(
        "tr '\\0' ' ' < /proc/$$/cmdline >> {0}; echo >> {0}",
        lab.text("args")
    );
    lab.executable(
        "exec/git",
        &format!("#!/bin/sh\n{record}\nexec {} \"$@\"\n", real.display()),
    );
    lab.executable(
        "exec/git-remote-https",
        &format!(
            "#!/bin/sh
{record}
printf 'protocol=https\\nhost=forge.example\\npath=shop.git\\n\\n' | git credential fill >> {} 2>&1
echo \"fatal: Authentication failed for '$2' and {ADDRESS}\" >&2
exit 128
",
            lab.text("filled")
        ),
    );
    let path =
        std::env::join_paths(std::iter::once(folder.clone()).chain(std::env::split_paths(&path)));
    command
        .env("PATH", path.unwrap())
        .env("GIT_EXEC_PATH", &folder);
    lab.run(command)
}

fn assert_hidden(lab: &Lab, run: &Run, filled: &str) {
    assert_eq!(run.code, Some(1), "{run:?}");
    let args = lab.read("args");
    assert!(args.contains("forge.example/shop.git"), "{args}");
    assert!(args.contains("remote-https"), "{args}");
    for text in [&args, &run.out, &run.err] {
        assert!(!text.contains("s3cret"), "{text}");
    }
    let seen = lab.read("filled");
    assert!(seen.contains(filled), "{seen}");
}

#[test]
fn address_of_repo_flag_is_hidden() {
    for (address, filled) in [
        (ADDRESS, "username=ann\npassword=s3cretpass\n"),
        (TOKEN, "username=ghp_s3cretpass0123456789\npassword=\n"),
    ] {
        let lab = Lab::with_repository();
        let args = [
            "orders.py",
            "--name",
            "orders",
            "--env",
            "prod",
            "--push",
            "--repo",
        ];
        let args = [&args[..], &[address]].concat();
        let run = recording(&lab, lab.waxctl(".", &args));
        assert_hidden(&lab, &run, filled);
    }
}

#[test]
fn address_of_configured_remote_is_hidden() {
    let settings: [&[(&str, &str)]; 4] = [
        &[("remote.origin.url", ADDRESS)],
        &[
            ("remote.origin.url", PLAIN),
            (
                "url.https://ann:s3cretpass@forge.example/.insteadOf",
                "https://forge.example/",
            ),
        ],
        &[
            ("remote.origin.url", "forge:shop.git"),
            (
                "url.https://ann:s3cretpass@forge.example/.insteadOf",
                "forge:",
            ),
        ],
        &[
            ("remote.origin.url", PLAIN),
            ("remote.origin.pushurl", ADDRESS),
            (
                "url.https://ann:s3cretpass@forge.example/.insteadOf",
                "https://forge.example/",
            ),
        ],
    ];
    for settings in settings {
        let lab = Lab::with_repository();
        for (name, value) in settings {
            lab.git("repo", &["config", name, value]);
        }
        let args = [
            "../orders.py",
            "--name",
            "orders",
            "--env",
            "prod",
            "--push",
        ];
        let run = recording(&lab, lab.waxctl("repo", &args));
        assert_hidden(&lab, &run, "username=ann\npassword=s3cretpass\n");
    }
}

#[test]
fn addresses_that_show_a_secret_are_refused() {
    let lab = Lab::with_repository();
    let shown = [
        "ssh://ann:s3cret@forge.example/shop.git",
        "ann:s3cret@forge.example:shop.git",
        "https://forge.example/shop.git?private_token=s3cret",
        "https//ann:s3cret@forge.example/shop.git",
    ]
    .map(|address| {
        let args = [
            "orders.py",
            "--name",
            "orders",
            "--env",
            "prod",
            "--push",
            "--repo",
            address,
        ];
        lab.commit(".", &args).shown()
    });
    assert!(!shown.concat().contains("s3cret"), "{shown:?}");
    insta::assert_snapshot!(shown.join("=====\n"));
}
