//! The state of a process among others, for the sidecar and those who ask it.

use std::time::Duration;

use crate::{
    rendezvous::{Member, Missing, Stage},
    report::ProcessPhase,
    state::{RunState, Waits},
};

/// After this time a process that is missing or belongs to another gang is a fault that a person must see.
const OVERDUE: Duration = Duration::from_secs(60);

/// Returns the state of a member; `None` for one that is about to exit.
pub(super) fn run_state(
    member: &Member,
    runs: bool,
    start: i64,
    waited: Duration,
) -> Option<RunState> {
    let waits = |missing: &Result<Missing, String>, what: &str| {
        let host = "waiting for process 0, which hosts the rendezvous";
        let reason = match missing {
            Ok(missing) => missing.describe(what),
            Err(why) if why.is_empty() => host.to_owned(),
            Err(why) => format!("{host}: {why}"),
        };
        Some(Waits {
            reason,
            overdue: waited >= OVERDUE,
        })
    };
    let (phase, exit_code, waits) = match member.stage() {
        Stage::Offering { missing } => (ProcessPhase::Starting, None, waits(missing, "to start")),
        Stage::InRound { .. } if runs => (ProcessPhase::Running, None, None),
        Stage::InRound { .. } => (ProcessPhase::Starting, None, None),
        Stage::Refused { .. } => return None,
        Stage::Ended { all: true, .. } => (ProcessPhase::Ended, Some(0), None),
        Stage::Ended { missing, .. } => (ProcessPhase::Running, Some(0), waits(missing, "to end")),
    };
    let round = Some(member.history().number).filter(|number| *number > 0);
    Some(RunState::new(start, phase, exit_code).among_others(round, waits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rendezvous::{Answer, AttemptHistory, Gang, Timeouts};

    #[test]
    fn wait_reason_names_absent_and_foreign_processes() {
        let gang = Gang {
            revision: "new".into(),
            processes: 5,
            start: 7,
        };
        let history = AttemptHistory::default();
        let word = "word".to_owned();
        let mut member = Member::new(gang.clone(), 1, Timeouts::DEFAULT, history, word);
        let reason = |member: &Member, seconds| {
            let state = run_state(member, false, 7, Duration::from_secs(seconds));
            let waits = state.unwrap().waits.unwrap();
            format!("{} {}", waits.overdue, waits.reason)
        };
        let mut reasons = vec![reason(&member, 0)];
        let old = Gang {
            revision: "old".into(),
            ..gang
        };
        let answers = [
            (vec![3], vec![]),
            (vec![2, 3, 4], vec![]),
            (vec![2], vec![(4, old)]),
            (vec![], vec![]),
        ];
        for (absent, foreign) in answers {
            let missing = Missing {
                earlier_engines: absent.is_empty(),
                absent,
                foreign,
            };
            let request = member.request();
            member.on_reply(&request, Answer::Wait(missing), Duration::ZERO);
            reasons.push(reason(&member, 60));
        }
        reasons.push(Missing::default().describe("to end"));
        member.on_no_reply("Connection refused".into());
        reasons.push(reason(&member, 59));
        insta::assert_snapshot!(reasons.join("\n"), @"
        false waiting for process 0, which hosts the rendezvous
        true waiting for process 3 to start
        true waiting for processes 2, 3 and 4 to start
        true waiting for process 2 to start; process 4 belongs to revision old, start 7, 5 processes
        true waiting until no engine of an earlier round can run
        waiting for the other processes to end
        false waiting for process 0, which hosts the rendezvous: Connection refused
        ");
    }
}
