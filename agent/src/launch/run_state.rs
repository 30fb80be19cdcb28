//! Where a process among others stands, for `keep` and those who ask it.

use std::time::Duration;

use crate::{
    rendezvous::{Lack, Member, Stage},
    report::Phase,
    state::{RunState, Waits},
};

/// After this time whoever is missing or differs is a fault that a person must see.
const OVERDUE: Duration = Duration::from_secs(60);

/// Says where a member stands; nothing of one that is about to end.
pub(super) fn run_state(
    member: &Member,
    runs: bool,
    start: i64,
    waited: Duration,
) -> Option<RunState> {
    let waits = |lack: &Result<Lack, String>, what: &str| {
        let reason = match lack {
            Ok(lack) => format!("{lack} {what}"),
            Err(why) if why.is_empty() => format!("asks process 0 {what}"),
            Err(why) => format!("process 0 cannot be asked {what}: {why}"),
        };
        Some(Waits {
            reason,
            overdue: waited >= OVERDUE,
        })
    };
    let (phase, exit_code, waits) = match member.stage() {
        Stage::Offering { lack } => (Phase::Starting, None, waits(lack, "to start together")),
        Stage::Given { .. } if runs => (Phase::Running, None, None),
        Stage::Given { .. } => (Phase::Starting, None, None),
        Stage::Refused { .. } => return None,
        Stage::Ended { all: true, .. } => (Phase::Ended, Some(0), None),
        Stage::Ended { lack, .. } => (Phase::Running, Some(0), waits(lack, "to end together")),
    };
    let round = Some(member.record().number).filter(|number| *number > 0);
    Some(RunState::new(start, phase, exit_code).among_others(round, waits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rendezvous::{Answer, Gang, Past, Patience};

    #[test]
    fn who_is_missing_or_differs_is_named_and_overdue_after_a_minute() {
        let gang = Gang {
            revision: "new".into(),
            processes: 5,
            start: 7,
        };
        let word = "word".to_owned();
        let mut member = Member::new(gang.clone(), 1, Patience::USUAL, Past::default(), word);
        let said = |member: &Member, seconds| {
            let state = run_state(member, false, 7, Duration::from_secs(seconds));
            let waits = state.unwrap().waits.unwrap();
            format!("{} {}", waits.overdue, waits.reason)
        };
        let mut seen = vec![said(&member, 0)];
        let old = Gang {
            revision: "old".into(),
            ..gang
        };
        let lacks = [
            (vec![3], vec![]),
            (vec![2, 3, 4], vec![]),
            (vec![2], vec![(4, old)]),
            (vec![], vec![]),
        ];
        for (missing, different) in lacks {
            let lack = Lack {
                held: missing.is_empty(),
                missing,
                different,
            };
            let asked = member.request();
            member.hear(&asked, Answer::Wait(lack), Duration::ZERO);
            seen.push(said(&member, 60));
        }
        member.unheard("Connection refused".into());
        seen.push(said(&member, 59));
        insta::assert_snapshot!(seen.join("\n"), @"
        false asks process 0 to start together
        true waits for process 3 to start together
        true waits for processes 2, 3 and 4 to start together
        true waits for process 2; process 4 is of revision old, start 7, 5 processes to start together
        true waits until no engine of an earlier round can be left to start together
        false process 0 cannot be asked to start together: Connection refused
        ");
    }
}
