//! Follows the imports of a flow through its own files, and finds modules that cannot be meant as they are.

use std::collections::{BTreeMap, BTreeSet};

use crate::python::{Statement, split_list, statements};

/// One import at the top of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    /// The importing file.
    pub(crate) file: String,
    /// Line of the import.
    pub(crate) line: usize,
    /// Dotted name of the module.
    pub(crate) module: String,
}

impl Import {
    /// Returns the first part of the module's name.
    pub(crate) fn package(&self) -> &str {
        self.module.split('.').next().unwrap_or_default()
    }
}

/// The files of a flow that its entry point reaches.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    /// Statements of the reached files, by path.
    pub(crate) files: BTreeMap<String, Vec<Statement>>,
    /// Imports of modules that are not among the files, in the order found.
    pub(crate) foreign: Vec<Import>,
}

/// Follows the imports from the file of the entry point. `more` are further folders on the search path.
pub(crate) fn reach(entry: &str, files: &BTreeMap<String, String>, more: &[&str]) -> Reached {
    let mut roots = vec![root_of(entry, files), String::new()];
    roots.extend(
        more.iter()
            .map(|root| format!("{}/", root.trim_end_matches('/'))),
    );
    let mut reached = Reached::default();
    let mut next = vec![entry.to_owned()];
    while let Some(file) = next.pop() {
        if reached.files.contains_key(&file) {
            continue;
        }
        let Some(text) = files.get(&file) else {
            continue;
        };
        let read = statements(text);
        for (line, names) in read
            .iter()
            .filter_map(|found| Some((found.line, imported(found, &file)?)))
        {
            for module in names {
                let modules = resolve(&module, &roots, files);
                if modules.is_empty() && !module.starts_with('/') {
                    reached.foreign.push(Import {
                        file: file.clone(),
                        line,
                        module,
                    });
                }
                next.extend(modules);
            }
        }
        reached.files.insert(file, read);
    }
    let mut seen = BTreeSet::new();
    reached
        .foreign
        .retain(|import| seen.insert(import.package().to_owned()));
    reached
}

/// Returns the folder that the engine puts on the search path for a file: the one around its outermost package.
pub(crate) fn root_of(entry: &str, files: &BTreeMap<String, String>) -> String {
    let mut folder = folder_of(entry);
    while !folder.is_empty() && files.contains_key(&format!("{folder}__init__.py")) {
        folder = folder_of(folder.trim_end_matches('/'));
    }
    folder.to_owned()
}

/// Returns the folder of a path with a `/` at its end; empty at the top.
fn folder_of(path: &str) -> &str {
    &path[..path.rfind('/').map_or(0, |at| at + 1)]
}

/// Returns the modules that a statement at the top of a file imports. A relative import gives a path that begins with
/// `/`. Of `from a import b`, both `a` and `a.b` are given, since `b` can be a module.
fn imported(statement: &Statement, file: &str) -> Option<Vec<String>> {
    if statement.indent > 0 {
        return None;
    }
    if let Some(modules) = statement.after("import") {
        return Some(split_list(modules).into_iter().map(without_alias).collect());
    }
    let (module, names) = statement.after("from")?.split_once(" import ")?;
    let module = module.trim();
    let dots = module.len() - module.trim_start_matches('.').len();
    let base = if dots == 0 {
        module.to_owned()
    } else {
        let mut folder = folder_of(file);
        for _ in 1..dots {
            folder = folder_of(folder.trim_end_matches('/'));
        }
        let rest = module[dots..].replace('.', "/");
        format!("/{folder}{rest}").trim_end_matches('/').to_owned()
    };
    let names = names.trim().trim_start_matches('(').trim_end_matches(')');
    let separator = if dots == 0 { '.' } else { '/' };
    let below = split_list(names).into_iter().map(without_alias);
    let below: Vec<_> = below
        .map(|name| format!("{base}{separator}{name}"))
        .collect();
    Some([vec![base], below].concat())
}

