//! Tests pushes to a remote that cannot be reached, that lets nobody in, or that breaks the connection.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::lab::Lab;

const SENTENCE: &str =
    "error: cannot push to `origin/main`: the remote could not be reached, or did not let you in\n";
const NO_ENTRY: &str = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
                        Content-Length: 0\r\nConnection: close\r\n\r\n";

/// Answers every connection with a text, and returns the address.
fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            // A client that has gone needs no answer.
            drop(connection.read(&mut [0; 8192]));
            drop(connection.write_all(answer.as_bytes()));
        }
    });
    address.to_string()
}

/// Returns addresses that no push gets through to, each with its name.
fn addresses(lab: &Lab) -> Vec<(&'static str, String)> {
    lab.executable(
        "ssh",
        "#!/bin/sh\necho 'Permission denied (publickey).' >&2\nexit 255\n",
    );
    vec![
        ("name", "https://no-such-host.invalid/x.git".to_owned()),
        ("port", "https://127.0.0.1:1/x.git".to_owned()),
        ("TLS", format!("https://{}/x.git", server("no TLS\n"))),
        ("password", format!("http://{}/x.git", server(NO_ENTRY))),
        ("key", "ssh://git@127.0.0.1/x.git".to_owned()),
        ("folder", lab.text("gone.git")),
    ]
}

#[test]
fn unreachable_remote_is_told_as_such() {
    let lab = Lab::with_remote();
    lab.git("repo", &["config", "core.sshCommand", &lab.text("ssh")]);
    let refs = lab.git("repo", &["show-ref"]);
    for (name, address) in addresses(&lab) {
        for (setting, check) in [
            (
                "remote.origin.pushurl",
                "git push --dry-run origin HEAD:main",
            ),
            ("remote.origin.url", "git ls-remote origin"),
        ] {
            let before = lab.git("repo", &["config", "remote.origin.url"]);
            lab.git("repo", &["config", setting, &address]);
            let run = lab.commit_orders(&["--push"]);
            lab.git("repo", &["config", "--unset", setting]);
            lab.git("repo", &["config", "remote.origin.url", &before]);
            let said = &run.err;
            assert_eq!(run.code, Some(1), "{name}: {said}");
            assert!(said.contains(SENTENCE), "{name}: {said}");
            assert!(said.contains(". nothing was pushed\n"), "{name}: {said}");
            let hint = format!("hint: check whether this works: {check}\n");
            assert!(said.contains(&hint), "{name}: {said}");
            assert!(said.contains("  2. "), "the words of git: {said}");
        }
    }
    assert_eq!(lab.git("repo", &["show-ref"]), refs);
    assert_eq!(lab.git("repo", &["status", "--porcelain"]), "");
    assert_eq!(lab.git("remote.git", &["rev-list", "--count", "main"]), "1");
}

#[test]
fn unreachable_url_is_told_as_such() {
    let lab = Lab::with_repository();
    let args = ["orders.py", "--name", "orders", "--env", "prod", "--push"];
    for (name, address) in addresses(&lab) {
        if name == "key" || name == "folder" {
            continue;
        }
        let run = lab.commit(".", &[&args[..], &["--repo", &address]].concat());
        let said = &run.err;
        assert_eq!(run.code, Some(1), "{name}: {said}");
        let sentence = SENTENCE.replace("origin/main", &address);
        assert!(said.contains(&sentence), "{name}: {said}");
        assert!(said.contains(". nothing was pushed\n"), "{name}: {said}");
        assert!(
            said.contains(&format!("git ls-remote {address}\n")),
            "{said}"
        );
    }
}

#[test]
fn connection_that_breaks_before_the_commit_pushes_nothing() {
    let lab = Lab::with_remote();
    lab.executable(
        "receive",
        "#!/bin/sh\ngit receive-pack --http-backend-info-refs \"$1\"\necho 'the disk is on fire' >&2\nexit 1\n",
    );
    lab.git(
        "repo",
        &["config", "remote.origin.receivepack", &lab.text("receive")],
    );
    let run = lab.commit_orders(&["--push"]);
    assert!(run.err.contains(SENTENCE), "{}", run.err);
    assert!(
        run.err.contains("  1. the disk is on fire\n"),
        "{}",
        run.err
    );
    assert!(run.err.contains(". nothing was pushed\n"), "{}", run.err);
}

#[test]
fn broken_connection_after_the_commit_is_no_failure() {
    let lab = Lab::with_remote();
    let hook = "remote.git/hooks/post-receive";
    lab.executable(hook, "#!/bin/sh\nkill -9 $PPID\n");
    lab.commit_orders(&["--push"]).succeeded();
    assert_eq!(lab.git("remote.git", &["rev-list", "--count", "main"]), "2");
    // Now the remote is gone as well, so that nobody knows.
    lab.executable(
        hook,
        "#!/bin/sh\nmv ../remote.git ../gone.git\nkill -9 $PPID\n",
    );
    let run = lab.commit_orders(&["--push", "-p", "2"]);
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(run.err.contains(SENTENCE), "{}", run.err);
    assert!(
        run.err.contains(
            ". it is not known whether the commit has arrived\nhint: run the same command again"
        ),
        "{}",
        run.err
    );
    std::fs::rename(lab.path("gone.git"), lab.path("remote.git")).unwrap();
    std::fs::remove_file(lab.path(hook)).unwrap();
    lab.commit_orders(&["--push", "-p", "2"]).succeeded();
    assert_eq!(lab.git("remote.git", &["rev-list", "--count", "main"]), "3");
    assert_eq!(lab.git("repo", &["status", "--porcelain"]), "");
}
