use std::collections::BTreeSet;

use rstest::rstest;

use super::*;

fn claim(text: &str) -> ClaimUid {
    text.parse().unwrap()
}

fn gang(ordinal: u32, shared: bool) -> StoreSpec {
    StoreSpec {
        folder: "/var/recovery".into(),
        store: "6f1c1c86-4c39-4a2b-9a5e-0d6b9f3f4f10".parse().unwrap(),
        timeline: "1-0a1b2c3d".parse().unwrap(),
        change_number: 1,
        start: 1,
        ordinal,
        processes: 2,
        placement: Placement::new(if shared { vec![0; 3] } else { vec![0, 1, 0] }).unwrap(),
        claims: vec![claim("a"), claim("b")],
        shared,
        intervals: Intervals::new(1, 0).unwrap(),
    }
}

fn change_spec(change: Change, placement: Vec<u32>, timeline: &str) -> ChangeSpec {
    ChangeSpec {
        root: "/stores".into(),
        volumes: BTreeSet::from([0, 1]),
        claims: vec![Some(claim("a")), Some(claim("b")), None],
        store: "6f1c1c86-4c39-4a2b-9a5e-0d6b9f3f4f10".parse().unwrap(),
        change_number: 2,
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
fn kept_epochs_are_rounded_up(#[case] backup: u64, #[case] snapshot: u64, #[case] kept: u64) {
    let intervals = Intervals::new(snapshot, backup).unwrap();
    assert_eq!(intervals.kept_epochs(), kept);
}

#[test]
fn snapshot_interval_0_is_refused_also_in_json() {
    assert!(Intervals::new(0, 5).is_err());
    assert!(serde_json::from_str::<Intervals>(r#"{"snapshot":0,"backup":5}"#).is_err());
}

#[rstest]
#[case::own_volume_of_process_0(false, 0, &[0, 2])]
#[case::own_volume_of_process_1(false, 1, &[1])]
#[case::shared_volume_process_0(true, 0, &[0, 2])]
#[case::shared_volume_process_1(true, 1, &[1])]
fn each_partition_has_one_responsible_process(
    #[case] shared: bool,
    #[case] ordinal: u32,
    #[case] mine: &[u32],
) {
    assert_eq!(gang(ordinal, shared).partitions(), mine);
}

#[test]
fn contradictions_of_a_store_spec_are_reported_together() {
    let mut spec = gang(2, false);
    spec.claims.pop();
    spec.placement = Placement::new(vec![0, 2]).unwrap();
    assert_eq!(
        spec.contradictions(),
        [
            SpecError::NoProcess {
                ordinal: 2,
                processes: 2
            },
            SpecError::NoClaim { ordinal: 1 },
            SpecError::NotMounted {
                index: 1,
                ordinal: 2
            },
        ]
    );
    assert_eq!(gang(1, false).contradictions(), []);
}

#[test]
fn move_needs_only_the_volumes_it_changes() {
    let before = Placement::new(vec![0, 1, 2]).unwrap();
    let parent = "1-0a1b2c3d".parse().unwrap();
    let change = Change::Move { before, parent };
    assert_eq!(
        change_spec(change.clone(), vec![0, 0, 2], "1-0a1b2c3d").contradictions(),
        []
    );
    assert_eq!(
        change_spec(change, vec![0, 1, 0], "2-0a1b2c3d").contradictions(),
        [
            SpecError::Timeline,
            SpecError::NotMounted {
                index: 2,
                ordinal: 2
            }
        ]
    );
}

#[test]
fn repartition_needs_new_timeline_and_all_volumes() {
    let before = Placement::new(vec![0, 2]).unwrap();
    let parent: Timeline = "1-0a1b2c3d".parse().unwrap();
    let change = Change::Repartition { before, parent };
    assert_eq!(
        change_spec(change, vec![0, 1, 0], "1-0a1b2c3d").contradictions(),
        [
            SpecError::Timeline,
            SpecError::NotMounted {
                index: 1,
                ordinal: 2
            }
        ]
    );
}
