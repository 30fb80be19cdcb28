//! Stores files as `git add` would, with the attributes of the commit that they are added to.
//!
//! Git evaluates attributes in a working tree. The commit may not be checked out, so git gets a private one that contains
//! the attribute files of the commit, and the new files if one of them has to be converted.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use tempfile::TempDir;

use super::commit_view::CommitView;
use super::error::Error;
use super::object_id::ObjectId;
use super::objects::Kind;
use super::process::Git;
use super::tree::Entry;

const NAMES: [&str; 6] = [
    "filter",
    "text",
    "crlf",
    "eol",
    "ident",
    "working-tree-encoding",
];
const UNSPECIFIED: &str = "unspecified";
const FILE: &str = ".gitattributes";

// The attributes of one path, by name; those that are not specified are left out.
type Attributes = BTreeMap<String, String>;

/// Stores the new content of each path, and returns its object. Refuses a path that goes through a filter such as LFS.
pub(super) fn store(
    parent: &CommitView<'_>,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<BTreeMap<String, ObjectId>, Error> {
    if files.is_empty() {
        return Ok(BTreeMap::new());
    }
    let tree = PrivateTree::of(parent, files)?;
    let attributes = tree.attributes(files)?;
    let config = &parent.repository.config;
    let ends_lines =
        matches!(config.get("core.autocrlf"), Some("input")) || config.is_true("core.autocrlf");
    if attributes.values().any(|known| !known.is_empty()) || ends_lines {
        return tree.convert(parent, files, &attributes);
    }
    let objects = &parent.repository.objects;
    files
        .iter()
        .map(|(path, content)| Ok((path.clone(), objects.write(Kind::Blob, content)?)))
        .collect()
}

struct PrivateTree {
    folder: TempDir,
    git: Git,
}

impl PrivateTree {
    fn of(
        parent: &CommitView<'_>,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Result<PrivateTree, Error> {
        let folder = tempfile::tempdir().map_err(failed("create", &std::env::temp_dir()))?;
        let repository = parent.repository;
        let git = repository
            .git
            .clone()
            .at(folder.path())
            .bound(&repository.git_dir)
            // The text is rendered here, so that its author cannot mend what git would warn of.
            .with_setting("core.safecrlf", "false")
            .with_variable("GIT_WORK_TREE", folder.path())
            .with_variable("GIT_INDEX_FILE", folder.path().join(".index"));
        let tree = PrivateTree { folder, git };
        for path in attribute_files(files.keys()) {
            if let Some(entry) = parent.entry(&path)?.filter(Entry::is_file) {
                let content = repository.objects.read(Kind::Blob, &entry.id)?;
                tree.write(&path, &content)?;
            }
        }
        Ok(tree)
    }

    fn write(&self, path: &str, content: &[u8]) -> Result<(), Error> {
        let path = self.folder.path().join(path);
        let folder = path.parent().unwrap_or(&path);
        fs::create_dir_all(folder).map_err(failed("create", folder))?;
        fs::write(&path, content).map_err(failed("write", &path))
    }

    fn attributes(
        &self,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Result<BTreeMap<String, Attributes>, Error> {
        let input: Vec<u8> = files
            .keys()
            .flat_map(|path| path.bytes().chain([0]))
            .collect();
        let question = [&["check-attr", "-z", "--stdin"], &NAMES[..]].concat();
        let answer = self.git.bytes(&question, &input)?;
        parse(&String::from_utf8_lossy(&answer))
    }

    // Lets git convert what the user would add.
    fn convert(
        &self,
        parent: &CommitView<'_>,
        files: &BTreeMap<String, Vec<u8>>,
        attributes: &BTreeMap<String, Attributes>,
    ) -> Result<BTreeMap<String, ObjectId>, Error> {
        let none = Attributes::new();
        for (path, content) in files {
            let known = attributes.get(path).unwrap_or(&none);
            // The rendered text is what git stores, not what it writes to a working tree in another encoding.
            if known.contains_key("working-tree-encoding") && std::str::from_utf8(content).is_ok() {
                self.exempt(path, "!working-tree-encoding")?;
            }
            // Git decides about these line ends by itself, and leaves a file alone that was committed with them.
            let automatic = match known.get("text").map(String::as_str) {
                Some("auto") => true,
                Some(_) => false,
                None => !["eol", "crlf"].iter().any(|name| known.contains_key(*name)),
            };
            let windows = |old: &Vec<u8>| old.windows(2).any(|pair| pair == b"\r\n");
            if automatic && parent.file(path)?.as_ref().is_some_and(windows) {
                self.exempt(path, "-text")?;
            }
            self.write(path, content)?;
        }
        let input: String = files.keys().map(|path| format!("{path}\n")).collect();
        let ids = self
            .git
            .bytes(&["hash-object", "-w", "--stdin-paths"], input.as_bytes())?;
        let ids = String::from_utf8_lossy(&ids)
            .lines()
            .map(ObjectId::parse)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(files.keys().cloned().zip(ids).collect())
    }

    fn exempt(&self, path: &str, attribute: &str) -> Result<(), Error> {
        let path = Path::new(path);
        let file = self
            .folder
            .path()
            .join(path.parent().unwrap_or(Path::new("")))
            .join(FILE);
        let folder = file.parent().unwrap_or(&file);
        fs::create_dir_all(folder).map_err(failed("create", folder))?;
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let opened = fs::OpenOptions::new().append(true).create(true).open(&file);
        opened
            .and_then(|mut file| writeln!(file, "\n\"/{name}\" {attribute}"))
            .map_err(failed("write", &file))
    }
}

// Git prints PATH NUL ATTRIBUTE NUL VALUE NUL.
fn parse(answer: &str) -> Result<BTreeMap<String, Attributes>, Error> {
    let mut all: BTreeMap<String, Attributes> = BTreeMap::new();
    let words: Vec<&str> = answer.split('\0').collect();
    for triple in words.chunks_exact(3) {
        let (path, name, value) = (triple[0].to_owned(), triple[1], triple[2]);
        let known = all.entry(path.clone()).or_default();
        match (name, value) {
            (_, UNSPECIFIED) | ("filter" | "ident", "unset") => {}
            ("filter", filter) => {
                return Err(Error::Filtered {
                    path,
                    filter: filter.into(),
                });
            }
            _ => drop(known.insert(name.into(), value.into())),
        }
    }
    Ok(all)
}

// Lists `.gitattributes` of the root and of every folder above a path.
fn attribute_files<'p>(paths: impl Iterator<Item = &'p String>) -> Vec<String> {
    let mut files = vec![FILE.to_owned()];
    for path in paths {
        for (end, _) in path.match_indices('/') {
            files.push(format!("{}/{FILE}", &path[..end]));
        }
    }
    files.sort();
    files.dedup();
    files
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error + use<> {
    let path = path.to_path_buf();
    move |source| Error::File {
        doing,
        path,
        source,
    }
}
