//! Writes a flow of the cluster, or a Helm release of the original chart, into a folder that `df commit` takes.

use std::path::{Path, PathBuf};

use dataflow::code::Code;
use gitops::check::check;
use gitops::file_change::FileChange;
use gitops::import::{Import, import};
use gitops::layout::{self, DATAFLOW};
use gitops::ownership::is_managed_by_git;
use gitops::release::{Release, ReleaseError};
use gitops::rendered::Rendered;
use gitops::row::typed;
use gitops::scan::scan;
use k8s_openapi::api::apps::v1::StatefulSet;
use kube::api::DynamicObject;

use crate::access::Access;
use crate::cluster::process_state::why;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::local::gitops_folder;
use crate::process_state::Answer;

/// The folder that was written.
pub(crate) struct Imported {
    /// The paths of its files.
    pub(crate) written: Vec<PathBuf>,
    /// Where the flow comes from.
    pub(crate) origin: Origin,
    /// What the user should know.
    pub(crate) notes: Vec<String>,
}

/// Where a flow comes from.
pub(crate) enum Origin {
    /// A Dataflow with this revision, which the files have, too.
    Dataflow(String),
    /// A Helm release of the original chart.
    Release {
        /// The release.
        release: Box<Release>,
        /// Whether the flow does the same as the StatefulSet of the release.
        compared: bool,
    },
}

/// What the cluster has.
enum Found {
    Dataflow(Box<DynamicObject>, Option<Code>),
    Release {
        release: Box<Release>,
        code: Option<Code>,
        set: Answer<Option<Box<StatefulSet>>>,
    },
}

/// Writes the flow into a folder, unless it has a flow already or this is a dry run.
///
/// # Errors
/// There is no such flow, it cannot be written as it is, or the folder has a flow.
pub(crate) fn into_folder(
    name: &str,
    folder: &Path,
    dry_run: bool,
    access: &Access,
) -> Result<Imported, CommandError> {
    if folder.join(DATAFLOW).exists() {
        return Err(CommandError::policy(format!(
            "cannot import dataflow `{name}` into {}",
            folder.display()
        ))
        .because(format!("it already has a {DATAFLOW}"))
        .hint("name another folder with `--into DIR`"));
    }
    let found = block_on(async {
        let session = Session::connect(access).await?;
        match session.object(name).await? {
            Some(object) => of_dataflow(&session, object).await,
            None => of_release(&session, name).await,
        }
    })?;
    let (flow, origin, mut notes) = match found {
        Found::Dataflow(object, code) => from_dataflow(name, &object, code)?,
        Found::Release { release, code, set } => from_release(name, release, code, set)?,
    };
    notes.extend(check(&flow)?);
    notes.extend(secrets(&flow));
    Ok(Imported {
        written: gitops_folder::write(folder, &flow, dry_run)?,
        origin,
        notes,
    })
}

async fn of_dataflow(session: &Session, object: DynamicObject) -> Result<Found, CommandError> {
    let source = object.data["spec"]["configMapName"].as_str();
    let code = code(session, source.unwrap_or_default()).await?;
    Ok(Found::Dataflow(Box::new(object), code))
}

/// Reads a release, since there is no Dataflow of that name.
async fn of_release(session: &Session, name: &str) -> Result<Found, CommandError> {
    let stored = match session.release(name).await {
        Ok(Some(stored)) => stored,
        Ok(None) => return Err(session.absent(name).await),
        Err(error) if error.is_denial() => {
            let why = why(&error.into());
            let absent = session.absent(name).await;
            return Err(absent.because(format!(
                "whether there is a Helm release of that name cannot be read: {why}"
            )));
        }
        Err(error) => return Err(error.into()),
    };
    let release = Release::read(&stored).map_err(|error| not_imported(name, &error))?;
    let set = session.stateful_set(&release.name).await;
    let set = set.map(|set| set.map(Box::new));
    Ok(Found::Release {
        code: code(session, &release.source()).await?,
        set: set.map_err(|error| why(&error.into())),
        release: Box::new(release),
    })
}

async fn code(session: &Session, config_map: &str) -> Result<Option<Code>, CommandError> {
    if config_map.is_empty() {
        return Ok(None);
    }
    let config_map = session.config_map(config_map).await?;
    Ok(config_map.as_ref().map(Code::from_config_map))
}

fn from_dataflow(
    name: &str,
    object: &DynamicObject,
    code: Option<Code>,
) -> Result<(Rendered, Origin, Vec<String>), CommandError> {
    let imported = import(object, code).map_err(|error| {
        CommandError::failure(format!("cannot import dataflow `{name}`")).chain(&error)
    })?;
    let Import {
        flow,
        revision,
        mut notes,
    } = imported;
    if typed(object).is_ok_and(|live| is_managed_by_git(&live)) {
        notes.push(
            "the dataflow is managed from git already: two sources would overwrite each other"
                .to_owned(),
        );
    }
    Ok((flow, Origin::Dataflow(revision.to_string()), notes))
}

fn from_release(
    name: &str,
    release: Box<Release>,
    code: Option<Code>,
    set: Answer<Option<Box<StatefulSet>>>,
) -> Result<(Rendered, Origin, Vec<String>), CommandError> {
    let mut found = release
        .flow(code)
        .map_err(|error| not_imported(name, &error))?;
    let compared = match set {
        Ok(Some(set)) => {
            let differences = found.differences(&set);
            if !differences.is_empty() {
                let error = CommandError::failure(format!("cannot import Helm release `{name}`"))
                    .because("its StatefulSet does not run what its values say");
                let error = differences.iter().fold(error, CommandError::because);
                return Err(error.hint(
                    "bring both together with `helm upgrade`, then run the same command again",
                ));
            }
            true
        }
        Ok(None) => false,
        Err(why) => {
            found
                .notes
                .push(format!("its StatefulSet is not compared: {why}"));
            false
        }
    };
    let origin = Origin::Release { release, compared };
    Ok((found.flow, origin, found.notes))
}

fn not_imported(name: &str, error: &ReleaseError) -> CommandError {
    CommandError::failure(format!("cannot import Helm release `{name}`")).chain(error)
}

/// Returns a note for each secret in the files. A commit refuses them.
fn secrets(flow: &Rendered) -> Vec<String> {
    let files = layout::write(flow).into_iter();
    let changes = files.map(|(path, bytes)| FileChange {
        path,
        old: None,
        new: Some(bytes),
    });
    let found = scan("", flow, &changes.collect::<Vec<_>>()).new;
    let note =
        |finding| format!("{finding}: put it into a Secret of the cluster before you commit");
    found.into_iter().map(note).collect()
}
