//! `support`: writes what helps others to find a fault into one archive, without secrets.

use std::path::{Path, PathBuf};

use clap::Args;
use gitops::bundle::Finished;

use crate::args::global::GlobalArgs;
use crate::error::CommandError;
use crate::local::archive::{NewFile, pack};
use crate::names;
use crate::ui::Ui;
use crate::work::support::{self, Collected, Request};

/// Write what others need to find a fault into one archive, without secrets
///
/// The archive has the dataflow with its status, events, pods, revisions and volumes, the answers of its agents, the end of
/// every log, the versions, and the operator with its settings and log. Nothing is changed, and no Secret is read.
///
/// A missing permission or a late answer makes nothing fail: manifest.yaml in the archive lists the files, what was left
/// out, and why.
/// Secrets are hidden by the names and shapes that df commit refuses, and the values of the dataflow's variables always.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # A dataflow and its operator
  waxctl support orders

  # All dataflows of a namespace, with longer logs, into a file of this name
  waxctl support -n team-a --tail 5000 -o team-a.tar.gz")]
pub(crate) struct SupportArgs {
    /// Name of the dataflow [default: all dataflows of the namespace]
    #[arg(value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name: Option<String>,
    /// New file to write, or - for standard output [default: named by dataflow and time]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Number of lines of each log
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(crate) tail: u32,
    /// Namespace of the operator [default: that of the dataflow, and bytewax-system]
    #[arg(long, value_name = "NAMESPACE", value_parser = names::namespace_flag)]
    pub(crate) operator_namespace: Option<String>,
}

/// Writes the archive, and says what it lacks.
///
/// # Errors
/// There is no such flow, the cluster cannot be reached, or the file exists.
pub(crate) fn run(
    args: &SupportArgs,
    global: &GlobalArgs,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let to_output = args.output.as_deref() == Some(Path::new("-"));
    if to_output && ui.is_on_terminal() {
        return Err(CommandError::usage("cannot write an archive to a terminal")
            .hint("name a file with `-o FILE`, or pipe the output into `tar tzf -`"));
    }
    // Order: a file that cannot be written is reported before the cluster is read.
    let named = args.output.as_deref().filter(|_| !to_output);
    let named = named.map(|path| Ok::<_, CommandError>((path.to_owned(), NewFile::create(path)?)));
    let named = named.transpose()?;
    let request = Request {
        name: args.name.as_deref(),
        operator_namespace: args.operator_namespace.as_deref(),
        lines: args.tail,
    };
    let Collected {
        folder,
        time,
        bundle,
    } = support::collect(request, &global.access(), ui)?;
    let Finished { files, left_out } = bundle.finish();
    let archive = pack(&folder, &files, time)
        .map_err(|error| CommandError::failure("cannot create the archive").chain(&error))?;
    if to_output {
        ui.bytes(&archive)?;
    } else {
        let (path, file) = match named {
            Some(named) => named,
            None => {
                let path = PathBuf::from(format!("{folder}.tar.gz"));
                let file = NewFile::create(&path)?;
                (path, file)
            }
        };
        file.write(&archive)?;
        ui.line(&path.display().to_string())?;
    }
    for part in left_out {
        ui.say(&format!("left out: {}: {}", part.what, part.why));
    }
    ui.say(
        "Look through the files before you send them: secrets are found by their names and shapes.",
    );
    Ok(())
}
