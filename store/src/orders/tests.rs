use std::collections::BTreeSet;

use rstest::rstest;

use super::*;

fn claim(text: &str) -> ClaimUid {
    text.parse().unwrap()
}

fn gang(ordinal: u32, shared: bool) -> GangOrders {
    GangOrders {
        folder: "/var/recovery".into(),
        store: "6f1c1c86-4c39-4a2b-9a5e-0d6b9f3f4f10".parse().unwrap(),
        timeline: "1-0a1b2c3d".parse().unwrap(),
        step: 1,
        start: 1,
        ordinal,
        processes: 2,
        placement: Placement::new(if shared { vec![0; 3] } else { vec![0, 1, 0] }).unwrap(),
        claims: vec![claim("a"), claim("b")],
        shared,
        intervals: Intervals::new(1, 0).unwrap(),
    }
}

fn job(change: Change, placement: Vec<u32>, timeline: &str) -> JobOrders {
    JobOrders {
        root: "/stores".into(),
        volumes: BTreeSet::from([0, 1]),
        claims: vec![Some(claim("a")), Some(claim("b")), None],
        store: "6f1c1c86-4c39-4a2b-9a5e-0d6b9f3f4f10".parse().unwrap(),
        step: 2,
        start: 1,
        timeline: timeline.parse().unwrap(),
        placement: Placement::new(placement).unwrap(),
        change,
    }
}

#[rstest]
#[case(0, 1, 0)]
#[case(10, 3, 4)]
#[case(9, 3, 3)]
#[case(1, 5, 1)]
fn a_started_epoch_is_kept(#[case] backup: u64, #[case] snapshot: u64, #[case] kept: u64) {
    let intervals = Intervals::new(snapshot, backup).unwrap();
    assert_eq!(intervals.kept_epochs(), kept);
}

#[test]
fn a_snapshot_interval_of_nothing_is_refused_also_in_json() {
    assert!(Intervals::new(0, 5).is_err());
    assert!(serde_json::from_str::<Intervals>(r#"{"snapshot":0,"backup":5}"#).is_err());
}

#[rstest]
#[case(false, 0, &[0, 2])]
#[case(false, 1, &[1])]
#[case(true, 0, &[0, 2])]
#[case(true, 1, &[1])]
fn every_partition_has_one_process(
    #[case] shared: bool,
    #[case] ordinal: u32,
    #[case] mine: &[u32],
) {
    assert_eq!(gang(ordinal, shared).partitions(), mine);
}

#[test]
fn orders_of_a_gang_that_contradict_themselves_are_named_all_at_once() {
    let mut orders = gang(2, false);
    orders.claims.pop();
    orders.placement = Placement::new(vec![0, 2]).unwrap();
    assert_eq!(
        orders.contradictions(),
        [
            OrdersError::NoProcess {
                ordinal: 2,
                processes: 2
            },
            OrdersError::NoClaim { ordinal: 1 },
            OrdersError::NotMounted {
                index: 1,
                ordinal: 2
            },
        ]
    );
    assert_eq!(gang(1, false).contradictions(), []);
}

#[test]
fn a_move_needs_only_the_volumes_it_touches() {
    let before = Placement::new(vec![0, 1, 2]).unwrap();
    let parent = "1-0a1b2c3d".parse().unwrap();
    let change = Change::Move { before, parent };
    assert_eq!(
        job(change.clone(), vec![0, 0, 2], "1-0a1b2c3d").contradictions(),
        []
    );
    assert_eq!(
        job(change, vec![0, 1, 0], "2-0a1b2c3d").contradictions(),
        [
            OrdersError::Timeline,
            OrdersError::NotMounted {
                index: 2,
                ordinal: 2
            }
        ]
    );
}

#[test]
fn a_repartition_opens_a_timeline_and_needs_every_volume() {
    let before = Placement::new(vec![0, 2]).unwrap();
    let parent: Timeline = "1-0a1b2c3d".parse().unwrap();
    let change = Change::Repartition { before, parent };
    assert_eq!(
        job(change, vec![0, 1, 0], "1-0a1b2c3d").contradictions(),
        [
            OrdersError::Timeline,
            OrdersError::NotMounted {
                index: 1,
                ordinal: 2
            }
        ]
    );
}
