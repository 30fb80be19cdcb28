use super::*;

const PLACES: [u32; 3] = [0, 1, 0];

fn spec(volumes: &fixture::Volumes, ordinal: u32) -> ChangeSpec {
    let spec = change_spec(volumes, [ordinal], &PLACES, Change::Initialise);
    ChangeSpec { start: 0, ..spec }
}

#[test]
fn new_store_is_created_volume_by_volume() {
    let volumes = fixture::Volumes::empty(2);
    assert_eq!(run(&spec(&volumes, 0)).unwrap(), Done::Changed);
    assert!(!holds(&volumes, 2, &PLACES, 1));
    assert_eq!(run(&spec(&volumes, 1)).unwrap(), Done::Changed);
    assert_eq!(run(&spec(&volumes, 1)).unwrap(), Done::Already);
    assert!(holds(&volumes, 2, &PLACES, 1));
}

#[test]
fn initialisation_completes_after_any_crash() {
    let empty = fixture::Volumes::empty(2);
    run(&spec(&empty, 1)).unwrap();
    let crash_points = crash_points(&empty, &spec(&empty, 0));
    assert_durable_in_order(&crash_points);
    assert!(crash_points.len() > 10, "{}", crash_points.len());
    for CrashPoint { volumes, next } in &crash_points {
        let complete = ["part-0.sqlite3", "part-2.sqlite3"]
            .iter()
            .all(|name| volumes.file(0, name).exists());
        let probe = volumes.copy();
        assert_eq!(holds(&probe, 2, &PLACES, 1), complete, "{next:?}");
        run(&spec(volumes, 0)).unwrap_or_else(|refusal| panic!("{next:?}: {refusal}"));
        assert!(holds(volumes, 2, &PLACES, 1), "{next:?}");
    }
}

#[rstest]
#[case::other_change_number(|spec: &mut ChangeSpec| spec.change_number = 3)]
#[case::other_store(|spec: &mut ChangeSpec| {
    spec.store = "00000000-4c39-4a2b-9a5e-0d6b9f3f4f10".parse().unwrap();
})]
#[case::copied_volume(|spec: &mut ChangeSpec| {
    spec.claims[0] = Some("made-anew".parse().unwrap());
})]
fn used_volume_is_not_initialised_again(#[case] alter: fn(&mut ChangeSpec)) {
    let volumes = fixture::Volumes::empty(2);
    let first = spec(&volumes, 0);
    run(&first).unwrap();
    let mut second = first.clone();
    alter(&mut second);
    fs::remove_file(volumes.file(0, "part-2.sqlite3")).unwrap();
    assert!(run(&second).unwrap_err().is_refused());
    assert!(!volumes.file(0, "part-2.sqlite3").exists());
}

#[test]
fn partition_lost_after_first_start_stays_lost() {
    let volumes = fixture::Volumes::empty(2);
    run(&spec(&volumes, 0)).unwrap();
    let mut gang = volumes.gang(0, 2, &PLACES);
    gang.change_number = 2;
    drop(LockedVolume::enter(gang).unwrap());
    fs::remove_file(volumes.file(0, "part-2.sqlite3")).unwrap();
    let refusal = run(&spec(&volumes, 0)).unwrap_err();
    assert!(
        refusal.to_string().contains("in use since start 1"),
        "{refusal}"
    );
}

#[rstest]
#[case::partition("part-0.sqlite3")]
#[case::stray("old.sqlite3")]
#[case::companion("part-0.sqlite3-wal")]
#[case::retired("part-1.7.retired")]
fn volume_with_recovery_files_is_not_initialised(#[case] name: &str) {
    let volumes = fixture::Volumes::empty(2);
    fs::write(volumes.file(0, name), "x").unwrap();
    let refusal = run(&spec(&volumes, 0)).unwrap_err();
    assert!(
        refusal
            .to_string()
            .contains("already contains recovery files"),
        "{refusal}"
    );
    assert_eq!(volumes.volume(0).header().unwrap(), None);
}

#[test]
fn leftover_wal_stops_a_continued_initialisation() {
    let volumes = fixture::Volumes::empty(2);
    run(&spec(&volumes, 0)).unwrap();
    fs::remove_file(volumes.file(0, "part-2.sqlite3")).unwrap();
    fs::write(volumes.file(0, "part-2.sqlite3-wal"), "x").unwrap();
    let refusal = run(&spec(&volumes, 0)).unwrap_err();
    assert!(
        refusal.to_string().contains("part-2.sqlite3-wal"),
        "{refusal}"
    );
    assert!(!volumes.file(0, "part-2.sqlite3").exists());
}
