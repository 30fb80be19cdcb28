//! Tests pushes over HTTP to a forge that everybody may read, and that refuses to be written to.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rstest::rstest;

use super::lab::Lab;

const SENTENCE: &str =
    "error: cannot push to `origin/main`: the remote could not be reached, or did not let you in\n";

/// Serves the repositories in a folder by `git http-backend`, but answers a push with `refusal`. Returns the address.
fn serve(folder: PathBuf, refusal: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            answer(&connection, &folder, refusal);
        }
    });
    format!("http://{address}")
}

fn answer(mut connection: &TcpStream, folder: &Path, refusal: &str) {
    let mut reader = BufReader::new(connection);
    let mut lines = reader.by_ref().lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    let head: BTreeMap<String, String> = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            line.split_once(": ")
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        })
        .collect();
    let length = head
        .get("content-length")
        .and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    let mut words = first.split(' ');
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if method == "POST" && path.ends_with("/git-receive-pack") {
        let text = format!("HTTP/1.1 {refusal}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        drop(connection.write_all(text.as_bytes()));
        return;
    }
    let of = |name: &str| head.get(name).cloned().unwrap_or_default();
    let mut backend = Command::new("git")
        .args(["-c", "http.receivepack=true", "http-backend"])
        .env("GIT_PROJECT_ROOT", folder)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_PROTOCOL", of("git-protocol"))
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", method)
        .env("CONTENT_TYPE", of("content-type"))
        .env("HTTP_CONTENT_ENCODING", of("content-encoding"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    backend.stdin.take().unwrap().write_all(&body).unwrap();
    let output = backend.wait_with_output().unwrap().stdout;
    drop(connection.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n"));
    drop(connection.write_all(&output));
}

#[rstest]
#[case::forbidden("403 Forbidden", false)]
#[case::forbidden_behind_hook("403 Forbidden", true)]
#[case::unauthorized_behind_hook("401 Unauthorized", true)]
fn push_that_forge_refuses_is_no_hook(#[case] refusal: &'static str, #[case] hook: bool) {
    let lab = Lab::with_remote();
    let address = format!("{}/remote.git", serve(lab.path("."), refusal));
    lab.git("repo", &["config", "remote.origin.url", &address]);
    if hook {
        lab.executable("repo/.git/hooks/pre-push", "#!/bin/sh\nexit 0\n");
    }
    let run = lab.commit_orders(&["--push"]);
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(run.err.contains(SENTENCE), "{}", run.err);
    assert!(run.err.contains(". nothing was pushed\n"), "{}", run.err);
    assert_eq!(lab.git("remote.git", &["rev-list", "--count", "main"]), "1");
    assert_eq!(lab.git("repo", &["status", "--porcelain"]), "");
}
