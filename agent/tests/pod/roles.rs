//! The program as its containers call it.

use std::fs;

use agent::report::FailureKind;
use tempfile::TempDir;

use crate::environment::Pod;

#[test]
fn code_travels_from_the_snapshot_to_a_launch_of_the_installed_copy() {
    let (programs, snapshot) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(
        snapshot.path().join("pkg..mod.py"),
        include_str!("flows/count.py"),
    )
    .unwrap();
    let pod = Pod::new("")
        .set("WAXRUN_INSTALL_DIR", &programs.path().display().to_string())
        .set(
            "WAXRUN_SNAPSHOT_DIR",
            &snapshot.path().display().to_string(),
        )
        .set("WAXRUN_PYTHON_FILE", "pkg/mod.py");
    assert_eq!(pod.finish("install").0, 0);
    let (code, out, log) = pod.finish("fetch");
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(log.starts_with("waxrun: 1 files of code, "), "{log}");
    let mut probe = std::process::Command::new(programs.path().join("waxrun"));
    pod.surround(probe.arg("probe"));
    assert!(probe.output().unwrap().status.success());
}

#[test]
fn a_code_that_is_refused_is_named_in_the_message() {
    let snapshot = TempDir::new().unwrap();
    fs::write(snapshot.path().join("code.tar"), b"\x1f\x8b\x08").unwrap();
    let pod = Pod::new("")
        .set(
            "WAXRUN_SNAPSHOT_DIR",
            &snapshot.path().display().to_string(),
        )
        .set("WAXRUN_TAR", "code.tar");
    let (code, _, log) = pod.finish("fetch");
    assert_eq!(code, 1);
    assert!(log.contains("is compressed with gzip"), "{log}");
    assert_eq!(pod.failure().kind, FailureKind::EngineError);
}

#[test]
fn what_it_can_do_is_said_on_request() {
    let (code, help, log) = Pod::new("").finish("help");
    assert_eq!((code, log.as_str()), (0, ""));
    insta::assert_snapshot!(help, @"
    usage: waxrun install|fetch|verify|launch|sidecar|probe|store|inspect|version

      install   copy this program to where the user's image finds it
      fetch     copy the code snapshot into the working folder
      verify    compare the recovery volume with what it must be
      launch    run the dataflow
      sidecar   answer for the running dataflow over HTTP
      probe     load the dataflow and say what is in it
      store     change the recovery store while no dataflow runs on it
      inspect   print what lies on recovery volumes, for a ledger that was lost

    All settings come from WAXRUN_* environment variables. verify, launch, store and inspect end with code 3
    if a recovery store is refused, and 4 if somebody else is on its volume.
    ");
    let (code, out, log) = Pod::new("").finish("unheard-of");
    assert_eq!((code, out.as_str(), log), (2, "", help));
}

/// An operator of the release before calls the sidecar `keep`.
#[rstest::rstest]
#[case::current("sidecar")]
#[case::of_an_older_operator("keep")]
fn wrong_settings_are_one_line_each(#[case] role: &str) {
    let pod = Pod::new("")
        .set("WAXRUN_API_PORT", "0")
        .set("WAXRUN_PROCESSES", "");
    let (code, _, log) = pod.finish(role);
    assert_eq!(code, 2);
    insta::assert_snapshot!(log, @r#"
    waxrun: WAXRUN_PROCESSES is not set
    waxrun: WAXRUN_API_PORT is "0"; write a whole number from 1 to 65535
    "#);
}
