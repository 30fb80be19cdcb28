//! Tests the exit codes in docs/output.md. Code 4 needs a repository: see the test of lost races in `tests/git`, and its
//! `interrupts` for signals. Ctrl-C and a closed pipe are also tested in `cluster`.

use std::collections::BTreeSet;

use serde_json::json;

use crate::delete;
use crate::environment::Environment;

/// The codes that other tests show.
const ELSEWHERE: [i32; 4] = [4, 129, 130, 143];

/// Returns the codes in the table of the documentation.
fn documented() -> BTreeSet<i32> {
    let page = include_str!("../../../docs/output.md");
    let (_, table) = page.split_once("## Exit codes").unwrap();
    table
        .lines()
        .filter_map(|line| line.split('|').nth(1)?.trim().parse().ok())
        .collect()
}

#[test]
fn every_exit_code_is_documented() {
    let api = delete::cluster();
    let labels =
        json!({"bytewax.io/dataflow-info": "orders", "bytewax.io/managed-by": "wax-operator"});
    let pod = json!({"metadata": {"name": "orders-0", "namespace": "shop", "labels": labels}});
    api.put("/api/v1/namespaces/shop/pods/orders-0", pod);
    let place = ["-n", "shop", "--server", api.address()];
    let late = ["--delete-state", "--yes", "--timeout", "0s"];
    let nowhere = ["--live", "--server", "http://127.0.0.1:1"];
    let calls: [(&[&str], &[&str], i32); 8] = [
        (&["df", "list"], &place, 0),
        (&["df", "get", "nothing"], &place, 1),
        (&["df", "get", "nothing", "--ignore-not-found"], &place, 0),
        (&["df", "list", "-o", "xml"], &place, 2),
        (&["df", "list", "-o", "jsonpath={"], &place, 2),
        (&["df", "delete", "orders"], &place, 5),
        (
            &[&["df", "delete", "orders"], &late[..]].concat(),
            &place,
            3,
        ),
        (&["df", "diff", "hello.py", "-N", "hello"], &nowhere, 2),
    ];
    let environment = Environment::new();
    let mut seen = BTreeSet::from(ELSEWHERE);
    for (call, flags, code) in calls {
        let finished = environment.run(&[call, flags].concat());
        assert_eq!(finished.code, code, "{call:?}: {finished}");
        seen.insert(finished.code);
    }
    assert_eq!(documented(), seen);
}
