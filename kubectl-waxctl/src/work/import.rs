//! Writes a flow of the cluster into a folder that `df commit` takes.

use std::path::{Path, PathBuf};

use dataflow::code::Code;
use gitops::check::check;
use gitops::import::{Import, import};
use gitops::layout::DATAFLOW;
use gitops::ownership::is_managed_by_git;
use gitops::row::typed;

use super::lookup;
use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::local::gitops_folder;

/// The folder that was written.
pub(crate) struct Imported {
    /// The paths of its files.
    pub(crate) written: Vec<PathBuf>,
    /// The revision, which is that of the flow in the cluster.
    pub(crate) revision: String,
    /// What the user should know.
    pub(crate) notes: Vec<String>,
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
    let (object, code) = block_on(async {
        let session = Session::connect(access).await?;
        let object = lookup::present(&session, name).await?;
        let source = object.data["spec"]["configMapName"]
            .as_str()
            .unwrap_or_default();
        let config_map = match source {
            "" => None,
            source => session.config_map(source).await?,
        };
        Ok::<_, CommandError>((object, config_map.as_ref().map(Code::from_config_map)))
    })?;
    let imported = import(&object, code).map_err(|error| {
        CommandError::failure(format!("cannot import dataflow `{name}`")).chain(&error)
    })?;
    let Import {
        flow,
        revision,
        mut notes,
    } = imported;
    notes.extend(check(&flow)?);
    if typed(&object).is_ok_and(|live| is_managed_by_git(&live)) {
        notes.push(
            "the dataflow is managed from git already: two sources would overwrite each other"
                .to_owned(),
        );
    }
    Ok(Imported {
        written: gitops_folder::write(folder, &flow, dry_run)?,
        revision: revision.to_string(),
        notes,
    })
}
