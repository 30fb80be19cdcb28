//! `df render`: the YAML that a source becomes, without asking anybody.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::GlobalArgs;
use crate::error::CommandError;
use crate::render::{self, Rendered, expand, layout};
use crate::settings::{FlowArgs, Settings};
use crate::source::Source;
use crate::ui::Ui;

/// Show the YAML that a source becomes
///
/// Works offline and prints the same text every time. Fields that only repeat a default are left
/// out; the image is always written out.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # The Dataflow and the ConfigMap with its code
  waxctl df render hello.py --name hello

  # The objects that the operator would create from them
  waxctl df render hello.py --name hello --expand

  # The folder that GitOps tools and `kubectl apply -k` take
  waxctl df render hello.py --name hello -n prod --into apps/prod/hello")]
pub struct RenderArgs {
    /// A Python file, a .tar, or a folder (with a dataflow.yaml, or just code)
    #[arg(value_name = "SOURCE")]
    pub source: PathBuf,
    /// Show the objects that the operator would create
    #[arg(long, conflicts_with = "into")]
    pub expand: bool,
    /// Image of the agent that --expand shows
    #[arg(long, value_name = "IMAGE", requires = "expand", default_value = DEFAULT_AGENT_IMAGE)]
    pub agent_image: String,
    /// Write the files of a GitOps folder into DIR
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
    /// The flags of a flow.
    #[command(flatten)]
    pub flow: FlowArgs,
}

const DEFAULT_AGENT_IMAGE: &str = concat!("bytewax-platform/agent:", env!("CARGO_PKG_VERSION"));

/// Renders.
pub fn run(args: &RenderArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let (settings, notes) = Settings::resolve(&args.flow, global)?;
    let source = Source::read(&args.source)?;
    let rendered = render::render(&settings, &source)?;
    let warnings = render::check(&rendered)?;
    for warning in notes.iter().chain(&warnings) {
        ui.warn(warning);
    }
    let format = settings.output.unwrap_or_default();
    if let Some(folder) = &args.into {
        write_into(folder, &rendered, settings.dry_run, ui)
    } else if args.expand {
        ui.data(&expand::expand(&rendered, &args.agent_image, format)?)
    } else {
        ui.data(&render::text(&rendered, format))
    }
}

fn write_into(
    folder: &Path,
    rendered: &Rendered,
    dry_run: bool,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    refuse_foreign(folder, rendered)?;
    for (path, bytes) in layout::write(rendered) {
        let path = folder.join(path);
        if !dry_run {
            let parent = path.parent().unwrap_or(folder);
            fs::create_dir_all(parent)
                .and_then(|()| fs::write(&path, bytes))
                .map_err(|error| {
                    CommandError::failure(format!("cannot write {}", path.display())).chain(&error)
                })?;
        }
        ui.line(&path.display().to_string())?;
    }
    ui.hint(&format!(
        "apply it with `kubectl apply -k {}`",
        folder.display()
    ));
    Ok(())
}

/// A folder that holds another flow is somebody's work.
fn refuse_foreign(folder: &Path, rendered: &Rendered) -> Result<(), CommandError> {
    let path = folder.join(layout::DATAFLOW);
    let Ok(bytes) = fs::read(&path) else {
        return Ok(());
    };
    let files = BTreeMap::from([(layout::DATAFLOW.to_owned(), bytes)]);
    let error = CommandError::policy(format!("{} is not overwritten", path.display()));
    match layout::read(&files) {
        Ok(other) if other.name() == rendered.name() => Ok(()),
        Ok(other) => Err(error
            .because(format!("it holds the dataflow {}", other.name()))
            .hint("name another folder with `--into`")),
        Err(cause) => Err(error
            .chain(&cause)
            .hint("name another folder with `--into`")),
    }
}
