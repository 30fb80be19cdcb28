//! Applies `.gitattributes` to the files that are written. Git evaluates them without a working tree.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::commit_view::CommitView;
use super::error::Error;
use super::tree::Entry;

/// The line-end rule of each path.
#[derive(Debug, Default)]
pub(super) struct Rules(BTreeMap<String, Text>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    Always,
    Never,
    Auto,
    Unsaid,
}

/// Reads the rules for some paths of a commit. Refuses a path that goes through a filter such as LFS.
pub(super) fn of<'p>(
    parent: &CommitView<'_>,
    paths: impl Iterator<Item = &'p String>,
) -> Result<Rules, Error> {
    let git = &parent.repository.git;
    let paths: Vec<&String> = paths.collect();
    // `--cached` makes git read attributes from an index; this private index contains only the attribute files.
    let folder = tempfile::tempdir().map_err(|source| Error::File {
        doing: "create",
        path: std::env::temp_dir(),
        source,
    })?;
    let index: PathBuf = folder.path().join("index");
    let environment = [("GIT_INDEX_FILE", index.as_os_str())];
    let mut lines = Vec::new();
    for file in attribute_files(&paths) {
        if let Some(entry) = parent.entry(&file)?.filter(Entry::is_file) {
            lines.extend(format!("{} {} 0\t{file}\0", entry.mode, entry.id).into_bytes());
        }
    }
    if !lines.is_empty() {
        git.feed(
            &["update-index", "-z", "--add", "--index-info"],
            &lines,
            &environment,
        )?
        .success("update-index")?;
    }
    let input: Vec<u8> = paths
        .iter()
        .flat_map(|path| path.bytes().chain([0]))
        .collect();
    let question = [
        "check-attr",
        "--cached",
        "-z",
        "--stdin",
        "filter",
        "text",
        "eol",
    ];
    let answer = git
        .feed(&question, &input, &environment)?
        .success("check-attr")?;
    Rules::read(&String::from_utf8_lossy(&answer))
}

impl Rules {
    // Git prints PATH NUL ATTRIBUTE NUL VALUE NUL, three such records for each path.
    fn read(answer: &str) -> Result<Rules, Error> {
        let mut rules = BTreeMap::new();
        let words: Vec<&str> = answer.split('\0').collect();
        for triple in words.chunks_exact(3) {
            let (path, value) = (triple[0].to_owned(), triple[2]);
            let rule = rules.entry(path.clone()).or_insert(Text::Unsaid);
            match (triple[1], value) {
                ("filter", "unspecified" | "unset") => {}
                ("filter", filter) => {
                    return Err(Error::Filtered {
                        path,
                        filter: filter.into(),
                    });
                }
                ("text", "set") => *rule = Text::Always,
                ("text", "unset") => *rule = Text::Never,
                ("text", "auto") => *rule = Text::Auto,
                ("eol", "lf" | "crlf") if *rule == Text::Unsaid => *rule = Text::Always,
                _ => {}
            }
        }
        Ok(Rules(rules))
    }

    /// Converts content to what git stores, with the line ends that `git add` would write.
    pub(super) fn to_blob(
        &self,
        parent: &CommitView<'_>,
        path: &str,
        content: Vec<u8>,
    ) -> Result<Vec<u8>, Error> {
        if !content.windows(2).any(|pair| pair == b"\r\n") {
            return Ok(content);
        }
        let automatic = || -> Result<bool, Error> {
            let has_cr = parent.file(path)?.is_some_and(|old| old.contains(&b'\r'));
            Ok(!content.contains(&0) && !has_cr)
        };
        let convert = match self.0.get(path).copied().unwrap_or(Text::Unsaid) {
            Text::Always => true,
            Text::Never => false,
            Text::Auto => automatic()?,
            Text::Unsaid => {
                let setting = parent
                    .repository
                    .git
                    .query(&["config", "--get", "core.autocrlf"])?;
                matches!(setting.as_deref(), Some("true" | "input")) && automatic()?
            }
        };
        Ok(if convert {
            without_carriage_returns(&content)
        } else {
            content
        })
    }
}

fn without_carriage_returns(content: &[u8]) -> Vec<u8> {
    let followed_by_newline = |index: usize| content.get(index + 1) == Some(&b'\n');
    let kept = content
        .iter()
        .enumerate()
        .filter(|(i, byte)| **byte != b'\r' || !followed_by_newline(*i));
    kept.map(|(_, byte)| *byte).collect()
}

// Lists `.gitattributes` of the root and of every folder above a path.
fn attribute_files(paths: &[&String]) -> Vec<String> {
    let mut files = vec![".gitattributes".to_owned()];
    for path in paths {
        for (end, _) in path.match_indices('/') {
            files.push(format!("{}/.gitattributes", &path[..end]));
        }
    }
    files.sort();
    files.dedup();
    files
}
