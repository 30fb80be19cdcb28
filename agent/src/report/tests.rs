use proptest::prelude::*;

use super::*;

fn user_error() -> TerminationReport {
    TerminationReport {
        step: Some("flow.parse".into()),
        file: Some("simple.py".into()),
        line: Some(12),
        ..TerminationReport::new(FailureKind::UserError, "ValueError: bad row", 1)
    }
}

fn probed(steps: usize) -> ProbeReport {
    ProbeReport {
        v: FORMAT_VERSION,
        flow: "hello".into(),
        steps: (0..steps).map(|i| format!("hello.step{i}")).collect(),
        stateful: (0..steps / 20).map(|i| format!("hello.step{i}")).collect(),
        windows: Vec::new(),
        engine: "0.21.1".into(),
        truncated: false,
    }
}

#[test]
fn failure_is_written_as_one_json_line() {
    insta::assert_snapshot!(user_error().to_line(), @r#"{"v":1,"kind":"UserError","exception":"ValueError: bad row","step":"flow.parse","file":"simple.py","line":12,"exitCode":1}"#);
}

#[test]
fn failure_message_names_step_and_place() {
    let lost = TerminationReport::new(FailureKind::PeerLost, "another\n  process ended", 1);
    let bare = TerminationReport {
        exception: None,
        ..lost.clone()
    };
    let unnamed = TerminationReport {
        step: None,
        ..user_error()
    };
    let messages = [user_error(), lost, bare, unnamed]
        .map(|report| report.sentence())
        .join("\n");
    insta::assert_snapshot!(messages, @"
    ValueError: bad row (step flow.parse, simple.py:12)
    another process ended
    PeerLost (exit code 1)
    ValueError: bad row (simple.py:12)
    ");
}

#[test]
fn probe_message_is_shortened_but_not_its_log() {
    let small = probed(2);
    assert_eq!(
        small.to_log_line(),
        PodMessage::Probed(small.clone()).to_line()
    );
    insta::assert_snapshot!(small.to_log_line(), @r#"{"kind":"Probed","v":1,"flow":"hello","steps":["hello.step0","hello.step1"],"stateful":[],"engine":"0.21.1"}"#);

    let large = probed(500);
    assert_eq!(
        PodMessage::parse(&large.to_log_line()),
        Some(PodMessage::Probed(large.clone()))
    );
    let message = PodMessage::Probed(large).to_line();
    assert!(message.len() <= TERMINATION_LIMIT, "{}", message.len());
    let Some(PodMessage::Probed(read)) = PodMessage::parse(&message) else {
        panic!("{message}");
    };
    assert!(read.knows_state());
    let crowded = PodMessage::Probed(probed(5000)).to_line();
    let Some(PodMessage::Probed(unread)) = PodMessage::parse(&crowded) else {
        panic!("{crowded}");
    };
    assert!(unread.truncated && !unread.knows_state());
    assert!(read.truncated && read.steps.len() > 10 && read.stateful.len() == 25);
}

#[test]
fn only_a_known_last_line_is_read() {
    let line = user_error().to_line();
    let log = format!("hello\n{{\"v\":1}}\n{line}\n\n");
    assert_eq!(
        PodMessage::parse(&log),
        Some(PodMessage::Failed(user_error()))
    );
    for foreign in [
        "",
        "no json",
        "{}",
        "[1]",
        &line.replace("\"v\":1", "\"v\":2"),
        &line.replace("UserError", "Unheard"),
        &format!("{line}\nTraceback"),
    ] {
        assert_eq!(PodMessage::parse(foreign), None, "{foreign}");
    }
}

proptest! {
    #[test]
    fn any_failure_fits_limit_and_is_read_back(exception in ".{0,3000}", step in "(.|\u{1}){0,400}") {
        let report = TerminationReport { step: Some(step.clone()), file: Some(step), ..TerminationReport::new(FailureKind::ImportError, exception.clone(), 1) };
        let line = report.to_line();
        prop_assert!(line.len() <= TERMINATION_LIMIT, "{}", line.len());
        prop_assert!(!line.contains('\n'));
        let Some(PodMessage::Failed(read)) = PodMessage::parse(&line) else { panic!("{line}") };
        let text = read.exception.unwrap();
        prop_assert!(exception.starts_with(text.strip_suffix("...").unwrap_or(&text)));
        prop_assert!(text.len() > 100 || text == exception, "cut too much: {}", text.len());
    }
}

#[test]
fn unknown_backup_failure_is_read_as_failed() {
    let read = |text: &str| serde_json::from_str::<BackupFault>(text).unwrap();
    assert_eq!(read("\"scratchFull\""), BackupFault::ScratchFull);
    assert_eq!(read("\"spentQuota\""), BackupFault::Failed);
}

/// Pods of an agent of the first release run on when the operator is upgraded.
#[test]
fn answers_of_an_older_agent_are_read() {
    let live = r#"{"v":1,"start":7,"revision":"3f2a90bc11","process":1,"processes":2,"phase":"starting",
        "formed":false,"peers":0,"exitCode":null,"round":2,"waits":"waits for process 0","overdue":true}"#;
    let live: LiveReport = serde_json::from_str(live).unwrap();
    assert_eq!(live.wait_reason.as_deref(), Some("waits for process 0"));
    assert!(live.overdue && live.round == Some(2));

    let backup = r#"{"v":1,"start":7,"backup":{"interval":30,"taken":100,"took":[200,300],"failures":1,
        "failingSince":90,"failure":"no room","fault":"scratchFull"}}"#;
    let backup: BackupStatusReport = serde_json::from_str(backup).unwrap();
    assert_eq!(backup.backup.took, [200, 300]);
    assert_eq!(backup.backup.fault, Some(BackupFault::ScratchFull));
}

#[test]
fn renamed_fields_are_written_under_their_new_names() {
    let report = BackupReport {
        took: vec![200],
        fault: Some(BackupFault::Refused),
        ..BackupReport::default()
    };
    insta::assert_snapshot!(serde_json::to_string(&report).unwrap(), @r#"{"interval":0,"copyMilliseconds":[200],"failures":0,"failureKind":"refused"}"#);
}