fn without_alias(name: &str) -> String {
    name.split(" as ").next().unwrap_or(name).trim().to_owned()
}

/// Returns the files that an import loads, with those of the packages around the module.
fn resolve(module: &str, roots: &[String], files: &BTreeMap<String, String>) -> Vec<String> {
    if let Some(path) = module.strip_prefix('/') {
        let file = [format!("{path}.py"), format!("{path}/__init__.py")];
        return file
            .into_iter()
            .filter(|file| files.contains_key(file))
            .collect();
    }
    let parts: Vec<_> = module.split('.').collect();
    for root in roots {
        let first = format!("{root}{}", parts[0]);
        let folder = format!("{first}/");
        let has_folder = files
            .range(folder.clone()..)
            .next()
            .is_some_and(|(path, _)| path.starts_with(&folder));
        if !files.contains_key(&format!("{first}.py")) && !has_folder {
            continue;
        }
        let mut found = Vec::new();
        for end in 1..=parts.len() {
            let path = format!("{root}{}", parts[..end].join("/"));
            found.extend([format!("{path}.py"), format!("{path}/__init__.py")]);
        }
        found.retain(|file| files.contains_key(file));
        if found.is_empty() {
            // A folder without `__init__.py` is a package, too; there is nothing to follow in it.
            found.push(String::new());
        }
        return found;
    }
    Vec::new()
}

/// Returns the modules at the top of a folder that hide one of the engine or of Python's standard library, with their
/// files.
pub(crate) fn hiding<'a>(
    root: &str,
    files: &'a BTreeMap<String, String>,
) -> Vec<(String, &'a str)> {
    let module = |file: &'a String| {
        let inside = file.strip_prefix(root)?;
        let name = inside
            .strip_suffix("/__init__.py")
            .or_else(|| inside.strip_suffix(".py"))?;
        let hides = name == ENGINE || STANDARD.binary_search(&name).is_ok();
        hides.then(|| (name.to_owned(), file.as_str()))
    };
    files.keys().filter_map(module).collect()
}

/// Returns true if a module belongs to Python's standard library.
pub(crate) fn is_standard(module: &str) -> bool {
    STANDARD.binary_search(&module).is_ok()
}

/// The package of the engine.
pub(crate) const ENGINE: &str = "bytewax";

/// Modules of Python's standard library that programs import, sorted.
const STANDARD: [&str; 109] = [
    "abc",
    "argparse",
    "array",
    "ast",
    "asyncio",
    "base64",
    "binascii",
    "bisect",
    "bz2",
    "calendar",
    "codecs",
    "collections",
    "compileall",
    "concurrent",
    "configparser",
    "contextlib",
    "contextvars",
    "copy",
    "copyreg",
    "csv",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "email",
    "encodings",
    "enum",
    "fcntl",
    "fnmatch",
    "fractions",
    "functools",
    "genericpath",
    "getpass",
    "gettext",
    "glob",
    "graphlib",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "http",
    "importlib",
    "inspect",
    "io",
    "ipaddress",
    "json",
    "keyword",
    "linecache",
    "locale",
    "logging",
    "lzma",
    "math",
    "mimetypes",
    "multiprocessing",
    "ntpath",
    "numbers",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "pkgutil",
    "platform",
    "posixpath",
    "pprint",
    "queue",
    "random",
    "re",
    "reprlib",
    "runpy",
    "secrets",
    "select",
    "selectors",
    "shlex",
    "shutil",
    "signal",
    "socket",
    "socketserver",
    "sqlite3",
    "ssl",
    "stat",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "sysconfig",
    "tarfile",
    "tempfile",
    "textwrap",
    "threading",
    "token",
    "tokenize",
    "tomllib",
    "traceback",
    "tracemalloc",
    "types",
    "typing",
    "unicodedata",
    "unittest",
    "urllib",
    "uuid",
    "warnings",
    "weakref",
    "xml",
    "zipfile",
    "zipimport",
    "zlib",
    "zoneinfo",
];

#[cfg(test)]
mod tests;
