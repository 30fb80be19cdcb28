//! Git trees: reads folders, and rebuilds only the folders above a changed file.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Error;
use super::object_id::ObjectId;
use super::objects::Kind;
use super::objects::Objects;

/// One entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Git's mode, such as `100644`, `40000`, `120000`, `160000`.
    pub(crate) mode: String,
    /// The file name as bytes: git does not guarantee UTF-8.
    pub(crate) name: Vec<u8>,
    /// The object that the name refers to.
    pub(crate) id: ObjectId,
}

/// The content of a file in a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blob {
    /// The object with the content.
    pub(super) id: ObjectId,
    /// `100644` or `100755`.
    pub(super) mode: &'static str,
}

/// The files that a commit changes, by path; `None` for a file that it removes.
pub(super) type Files = BTreeMap<String, Option<Blob>>;

/// The change of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// The path gets this blob.
    Put(ObjectId),
    /// The path is removed.
    Remove,
}

const FILE: &str = "100644";
/// The mode of a file that can be executed.
pub(super) const EXECUTABLE: &str = "100755";
const FOLDER: &str = "40000";

impl Entry {
    /// Whether the entry is a folder.
    pub(crate) fn is_folder(&self) -> bool {
        self.mode == FOLDER
    }

    /// Whether the entry is a plain file.
    pub(crate) fn is_file(&self) -> bool {
        self.mode == FILE || self.mode == EXECUTABLE
    }

    /// Returns the content of a plain file.
    pub(super) fn blob(&self) -> Option<Blob> {
        let mode = mode_after(Some(self));
        self.is_file().then(|| Blob {
            id: self.id.clone(),
            mode,
        })
    }

    fn what(&self) -> &'static str {
        match self.mode.as_str() {
            "120000" => "a symbolic link",
            "160000" => "a submodule",
            FOLDER => "a folder",
            _ => "a file",
        }
    }

    // Git sorts folders as if their name ended in a slash.
    fn sort_key(&self) -> Vec<u8> {
        let mut key = self.name.clone();
        if self.is_folder() {
            key.push(b'/');
        }
        key
    }
}

/// Returns the mode of a file that gets new content: the one that it has, for a new file that of a plain file.
pub(super) fn mode_after(old: Option<&Entry>) -> &'static str {
    match old {
        Some(entry) if entry.mode == EXECUTABLE => EXECUTABLE,
        _ => FILE,
    }
}

/// Parses the bytes of a tree object; `id_bytes` is 20 for SHA-1 and 32 for SHA-256.
pub(super) fn parse(bytes: &[u8], id_bytes: usize) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let space = rest.iter().position(|b| *b == b' ').ok_or(Error::BadTree)?;
        let end = rest
            .iter()
            .position(|b| *b == 0)
            .filter(|end| *end > space)
            .ok_or(Error::BadTree)?;
        let id = rest
            .get(end + 1..end + 1 + id_bytes)
            .ok_or(Error::BadTree)?;
        entries.push(Entry {
            mode: String::from_utf8_lossy(&rest[..space]).into_owned(),
            name: rest[space + 1..end].to_vec(),
            id: ObjectId::from_raw(id),
        });
        rest = &rest[end + 1 + id_bytes..];
    }
    Ok(entries)
}

