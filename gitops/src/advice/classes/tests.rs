use dataflow::code::{Code, key_for_path};
use dataflow::spec::{Dataflow, DataflowSpec, Recovery};

use super::*;

/// The table that a test with real pickles reads, too.
const TABLE: &str = include_str!("pickles.txt");

/// Name, verdict, and both versions with their entry points.
struct Case {
    name: String,
    verdict: String,
    entries: [String; 2],
    files: [Vec<(String, String)>; 2],
}

fn cases() -> Vec<Case> {
    let parts = TABLE.split("\n== ").skip(1);
    parts.map(case).collect()
}

fn case(text: &str) -> Case {
    let (title, text) = text.split_once('\n').unwrap();
    let (name, verdict) = title.rsplit_once(": ").unwrap();
    let mut case = Case {
        name: name.to_owned(),
        verdict: verdict.to_owned(),
        entries: ["main.py", "main.py"].map(str::to_owned),
        files: [Vec::new(), Vec::new()],
    };
    let mut into: Vec<usize> = Vec::new();
    for line in text.lines() {
        if let Some(header) = line.strip_prefix("-- ") {
            let (version, path) = header.split_once(' ').unwrap();
            into = match version {
                "old" => vec![0],
                "new" => vec![1],
                _ => vec![0, 1],
            };
            for version in &into {
                case.files[*version].push((path.to_owned(), String::new()));
            }
        } else if let Some(entries) = line.strip_prefix("entry ").filter(|_| into.is_empty()) {
            let (old, new) = entries.split_once(' ').unwrap();
            case.entries = [old, new].map(str::to_owned);
        } else {
            for version in &into {
                let (_, text) = case.files[*version].last_mut().unwrap();
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    case
}

/// Returns a version. An entry point without text imports all modules at the top.
fn version(case: &Case, number: usize) -> Rendered {
    let (entry, mut files) = (&case.entries[number], case.files[number].clone());
    if entry == "main.py" && !files.iter().any(|(path, _)| path == entry) {
        let tops = files.iter().map(|(path, _)| {
            let top = path.split('/').next().unwrap();
            format!("import {}\n", top.strip_suffix(".py").unwrap_or(top))
        });
        let text = tops.collect::<String>();
        files.push((entry.clone(), text));
    }
    let mut code = Code::new();
    for (path, text) in files {
        code.insert(key_for_path(&path).unwrap(), text.as_str())
            .unwrap();
    }
    let spec = DataflowSpec {
        python_file_name: entry.clone(),
        recovery: Some(Recovery {
            enabled: Some(true),
            ..Recovery::default()
        }),
        ..DataflowSpec::default()
    };
    Rendered {
        dataflow: Dataflow::new("orders", spec),
        code,
    }
}

#[test]
fn every_case_has_the_verdict_of_its_table() {
    let cases = cases();
    assert!(cases.len() >= 60, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let found = verdicts(&version(case, 0), &version(case, 1));
        let verdict = match found.first() {
            None => "kept",
            Some((_, Verdict::Lost(_))) => "lost",
            Some((_, Verdict::Removed)) => "removed",
            Some((_, Verdict::Unchecked(_))) => "unchecked",
        };
        if verdict != case.verdict {
            wrong.push(format!(
                "{}: {verdict} instead of {}",
                case.name, case.verdict
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn renamed_removed_and_unchecked_classes_are_named() {
    let kept = ["f.sum.stateful_batch".to_owned()];
    let mut lines = Vec::new();
    for name in [
        "renamed class with the same content",
        "class that is removed without a trace",
        "module with its own attribute function",
    ] {
        let case = cases().into_iter().find(|case| case.name == name).unwrap();
        let (old, new) = (version(&case, 0), version(&case, 1));
        lines.extend(losses(&old, &new, &kept).iter().map(ToString::to_string));
        lines.extend(warnings(&old, &new));
    }
    insta::assert_snapshot!(lines.join("\n"), @r"
    step f.sum.stateful_batch: its pickles can name class `Cart` of module `state`, which is now `Basket` of state.py (to keep it, give the module the name `Cart`, too)
    class `Cart` of state.py is removed: a step whose state contains objects of it cannot load them
    cannot check whether state with objects of class `Cart` of state.py can be loaded: state.py:2 binds names while it runs
    ");
}

#[test]
fn moved_classes_that_are_never_state_pass() {
    let classes = "class Base(Exception): pass\nclass Late(Base): pass\nclass Settings(BaseSettings): pass\n\
                   class Out(DynamicSink): pass\ndef make():\n    class Local: pass\n";
    let text = format!("exceptions: kept\n-- old state.py\n{classes}-- new models.py\n{classes}");
    let moved = case(&text);
    assert!(verdicts(&version(&moved, 0), &version(&moved, 1)).is_empty());
    // What nothing imports is no module of the flow.
    let unused = "unused: kept\n-- both main.py\nflow = 1\n-- old a.py\nclass A: pass\n-- new b.py\nclass A: pass\n";
    let unused = case(unused);
    assert!(verdicts(&version(&unused, 0), &version(&unused, 1)).is_empty());
}
