//! Reads the sources of a command line, says what is left out of them, and checks that they can be used together.

use std::path::{Path, PathBuf};

use gitops::environment::flow_folder;
use gitops::left_out;
use gitops::shell::word;
use gitops::source::Source;

use crate::error::CommandError;
use crate::local::source;
use crate::ui::Ui;

/// Reads the only source of a command line.
///
/// # Errors
/// The source cannot be read.
pub(crate) fn read_one(path: &Path, ui: &mut Ui) -> Result<Source, CommandError> {
    let source = source::read(path)?;
    say_left_out(&source, "", ui);
    Ok(source)
}

/// Reads the only source of a command line, or returns the empty source of a flow whose code is in the image.
///
/// # Errors
/// The source cannot be read.
pub(crate) fn read_or_image(path: Option<&Path>, ui: &mut Ui) -> Result<Source, CommandError> {
    path.map_or_else(|| Ok(in_image()), |path| read_one(path, ui))
}

fn in_image() -> Source {
    Source {
        path: "the image".into(),
        ..Source::default()
    }
}

/// Reads the sources. If there are several, each needs a dataflow.yaml, and `flags` for one flow are refused.
///
/// # Errors
/// A source cannot be read, or the sources cannot be used together.
pub(crate) fn read(
    paths: &[PathBuf],
    flags: &[&str],
    ui: &mut Ui,
) -> Result<Vec<Source>, CommandError> {
    if paths.is_empty() {
        return Ok(vec![in_image()]);
    }
    if let [path] = paths {
        let source = read_one(path, ui)?;
        if !flags.contains(&"--name") {
            refuse_misplaced(&source)?;
        }
        return Ok(vec![source]);
    }
    let sources = paths
        .iter()
        .map(|path| source::read(path))
        .collect::<Result<Vec<_>, _>>()?;
    refuse_flags(flags)?;
    sources.iter().try_for_each(refuse_without_dataflow)?;
    sources.iter().try_for_each(refuse_misplaced)?;
    for source in &sources {
        let place = format!("{}: ", source.path.display());
        say_left_out(source, &place, ui);
    }
    Ok(sources)
}

/// Says on standard error what is left out of a folder. Standard output stays data only.
fn say_left_out(source: &Source, place: &str, ui: &mut Ui) {
    for note in left_out::notes(&source.left_out) {
        ui.say(&format!("{place}{note}"));
    }
}

/// Refuses a flow's folder that contains a flow of another name, such as a copy that was not renamed: it would change
/// that other flow.
fn refuse_misplaced(source: &Source) -> Result<(), CommandError> {
    let named = || source.dataflow.as_ref()?.metadata.name.as_deref();
    let (Some(place), Some(name)) = (source.flow_folder(), named()) else {
        return Ok(());
    };
    if place.name == name {
        return Ok(());
    }
    let folder = flow_folder(&place.environment, &place.name);
    Err(
        CommandError::usage(format!("{folder} contains the dataflow `{name}`"))
            .because("the folder of a dataflow has its name")
            .hint(format!(
                "write `name: {}` into {folder}/dataflow.yaml, or pass `--name {name}`",
                place.name
            )),
    )
}

fn refuse_flags(flags: &[&str]) -> Result<(), CommandError> {
    if flags.is_empty() {
        return Ok(());
    }
    Err(CommandError::usage(format!(
        "{} cannot apply to several sources at once",
        flags.join(", ")
    ))
    .hint("run the command for each source, or write the value into each dataflow.yaml"))
}

fn refuse_without_dataflow(source: &Source) -> Result<(), CommandError> {
    if source.dataflow.is_some() {
        return Ok(());
    }
    let path = source.path.display();
    Err(CommandError::usage(format!(
        "{path} has no dataflow.yaml, which each of several sources needs"
    ))
    .hint(format!(
        "waxctl df render {} --name NAME --into FOLDER",
        word(&path.to_string())
    )))
}
