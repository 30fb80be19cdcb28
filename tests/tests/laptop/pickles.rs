//! Tests the table of classes that move with real pickles: what it calls kept can be loaded, what it calls lost cannot.

use std::collections::BTreeMap;
use std::process::Command;

use wax_tests::command::run;
use wax_tests::local::bytewax_python;
use wax_tests::programs::root;

#[test]
fn table_of_moved_classes_agrees_with_pickle() {
    let table = root().join("gitops/src/advice/classes/pickles.txt");
    let mut command = Command::new(bytewax_python().unwrap());
    command
        .arg(root().join("tests/fixtures/pickles.py"))
        .arg(&table);
    let finished = run(&mut command, b"").unwrap().code(0).unwrap();
    let loads: BTreeMap<_, _> = finished
        .stdout
        .lines()
        .map(|line| line.rsplit_once(": ").unwrap())
        .collect();

    let text = std::fs::read_to_string(&table).unwrap();
    let titles = text.lines().filter_map(|line| line.strip_prefix("== "));
    let mut compared = 0;
    for (name, verdict) in titles.map(|title| title.rsplit_once(": ").unwrap()) {
        let expected = match verdict {
            "kept" => "loads",
            "lost" | "removed" => "fails",
            // Only running the code shows it.
            _ => continue,
        };
        assert_eq!(loads.get(name), Some(&expected), "{name}");
        compared += 1;
    }
    assert!(compared >= 50, "{compared}");
}
