//! Tests the ways to the API server: by SOCKS, by CONNECT, and by the variables of the environment.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::api::Api;
use crate::environment::{Environment, executable};

/// Starts a proxy that serves every connection with `greet`, which returns where it wants to go, and then leads it to
/// `target`. Returns its address and what `greet` returns.
fn proxy(target: &str, greet: fn(&mut TcpStream) -> String) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let target = target.strip_prefix("http://").unwrap().to_owned();
    let (seen, wanted): (Sender<String>, _) = channel();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let (mut client, mut server) =
                (connection.unwrap(), TcpStream::connect(&target).unwrap());
            seen.send(greet(&mut client)).ok();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut from, &mut to));
            thread::spawn(move || std::io::copy(&mut server, &mut client));
        }
    });
    (address, wanted)
}

fn read<const N: usize>(stream: &mut TcpStream) -> [u8; N] {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

fn read_text(stream: &mut TcpStream) -> String {
    let [length] = read(stream);
    let mut text = vec![0; usize::from(length)];
    stream.read_exact(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// SOCKS 5 (RFC 1928), with user and password (RFC 1929) if the client offers them.
fn socks(stream: &mut TcpStream) -> String {
    let [5, count] = read(stream) else {
        panic!("not SOCKS 5")
    };
    let mut methods = vec![0; usize::from(count)];
    stream.read_exact(&mut methods).unwrap();
    let mut user = String::new();
    if methods.contains(&2) {
        stream.write_all(&[5, 2]).unwrap();
        let [1] = read(stream) else {
            panic!("not RFC 1929")
        };
        user = format!("{}:{}@", read_text(stream), read_text(stream));
        stream.write_all(&[1, 0]).unwrap();
    } else {
        stream.write_all(&[5, 0]).unwrap();
    }
    let [5, 1, 0, 3] = read(stream) else {
        panic!("no CONNECT to a name")
    };
    let host = read_text(stream);
    let port = u16::from_be_bytes(read(stream));
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
    format!("{user}{host}:{port}")
}

/// CONNECT, as HTTP proxies do it.
fn connect(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.extend(read::<1>(stream));
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let head = String::from_utf8(head).unwrap();
    let line = head.lines().next().unwrap().to_owned();
    let user = head
        .lines()
        .find(|line| line.to_lowercase().starts_with("proxy-authorization"));
    user.map_or(line.clone(), |user| {
        format!("{line}, {}", user.to_lowercase())
    })
}

const SERVER: &str = "http://api.example.com:8001";

#[test]
fn proxy_url_leads_through_socks() {
    let (environment, api) = (Environment::new(), Api::start());
    let (address, wanted) = proxy(api.address(), socks);
    for (url, expected) in [
        (format!("socks5://{address}"), "api.example.com:8001"),
        (
            format!("SOCKS5://me:pa%40ss@{address}"),
            "me:pa@ss@api.example.com:8001",
        ),
    ] {
        let cluster = format!("{{server: '{SERVER}', proxy-url: '{url}'}}");
        environment.write_kubeconfig(&cluster, "{}");
        let finished = environment.run_with_kubeconfig(&["df", "list"]);
        assert_eq!(finished.code, 0, "{finished}");
        assert_eq!(wanted.recv().unwrap(), expected);
    }
}

#[test]
fn proxy_flag_leads_through_connect_with_user() {
    let (environment, api) = (Environment::new(), Api::start());
    let (address, wanted) = proxy(api.address(), connect);
    let url = format!("http://me:hunter2@{address}");
    let finished = environment.run(&["df", "list", "--server", SERVER, "--proxy-url", &url]);
    assert_eq!(finished.code, 0, "{finished}");
    assert_eq!(
        wanted.recv().unwrap(),
        "CONNECT api.example.com:8001 HTTP/1.1, proxy-authorization: basic bwu6ahvudgvymg=="
    );
}

#[test]
fn variables_lead_through_proxy_unless_excluded() {
    let (environment, api) = (Environment::new(), Api::start());
    let (address, wanted) = proxy(api.address(), socks);
    let (by_http, seen) = proxy(api.address(), connect);
    let list = |name: &str, value: &str, excluded: &str| {
        let mut command = Command::new(executable());
        command.args(["df", "list", "--server", SERVER, "--request-timeout", "5s"]);
        environment.finish(command.env(name, value).env("NO_PROXY", excluded))
    };
    for excluded in ["", "example.com:443", "10.0.0.0/8,"] {
        let finished = list("HTTP_PROXY", &format!("socks5://{address}"), excluded);
        assert_eq!(finished.code, 0, "{excluded}: {finished}");
        assert_eq!(wanted.recv().unwrap(), "api.example.com:8001");
    }
    let finished = list("http_proxy", &by_http, "");
    assert_eq!(finished.code, 0, "{finished}");
    assert!(
        seen.recv()
            .unwrap()
            .starts_with("CONNECT api.example.com:8001 ")
    );
    let finished = list("HTTP_PROXY", "ftp://me:hunter2@x", "");
    insta::assert_snapshot!(finished);
}

#[test]
fn loopback_is_never_proxied() {
    let (environment, api) = (Environment::new(), Api::start());
    let mut command = Command::new(executable());
    command.args(["df", "list", "--server", api.address()]);
    let finished = environment.finish(command.env("HTTP_PROXY", "127.0.0.1:1"));
    assert_eq!(finished.code, 0, "{finished}");
}
