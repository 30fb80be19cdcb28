//! Unpacks tar, gzip and zip files for the search. A damaged archive gives what could be read.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder};

/// A file of an archive: its path and its content.
pub(super) type Member = (String, Vec<u8>);

/// Returns the files of an archive, or `None` if the bytes are no archive. `room` is what may still be unpacked.
pub(super) fn unpack(path: &str, bytes: &[u8], room: &mut usize) -> Option<Vec<Member>> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let name = path.rsplit(['/', ' ']).next().unwrap_or(path);
        let name = name.strip_suffix(".gz").unwrap_or("content");
        let name = name
            .strip_suffix(".tgz")
            .map_or(name.to_owned(), |name| format!("{name}.tar"));
        return Some(vec![(name, read(MultiGzDecoder::new(bytes), room))]);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Some(zip(bytes, room));
    }
    let is_tar = bytes.get(257..262) == Some(b"ustar".as_slice());
    is_tar.then(|| tar(bytes, room))
}

fn read(reader: impl Read, room: &mut usize) -> Vec<u8> {
    let mut content = Vec::new();
    // What was read before an error is searched too.
    let _read = reader.take(*room as u64).read_to_end(&mut content);
    *room -= content.len();
    content
}

fn tar(bytes: &[u8], room: &mut usize) -> Vec<Member> {
    let mut archive = tar::Archive::new(bytes);
    let entries = archive.entries().into_iter().flatten();
    let files = entries.map_while(Result::ok).map(|entry| {
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        (path, read(entry, room))
    });
    files.collect()
}

/// Reads the files that the directory at the end of a zip file lists.
fn zip(bytes: &[u8], room: &mut usize) -> Vec<Member> {
    let mut files = Vec::new();
    let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06");
    let mut at = end
        .and_then(|end| number(bytes, end + 16, 4))
        .unwrap_or(usize::MAX);
    while bytes
        .get(at..)
        .is_some_and(|rest| rest.starts_with(b"PK\x01\x02"))
    {
        let field = |offset: usize, size: usize| number(bytes, at + offset, size);
        let Some((method, packed)) = field(10, 2).zip(field(20, 4)) else {
            break;
        };
        let Some(((name, extra), (comment, local))) = field(28, 2)
            .zip(field(30, 2))
            .zip(field(32, 2).zip(field(42, 4)))
        else {
            break;
        };
        let path = bytes.get(at + 46..at + 46 + name).unwrap_or_default();
        let skipped = number(bytes, local + 26, 2).zip(number(bytes, local + 28, 2));
        if let Some((name, extra)) = skipped {
            let start = local + 30 + name + extra;
            let stop = start.saturating_add(packed).min(bytes.len());
            let content = bytes.get(start..stop).unwrap_or_default();
            let content = match method {
                8 => read(DeflateDecoder::new(content), room),
                _ => read(content, room),
            };
            files.push((String::from_utf8_lossy(path).into_owned(), content));
        }
        at += 46 + name + extra + comment;
    }
    files
}

/// Returns a number in little-endian order.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<usize> {
    let digits = bytes.get(at..at.checked_add(size)?)?;
    Some(
        digits
            .iter()
            .rev()
            .fold(0, |number, byte| number << 8 | usize::from(*byte)),
    )
}
