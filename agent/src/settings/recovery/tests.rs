use std::collections::BTreeMap;

use super::*;
use crate::settings::{LaunchSettings, Lookup, SettingsError, StoreSettings, VerifySettings};

const STORE: &str = "6f1a2b3c-0000-4000-8000-000000000001";

fn complete() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("WAXRUN_NAME", "orders"),
        ("WAXRUN_NAMESPACE", "shop"),
        ("WAXRUN_POD_NAME", "orders-1"),
        ("WAXRUN_PROCESSES", "2"),
        ("WAXRUN_START", "7"),
        ("WAXRUN_REVISION", "3f2a90bc11"),
        ("WAXRUN_PYTHON_FILE", "simple.py"),
        ("WAXRUN_STORE_DIR", "/var/recovery"),
        ("WAXRUN_STORE_ID", STORE),
        ("WAXRUN_STORE_TIMELINE", "1-0a1b2c3d"),
        ("WAXRUN_STORE_STEP", "3"),
        ("WAXRUN_PARTITIONS", "0,1,0,1"),
        ("WAXRUN_CLAIMS", "claim-a,claim-b"),
        ("WAXRUN_SNAPSHOT_INTERVAL", "10"),
        ("WAXRUN_BACKUP_INTERVAL", "0"),
    ])
}

fn job() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("WAXRUN_STORE_CHANGE", "move"),
        ("WAXRUN_VOLUMES", "0,2"),
        ("WAXRUN_STORE_ID", STORE),
        ("WAXRUN_STORE_STEP", "4"),
        ("WAXRUN_STORE_TIMELINE", "1-0a1b2c3d"),
        ("WAXRUN_STORE_PARENT", "1-0a1b2c3d"),
        ("WAXRUN_START", "7"),
        ("WAXRUN_PARTITIONS", "0,0"),
        ("WAXRUN_PARTITIONS_BEFORE", "0,2"),
        ("WAXRUN_CLAIMS", "claim-a,,claim-c"),
    ])
}

fn all<T>(
    read: fn(Lookup<'_>) -> Result<T, SettingsError>,
    variables: &BTreeMap<&str, &str>,
) -> Result<T, SettingsError> {
    read(&|name| variables.get(name).map(ToString::to_string))
}

#[test]
fn variables_become_store_specification() {
    let launch = all(LaunchSettings::read, &complete()).unwrap();
    let verify = all(VerifySettings::read, &complete()).unwrap();
    assert_eq!(launch.recovery.as_ref(), Some(&verify.recovery));
    assert_eq!(verify.recovery.partitions(), [1, 3]);
    assert_eq!((verify.recovery.start, verify.recovery.ordinal), (7, 1));

    let mut without = complete();
    without.remove("WAXRUN_STORE_DIR");
    assert_eq!(all(LaunchSettings::read, &without).unwrap().recovery, None);
    assert!(all(VerifySettings::read, &without).is_err());
}

#[test]
fn store_change_has_placements_before_and_after() {
    let spec = all(StoreSettings::read, &job()).unwrap().spec;
    assert_eq!(spec.contradictions(), []);
    assert_eq!(spec.claims[1], None);
    assert_eq!(spec.root, PathBuf::from("/stores"));
    let first = job()
        .into_iter()
        .filter(|(name, _)| !name.ends_with("PARENT") && !name.ends_with("BEFORE"))
        .chain([("WAXRUN_STORE_CHANGE", "initialise")])
        .collect();
    assert_eq!(
        all(StoreSettings::read, &first).unwrap().spec.change,
        Change::Initialise
    );
}

#[test]
fn changes_of_the_state_are_read_with_parameters() {
    let mut reset = job();
    reset.extend([
        ("WAXRUN_STORE_CHANGE", "reset"),
        ("WAXRUN_STORE_TIMELINE", "2-0a1b2c3d"),
    ]);
    let change = |variables: &BTreeMap<&str, &str>| {
        all(StoreSettings::read, variables).map(|settings| settings.spec.change)
    };
    let parent: store::identity::Timeline = "1-0a1b2c3d".parse().unwrap();
    let from = Some(parent);
    assert_eq!(change(&reset).unwrap(), Change::Reset { from });
    let mut drop = reset;
    drop.extend([
        ("WAXRUN_STORE_CHANGE", "drop-steps"),
        ("WAXRUN_DROP_STEPS", r#"["flow.a, b"]"#),
    ]);
    let Change::DropSteps { steps, .. } = change(&drop).unwrap() else {
        unreachable!()
    };
    assert_eq!(steps, ["flow.a, b"]);
    drop.insert("WAXRUN_DROP_STEPS", "flow.a");
    let error = change(&drop).unwrap_err().to_string();
    assert_eq!(error, "WAXRUN_DROP_STEPS: write a JSON list of strings");
}

#[test]
fn all_faults_are_reported_together() {
    let mut wrong = complete();
    wrong.extend([
        ("WAXRUN_STORE_ID", "mine"),
        ("WAXRUN_STORE_TIMELINE", "1"),
        ("WAXRUN_PARTITIONS", "0,one"),
        ("WAXRUN_CLAIMS", "a b"),
        ("WAXRUN_SNAPSHOT_INTERVAL", "0"),
        ("WAXRUN_BACKUP_INTERVAL", "1.5"),
    ]);
    insta::assert_snapshot!(all(LaunchSettings::read, &wrong).unwrap_err(), @r#"
    WAXRUN_STORE_ID: "mine" is not a UUID in lower case
    WAXRUN_STORE_TIMELINE: "1" is not a timeline like 3-0a1b2c3d
    WAXRUN_PARTITIONS: "one" is not a whole number
    WAXRUN_CLAIMS: "a b" is not the UID of a PVC
    WAXRUN_SNAPSHOT_INTERVAL is "0"; write a whole number from 1 to 2147483648
    WAXRUN_BACKUP_INTERVAL is "1.5"; write a whole number from 0 to 2147483648
    "#);
    let mut wrong = job();
    wrong.remove("WAXRUN_STORE_PARENT");
    wrong.extend([("WAXRUN_VOLUMES", ""), ("WAXRUN_CLAIMS", ",?")]);
    insta::assert_snapshot!(all(StoreSettings::read, &wrong).unwrap_err(), @r#"
    WAXRUN_VOLUMES is not set
    WAXRUN_CLAIMS: "?" is not the UID of a PVC
    WAXRUN_STORE_PARENT is not set
    "#);
}

#[test]
fn change_kind_is_read_under_old_name() {
    let current = all(StoreSettings::read, &job()).unwrap();
    let mut old = job();
    let kind = old.remove("WAXRUN_STORE_CHANGE").unwrap();
    old.insert("WAXRUN_STORE_JOB", kind);
    assert_eq!(all(StoreSettings::read, &old).unwrap(), current);
}

#[rstest::rstest]
#[case::present("WAXRUN_STORE_CHANGE")]
#[case::of_the_previous_release("WAXRUN_STORE_JOB")]
fn invalid_change_kind_is_reported_with_variable(#[case] variable: &'static str) {
    let mut wrong = job();
    wrong.remove("WAXRUN_STORE_CHANGE");
    wrong.insert(variable, "paint");
    let fault = all(StoreSettings::read, &wrong).unwrap_err();
    assert!(
        fault
            .to_string()
            .starts_with(&format!("{variable} is \"paint\"; write"))
    );
}
