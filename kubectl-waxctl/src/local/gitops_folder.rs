//! Writes the folder of a flow that GitOps tools and `kubectl apply -k` read.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use gitops::files::FilesError;
use gitops::layout;
use gitops::rendered::Rendered;

use crate::error::CommandError;

/// Writes the files of a flow into a folder, unless this is a dry run, and returns their paths. No link is followed, and
/// each file is replaced at once.
///
/// # Errors
/// The folder contains another flow or other files of the user, or a file cannot be written.
pub(crate) fn write(
    folder: &Path,
    rendered: &Rendered,
    dry_run: bool,
) -> Result<Vec<PathBuf>, CommandError> {
    let has_flow = has_flow(folder, rendered)?;
    if let Some(file) = layout::reserved(rendered) {
        return Err(FilesError::Reserved { file }.into());
    }
    let files = layout::write(rendered);
    for (path, bytes) in &files {
        if let Some(why) = obstacle(folder, path, bytes, has_flow) {
            let path = folder.join(path);
            return Err(
                CommandError::policy(format!("cannot write {}", path.display()))
                    .because(why)
                    .hint("name another folder with `--into`"),
            );
        }
    }
    let mut written = Vec::new();
    for (path, bytes) in files {
        let path = folder.join(path);
        if !dry_run {
            replace(&path, &bytes).map_err(|error| {
                CommandError::failure(format!("cannot write {}", path.display())).chain(&error)
            })?;
        }
        written.push(path);
    }
    Ok(written)
}

/// Returns why a file cannot be written to a place: it leads out of the folder, is no plain file, or contains something
/// else although the folder does not have the flow.
fn obstacle(folder: &Path, path: &str, bytes: &[u8], has_flow: bool) -> Option<&'static str> {
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_));
    if !Path::new(path).components().all(inside) {
        return Some("it is not in the folder");
    }
    let above = Path::new(path).ancestors().skip(1);
    let is_folder = |part: &Path| {
        let found = folder.join(part).symlink_metadata();
        found.map_or(true, |found| found.is_dir())
    };
    // The folder itself may be a link that the user has named.
    if !above
        .filter(|part| !part.as_os_str().is_empty())
        .all(is_folder)
    {
        return Some("a part of its path is a link or a file");
    }
    let place = folder.join(path);
    match place.symlink_metadata() {
        Ok(found) if !found.is_file() => Some("there is a link, or something else than a file"),
        Ok(_) if !has_flow && !fs::read(&place).is_ok_and(|present| present == bytes) => {
            Some("there is another file, which is not from this dataflow")
        }
        _ => None,
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let present = path.symlink_metadata().map(|file| file.permissions());
    // The umask takes its part of the mode, as for every new file.
    let mode = present.unwrap_or_else(|_| Permissions::from_mode(0o666));
    let mut file = tempfile::Builder::new()
        .permissions(mode)
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// Whether the folder has this flow already. Refuses a folder that contains another flow, so that no work is overwritten.
fn has_flow(folder: &Path, rendered: &Rendered) -> Result<bool, CommandError> {
    let path = folder.join(layout::DATAFLOW);
    if !path.is_file() {
        return Ok(false);
    }
    let Ok(bytes) = fs::read(&path) else {
        return Ok(false);
    };
    let files = BTreeMap::from([(layout::DATAFLOW.to_owned(), bytes)]);
    let error = CommandError::policy(format!("cannot overwrite {}", path.display()));
    match layout::read(&files) {
        Ok(other) if other.name() == rendered.name() => Ok(true),
        Ok(other) => Err(error
            .because(format!("it contains the dataflow `{}`", other.name()))
            .hint("name another folder with `--into`")),
        Err(cause) => Err(error
            .chain(&cause)
            .hint("name another folder with `--into`")),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const FLOW: &str = "from bytewax.dataflow import Dataflow\nflow = Dataflow('orders')\n";

    fn rendered() -> Rendered {
        let dataflow = serde_json::json!({
            "apiVersion": "bytewax.io/v1alpha1",
            "kind": "Dataflow",
            "metadata": { "name": "orders" },
            "spec": { "image": { "tag": "x" }, "pythonFileName": "orders.py", "configMapName": "orders" },
        });
        let mut code = dataflow::code::Code::new();
        code.insert("orders.py", FLOW.as_bytes()).unwrap();
        Rendered::as_written(&serde_json::from_value(dataflow).unwrap(), code)
    }

    fn refused(folder: &Path) -> String {
        let dry = write(folder, &rendered(), true).unwrap_err();
        let error = write(folder, &rendered(), false).unwrap_err();
        assert_eq!(dry.causes, error.causes);
        error.causes.join(";")
    }

    #[test]
    fn files_of_user_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.py");
        fs::write(&path, "two days of work\n").unwrap();
        assert!(refused(folder.path()).contains("there is another file"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "two days of work\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        // The flow's own folder is brought up to date.
        fs::write(&path, FLOW).unwrap();
        write(folder.path(), &rendered(), false).unwrap();
        fs::write(&path, "old\n").unwrap();
        write(folder.path(), &rendered(), false).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), FLOW);
    }

    #[test]
    fn links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (flow, victim) = (folder.path().join("flow"), folder.path().join("victim"));
        fs::create_dir(&flow).unwrap();
        symlink(&victim, flow.join("orders.py")).unwrap();
        assert!(refused(&flow).contains("there is a link"));
        assert!(!victim.exists());
    }

    #[test]
    fn paths_stay_in_folder() {
        let folder = tempfile::tempdir().unwrap();
        let place = |path: &str| obstacle(folder.path(), path, b"", true);
        assert_eq!(place("../x"), Some("it is not in the folder"));
        assert_eq!(place("/x"), Some("it is not in the folder"));
        assert_eq!(place("a/b"), None);
        symlink("/", folder.path().join("a")).unwrap();
        assert_eq!(place("a/b"), Some("a part of its path is a link or a file"));
    }
}
