//! `waxrun ROLE`: one program, one role for each container of a pod.

use std::{ffi::OsString, io::Write, path::PathBuf};

use crate::{
    fetch::fetch,
    install::install,
    launch::launch,
    probe::probe,
    report::{FailureKind, PodMessage, TerminationReport},
    settings::{
        FetchSettings, InspectSettings, InstallSettings, LaunchSettings, Lookup, ProbeSettings,
        SettingsError, SidecarSettings, StoreSettings, VerifySettings,
    },
    sidecar,
    store_role::{inspect, store, verify},
    telling::{failed, leave_message, say},
};

/// The exit code of wrong arguments or settings.
const USAGE: i32 = 2;

const HELP: &str = "\
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
";

/// What a role gets from outside.
pub struct Surroundings<'a> {
    /// Looks up an environment variable.
    pub lookup: Lookup<'a>,
    /// `PATH`.
    pub search_path: Option<OsString>,
    /// Where results go.
    pub out: &'a mut dyn Write,
    /// Where talk goes.
    pub log: &'a mut dyn Write,
}

/// Runs the role that the arguments name and returns the exit code.
pub fn run(arguments: &[String], around: &mut Surroundings<'_>) -> i32 {
    let role = match arguments {
        [role] => role.as_str(),
        _ => "",
    };
    match role {
        "install" => settled(
            InstallSettings::read(around.lookup),
            around,
            |settings, _| {
                install(&settings.folder)
                    .map(|to| format!("copied to {}", to.display()))
                    .map_err(|error| failed(&error))
            },
        ),
        "fetch" => settled(FetchSettings::read(around.lookup), around, |settings, _| {
            fetch(&settings)
                .map(|done| format!("{} files of code, {} bytes", done.files, done.bytes))
                .map_err(|error| failed(&error))
        }),
        "verify" => settled(
            VerifySettings::read(around.lookup),
            around,
            |settings, _| verify(settings),
        ),
        "store" => settled(
            StoreSettings::read(around.lookup),
            around,
            |settings, log| store(&settings, log),
        ),
        "inspect" => match InspectSettings::read(around.lookup).map(|it| inspect(&it)) {
            Ok(Ok(report)) => answer(around.out, &format!("{report}\n"), 0),
            Ok(Err(report)) => failure(report, around),
            Err(error) => refused(&error, around),
        },
        // An operator of the release before calls the sidecar `keep`.
        "sidecar" | "keep" => settled(
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
            Err(error) => refused(&error, around),
        },
        "probe" => match ProbeSettings::read(around.lookup) {
            Ok(settings) => probe(
                &settings,
                around.search_path.as_deref(),
                around.out,
                around.log,
            ),
            Err(error) => refused(&error, around),
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

fn answer(to: &mut dyn Write, text: &str, code: i32) -> i32 {
    if to.write_all(text.as_bytes()).is_ok() {
        code
    } else {
        1
    }
}

/// Runs a role that just does its work, and says in one line what came of it.
fn settled<S>(
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
            Err(report) => failure(report, around),
        },
        Err(error) => refused(&error, around),
    }
}

fn refused(error: &SettingsError, around: &mut Surroundings<'_>) -> i32 {
    for fault in &error.faults {
        say(around.log, fault);
    }
    let report = TerminationReport::new(FailureKind::UsageError, error.faults.join("; "), USAGE);
    leave(report, around)
}

fn failure(report: TerminationReport, around: &mut Surroundings<'_>) -> i32 {
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
