//! Tests `df list` and `df logs` with all their output formats.

use std::process::Command;

use dataflow::Dataflow;
use serde_json::{Value, json};
use wax_tests::command::{Finished, run};
use wax_tests::programs::programs;
use wax_tests::{TestNamespace, wait};

use super::{assert_says, df, hello};

#[tokio::test(flavor = "multi_thread")]
async fn list_and_logs_show_flows_in_all_formats() {
    let ns = TestNamespace::new("reading").await.unwrap();
    let empty = df(&ns, &["list"]).code(0).unwrap();
    let nothing = format!("No dataflows found in namespace `{}`.\n", ns.name);
    assert_eq!((empty.stdout.as_str(), &empty.stderr), ("", &nothing));
    assert_eq!(
        items(&df(&ns, &["list", "-o", "json"])),
        Vec::<Value>::new()
    );
    let lost = df(&ns, &["logs", "orders"]).code(1).unwrap();
    assert_says(&lost.stderr, "there is no dataflow `orders`");

    // Only one of the processes prints the greeting; both print this line.
    let talking = hello() + "\nprint('loaded', flush=True)\n";
    ns.start_flow("orders", &talking, &json!({"processesCount": 2}))
        .unwrap();
    ns.start_flow("broken", "import no_such_module\n", &json!({}))
        .unwrap();
    ns.ready("orders").await.unwrap();
    ns.stalled("broken", "CrashLoop").await.unwrap();

    tables(&ns);
    documents(&ns);
    formats_of_kubectl(&ns);
    events(&ns);
    names_for_the_shell(&ns);
    logs(&ns).await;
}

fn tables(ns: &TestNamespace) {
    let list = df(ns, &["list"]).code(0).unwrap();
    assert_eq!(list.stderr, "");
    let rows: Vec<Vec<&str>> = list.stdout.lines().map(cells).collect();
    let [heading, broken, orders] = &rows[..] else {
        panic!("{}", list.stdout)
    };
    let columns = [
        "DATAFLOW",
        "NAMESPACE",
        "PYTHON FILE",
        "IMAGE",
        "PROCESSES",
        "PHASE",
        "REASON",
        "AGE",
    ];
    assert_eq!(*heading, columns);
    let image = "bytewax/bytewax:0.21.1-python3.11";
    let running = ["orders", &ns.name, "flow.py", image, "2/2", "Running"];
    assert_eq!(orders[..6], running);
    assert_eq!(broken[..2], ["broken", &ns.name]);
    assert_eq!(broken[4..7], ["0/1", "Failed", "CrashLoop"]);

    let wide = df(ns, &["ls", "-o", "wide", "--name", "broken"])
        .ok()
        .unwrap();
    assert_eq!(wide.lines().count(), 2, "{wide}");
    assert_says(&wide, "REVISION");
    assert_says(&wide, "no_such_module");
    let bare = df(ns, &["list", "--no-headers", "-N", "orders"])
        .ok()
        .unwrap();
    assert_eq!(bare.lines().count(), 1, "{bare}");

    let everywhere = ns.waxctl(&["df", "list", "-A"]).unwrap().ok().unwrap();
    let mine = everywhere.lines().filter(|line| line.contains(&ns.name));
    assert_eq!(mine.count(), 2, "{everywhere}");
    let labelled = df(ns, &["list", "-l", "team=data"]).code(0).unwrap();
    assert_eq!(labelled.stdout, "");
}

/// Checks the completions that kubectl requests from the plugin's completer.
fn names_for_the_shell(ns: &TestNamespace) {
    let completer = ns.folder().join("kubectl_complete-waxctl");
    std::os::unix::fs::symlink(&programs().unwrap().waxctl, &completer).unwrap();
    let complete = |words: &[&str]| {
        let mut command = Command::new(&completer);
        ns.cluster.environment(&mut command);
        run(command.args(words), b"").unwrap().ok().unwrap()
    };
    // On a busy machine the answer may take longer than the default timeout.
    let logs = ["df", "logs", "--request-timeout=5m", "-n", &ns.name];
    assert_eq!(complete(&[&logs[..], &["or"]].concat()), "orders\n:4\n");
    let nowhere = ["df", "logs", "--server", "https://127.0.0.1:1", ""];
    assert_eq!(complete(&nowhere), ":4\n");
}

