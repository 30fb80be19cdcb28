//! The crates of the workspace, as their manifests state them.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::checkout::{Checkout, ReadError};

/// The name of every manifest.
pub(crate) const MANIFEST: &str = "Cargo.toml";

/// A crate of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    /// The name in its manifest.
    pub(crate) name: String,
    /// The folder, from the root.
    pub(crate) folder: String,
    /// The root file of the library.
    pub(crate) library: Option<String>,
    /// The root files of the programs.
    pub(crate) programs: Vec<String>,
    /// The names of the crates of this workspace that it depends on, without dev-dependencies.
    pub(crate) dependencies: Vec<String>,
}

/// Returns the folders of all members, in the order of the root manifest.
pub(crate) fn members(checkout: &Checkout) -> Result<Vec<String>, ReadError> {
    let root = manifest(checkout, MANIFEST)?;
    let members = root
        .get("workspace")
        .and_then(|workspace| workspace.get("members"));
    let Some(members) = members.and_then(Value::as_array) else {
        return Err(malformed(MANIFEST, "it has no `workspace.members`"));
    };
    Ok(members
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect())
}

/// Returns all crates of the workspace.
pub(crate) fn packages(checkout: &Checkout) -> Result<Vec<Package>, ReadError> {
    let mut manifests = Vec::new();
    for folder in members(checkout)? {
        let path = format!("{folder}/{MANIFEST}");
        let table = manifest(checkout, &path)?;
        let name = table.get("package").and_then(|package| package.get("name"));
        let Some(name) = name.and_then(Value::as_str).map(str::to_owned) else {
            return Err(malformed(&path, "it has no `package.name`"));
        };
        manifests.push((folder, name, table));
    }
    let names: BTreeMap<&str, &str> = manifests
        .iter()
        .map(|(folder, name, _)| (folder.as_str(), name.as_str()))
        .collect();
    let aliases = aliases(&manifest(checkout, MANIFEST)?, &names);
    Ok(manifests
        .iter()
        .map(|(folder, name, table)| Package {
            name: name.clone(),
            folder: folder.clone(),
            library: library(checkout, folder, table),
            programs: programs(checkout, folder, table),
            dependencies: dependencies(table, &aliases),
        })
        .collect())
}

/// Returns our crates by their key in `[dependencies]` of a member.
fn aliases(root: &Table, names: &BTreeMap<&str, &str>) -> BTreeMap<String, String> {
    let shared = root
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"));
    let shared = shared.and_then(Value::as_table).into_iter().flatten();
    let renamed = shared.filter_map(|(key, value)| {
        let of_path = || {
            let folder = value.get("path")?.as_str()?;
            names
                .get(folder.trim_start_matches("./").trim_end_matches('/'))
                .copied()
        };
        let of_name = || {
            names
                .values()
                .copied()
                .find(|name| Some(*name) == package_key(value))
        };
        Some((key.clone(), of_path().or_else(of_name)?.to_owned()))
    });
    let by_name = names
        .values()
        .map(|name| ((*name).to_owned(), (*name).to_owned()));
    by_name.chain(renamed).collect()
}

/// Returns the name of the crate, for a dependency whose manifest has another name.
fn package_key(dependency: &Value) -> Option<&str> {
    dependency.get("package")?.as_str()
}

/// Returns the dependencies of a manifest, on any platform.
fn dependencies(manifest: &Table, aliases: &BTreeMap<String, String>) -> Vec<String> {
    let platforms = manifest.get("target").and_then(Value::as_table);
    let platforms = platforms.into_iter().flatten();
    let platforms = platforms.filter_map(|(_, platform)| platform.as_table());
    let entries = std::iter::once(manifest)
        .chain(platforms)
        .flat_map(|table| {
            ["dependencies", "build-dependencies"]
                .into_iter()
                .filter_map(|section| table.get(section)?.as_table())
                .flatten()
        });
    let mut found: Vec<String> = entries
        .filter_map(|(key, value)| match package_key(value) {
            Some(name) => aliases.values().find(|ours| *ours == name).cloned(),
            None => aliases.get(key).cloned(),
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Returns the root files that manifests name, which may be outside `src`.
pub(crate) fn stated_files(checkout: &Checkout) -> Result<Vec<String>, ReadError> {
    let mut files = Vec::new();
    for folder in members(checkout)? {
        let table = manifest(checkout, &format!("{folder}/{MANIFEST}"))?;
        let library = table.get("lib").into_iter();
        let stated = library.chain(binaries(&table)).filter_map(path_key);
        files.extend(stated.map(|path| format!("{folder}/{path}")));
    }
    Ok(files)
}

fn library(checkout: &Checkout, folder: &str, manifest: &Table) -> Option<String> {
    let path = manifest.get("lib").and_then(path_key);
    let file = format!("{folder}/{}", path.unwrap_or("src/lib.rs"));
    checkout.text(&file).is_some().then_some(file)
}

/// Returns the programs whose file the manifest names, and those that cargo finds by their path.
fn programs(checkout: &Checkout, folder: &str, manifest: &Table) -> Vec<String> {
    let stated = binaries(manifest).filter_map(path_key);
    let mut files: Vec<String> = std::iter::once("src/main.rs")
        .chain(stated)
        .map(|path| format!("{folder}/{path}"))
        .filter(|file| checkout.text(file).is_some())
        .collect();
    let binaries = format!("{folder}/src/bin/");
    let found = checkout.below(&binaries).filter(|path| {
        let file = &path[binaries.len()..];
        !file.contains('/')
            || file
                .split_once('/')
                .is_some_and(|(_, file)| file == "main.rs")
    });
    files.extend(found.map(str::to_owned));
    files.sort();
    files.dedup();
    files
}

fn binaries(manifest: &Table) -> impl Iterator<Item = &Value> {
    let stated = manifest.get("bin").and_then(Value::as_array);
    stated.into_iter().flatten()
}

fn path_key(target: &Value) -> Option<&str> {
    target.get("path")?.as_str()
}

fn manifest(checkout: &Checkout, path: &str) -> Result<Table, ReadError> {
    let text = checkout
        .text(path)
        .ok_or_else(|| malformed(path, "the file is missing"))?;
    text.parse::<Table>()
        .map_err(|error| malformed(path, error.message()))
}

fn malformed(path: &str, reason: &str) -> ReadError {
    ReadError::Manifest {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}
