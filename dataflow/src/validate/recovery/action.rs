//! Checks `spec.recovery.action`.

use crate::spec::absent::present;
use crate::spec::{ActionKind, ExpectedStore, RecoveryAction};
use crate::validate::fault::Fault;

const PATH: &str = "spec.recovery.action";

/// Value of `expect.storeId` if the Dataflow has no recovery store yet.
pub const NO_STORE: &str = "none";

/// Maximum number of steps of one action, and maximum length of a step id or a restore point. There are limits because
/// the action is passed to a pod in its environment.
const MOST_STEPS: usize = 200;
const LONGEST_TEXT: usize = 1024;

pub(super) fn check(action: &RecoveryAction, enabled: bool, found: &mut Vec<Fault>) {
    let RecoveryAction {
        kind,
        point,
        steps,
        expect,
    } = action;
    if !enabled {
        found.push(Fault::invalid(
            PATH,
            "changes the state, but recovery is not enabled",
            "write `enabled: true` in `spec.recovery`, or remove the action",
        ));
    }
    let restores = *kind == ActionKind::Restore;
    if present(point.as_ref()).is_some() && !restores {
        found.push(Fault::invalid(
            format!("{PATH}.point"),
            "is set, but only an action of type `Restore` uses it",
            "remove it",
        ));
    }
    if point.as_ref().is_some_and(|point| !fits(point)) {
        found.push(Fault::invalid(
            format!("{PATH}.point"),
            "is not a restore point",
            "write a restore point that `kubectl waxctl df backups` lists",
        ));
    }
    of_steps(*kind, steps, found);
    expected(*kind, present(point.as_ref()).is_some(), expect, found);
}

fn of_steps(kind: ActionKind, steps: &[String], found: &mut Vec<Fault>) {
    let path = format!("{PATH}.steps");
    if kind != ActionKind::DropSteps {
        if !steps.is_empty() {
            found.push(Fault::invalid(
                path,
                "is set, but only an action of type `DropSteps` uses it",
                "remove it",
            ));
        }
    } else if steps.is_empty() {
        found.push(Fault::invalid(
            path,
            "is empty",
            "write the ids of the steps whose state is to be deleted",
        ));
    } else if steps.len() > MOST_STEPS || !steps.iter().all(|step| fits(step)) {
        found.push(Fault::invalid(
            path,
            "contains a text that is not a step id",
            "write the step ids that `kubectl waxctl df diff` shows",
        ));
    }
}

fn expected(kind: ActionKind, point: bool, expect: &ExpectedStore, found: &mut Vec<Fault>) {
    let nothing_known = expect.store_id == NO_STORE;
    if nothing_known && !(kind == ActionKind::Restore && point) {
        found.push(Fault::invalid(
            format!("{PATH}.expect.storeId"),
            "is `none`, which is valid only for a `Restore` with a `point`",
            "write the value of `status.recovery.storeId`",
        ));
    }
    if present(Some(&expect.store_id)).is_none() {
        found.push(Fault::invalid(
            format!("{PATH}.expect.storeId"),
            "is empty",
            "write the value of `status.recovery.storeId`",
        ));
    }
    if !nothing_known && present(expect.timeline.as_ref()).is_none() {
        found.push(Fault::invalid(
            format!("{PATH}.expect.timeline"),
            "is missing",
            "write the value of `status.recovery.timeline`",
        ));
    }
}

/// Returns true if a text can be passed unchanged in the environment of a pod.
fn fits(text: &str) -> bool {
    (1..=LONGEST_TEXT).contains(&text.len()) && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn faults(action: &str) -> String {
        let action: RecoveryAction = serde_json::from_str(action).unwrap();
        let mut found = Vec::new();
        check(&action, true, &mut found);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        found.join("\n")
    }

    const EXPECT: &str = r#""expect": {"storeId": "a", "timeline": "1-0a1b2c3d"}"#;

    #[rstest]
    #[case::reset(r#""type": "Reset""#)]
    #[case::restore_the_newest(r#""type": "Restore""#)]
    #[case::restore_a_point(r#""type": "Restore", "point": "1-0a1b2c3d/17""#)]
    #[case::adopt(r#""type": "Adopt""#)]
    #[case::drop(r#""type": "DropSteps", "steps": ["flow.count"]"#)]
    fn consistent_action_is_accepted(#[case] action: &str) {
        assert_eq!(faults(&format!("{{{action}, {EXPECT}}}")), "");
    }

    #[test]
    fn restore_without_a_store_is_accepted() {
        let action = r#"{"type": "Restore", "point": "p", "expect": {"storeId": "none"}}"#;
        assert_eq!(faults(action), "");
    }

    #[rstest]
    #[case::point(
        r#""type": "Reset", "point": "p""#,
        EXPECT,
        "action.point: is set, but only"
    )]
    #[case::steps(
        r#""type": "Reset", "steps": ["a"]"#,
        EXPECT,
        "action.steps: is set, but only"
    )]
    #[case::no_steps(r#""type": "DropSteps""#, EXPECT, "action.steps: is empty")]
    #[case::bad_step(
        r#""type": "DropSteps", "steps": ["a\nb"]"#,
        EXPECT,
        "contains a text that is not a step id"
    )]
    #[case::bad_point(
        r#""type": "Restore", "point": "a\nb""#,
        EXPECT,
        "is not a restore point"
    )]
    #[case::nothing_expected(r#""type": "Reset""#, r#""expect": {}"#, "storeId: is empty")]
    #[case::no_timeline(
        r#""type": "Reset""#,
        r#""expect": {"storeId": "a"}"#,
        "timeline: is missing"
    )]
    #[case::none(r#""type": "Reset""#, r#""expect": {"storeId": "none"}"#, "is `none`")]
    #[case::none_without_point(
        r#""type": "Restore""#,
        r#""expect": {"storeId": "none"}"#,
        "is `none`"
    )]
    fn inconsistent_action_is_refused_with_its_field(
        #[case] action: &str,
        #[case] expect: &str,
        #[case] expected: &str,
    ) {
        let text = faults(&format!("{{{action}, {expect}}}"));
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn action_without_recovery_is_refused() {
        let action = format!(r#"{{"type": "Reset", {EXPECT}}}"#);
        let action: RecoveryAction = serde_json::from_str(&action).unwrap();
        let mut found = Vec::new();
        check(&action, false, &mut found);
        assert_eq!(found.len(), 1);
    }
}
