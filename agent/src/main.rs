//! `waxrun`, the program in every container of a dataflow's pods.

use std::{env, io, process::ExitCode};

use agent::role::{Surroundings, run};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let code = run(
        &arguments,
        &mut Surroundings {
            lookup: &|name| env::var_os(name).map(|value| value.to_string_lossy().into_owned()),
            search_path: env::var_os("PATH"),
            out: &mut io::stdout(),
            log: &mut io::stderr(),
        },
    );
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
