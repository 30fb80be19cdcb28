use dataflow::code::Code;
use dataflow::spec::DataflowSpec;
use dataflow::status::StoreChangeKind;
use rstest::rstest;

use super::*;
use crate::observe::{Prepared, cache};

fn name() -> DataflowName {
    "orders".parse().unwrap()
}

fn separate() -> StoreLedger {
    StoreLedger {
        id: "one".to_owned(),
        timeline: "1-00000001".to_owned(),
        step: 4,
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
fn what_is_written_is_read_again() {
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
fn a_partition_on_its_way_says_so() {
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
fn what_makes_no_sense_is_not_read(#[case] spoil: fn(&mut RecoveryStatus)) {
    let mut status = ledger_status(&name(), &separate());
    spoil(&mut status);
    assert!(ledger(&status, &name()).is_err());
}

#[rstest]
#[case::of_their_own(false, vec![0, 1, 0], [(0, "a".to_owned()), (1, "b".to_owned())].into())]
#[case::shared(true, vec![SHARED_VOLUME; 3], [(SHARED_VOLUME, "a".to_owned())].into())]
fn a_cached_template_tells_its_store(
    #[case] single: bool,
    #[case] places: Vec<u32>,
    #[case] claims: BTreeMap<u32, String>,
) {
    let spec: DataflowSpec = serde_json::from_value(serde_json::json!({
        "image": {"tag": "0.21.1"},
        "pythonFileName": "flow.py",
        "configMapName": "orders-source",
        "processesCount": 2,
        "recovery": {"enabled": true, "partsCount": 3, "singleVolume": single},
    }))
    .unwrap();
    let ledger = StoreLedger {
        places,
        claims,
        pending: None,
        ..separate()
    };
    let hash = Code::new().hash();
    let prepared = Prepared::new("orders", &spec, hash, "agent", None).unwrap();
    let mut set = prepared
        .plan("shop", "uid", 7, Some(ledger.orders(None)))
        .stateful_set;
    cache::prune_set(&mut set);
    let pod = set.spec.unwrap().template.spec.unwrap();
    assert_eq!(told(&pod), Some(ledger));
}

#[test]
fn a_start_keeps_old_snapshots_as_long_as_status_asks_for() {
    let kept_after = |backups: bool, raised| {
        let spec = serde_json::from_value(serde_json::json!({
            "image": {"tag": "0.21.1"},
            "pythonFileName": "flow.py",
            "configMapName": "orders-source",
            "recovery": {
                "enabled": true,
                "cloudBackup": {"enabled": backups, "s3": {"url": "s3://bucket"}},
            },
        }))
        .unwrap();
        let hash = Code::new().hash();
        let prepared = Prepared::new("orders", &spec, hash, "agent", None).unwrap();
        let store = Some(separate().orders(None));
        let plan = prepared.keeping(raised).plan("shop", "uid", 7, store);
        let mut set = plan.stateful_set;
        cache::prune_set(&mut set);
        kept(&set.spec.unwrap().template.spec.unwrap())
    };
    assert_eq!(kept_after(true, None), Some(120));
    assert_eq!(kept_after(true, Some(720)), Some(720));
    assert_eq!(kept_after(true, Some(60)), Some(120));
    assert_eq!(
        kept_after(false, Some(720)),
        Some(1),
        "without copies there is no need"
    );
}
