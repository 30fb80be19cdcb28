//! The program as its containers call it.

use std::fs;

use agent::report::FailureKind;
use tempfile::TempDir;

use crate::environment::Pod;

#[test]
fn installed_copy_probes_the_fetched_code() {
    let (programs, snapshot) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(
        snapshot.path().join("pkg..mod.py"),
        include_str!("flows/count.py"),
    )
    .unwrap();
    let pod = Pod::new("")
        .set("WAXRUN_INSTALL_DIR", &programs.path().display().to_string())
        .set("WAXRUN_CODE_DIR", &snapshot.path().display().to_string())
        .set("WAXRUN_PYTHON_FILE", "pkg/mod.py");
    assert_eq!(pod.finish("install").0, 0);
    let (code, out, log) = pod.finish("fetch");
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(log.starts_with("waxrun: fetched 1 code files, "), "{log}");
    let mut probe = std::process::Command::new(programs.path().join("waxrun"));
    pod.surround(probe.arg("probe"));
    assert!(probe.output().unwrap().status.success());
}

#[test]
fn refused_code_is_named_in_the_termination_message() {
    let snapshot = TempDir::new().unwrap();
    fs::write(snapshot.path().join("code.tar"), b"\x1f\x8b\x08").unwrap();
    let pod = Pod::new("")
        .set("WAXRUN_CODE_DIR", &snapshot.path().display().to_string())
        .set("WAXRUN_TAR", "code.tar");
    let (code, _, log) = pod.finish("fetch");
    assert_eq!(code, 1);
    assert!(log.contains("is compressed with gzip"), "{log}");
    assert_eq!(pod.failure().kind, FailureKind::EngineError);
}

#[test]
fn help_lists_the_roles() {
    let (code, help, log) = Pod::new("").finish("help");
    assert_eq!((code, log.as_str()), (0, ""));
    insta::assert_snapshot!(help, @"
    usage: waxrun install|fetch|verify|launch|sidecar|probe|store|inspect|version

      install   copy this program into a folder that the user's container mounts
      fetch     copy the code from its ConfigMap into the working folder
      verify    check the recovery volume before the dataflow starts
      launch    run the dataflow
      sidecar   report the state of the process over HTTP, and make backup copies
      probe     load the dataflow and report its steps, without running it
      store     change the recovery store while no dataflow runs on it
      inspect   print the content of recovery volumes, to rebuild a lost ledger

    All settings come from WAXRUN_* environment variables. verify, launch, store and inspect exit with code 3
    if the recovery store is refused, with 4 if another process has locked its volume, and with 5 if the volume
    is full.
    ");
    let (code, out, log) = Pod::new("").finish("unheard-of");
    assert_eq!((code, out.as_str(), log), (2, "", help));
}

#[test]
fn each_wrong_setting_is_one_log_line() {
    let pod = Pod::new("")
        .set("WAXRUN_API_PORT", "0")
        .set("WAXRUN_PROCESSES", "");
    let (code, out, log) = pod.finish("sidecar");
    assert_eq!(code, 2);
    insta::assert_snapshot!(log, @r#"
    waxrun: WAXRUN_PROCESSES is not set
    waxrun: WAXRUN_API_PORT is "0"; write a whole number from 1 to 65535
    "#);
    // The operator of the previous release calls the sidecar `keep`.
    assert_eq!(pod.finish("keep"), (code, out, log));
}