/// Serializes a tree object, its entries in git's order.
pub(super) fn serialize(mut entries: Vec<Entry>) -> Vec<u8> {
    entries.sort_by_key(Entry::sort_key);
    let mut bytes = Vec::new();
    for Entry { mode, name, id } in entries {
        bytes.extend_from_slice(mode.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(&name);
        bytes.push(0);
        bytes.extend_from_slice(&id.raw());
    }
    bytes
}

/// Reads one tree.
pub(super) fn read(objects: &Objects, id: &ObjectId) -> Result<Vec<Entry>, Error> {
    parse(&objects.read(Kind::Tree, id)?, id.as_str().len() / 2)
}

/// Finds the entry at a path below a root tree; `None` if there is none.
pub(super) fn find(objects: &Objects, root: &ObjectId, path: &str) -> Result<Option<Entry>, Error> {
    let mut entry = Entry {
        mode: FOLDER.to_owned(),
        name: Vec::new(),
        id: root.clone(),
    };
    for part in path.split('/').filter(|part| !part.is_empty()) {
        if !entry.is_folder() {
            return Ok(None);
        }
        match read(objects, &entry.id)?
            .into_iter()
            .find(|e| e.name == part.as_bytes())
        {
            Some(found) => entry = found,
            None => return Ok(None),
        }
    }
    Ok(Some(entry))
}

/// Writes the root tree after the edits. Reads and writes only the folders above the edited paths.
pub(super) fn rebuild(
    objects: &Objects,
    root: Option<&ObjectId>,
    edits: &BTreeMap<String, Edit>,
) -> Result<ObjectId, Error> {
    if let Some(path) = edits.keys().find(|path| path.split('/').any(str::is_empty)) {
        return Err(Error::BadPath(path.clone()));
    }
    let edits: Vec<(&str, &Edit)> = edits
        .iter()
        .map(|(path, edit)| (path.as_str(), edit))
        .collect();
    let entries = folder(objects, root, &edits, "")?;
    objects.write(Kind::Tree, &serialize(entries))
}

fn folder(
    objects: &Objects,
    old: Option<&ObjectId>,
    edits: &[(&str, &Edit)],
    at: &str,
) -> Result<Vec<Entry>, Error> {
    let mut entries = old.map_or_else(|| Ok(Vec::new()), |id| read(objects, id))?;
    let before: BTreeSet<Vec<u8>> = entries.iter().map(|entry| entry.name.clone()).collect();
    let mut below: BTreeMap<&str, Vec<(&str, &Edit)>> = BTreeMap::new();
    for (path, edit) in edits {
        match path.split_once('/') {
            Some((first, rest)) => below.entry(first).or_default().push((rest, edit)),
            None => leaf(&mut entries, path, edit, at)?,
        }
    }
    for (name, edits) in below {
        let here = format!("{at}{name}/");
        let found = entries
            .iter()
            .position(|entry| entry.name == name.as_bytes());
        let old = found.map(|index| entries.remove(index));
        if let Some(entry) = old.as_ref().filter(|entry| !entry.is_folder()) {
            return Err(Error::InTheWay {
                path: here.trim_end_matches('/').into(),
                what: entry.what(),
            });
        }
        let children = folder(objects, old.as_ref().map(|entry| &entry.id), &edits, &here)?;
        if !children.is_empty() {
            let id = objects.write(Kind::Tree, &serialize(children))?;
            entries.push(Entry {
                mode: FOLDER.to_owned(),
                name: name.into(),
                id,
            });
        }
    }
    refuse_collisions(&entries, &before, at)?;
    Ok(entries)
}

// Two names that differ only in case are one file on macOS and Windows. A repository that has such names keeps them.
fn refuse_collisions(entries: &[Entry], before: &BTreeSet<Vec<u8>>, at: &str) -> Result<(), Error> {
    let text = |entry: &Entry| String::from_utf8_lossy(&entry.name).into_owned();
    for added in entries.iter().filter(|entry| !before.contains(&entry.name)) {
        let folded = text(added).to_lowercase();
        let twin = entries
            .iter()
            .find(|entry| entry.name != added.name && text(entry).to_lowercase() == folded);
        if let Some(twin) = twin {
            return Err(Error::Collision {
                path: format!("{at}{}", text(added)),
                other: format!("{at}{}", text(twin)),
            });
        }
    }
    Ok(())
}

fn leaf(entries: &mut Vec<Entry>, name: &str, edit: &Edit, at: &str) -> Result<(), Error> {
    let found = entries
        .iter()
        .position(|entry| entry.name == name.as_bytes());
    if let Some(entry) = found
        .map(|index| &entries[index])
        .filter(|entry| !entry.is_file())
    {
        return Err(Error::InTheWay {
            path: format!("{at}{name}"),
            what: entry.what(),
        });
    }
    match (edit, found) {
        (Edit::Put(id), Some(index)) => entries[index].id = id.clone(),
        (Edit::Put(id), None) => {
            entries.push(Entry {
                mode: FILE.to_owned(),
                name: name.into(),
                id: id.clone(),
            });
        }
        (Edit::Remove, Some(index)) => drop(entries.remove(index)),
        (Edit::Remove, None) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry() -> impl Strategy<Value = Entry> {
        let mode = prop_oneof![
            Just("100644"),
            Just("100755"),
            Just("40000"),
            Just("120000"),
            Just("160000")
        ];
        (
            mode,
            "[a-z.0-9é -]{1,12}",
            proptest::collection::vec(any::<u8>(), 20),
        )
            .prop_map(|(mode, name, id)| Entry {
                mode: mode.into(),
                name: name.into_bytes(),
                id: ObjectId::from_raw(&id),
            })
    }

    proptest! {
        #[test]
        fn serialized_tree_parses_to_same_tree(entries in proptest::collection::vec(entry(), 0..20)) {
            let bytes = serialize(entries.clone());
            let read = parse(&bytes, 20).unwrap();
            prop_assert_eq!(read.len(), entries.len());
            prop_assert_eq!(serialize(read), bytes);
        }
    }

    #[test]
    fn path_with_empty_part_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::InProcess(git2::Repository::init_bare(folder.path()).unwrap());
        let blob = objects.write(Kind::Blob, b"a").unwrap();
        let rebuilt = |path: &str| {
            let edits = BTreeMap::from([(path.to_owned(), Edit::Put(blob.clone()))]);
            rebuild(&objects, None, &edits)
        };
        for path in ["", "/a", "a/", "apps/prod//orders/a"] {
            let refused = matches!(rebuilt(path), Err(Error::BadPath(named)) if named == path);
            assert!(refused, "{path:?}");
        }
        assert!(rebuilt("apps/prod/orders/a").is_ok());
    }

    #[test]
    fn new_name_that_differs_in_case_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::InProcess(git2::Repository::init_bare(folder.path()).unwrap());
        let blob = objects.write(Kind::Blob, b"a").unwrap();
        let put = |path: &str| (path.to_owned(), Edit::Put(blob.clone()));
        let root = rebuild(&objects, None, &BTreeMap::from([put("apps/prod/a")])).unwrap();
        let rebuilt = |edits: BTreeMap<String, Edit>| rebuild(&objects, Some(&root), &edits);
        let refused = rebuilt(BTreeMap::from([put("apps/Prod/b")])).unwrap_err();
        assert!(
            matches!(&refused, Error::Collision { path, other } if path == "apps/Prod" && other == "apps/prod"),
            "{refused}"
        );
        let renamed = [put("apps/prod/A"), ("apps/prod/a".to_owned(), Edit::Remove)];
        assert!(rebuilt(BTreeMap::from(renamed)).is_ok());
    }

    #[test]
    fn truncated_tree_is_refused() {
        let id = ObjectId::from_raw(&[7; 20]);
        let bytes = serialize(vec![Entry {
            mode: FILE.into(),
            name: b"a".to_vec(),
            id,
        }]);
        for end in 1..bytes.len() {
            assert!(parse(&bytes[..end], 20).is_err(), "cut at {end}");
        }
    }
}
