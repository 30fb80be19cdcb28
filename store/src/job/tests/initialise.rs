use super::*;

const PLACES: [u32; 3] = [0, 1, 0];

fn orders(volumes: &fixture::Volumes, ordinal: u32) -> JobOrders {
    let orders = job(volumes, [ordinal], &PLACES, Change::Initialise);
    JobOrders { start: 0, ..orders }
}

#[test]
fn a_new_store_is_made_volume_by_volume() {
    let volumes = fixture::Volumes::empty(2);
    assert_eq!(run(&orders(&volumes, 0)).unwrap(), Done::Changed);
    assert!(!holds(&volumes, 2, &PLACES, 1));
    assert_eq!(run(&orders(&volumes, 1)).unwrap(), Done::Changed);
    assert_eq!(run(&orders(&volumes, 1)).unwrap(), Done::Already);
    assert!(holds(&volumes, 2, &PLACES, 1));
}

#[test]
fn a_killed_initialisation_is_continued_and_never_half_believed() {
    let empty = fixture::Volumes::empty(2);
    run(&orders(&empty, 1)).unwrap();
    let moments = moments(&empty, &orders(&empty, 0));
    assert_durable_in_order(&moments);
    assert!(moments.len() > 10, "{}", moments.len());
    for Moment { volumes, next } in &moments {
        let complete = ["part-0.sqlite3", "part-2.sqlite3"]
            .iter()
            .all(|name| volumes.file(0, name).exists());
        let probe = volumes.copy();
        assert_eq!(holds(&probe, 2, &PLACES, 1), complete, "{next:?}");
        run(&orders(volumes, 0)).unwrap_or_else(|refusal| panic!("{next:?}: {refusal}"));
        assert!(holds(volumes, 2, &PLACES, 1), "{next:?}");
    }
}

#[rstest]
#[case::of_another_step(|orders: &mut JobOrders| orders.step = 3)]
#[case::of_another_store(|orders: &mut JobOrders| {
    orders.store = "00000000-4c39-4a2b-9a5e-0d6b9f3f4f10".parse().unwrap();
})]
#[case::copied(|orders: &mut JobOrders| {
    orders.claims[0] = Some("made-anew".parse().unwrap());
})]
fn a_volume_that_was_used_is_never_initialised_again(#[case] alter: fn(&mut JobOrders)) {
    let volumes = fixture::Volumes::empty(2);
    let first = orders(&volumes, 0);
    run(&first).unwrap();
    let mut second = first.clone();
    alter(&mut second);
    fs::remove_file(volumes.file(0, "part-2.sqlite3")).unwrap();
    assert!(run(&second).unwrap_err().is_refused());
    assert!(!volumes.file(0, "part-2.sqlite3").exists());
}

#[test]
fn what_is_lost_after_the_first_start_is_not_made_anew() {
    let volumes = fixture::Volumes::empty(2);
    run(&orders(&volumes, 0)).unwrap();
    let mut gang = volumes.gang(0, 2, &PLACES);
    gang.step = 2;
    drop(Member::enter(gang).unwrap());
    fs::remove_file(volumes.file(0, "part-2.sqlite3")).unwrap();
    let refusal = run(&orders(&volumes, 0)).unwrap_err();
    assert!(
        refusal.to_string().contains("in use since start 1"),
        "{refusal}"
    );
}

#[rstest]
#[case("part-0.sqlite3")]
#[case("old.sqlite3")]
#[case("part-0.sqlite3-wal")]
#[case("part-1.7.retired")]
fn a_volume_that_holds_recovery_files_is_not_initialised(#[case] name: &str) {
    let volumes = fixture::Volumes::empty(2);
    fs::write(volumes.file(0, name), "x").unwrap();
    let refusal = run(&orders(&volumes, 0)).unwrap_err();
    assert!(
        refusal.to_string().contains("already holds recovery files"),
        "{refusal}"
    );
    assert_eq!(volumes.volume(0).record().unwrap(), None);
}

#[test]
fn a_log_that_lies_in_the_way_later_stops_it_too() {
    let volumes = fixture::Volumes::empty(2);
    run(&orders(&volumes, 0)).unwrap();
    fs::remove_file(volumes.file(0, "part-2.sqlite3")).unwrap();
    fs::write(volumes.file(0, "part-2.sqlite3-wal"), "x").unwrap();
    let refusal = run(&orders(&volumes, 0)).unwrap_err();
    assert!(
        refusal.to_string().contains("part-2.sqlite3-wal"),
        "{refusal}"
    );
    assert!(!volumes.file(0, "part-2.sqlite3").exists());
}
