//! Entry point of `wax-operator`.

use std::io::{IsTerminal, Write};

use clap::Parser;
use operator::args::{Cli, Command, LogFormat, RunArgs};
use tracing_subscriber::EnvFilter;

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Crd => Ok(std::io::stdout().write_all(dataflow::crd::yaml().as_bytes())?),
        Command::Run(args) => run(*args),
    }
}

#[tokio::main]
async fn run(args: RunArgs) -> anyhow::Result<()> {
    let terminal = std::io::stderr().is_terminal();
    let default = if terminal {
        LogFormat::Text
    } else {
        LogFormat::Json
    };
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(&args.log)?)
        .with_writer(std::io::stderr)
        .with_ansi(terminal);
    match args.log_format.unwrap_or(default) {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(operator::run::run(args).await?)
}
