//! Round trip of the ledger through status, and ledgers that are rejected.

use dataflow::status::StoreChangeKind;
use rstest::rstest;

use super::*;

fn name() -> DataflowName {
    "orders".parse().unwrap()
}

fn separate() -> StoreLedger {
    StoreLedger {
        id: "one".to_owned(),
        timeline: "1-00000001".to_owned(),
        change_number: 4,
        places: vec![0, 2, 1],
        claims: [(0, "a".to_owned()), (2, "c".to_owned())].into(),
        pending: Some(Pending {
            kind: StoreChangeKind::Move,
            places: vec![0, 1, 1],
            timeline: None,
            action: None,
        }),
        detached: false,
        last_action: None,
    }
}

#[test]
fn written_ledger_is_read_unchanged() {
    let shared = StoreLedger {
        places: vec![SHARED_VOLUME; 2],
        claims: [(SHARED_VOLUME, "a".to_owned())].into(),
        pending: None,
        ..separate()
    };
    for written in [separate(), shared] {
        let status = ledger_status(&name(), &written);
        assert_eq!(ledger(&status, &name()), Ok(written));
    }
}

#[test]
fn partition_with_pending_move_is_moving() {
    let status = ledger_status(&name(), &separate());
    let states: Vec<PartitionState> = status.partitions.iter().map(|one| one.state).collect();
    assert_eq!(
        states,
        [
            PartitionState::Ready,
            PartitionState::Moving,
            PartitionState::Ready
        ]
    );
}

#[rstest]
#[case::newer(|status: &mut RecoveryStatus| status.format_version += 1)]
#[case::gap(|status: &mut RecoveryStatus| status.partitions[1].index = 2)]
#[case::foreign_place(|status: &mut RecoveryStatus| status.partitions[1].claim = "recovery-other-1".to_owned())]
#[case::foreign_claim(|status: &mut RecoveryStatus| status.claims[0].name = "other-recovery".to_owned())]
#[case::padded(|status: &mut RecoveryStatus| status.claims[0].name = "recovery-orders-00".to_owned())]
fn inconsistent_ledger_is_rejected(#[case] spoil: fn(&mut RecoveryStatus)) {
    let mut status = ledger_status(&name(), &separate());
    spoil(&mut status);
    assert!(ledger(&status, &name()).is_err());
}
