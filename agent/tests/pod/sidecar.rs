//! The sidecar beside a real engine.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
};

use agent::{
    formed::{self, Formation},
    report::ProcessPhase,
    settings::ProcessIdentity,
};
use nix::sys::signal::Signal;
use process_group::Program;

use crate::environment::{Pod, eventually, read_live};

fn get(port: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).ok()?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

#[test]
fn sidecar_reports_a_process_from_start_to_end() {
    let free = TcpListener::bind("0.0.0.0:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
        .to_string();
    // The input stays open until the test says so.
    let code = include_str!("flows/ticks.py").replace(
        "        return [(self.name, self.count)]",
        "        if os.path.exists('stop'):\n            raise StopIteration()\n        return [(self.name, self.count)]",
    );
    let pod = Pod::new(&code).set("WAXRUN_API_PORT", &free);
    let sidecar = pod.start("sidecar");
    let (status, ready) = eventually("an answer", || get(&free, "/v1/ready"));
    assert_eq!(
        (status, ready.as_str()),
        (
            503,
            r#"{"v":1,"ready":false,"reason":"waiting for the engine to be started"}"#
        )
    );

    let mut launch = pod.start("launch");
    launch.until_out("tick");
    eventually("readiness", || {
        get(&free, "/v1/ready").filter(|(status, _)| *status == 200)
    });
    let live = read_live(&get(&free, "/v1/live").unwrap().1);
    assert_eq!(
        (live.phase, live.formed, live.exit_code, live.start),
        (ProcessPhase::Running, true, None, 7)
    );
    let (status, metrics) = get(&free, "/metrics").unwrap();
    assert!(
        status == 200 && metrics.contains("bytewax_item_inp_count_total"),
        "{metrics}"
    );
    let (status, graph) = get(&free, "/dataflow").unwrap();
    assert!(
        status == 200 && graph.contains("ticks.parse.flat_map_batch"),
        "{graph}"
    );

    std::fs::write(pod.work("stop"), "").unwrap();
    launch.until_log("reached the end of all input");
    let (status, ready) = get(&free, "/v1/ready").unwrap();
    assert_eq!(
        (status, ready.as_str()),
        (
            503,
            r#"{"v":1,"ready":false,"reason":"the dataflow has ended"}"#
        )
    );
    let live = read_live(&get(&free, "/v1/live").unwrap().1);
    assert_eq!(
        (live.phase, live.formed, live.exit_code),
        (ProcessPhase::Ended, false, Some(0))
    );
    launch.signal(Signal::SIGTERM);
    assert_eq!(launch.wait(), 0);
    sidecar.signal(Signal::SIGTERM);
    assert_eq!(sidecar.wait(), 0);
}

/// Two engines on two addresses of this machine with one port, as pods have it.
#[test]
fn connections_of_two_engines_are_seen() {
    let port = TcpListener::bind("0.0.0.0:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(
        folder.path().join("flow.py"),
        include_str!("flows/ticks.py"),
    )
    .unwrap();
    let identity = |process| ProcessIdentity {
        name: "orders".into(),
        namespace: "shop".into(),
        process,
        processes: 2,
        start: 1,
        revision: "r".into(),
        process_port: port,
        engine_port: 1,
        rendezvous_port: 3032,
        hosts: None,
    };
    let look = |process| formed::read(Path::new("/proc/net"), &identity(process)).unwrap();
    let start = |process: u32| {
        let mut command = std::process::Command::new(crate::venv::bin().join("python"));
        command
            .args(["-m", "bytewax.run", "flow.py", "-i", &process.to_string()])
            .args(["-a", &format!("127.0.0.1:{port};127.0.0.2:{port}")])
            .current_dir(folder.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        Program::start(&mut command).unwrap()
    };
    let mut first = start(0);
    let listens = || {
        let open = formed::parse(&std::fs::read_to_string("/proc/net/tcp").unwrap());
        open.iter()
            .any(|socket| socket.local.port() == port)
            .then_some(())
    };
    eventually("the first engine's port", listens);
    assert_eq!(
        look(0),
        Formation {
            peers: 0,
            formed: false
        }
    );
    let mut second = start(1);
    for process in [0, 1] {
        eventually("a formed gang", || look(process).formed.then_some(()));
        assert_eq!(look(process).peers, 1);
    }
    second.kill().unwrap();
    assert!(!first.wait().unwrap().success());
    eventually("a gang no longer formed", || {
        (!look(0).formed).then_some(())
    });
}
