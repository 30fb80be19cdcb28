use super::*;

fn written(json: &str) -> Option<Written> {
    (!json.is_empty()).then(|| serde_json::from_str(json).unwrap())
}

#[test]
fn exit_status_and_report_give_one_outcome() {
    const FAILED: &str = r#"{"outcome":"failed","kind":"UserError","exception":"ValueError: x","step":"f.s","file":"a.py","line":3,"exitCode":1}"#;
    const PROBED: &str =
        r#"{"outcome":"probed","v":1,"flow":"f","steps":["f.s"],"engine":"0.21.1"}"#;
    const DESCRIBED: &str = r#"{"outcome":"described","flow":{"v":1,"flow":"f","engine":"0.21.1"},"graph":{"flow_id":"f","substeps":[]}}"#;
    const ENDED: &str = r#"{"outcome":"ended"}"#;
    let cases = [
        (Ending::Exited(0), ENDED),
        (Ending::Exited(0), PROBED),
        (Ending::Exited(0), DESCRIBED),
        (Ending::Exited(1), FAILED),
        (Ending::Exited(0), FAILED),
        (Ending::Killed(6), FAILED),
        (Ending::Exited(0), ""),
        (Ending::Exited(3), ""),
        (Ending::Killed(9), ""),
        (Ending::Killed(11), ""),
        (Ending::Killed(64), ""),
        (Ending::Exited(5), ENDED),
        (Ending::Killed(9), ENDED),
    ];
    let outcomes: Vec<String> = cases
        .into_iter()
        .map(|(ending, report)| match conclude(ending, written(report)) {
            Outcome::Ended => format!("{ending:?}: ended"),
            Outcome::Probed(probe) => format!("{ending:?}: probed {}", probe.flow),
            Outcome::Described(found) => format!("{ending:?}: described {}", found.flow.flow),
            Outcome::Failed(failure) => {
                format!(
                    "{ending:?}: {} {} {}",
                    failure.exit_code,
                    failure.kind,
                    failure.sentence()
                )
            }
        })
        .collect();
    insta::assert_snapshot!(outcomes.join("\n"), @"
    Exited(0): ended
    Exited(0): probed f
    Exited(0): described f
    Exited(1): 1 UserError ValueError: x (step f.s, a.py:3)
    Exited(0): 1 UserError ValueError: x (step f.s, a.py:3)
    Killed(6): 134 UserError ValueError: x (step f.s, a.py:3)
    Exited(0): 1 EngineError Python ended before the dataflow did, with code 0 (does the code call os._exit?)
    Exited(3): 3 EngineError Python ended with code 3 while the dataflow ran, without an exception
    Killed(9): 137 EngineError Python was killed by SIGKILL while the dataflow ran (most often: out of memory)
    Killed(11): 139 EngineError Python was killed by SIGSEGV while the dataflow ran (a fault in native code)
    Killed(64): 192 EngineError Python was killed by a signal while the dataflow ran
    Exited(5): 5 EngineError Python ended with code 5 after the dataflow had ended, without an exception
    Killed(9): 137 EngineError Python was killed by SIGKILL after the dataflow had ended (most often: out of memory)
    ");
}

#[test]
fn broken_report_counts_as_missing() {
    let folder = tempfile::TempDir::new().unwrap();
    let report = folder.path().join("report.json");
    let missing = judge(Ending::Exited(0), &report).unwrap();
    fs::write(&report, "{\"outcome\":").unwrap();
    assert_eq!(judge(Ending::Exited(0), &report).unwrap(), missing);
    assert!(matches!(missing, Outcome::Failed(failure) if failure.exit_code == 1));
}
