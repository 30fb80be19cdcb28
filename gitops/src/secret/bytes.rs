//! Makes text of the bytes of a file: other encodings, notebooks, archives, and programs without source.
//!
//! No file is skipped because it is not UTF-8: what cannot be decoded is searched for tokens and URLs as it is.

use super::hit::Hit;
use super::lex::Lexer;
use super::text::hits;

mod archive;

/// Greatest total size of the unpacked content of archives, in bytes.
const MAX_UNPACKED: usize = 64 << 20;
/// Greatest depth of archives in archives.
const DEEPEST: usize = 3;
/// Shortest run of readable bytes in a binary file that is searched.
const SHORTEST_RUN: usize = 8;

/// A secret in a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InFile {
    /// Path of the file; of a file in an archive with the path of the archive before it.
    pub(crate) path: String,
    /// Number of the line, from 1; `None` in a binary file.
    pub(crate) line: Option<usize>,
    /// Kind of the secret.
    pub(crate) rule: String,
    /// The whole line. It contains the secret, so that it is only compared, never shown.
    pub(crate) text: String,
}

impl InFile {
    /// Describes what cannot be searched, so that it is not taken for searched.
    fn unread(path: &str, what: &str) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            rule: format!("{what}, which cannot be searched"),
            text: String::new(),
        }
    }
}

/// Returns every secret of a file, with those in the files of an archive.
pub(crate) fn in_file(path: &str, bytes: &[u8]) -> Vec<InFile> {
    let mut found = Vec::new();
    search(path, bytes, DEEPEST, &mut MAX_UNPACKED.clone(), &mut found);
    found
}

fn search(path: &str, bytes: &[u8], depth: usize, room: &mut usize, found: &mut Vec<InFile>) {
    if let Some(form) = archive::other_form(bytes) {
        let what = format!("data compressed with {form} instead of gzip or zip");
        found.push(InFile::unread(path, &what));
        return;
    }
    if depth == 0 && archive::is_archive(bytes) {
        found.push(InFile::unread(path, "an archive in archives"));
        return;
    }
    if let Some(files) = archive::unpack(path, bytes, room) {
        for (name, content) in files {
            let path = format!("{path}: {name}");
            match content {
                Ok(content) => search(&path, &content, depth - 1, room, found),
                Err(what) => found.push(InFile::unread(&path, what)),
            }
        }
        if *room == 0 {
            found.push(InFile::unread(path, "more than 64 MiB in archives"));
        }
        return;
    }
    let (lines, lexer) = lines_of(path, bytes);
    let binary = lexer.is_binary();
    let texts: Vec<&str> = lines.iter().map(String::as_str).collect();
    let of_file = hits(&texts, lexer).into_iter().filter(|hit| !hit.continued);
    found.extend(of_file.map(|Hit { line, rule, .. }| InFile {
        path: path.to_owned(),
        line: (!binary).then_some(line + 1),
        rule: rule.into_owned(),
        text: lines[line].clone(),
    }));
}

/// Returns the lines of a file as text, and the language they are in.
pub(crate) fn lines_of(path: &str, bytes: &[u8]) -> (Vec<String>, Lexer) {
    let split = |text: &str| text.lines().map(str::to_owned).collect();
    if let Some(text) = utf32(bytes).or_else(|| utf16(bytes)) {
        return (split(&text), Lexer::new(path));
    }
    if bytes.contains(&0) {
        let readable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        let runs = bytes.split(|byte| !readable(byte));
        let long = runs.filter(|run| run.len() >= SHORTEST_RUN);
        let lines = long.map(|run| String::from_utf8_lossy(run).into_owned());
        return (lines.collect(), Lexer::binary());
    }
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if path.to_lowercase().ends_with(".ipynb") {
        return (notebook(text), Lexer::new(path));
    }
    (split(text), Lexer::new(path))
}

/// Returns the lines of a notebook. Its code is in strings of JSON, one for each line.
fn notebook(text: &str) -> Vec<String> {
    let in_one_line = text.lines().count() < 10;
    let spread = in_one_line
        .then(|| serde_json::from_str::<serde_json::Value>(text).ok())
        .flatten()
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    let text = spread.as_deref().unwrap_or(text);
    let lines = text.lines().map(|line| {
        let string = line.trim().trim_end_matches(',');
        let code = serde_json::from_str::<String>(string);
        code.map_or_else(|_| line.to_owned(), |code| code.replace('\n', " "))
    });
    lines.collect()
}

/// Decodes UTF-32, with or without a byte order mark.
fn utf32(bytes: &[u8]) -> Option<String> {
    let head = bytes.chunks_exact(4).take(32);
    // Numbers of characters are less than 0x11_0000.
    let is_little = |unit: &[u8]| unit[3] == 0 && unit[2] <= 0x10 && unit[..2] != [0, 0];
    let is_big = |unit: &[u8]| unit[0] == 0 && unit[1] <= 0x10 && unit[2..] != [0, 0];
    let marks: [&[u8]; 2] = [&[0xff, 0xfe, 0, 0], &[0, 0, 0xfe, 0xff]];
    let is_marked = marks.iter().any(|mark| bytes.starts_with(mark));
    let little = head.clone().all(is_little);
    if head.len() < 2 || !(little || head.clone().all(is_big)) {
        return None;
    }
    let chars = bytes.chunks_exact(4).map(|unit| {
        let unit = [unit[0], unit[1], unit[2], unit[3]];
        let number = if little {
            u32::from_le_bytes(unit)
        } else {
            u32::from_be_bytes(unit)
        };
        char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)
    });
    let text: String = chars.collect();
    // A list of small numbers is no text.
    let is_no_text = |char: char| {
        char == char::REPLACEMENT_CHARACTER || (char.is_control() && !char.is_ascii_whitespace())
    };
    let found = is_marked || !text.contains(is_no_text);
    found.then(|| text.trim_start_matches('\u{feff}').to_owned())
}

/// Decodes UTF-16, with or without a byte order mark.
fn utf16(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(128)];
    let zeros = |from: usize| {
        head.iter()
            .skip(from)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let most = head.len() * 2 / 5;
    let little = bytes.starts_with(&[0xff, 0xfe]) || (head.len() >= 16 && zeros(1) > most);
    let big = bytes.starts_with(&[0xfe, 0xff]) || (head.len() >= 16 && zeros(0) > most);
    if !little && !big {
        return None;
    }
    let units = bytes.chunks_exact(2).map(|pair| {
        let pair = [pair[0], pair[1]];
        if little {
            u16::from_le_bytes(pair)
        } else {
            u16::from_be_bytes(pair)
        }
    });
    let text = String::from_utf16_lossy(&units.collect::<Vec<_>>());
    Some(text.trim_start_matches('\u{feff}').to_owned())
}

#[cfg(test)]
mod tests;
