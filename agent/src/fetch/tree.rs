//! A tree of files, none of which leads out of its folder.

use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, symlink},
    path::{Component, Path, PathBuf},
};

use super::error::UnpackError;

/// The most entries of a tree.
pub(crate) const MOST_ENTRIES: usize = 10_000;
/// The largest file, in bytes.
pub(crate) const LARGEST_FILE: u64 = 64 << 20;
/// The most bytes of all files together.
pub(crate) const MOST_BYTES: u64 = 256 << 20;

/// Files, folders and links by their path, which is relative and has no `..`.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: BTreeMap<PathBuf, Node>,
    bytes: u64,
}

#[derive(Debug)]
enum Node {
    Folder,
    File { content: Vec<u8>, executable: bool },
    Link { target: PathBuf },
}

impl Tree {
    /// Returns the number of files.
    #[must_use]
    pub(crate) fn files(&self) -> usize {
        self.nodes
            .values()
            .filter(|node| matches!(node, Node::File { .. }))
            .count()
    }

    /// Returns the size of all files together, in bytes.
    #[must_use]
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds a folder, which may already be in the tree.
    ///
    /// # Errors
    /// The path leads outside, or another entry has that name.
    pub(crate) fn add_folder(&mut self, path: &str) -> Result<(), UnpackError> {
        let inside = inside(path)?;
        if inside.as_os_str().is_empty() {
            return Ok(()); // `./`, the folder itself
        }
        match self.nodes.get(&inside) {
            Some(Node::Folder) => Ok(()),
            _ => self.add(path, Node::Folder),
        }
    }

    /// Adds a file.
    ///
    /// # Errors
    /// The path leads outside or is taken, or the tree would become too large.
    pub(crate) fn add_file(
        &mut self,
        path: &str,
        content: Vec<u8>,
        executable: bool,
    ) -> Result<(), UnpackError> {
        let size = content.len() as u64;
        if size > LARGEST_FILE {
            return Err(UnpackError::FileTooLarge {
                path: path.into(),
                limit: LARGEST_FILE,
            });
        }
        self.bytes += size;
        if self.bytes > MOST_BYTES {
            return Err(UnpackError::TooLarge { limit: MOST_BYTES });
        }
        self.add(
            path,
            Node::File {
                content,
                executable,
            },
        )
    }

    /// Adds a symbolic link.
    ///
    /// Its target may contain `..` only at its beginning and never lead above the tree. Then no chain of such
    /// links leads outside.
    ///
    /// # Errors
    /// The path or the target leads outside, or the name is taken.
    pub(crate) fn add_link(&mut self, path: &str, target: &str) -> Result<(), UnpackError> {
        let escapes = || UnpackError::LinkOutside {
            path: path.into(),
            target: target.into(),
        };
        let depth = inside(path)?.components().count().saturating_sub(1);
        let mut climbed = 0;
        let mut descends = false;
        for component in Path::new(target).components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir if !descends && climbed < depth => climbed += 1,
                Component::Normal(_) => descends = true,
                _ => return Err(escapes()),
            }
        }
        self.add(
            path,
            Node::Link {
                target: target.into(),
            },
        )
    }

    fn add(&mut self, path: &str, node: Node) -> Result<(), UnpackError> {
        let inside = inside(path)?;
        if inside.as_os_str().is_empty() {
            return Err(UnpackError::Outside { path: path.into() });
        }
        if self.nodes.len() >= MOST_ENTRIES {
            return Err(UnpackError::TooMany {
                limit: MOST_ENTRIES,
            });
        }
        if self.nodes.insert(inside, node).is_some() {
            return Err(UnpackError::Twice { path: path.into() });
        }
        Ok(())
    }

    /// Checks that no file or link is also the folder of another entry.
    ///
    /// # Errors
    /// Names the first one that is.
    pub(crate) fn check(&self) -> Result<(), UnpackError> {
        for path in self.nodes.keys() {
            for parent in path.ancestors().skip(1) {
                if matches!(
                    self.nodes.get(parent),
                    Some(Node::File { .. } | Node::Link { .. })
                ) {
                    return Err(UnpackError::Twice {
                        path: parent.display().to_string(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Writes the tree into a folder, over existing files.
    ///
    /// Each file appears whole or not at all, so a repetition after a crash has the same result.
    ///
    /// # Errors
    /// The tree contradicts itself, or the system refuses a write.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), UnpackError> {
        self.check()?;
        for (path, node) in &self.nodes {
            let failed = |source| UnpackError::Write {
                path: folder.join(path),
                source,
            };
            let parent = path.parent().expect("a path in the tree is not empty");
            make_folders(folder, parent).map_err(failed)?;
            let place = folder.join(path);
            match node {
                Node::Folder => make_folders(folder, path).map_err(failed)?,
                Node::File {
                    content,
                    executable,
                } => {
                    write_file(&place, content, *executable).map_err(failed)?;
                }
                Node::Link { target } => write_link(&place, target).map_err(failed)?,
            }
        }
        Ok(())
    }
}

/// Returns a path relative to the folder of the tree, if it leads to a place inside.
fn inside(path: &str) -> Result<PathBuf, UnpackError> {
    let outside = || UnpackError::Outside { path: path.into() };
    if path.contains('\0') {
        return Err(outside());
    }
    let mut clean = PathBuf::new();
    for component in Path::new(path).components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => clean.push(name),
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(outside());
            }
        }
    }
    Ok(clean)
}

/// Makes each folder on the way; a link or file of that name goes, since a link could lead outside.
fn make_folders(root: &Path, path: &Path) -> io::Result<()> {
    let mut place = root.to_path_buf();
    for component in path.components() {
        place.push(component);
        match fs::symlink_metadata(&place) {
            Ok(metadata) if metadata.is_dir() => continue,
            Ok(_) => fs::remove_file(&place)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        DirBuilder::new().mode(0o775).create(&place)?;
        // The group gets in whatever the umask is; a set-group bit that came from above stays.
        let inherited = fs::symlink_metadata(&place)?.mode() & 0o7000;
        fs::set_permissions(&place, Permissions::from_mode(inherited | 0o775))?;
    }
    Ok(())
}

fn write_file(place: &Path, content: &[u8], executable: bool) -> io::Result<()> {
    let mode = if executable { 0o775 } else { 0o664 };
    let incoming = incoming(place)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&incoming)?;
    file.write_all(content)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    fs::rename(&incoming, place)
}

fn write_link(place: &Path, target: &Path) -> io::Result<()> {
    let incoming = incoming(place)?;
    symlink(target, &incoming)?;
    fs::rename(&incoming, place)
}

/// Gives a free name beside `place`; what a killed run left there goes.
fn incoming(place: &Path) -> io::Result<PathBuf> {
    let incoming = place.with_file_name(".waxrun-incoming");
    match fs::remove_file(&incoming) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(incoming),
    }
}
