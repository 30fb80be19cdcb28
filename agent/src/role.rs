//! `waxrun ROLE`: one program with a role for each container of a pod.

use std::{ffi::OsString, io::Write, path::PathBuf};

use crate::{
    fetch::fetch,
    install::install,
    launch::launch,
    probe::probe,
    report::{FailureKind, PodMessage, TerminationReport},
    reporting::{failed, leave_message, say},
    settings::{
        FetchSettings, InspectSettings, InstallSettings, LaunchSettings, Lookup, ProbeSettings,
        SettingsError, SidecarSettings, StoreSettings, VerifySettings,
    },
    sidecar,
    store_role::{inspect, store, verify},
};

/// The exit code for wrong arguments or settings.
const USAGE: i32 = 2;

const HELP: &str = "\
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
";

/// The surroundings of a role: environment, output and log.
pub struct Surroundings<'a> {
    /// Looks up an environment variable.
    pub lookup: Lookup<'a>,
    /// `PATH`.
    pub search_path: Option<OsString>,
    /// The output for results.
    pub out: &'a mut dyn Write,
    /// The log.
    pub log: &'a mut dyn Write,
}

/// Runs the role that the arguments name and returns the exit code.
pub fn run(arguments: &[String], around: &mut Surroundings<'_>) -> i32 {
    let role = match arguments {
        [role] => role.as_str(),
        _ => "",
    };
    match role {
        "install" => run_once(
            InstallSettings::read(around.lookup),
            around,
            |settings, _| {
                install(&settings.folder)
                    .map(|to| format!("copied the program to {}", to.display()))
                    .map_err(|error| failed(&error))
            },
        ),
        "fetch" => run_once(FetchSettings::read(around.lookup), around, |settings, _| {
            fetch(&settings)
                .map(|done| format!("fetched {} code files, {} bytes", done.files, done.bytes))
                .map_err(|error| failed(&error))
        }),
        "verify" => run_once(
            VerifySettings::read(around.lookup),
            around,
            |settings, _| verify(settings),
        ),
        "store" => run_once(
            StoreSettings::read(around.lookup),
            around,
            |settings, log| store(&settings, log),
        ),
        "inspect" => run_inspect(around),
        // The operator of the previous release calls the sidecar `keep`.
        "sidecar" | "keep" => run_once(
            SidecarSettings::read(around.lookup),
            around,
            |settings, _| {
                sidecar::serve(settings)
                    .map(|()| "stopped".to_owned())
                    .map_err(|error| failed(&error))
            },
        ),
        "launch" => match LaunchSettings::read(around.lookup) {
            Ok(settings) => launch(&settings, around.search_path.as_deref(), around.log),
            Err(error) => refuse(&error, around),
        },
        "probe" => match ProbeSettings::read(around.lookup) {
            Ok(settings) => probe(
                &settings,
                around.search_path.as_deref(),
                around.out,
                around.log,
            ),
            Err(error) => refuse(&error, around),
        },
        "version" => answer(
            around.out,
            concat!("waxrun ", env!("CARGO_PKG_VERSION"), "\n"),
            0,
        ),
        "help" | "--help" | "-h" => answer(around.out, HELP, 0),
        _ => answer(around.log, HELP, USAGE),
    }
}

/// Prints the content of the recovery volumes.
fn run_inspect(around: &mut Surroundings<'_>) -> i32 {
    match InspectSettings::read(around.lookup).map(|settings| inspect(&settings)) {
        Ok(Ok(report)) => answer(around.out, &format!("{report}\n"), 0),
        Ok(Err(report)) => fail(report, around),
        Err(error) => refuse(&error, around),
    }
}

fn answer(to: &mut dyn Write, text: &str, code: i32) -> i32 {
    if to.write_all(text.as_bytes()).is_ok() {
        code
    } else {
        1
    }
}

/// Runs a role that does its work and exits, and logs its result in one line.
fn run_once<S>(
    settings: Result<S, SettingsError>,
    around: &mut Surroundings<'_>,
    work: impl FnOnce(S, &mut dyn Write) -> Result<String, TerminationReport>,
) -> i32 {
    match settings {
        Ok(settings) => match work(settings, around.log) {
            Ok(done) => {
                say(around.log, &done);
                0
            }
            Err(report) => fail(report, around),
        },
        Err(error) => refuse(&error, around),
    }
}

fn refuse(error: &SettingsError, around: &mut Surroundings<'_>) -> i32 {
    for fault in &error.faults {
        say(around.log, fault);
    }
    let report = TerminationReport::new(FailureKind::UsageError, error.faults.join("; "), USAGE);
    leave(report, around)
}

fn fail(report: TerminationReport, around: &mut Surroundings<'_>) -> i32 {
    say(around.log, &report.sentence());
    leave(report, around)
}

fn leave(report: TerminationReport, around: &mut Surroundings<'_>) -> i32 {
    let code = report.exit_code;
    let path = (around.lookup)("WAXRUN_TERMINATION_LOG")
        .map_or_else(|| PathBuf::from("/dev/termination-log"), PathBuf::from);
    leave_message(&path, &PodMessage::Failed(report), around.log);
    code
}
