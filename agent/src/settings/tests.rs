use std::collections::BTreeMap;

use super::*;

fn complete() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("WAXRUN_NAME", "orders"),
        ("WAXRUN_NAMESPACE", "shop"),
        ("WAXRUN_POD_NAME", "orders-1"),
        ("WAXRUN_PROCESSES", "2"),
        ("WAXRUN_START", "7"),
        ("WAXRUN_REVISION", "3f2a90bc11"),
        ("WAXRUN_PYTHON_FILE", "simple.py"),
    ])
}

fn launch(variables: &BTreeMap<&str, &str>) -> Result<LaunchSettings, SettingsError> {
    LaunchSettings::read(&|name| variables.get(name).map(ToString::to_string))
}

#[test]
fn variables_are_read_into_typed_settings() {
    let settings = launch(&complete()).unwrap();
    assert_eq!(settings.identity.process, 1);
    assert_eq!((settings.workers, settings.keep_alive), (1, false));
    assert_eq!(
        (
            settings.identity.process_port,
            settings.identity.engine_port
        ),
        (9999, 3031)
    );
    assert_eq!(settings.run_dir, PathBuf::from("/run/waxrun"));
}

#[test]
fn all_faults_are_reported_together() {
    let mut wrong = complete();
    wrong.extend([
        ("WAXRUN_POD_NAME", "orders-2"),
        ("WAXRUN_WORKERS", "0"),
        ("WAXRUN_KEEP_ALIVE", "yes"),
        ("WAXRUN_PROCESS_PORT", "70000"),
        ("WAXRUN_REVISION", ""),
    ]);
    wrong.remove("WAXRUN_START");
    insta::assert_snapshot!(launch(&wrong).unwrap_err(), @r#"
    WAXRUN_POD_NAME is "orders-2", process 2 of only 2 (WAXRUN_PROCESSES)
    WAXRUN_START is not set
    WAXRUN_REVISION is not set
    WAXRUN_PROCESS_PORT is "70000"; write a whole number from 1 to 65535
    WAXRUN_WORKERS is "0"; write a whole number from 1 to 1024
    WAXRUN_KEEP_ALIVE is "yes"; write "true" or "false"
    "#);
    insta::assert_snapshot!(launch(&BTreeMap::new()).unwrap_err(), @"
    WAXRUN_NAME is not set
    WAXRUN_PROCESSES is not set
    WAXRUN_POD_NAME is not set
    WAXRUN_NAMESPACE is not set
    WAXRUN_START is not set
    WAXRUN_REVISION is not set
    WAXRUN_PYTHON_FILE is not set
    ");
}

#[rstest::rstest]
#[case("orders", true)]
#[case("orders-", true)]
#[case("orders-x", true)]
#[case("other-0", true)]
#[case("orders-1-0", true)]
#[case("orders-0", false)]
fn pod_name_gives_index_or_fault(#[case] pod: &'static str, #[case] refused: bool) {
    let mut variables = complete();
    variables.insert("WAXRUN_POD_NAME", pod);
    assert_eq!(launch(&variables).is_err(), refused);
}
