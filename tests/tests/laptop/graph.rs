//! Tests that `df graph SOURCE` shows the user's own file with real Bytewax, and runs no other code.

use wax_tests::command::{Finished, run};

use crate::losses::{FLOW, Place, SUM};

fn graph(place: &Place, args: &[&str]) -> Finished {
    run(place.command(true).args(["df", "graph"]).args(args), b"").unwrap()
}

#[test]
fn graph_of_file_has_every_format() {
    let place = Place::empty();
    let text = graph(&place, &["sums.py"]).code(0).unwrap();
    let lines =
        "sums\n  items  input\n  sum    stateful_map  <- items\n  out    output        <- sum\n";
    assert_eq!((text.stdout.as_str(), text.stderr.as_str()), (lines, ""));
    let shows = |format: &str, expected: &str| {
        let shown = graph(&place, &["sums.py", "-o", format]).code(0).unwrap();
        assert!(shown.stdout.contains(expected), "{shown:?}");
    };
    shows("mermaid", "s0 --> s1");
    shows("dot", "s1 -> s2");
    shows("json", "\"operator\": \"stateful_map\"");
}

#[test]
fn graph_is_compared_with_record_in_git() {
    let place = Place::new();
    let same = graph(&place, &["sums.py", "--name", "sums", "--diff"]);
    assert_eq!(same.code(0).unwrap().stdout, "");
    let mark = place.work("mark");
    let hostile = format!("open({:?}, 'w').close()\n", mark.to_str().unwrap());
    let in_git = place.work("apps/prod/sums/sums.py");
    place.write(&FLOW.replace("\"sum\"", "\"total\""));
    let renamed = graph(&place, &["sums.py", "--name", "sums", "--diff"]);
    let total = SUM.replace("sums.sum", "sums.total");
    let lines = format!("+ {total}\n- {SUM} (removed, and {total} was added)\n");
    assert_eq!(renamed.code(0).unwrap().stdout, lines);
    // Edited code in git has no record any more, and is not loaded to find its steps.
    std::fs::write(in_git, hostile + FLOW).unwrap();
    place.git(&["commit", "--quiet", "-am", "By hand"]);
    let refused = graph(&place, &["sums.py", "--name", "sums", "--diff"]);
    let refused = refused.code(1).unwrap();
    assert!(
        refused.stderr.contains("belongs to other code"),
        "{refused:?}"
    );
    assert!(!mark.exists());
}

#[test]
fn broken_or_running_file_has_no_graph() {
    let place = Place::empty();
    place.write(&format!("{FLOW}\nimport no_such_module\n"));
    let broken = graph(&place, &["sums.py"]).code(1).unwrap();
    assert!(broken.stderr.contains("no_such_module"), "{broken:?}");
    place.write(&format!(
        "from bytewax.testing import run_main\n{FLOW}\nrun_main(flow)\n"
    ));
    let runs = graph(&place, &["sums.py"]).code(2).unwrap();
    assert!(
        runs.stderr.contains("runs the flow while it is imported"),
        "{runs:?}"
    );
    assert_eq!(runs.stdout, "");
}