fn cells(line: &str) -> Vec<&str> {
    line.split("   ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect()
}

fn documents(ns: &TestNamespace) {
    let names = df(ns, &["list", "-o", "name"]).ok().unwrap();
    assert_eq!(
        names,
        "dataflow.bytewax.io/broken\ndataflow.bytewax.io/orders\n"
    );
    let json = items(&df(ns, &["list", "-o", "json"]));
    assert_eq!(json.len(), 2);
    assert_eq!(json[1]["spec"]["processesCount"], 2);
    assert_eq!(json[1]["status"]["phase"], "Running");
    assert!(json[1]["metadata"]["managedFields"].is_null());
    // kubectl accepts the printed documents.
    for format in ["json", "yaml"] {
        let list = df(ns, &["list", "-o", format, "-N", "orders"])
            .ok()
            .unwrap();
        let read = ["create", "--dry-run=client", "-o", "json", "-f", "-"];
        let read = ns
            .kubectl_with(&read, list.as_bytes())
            .unwrap()
            .ok()
            .unwrap();
        let read: Value = serde_json::from_str(&read).unwrap();
        let read: Dataflow = serde_json::from_value(read["items"][0].clone())
            .unwrap_or_else(|_| serde_json::from_value(read.clone()).unwrap());
        assert_eq!(serde_json::to_value(&read.spec).unwrap(), json[1]["spec"]);
    }
}

/// Checks that templates, columns and names are those of kubectl.
fn formats_of_kubectl(ns: &TestNamespace) {
    let phases = r#"jsonpath={range .items[*]}{.metadata.name}={.status.phase}{"\n"}{end}"#;
    let columns =
        "custom-columns=NAME:.metadata.name,TAG:.spec.image.tag,GENERATION:.metadata.generation";
    for flags in [
        &["-o", phases][..],
        &["-o", columns],
        &["-o", columns, "--sort-by", ".metadata.creationTimestamp"],
        &["-o", "name", "--field-selector", "metadata.name!=orders"],
        &[
            "-o",
            "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].reason}",
        ],
    ] {
        let ours = df(ns, &[&["list"], flags].concat()).ok().unwrap();
        let theirs = ns.kubectl(&[&["get", "dataflows"], flags].concat());
        assert_eq!(ours, theirs.unwrap().ok().unwrap(), "{flags:?}");
    }
}

fn events(ns: &TestNamespace) {
    let events = df(ns, &["events", "orders"]).ok().unwrap();
    assert_says(&events, "Pod/orders-0");
    assert!(!events.contains("broken"), "{events}");
    let names = df(ns, &["events", "broken", "-o", "name"]).ok().unwrap();
    assert!(
        names.lines().all(|name| name.starts_with("event/broken")),
        "{names}"
    );
}

fn items(finished: &Finished) -> Vec<Value> {
    let list: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(list["kind"], "List");
    list["items"].as_array().unwrap().clone()
}

async fn logs(ns: &TestNamespace) {
    for pod in ["orders-0", "orders-1"] {
        ns.log_line(pod, "loaded").await.unwrap();
    }
    let merged = df(ns, &["logs", "orders", "--timestamps"]).ok().unwrap();
    for pod in ["[orders-0] ", "[orders-1] "] {
        assert_says(&merged, pod);
    }
    let times: Vec<&str> = merged
        .lines()
        .map(|line| line.split(' ').nth(1).unwrap())
        .collect();
    assert!(times.is_sorted(), "{merged}");

    let tail = df(ns, &["logs", "orders", "--tail", "1"]).ok().unwrap();
    assert_eq!(tail.lines().count(), 2, "{tail}");
    let plain = df(ns, &["logs", "orders", "--prefix=false", "--tail=1"])
        .ok()
        .unwrap();
    assert!(!plain.contains('['), "{plain}");
    let other = df(ns, &["logs", "orders", "-c", "proces"]).code(1).unwrap();
    assert_says(&other.stderr, "did you mean `-c process`?");
    let absent = df(ns, &["logs", "order"]).code(1).unwrap();
    assert_says(&absent.stderr, "did you mean `orders`?");

    // Race: the kubelet keeps only one ended container, so it may have removed the requested one. Then the next one is
    // there.
    wait::until("the log of a container that crashed", || {
        let previous = df(ns, &["logs", "broken", "--previous"]).ok()?;
        Ok(previous.contains("ModuleNotFoundError").then_some(()))
    })
    .await
    .unwrap();
    let never = df(ns, &["logs", "orders", "-p"]).code(0).unwrap();
    assert_eq!(never.stdout, "");
    assert_says(&never.stderr, "warning: pod `orders-0` has printed nothing");
}
