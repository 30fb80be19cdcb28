//! Records of this machine's own renders: which source a commit was made from, and what exactly was rendered.
//!
//! One file for each source of a flow, below the user's state folder. It is evidence and not needed: a file that is
//! missing, damaged or not writable is no error.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use dataflow::code::Code;
use gitops::layout;
use gitops::rendered::Rendered;
use gitops::trailer::SourceCommit;
use serde::{Deserialize, Serialize};

/// Renders that are kept of each source: of a branch that was dropped, the one before still counts.
const KEPT: usize = 4;
const FORMAT_VERSION: u32 = 1;

/// One render.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RenderRecord {
    /// The commit.
    pub(crate) commit: String,
    /// Git's identity of the flow's folder in that commit.
    pub(crate) folder: String,
    /// The commit of the source and whether it had changes; `None` if the source was not in git.
    pub(crate) source: Option<(String, bool, String)>,
    /// The rendered files, without changes of others that the commit kept.
    files: BTreeMap<String, Content>,
}

/// The content of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Bytes(Vec<u8>),
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    version: u32,
    renders: Vec<RenderRecord>,
}

/// The records of one flow.
#[derive(Debug)]
pub(crate) struct RenderRecords {
    folder: Option<PathBuf>,
    name: String,
}

impl RenderRecord {
    /// Creates the record of a render.
    pub(crate) fn new(
        commit: String,
        folder: String,
        source: Option<&SourceCommit>,
        rendered: &Rendered,
    ) -> Self {
        let files = layout::write(rendered).into_iter();
        let content = |bytes: Vec<u8>| {
            String::from_utf8(bytes)
                .map_or_else(|error| Content::Bytes(error.into_bytes()), Content::Text)
        };
        Self {
            commit,
            folder,
            source: source.map(|at| (at.commit.clone(), at.dirty, at.path.clone())),
            files: files.map(|(path, bytes)| (path, content(bytes))).collect(),
        }
    }

    /// Returns the commit of the source.
    pub(crate) fn source(&self) -> Option<SourceCommit> {
        let (commit, dirty, path) = self.source.clone()?;
        Some(SourceCommit {
            commit,
            dirty,
            path,
        })
    }

    /// Returns the render; `None` if this version of waxctl cannot read it.
    pub(crate) fn rendered(&self) -> Option<Rendered> {
        let files = self.files.iter().map(|(path, content)| {
            let bytes = match content {
                Content::Text(text) => text.clone().into_bytes(),
                Content::Bytes(bytes) => bytes.clone(),
            };
            (path.clone(), bytes)
        });
        layout::read(&files.collect()).ok()
    }
}

impl RenderRecords {
    /// Returns the records of a flow. `repository` is its address, `source` the path of the source.
    pub(crate) fn of(repository: &str, environment: &str, name: &str, source: &Path) -> Self {
        let source = source.canonicalize().unwrap_or_else(|_| source.to_owned());
        let flow = digest(&format!("{repository}\n{environment}/{name}"));
        Self {
            folder: state_folder().map(|folder| folder.join(flow)),
            name: format!("{}.json", digest(&source.to_string_lossy())),
        }
    }

    /// Reads the renders of this source, newest first.
    pub(crate) fn own(&self) -> Vec<RenderRecord> {
        let path = self.folder.as_ref().map(|folder| folder.join(&self.name));
        path.map(|path| read(&path)).unwrap_or_default()
    }

    /// Reads the commits that were made from other sources on this machine.
    pub(crate) fn commits_of_others(&self) -> Vec<String> {
        let folder = self
            .folder
            .as_ref()
            .and_then(|path| fs::read_dir(path).ok());
        let paths = folder
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        paths
            .filter(|path| path.file_name().is_some_and(|name| *name != *self.name))
            .flat_map(|path| read(&path))
            .map(|record| record.commit)
            .collect()
    }

    /// Adds the newest render of this source.
    pub(crate) fn add(&self, record: RenderRecord) {
        let mut renders = self.own();
        renders.retain(|known| known.commit != record.commit);
        renders.insert(0, record);
        renders.truncate(KEPT);
        // Without the record the next commit falls back to what git tells.
        drop(self.write(&File {
            version: FORMAT_VERSION,
            renders,
        }));
    }

    fn write(&self, file: &File) -> std::io::Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder)?;
        let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
        temporary.write_all(&serde_json::to_vec(file)?)?;
        temporary.persist(folder.join(&self.name))?;
        Ok(())
    }
}

fn read(path: &Path) -> Vec<RenderRecord> {
    let file = fs::read(path).ok();
    let file = file.and_then(|bytes| serde_json::from_slice::<File>(&bytes).ok());
    file.filter(|file| file.version == FORMAT_VERSION)
        .map(|file| file.renders)
        .unwrap_or_default()
}

fn state_folder() -> Option<PathBuf> {
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    state.map(|state| state.join("waxctl").join("renders"))
}

/// Returns the name of a file for a text.
fn digest(text: &str) -> String {
    let mut code = Code::new();
    code.insert("text", text).expect("the key is valid");
    code.hash().short().to_owned()
}
