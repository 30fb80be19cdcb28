//! Classification of the API server's errors into races and refusals.

use kube::core::Status;
use rstest::rstest;

use super::*;

fn answered(call: Call, code: u16, reason: &str) -> ReconcileError {
    let status = Status::failure("no", reason).with_code(code).boxed();
    ReconcileError::api(call, "do it")(kube::Error::Api(status))
}

#[rstest]
#[case::created_meanwhile(Call::Create, 409, "AlreadyExists", Race::Exists)]
#[case::quota_moved(Call::Create, 409, "Conflict", Race::Changed)]
#[case::changed(Call::Existing, 409, "Conflict", Race::Changed)]
#[case::deleted(Call::Existing, 404, "NotFound", Race::Gone)]
fn expected_conflict_is_a_benign_race(
    #[case] call: Call,
    #[case] code: u16,
    #[case] reason: &str,
    #[case] expected: Race,
) {
    let error = answered(call, code, reason);
    assert!(error.is_benign());
    assert!(
        matches!(error, ReconcileError::Overtaken { action: "do it", race } if race == expected),
        "{error:?}"
    );
}

#[rstest]
#[case::namespace_is_gone(Call::Create, 404, "NotFound")]
#[case::kind_is_unknown(Call::Read, 404, "NotFound")]
#[case::conflict_of_a_read(Call::Read, 409, "Conflict")]
#[case::quota(Call::Create, 403, "Forbidden")]
#[case::invalid(Call::Existing, 422, "Invalid")]
#[case::webhook(Call::Create, 500, "InternalError")]
fn other_error_is_a_refusal_with_its_cause(
    #[case] call: Call,
    #[case] code: u16,
    #[case] reason: &str,
) {
    let error = answered(call, code, reason);
    assert!(!error.is_benign());
    let ReconcileError::Refused(refusal) = error else {
        panic!("{error:?}");
    };
    assert_eq!(refusal.to_string(), format!("no ({code} {reason})"));
    assert_eq!((refusal.action, refusal.code), ("do it", code));
}
