use k8s_openapi::jiff::Timestamp;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn condition_keeps_its_time_until_status_changes() {
    let first = condition(
        ConditionType::Ready,
        false,
        Reason::Starting,
        "",
        1,
        at(10),
        &[],
    );
    let previous = [first];
    let still = condition(
        ConditionType::Ready,
        false,
        Reason::Probing,
        "x",
        2,
        at(20),
        &previous,
    );
    assert_eq!(still.last_transition_time.0, at(10));
    assert_eq!(
        (still.reason.as_str(), still.observed_generation),
        ("Probing", Some(2))
    );
    let flipped = condition(
        ConditionType::Ready,
        true,
        Reason::Running,
        "",
        2,
        at(30),
        &previous,
    );
    assert_eq!(flipped.last_transition_time.0, at(30));
}

#[test]
fn default_status_observes_generation_minus_one() {
    let status: DataflowStatus = serde_json::from_str("{}").unwrap();
    assert_eq!(status, DataflowStatus::default());
    assert_eq!(status.observed_generation, -1);
}

#[test]
fn reason_parses_back_from_its_text() {
    for reason in [
        Reason::CRDTooOld,
        Reason::CrashLoop,
        Reason::NotSupportedYet,
    ] {
        assert_eq!(reason.to_string().parse::<Reason>(), Ok(reason));
    }
}
