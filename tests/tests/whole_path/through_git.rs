//! Tests both examples on the whole path, with the steps of a user and of a GitOps controller.

use std::collections::BTreeSet;
use std::process::Command;

use wax_tests::TestNamespace;
use wax_tests::command::{git, run};
use wax_tests::flow_repository::FlowRepository;
use wax_tests::local::bytewax_python;
use wax_tests::programs::root;
use wax_tests::wait;

#[tokio::test(flavor = "multi_thread")]
async fn committed_python_file_becomes_a_running_flow() {
    let ns = TestNamespace::new("through-git").await.unwrap();
    let repository = FlowRepository::new().unwrap();
    let hello = root().join("examples/hello/hello.py");
    let hello = hello.to_string_lossy();
    let flow = ["--name", "hello", "-n", &ns.name, "--env", "prod", "--push"];
    let commit = [&["df", "commit", &hello], &flow[..]].concat();
    ns.waxctl_in(&repository.work(), &commit)
        .unwrap()
        .ok()
        .unwrap();
    let remote = |arguments: &[&str]| git(&repository.remote(), arguments).unwrap().ok().unwrap();
    let message = remote(&["log", "-1", "--format=%B", "main"]);
    for trailer in ["Waxctl-Dataflow: ", "Waxctl-Revision: ", "Waxctl-Cost: "] {
        assert!(
            message.contains(trailer),
            "{trailer} is missing in:\n{message}"
        );
    }

    repository.apply(&ns, "prod", "hello").unwrap();
    ns.waxctl(&["df", "wait", "hello", "-n", &ns.name])
        .unwrap()
        .ok()
        .unwrap();
    let status = ns.ready("hello").await.unwrap();
    let revision = format!("Waxctl-Revision: {}", status["revision"].as_str().unwrap());
    assert!(
        message.contains(&revision),
        "running {revision}, committed:\n{message}"
    );
    ns.log_line("hello-0", "hello 3").await.unwrap();
    let listed = ns
        .waxctl(&["df", "list", "-n", &ns.name])
        .unwrap()
        .ok()
        .unwrap();
    assert!(
        listed.contains("hello") && listed.contains("1/1"),
        "{listed}"
    );

    ns.waxctl_in(&repository.work(), &commit)
        .unwrap()
        .ok()
        .unwrap();
    let commits = remote(&["rev-list", "--count", "main"]);
    assert_eq!(commits.trim(), "2", "the same input is nothing to commit");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pods_have_results_of_one_local_process() {
    let ns = TestNamespace::new("access-log").await.unwrap();
    let repository = FlowRepository::new().unwrap();
    let package = ns.folder().join("access-log");
    run(
        Command::new(root().join("examples/access-log/package.sh")).arg(&package),
        b"",
    )
    .unwrap()
    .ok()
    .unwrap();
    let source = package.to_string_lossy();
    let flags = [
        "--name",
        "access-log",
        "-n",
        &ns.name,
        "-f",
        "access_log.py",
        "-p",
        "2",
        "-e",
        "LINES_PER_SECOND=500",
    ];
    let commit = [
        &["df", "commit", &source, "--env", "prod", "--push"],
        &flags[..],
    ]
    .concat();
    ns.waxctl_in(&repository.work(), &commit)
        .unwrap()
        .ok()
        .unwrap();
    repository.apply(&ns, "prod", "access-log").unwrap();

    let pods = ["access-log-0", "access-log-1"];
    let logs = pods.map(|pod| follow(&ns, pod));
    ns.status("access-log", "Completed", |status| {
        status["phase"] == "Completed"
    })
    .await
    .unwrap();
    let parts: Vec<String> = logs.into_iter().map(|log| log.join().unwrap()).collect();

    let local = Command::new(bytewax_python().unwrap())
        .current_dir(root().join("examples/access-log"))
        .args(["-m", "bytewax.run", "access_log"])
        .output()
        .unwrap();
    assert!(local.status.success());
    let alone = results(&String::from_utf8_lossy(&local.stdout));
    assert!(
        alone.len() > 100,
        "the local run has enough lines to compare"
    );
    let shares: Vec<_> = parts.iter().map(|part| results(part)).collect();
    assert!(
        shares.iter().all(|share| !share.is_empty()),
        "both processes have results"
    );
    assert!(shares[0].is_disjoint(&shares[1]), "no result exists twice");
    assert_eq!(shares.into_iter().flatten().collect::<BTreeSet<_>>(), alone);
}

/// Follows the log of one pod from its start to its end, in a thread of its own.
fn follow(ns: &TestNamespace, pod: &'static str) -> std::thread::JoinHandle<String> {
    let (cluster, namespace) = (ns.cluster, ns.name.clone());
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || {
        let arguments = ["-n", &namespace, "logs", "-f", pod, "-c", "process"];
        let what = format!("a log of {pod}");
        // `kubectl logs` fails until the container exists.
        let log = wait::until(&what, || {
            let followed = cluster.kubectl(&arguments, b"")?;
            Ok((followed.code == 0 && !followed.stdout.is_empty()).then_some(followed.stdout))
        });
        runtime.block_on(log).unwrap()
    })
}

/// Returns the lines with sessions and totals. A run prints each of them exactly once.
fn results(log: &str) -> BTreeSet<String> {
    log.lines()
        .filter(|line| line.starts_with("session ") || line.ends_with(" total"))
        .map(str::to_owned)
        .collect()
}
