use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::client::FetchFault;
use crate::fault::Document;
use crate::provider::Issuer;

const KEYS: &[u8] = include_bytes!("../../tests/vectors/keys.json");

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn discovery() -> Discovery {
    let issuer = Issuer::parse("https://id.example.com").unwrap();
    let text = br#"{"issuer":"https://id.example.com","jwks_uri":"https://id.example.com/keys"}"#;
    Discovery::parse(text, &issuer).unwrap()
}

fn fetch(store: &mut KeyStore, max_age: Option<Duration>, now: Instant) {
    store.begin(now);
    store.succeed(discovery(), KeySet::parse(KEYS).unwrap(), max_age, now);
}

fn fail(store: &mut KeyStore, now: Instant) {
    store.begin(now);
    store.fail(ProviderFault::Fetch {
        document: Document::Keys,
        fault: FetchFault::Timeout,
    });
}

#[test]
fn store_is_empty_until_first_success() {
    let (mut store, now) = (KeyStore::default(), Instant::now());
    assert!(store.published(now).is_none() && store.may_fetch(now));
    assert_eq!(store.due_in(now), Duration::ZERO);
    fail(&mut store, now);
    assert!(store.published(now).is_none() && store.last_fault().is_some());
    fetch(&mut store, None, now + seconds(1));
    assert_eq!(store.published(now + seconds(1)).unwrap().version, 1);
    assert!(store.last_fault().is_none());
    assert_eq!(
        store.counts(),
        Counts {
            succeeded: 1,
            failed: 1
        }
    );
}

#[test]
fn distance_of_first_fetches_doubles() {
    let (mut store, mut now) = (KeyStore::default(), Instant::now());
    let mut distances = Vec::new();
    for _ in 0..7 {
        fail(&mut store, now);
        let due = store.due_in(now);
        assert!(!store.may_fetch(now + due - seconds(1)) || due == seconds(1));
        assert!(store.may_fetch(now + due));
        distances.push(due.as_secs());
        now += due;
    }
    assert_eq!(distances, [1, 2, 4, 8, 16, 30, 30]);
}

#[test]
fn fetches_are_half_a_minute_apart() {
    let (mut store, now) = (KeyStore::default(), Instant::now());
    fetch(&mut store, None, now);
    assert!(!store.may_fetch_for(Some("new"), false, now + seconds(29)));
    assert!(store.may_fetch_for(Some("new"), false, now + seconds(30)));
    fail(&mut store, now + seconds(30));
    assert!(!store.may_fetch_for(Some("other"), false, now + seconds(59)));
    assert!(store.may_fetch_for(Some("other"), false, now + seconds(60)));
}

#[test]
fn unknown_id_causes_no_fetch_for_a_minute() {
    let (mut store, now) = (KeyStore::default(), Instant::now());
    fetch(&mut store, None, now);
    store.note_unknown("x", now);
    assert!(!store.may_fetch_for(Some("x"), false, now + seconds(59)));
    assert!(store.may_fetch_for(Some("y"), false, now + seconds(59)));
    assert!(store.may_fetch_for(Some("x"), false, now + seconds(60)));
}

#[test]
fn token_waits_only_for_a_running_fetch() {
    let (mut store, now) = (KeyStore::default(), Instant::now());
    fetch(&mut store, None, now);
    store.note_unknown("x", now);
    assert!(store.may_fetch_for(Some("y"), true, now));
    assert!(!store.may_fetch_for(Some("y"), false, now));
    assert!(!store.may_fetch_for(Some("x"), true, now));
}

#[test]
fn unknown_ids_are_bounded() {
    let (mut store, now) = (KeyStore::default(), Instant::now());
    for id in 0..10_000 {
        store.note_unknown(&format!("id {id}"), now);
    }
    assert_eq!(store.unknown.len(), MAX_UNKNOWN);
    store.note_unknown("later", now + UNKNOWN_FOR);
    assert_eq!(store.unknown.len(), 1);
}

#[rstest]
#[case::unstated(None, 15 * 60)]
#[case::stated(Some(3600), 3600)]
#[case::too_short(Some(0), 5 * 60)]
#[case::too_long(Some(1_000_000), 24 * 3600)]
fn keys_are_fetched_again_by_age(#[case] max_age: Option<u64>, #[case] due: u64) {
    let (mut store, now) = (KeyStore::default(), Instant::now());
    fetch(&mut store, max_age.map(seconds), now);
    assert_eq!(store.due_in(now), seconds(due));
}

#[test]
fn stale_keys_serve_for_a_day_after_failures() {
    let (mut store, now) = (KeyStore::default(), Instant::now());
    fetch(&mut store, None, now);
    let stale = now + AGE_DEFAULT;
    fail(&mut store, stale);
    assert_eq!(store.due_in(stale), DISTANCE);
    assert!(store.published(stale + STALE - seconds(1)).is_some());
    assert!(store.published(stale + STALE).is_none());
}

proptest! {
    /// Whatever ids come when, fetches are apart, and few ids are kept.
    #[test]
    fn fetches_stay_apart_under_any_ids(steps in prop::collection::vec((0_u64..40, "[a-d]{0,2}", any::<bool>()), 1..60)) {
        let (mut store, mut now) = (KeyStore::default(), Instant::now());
        fetch(&mut store, None, now);
        let mut last = now;
        for (pause, id, succeeds) in steps {
            now += seconds(pause);
            if store.may_fetch_for(Some(id.as_str()), false, now) {
                prop_assert!(now.duration_since(last) >= DISTANCE);
                last = now;
                match succeeds {
                    true => fetch(&mut store, None, now),
                    false => fail(&mut store, now),
                }
                store.note_unknown(&id, now);
            }
            prop_assert!(store.unknown.len() <= MAX_UNKNOWN);
        }
    }
}
