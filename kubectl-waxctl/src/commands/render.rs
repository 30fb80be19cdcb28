//! `df render`: shows the YAML of a source, without a cluster or a repository.

use std::path::{Path, PathBuf};

use clap::Args;
use gitops::advice::advise;
use gitops::check::check;
use gitops::expand::expand;
use gitops::rendered::Rendered;
use gitops::{render, resources};

use crate::args::dry_run::without_server;
use crate::args::flow::FlowArgs;
use crate::args::global::GlobalArgs;
use crate::args::settings::Settings;
use crate::error::CommandError;
use crate::local::gitops_folder;
use crate::ui::Ui;
use crate::work::sources;

/// Show the YAML for a source
///
/// Works offline and prints the same text every time. Fields that only repeat a default are omitted; the image is
/// always written.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # The Dataflow and the ConfigMap with its code
  waxctl df render hello.py --name hello

  # The objects that the operator would create from them
  waxctl df render hello.py --name hello --expand

  # A folder for GitOps tools and `kubectl apply -k`
  waxctl df render hello.py --name hello -n prod --into apps/prod/hello")]
pub(crate) struct RenderArgs {
    /// A Python file, a .tar, or a folder (with a dataflow.yaml, or just code)
    #[arg(required_unless_present = "code_in_image", value_name = "SOURCE")]
    pub(crate) source: Option<PathBuf>,
    /// Show the objects that the operator would create
    #[arg(long, conflicts_with = "into")]
    pub(crate) expand: bool,
    /// Image of the agent that --expand shows
    #[arg(long, value_name = "IMAGE", requires = "expand", default_value = DEFAULT_AGENT_IMAGE)]
    pub(crate) agent_image: String,
    /// Write the files of a GitOps folder into DIR
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,
    /// Flags of a flow.
    #[command(flatten)]
    pub(crate) flow: FlowArgs,
}

const DEFAULT_AGENT_IMAGE: &str = concat!("bytewax-platform/agent:", env!("CARGO_PKG_VERSION"));

/// Prints the rendered objects, or writes them into a folder.
pub(crate) fn run(args: &RenderArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let (settings, notes) = Settings::resolve(&args.flow, global)?;
    if args.into.is_some() && settings.output.is_some() {
        return Err(CommandError::usage("`-o` does not fit `--into`")
            .because("the files of a GitOps folder are YAML, and their paths are printed")
            .hint("leave out `-o` to write the folder, or `--into` to print the objects"));
    }
    let source = sources::read_or_image(args.source.as_deref(), ui)?;
    let rendered = render::render(&settings.flow, &source)?;
    let warnings = check(&rendered)?;
    let advice = advise(&rendered, Some(&source));
    for warning in notes.iter().chain(&warnings).chain(&advice) {
        ui.warn(warning);
    }
    let format = settings.output.unwrap_or_default();
    let dry_run = without_server(settings.dry_run, "`df render`")?;
    if let Some(folder) = &args.into {
        return write_into(folder, &rendered, dry_run, ui);
    }
    let text = format.of_objects(|format| match args.expand {
        true => expand(&rendered, &args.agent_image, format),
        false => Ok(resources::text(&rendered, format)),
    })?;
    ui.document(&text)
}

fn write_into(
    folder: &Path,
    rendered: &Rendered,
    dry_run: bool,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    for path in gitops_folder::write(folder, rendered, dry_run)? {
        ui.line(&path.display().to_string())?;
    }
    if dry_run {
        return Ok(());
    }
    ui.hint(&format!(
        "apply it with `kubectl apply -k {}`",
        folder.display()
    ));
    Ok(())
}
