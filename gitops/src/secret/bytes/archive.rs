//! Unpacks tar, gzip and zip files for the search. A damaged archive gives what could be read. Of what is compressed in
//! another way, only the form is recognized.

use std::io::Read;
use std::ops::Range;

use flate2::read::{DeflateDecoder, MultiGzDecoder};

/// A file of an archive: its path and its content, or why that cannot be read.
pub(super) type Member = (String, Result<Vec<u8>, &'static str>);
/// Longest comment at the end of a zip file, with the record before it.
const ZIP_END: usize = (1 << 16) + 22;

/// First bytes of compressed files that are not unpacked, with the form.
const OTHER_FORMS: [(&[u8], &str); 8] = [
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x5d\0\0", "lzma"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x1f\x9d", "compress"),
];

/// Returns the form of a compressed file that is not unpacked.
pub(super) fn other_form(bytes: &[u8]) -> Option<&'static str> {
    let form = OTHER_FORMS.iter().find(|(head, _)| bytes.starts_with(head));
    // The heads of these two are short, so that a text could begin in the same way.
    let (_, form) = form.filter(|(head, form)| match *form {
        "bzip2" => bytes.get(4..10) == Some(b"1AY&SY".as_slice()),
        "lzma" => bytes
            .get(10..13)
            .is_some_and(|size| size.iter().all(|byte| [0, 0xff].contains(byte))),
        _ => !head.is_empty(),
    })?;
    Some(*form)
}

/// Returns true for an archive that can be unpacked.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    is_gzip(bytes) || is_zip(bytes) || is_tar(bytes)
}

fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// Returns true for a zip file. One that can be run begins with the line of its interpreter.
fn is_zip(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(ZIP_END)..];
    let has_end = || tail.windows(4).any(|window| window == b"PK\x05\x06");
    bytes.starts_with(b"PK\x03\x04") || (bytes.starts_with(b"#!") && has_end())
}

fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(257..262) == Some(b"ustar".as_slice())
}

/// Returns the files of an archive, or `None` if the bytes are no archive. `room` is what may still be unpacked.
pub(super) fn unpack(path: &str, bytes: &[u8], room: &mut usize) -> Option<Vec<Member>> {
    if is_gzip(bytes) {
        let name = path.rsplit(['/', ' ']).next().unwrap_or(path);
        let name = name.strip_suffix(".gz").unwrap_or("content");
        let name = name
            .strip_suffix(".tgz")
            .map_or(name.to_owned(), |name| format!("{name}.tar"));
        return Some(vec![(name, Ok(read(MultiGzDecoder::new(bytes), room)))]);
    }
    if is_zip(bytes) {
        return Some(zip(bytes, room));
    }
    is_tar(bytes).then(|| tar(bytes, room))
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
        (path, Ok(read(entry, room)))
    });
    files.collect()
}

/// Reads the files that the directory at the end of a zip file lists.
fn zip(bytes: &[u8], room: &mut usize) -> Vec<Member> {
    let mut files = Vec::new();
    let end = end_of_zip(bytes);
    let directory = end.and_then(|end| {
        let start = number(bytes, end + 16, 4)?;
        // The offsets do not count what stands before the zip file.
        let shift = end.checked_sub(number(bytes, end + 12, 4)? + start)?;
        Some((start + shift, shift))
    });
    let Some((mut at, shift)) = directory else {
        let what = "a list of files that is damaged or of another form";
        return vec![("directory".to_owned(), Err(what))];
    };
    while bytes
        .get(at..)
        .is_some_and(|rest| rest.starts_with(b"PK\x01\x02"))
    {
        let field = |offset: usize, size: usize| number(bytes, at + offset, size);
        let Some(((flags, method), packed)) = field(8, 2).zip(field(10, 2)).zip(field(20, 4))
        else {
            break;
        };
        let Some(((name, extra), (comment, local))) = field(28, 2)
            .zip(field(30, 2))
            .zip(field(32, 2).zip(field(42, 4)))
        else {
            break;
        };
        let local = local + shift;
        let path = bytes.get(at + 46..at + 46 + name).unwrap_or_default();
        let path = String::from_utf8_lossy(path).into_owned();
        let more = at + 46 + name..at + 46 + name + extra + comment;
        push_text(&mut files, format!("{path} comment"), bytes.get(more), room);
        let field = extra_field(bytes, local).and_then(|field| bytes.get(field));
        push_text(&mut files, format!("{path} extra field"), field, room);
        files.push((path, content(bytes, local, packed, (flags, method), room)));
        at += 46 + name + extra + comment;
    }
    let comment = end.and_then(|end| bytes.get(end + 22..));
    push_text(&mut files, "comment".to_owned(), comment, room);
    files
}

/// Returns the place of the extra field in the header of a file. The content of the file follows it.
fn extra_field(bytes: &[u8], local: usize) -> Option<Range<usize>> {
    let name = number(bytes, local + 26, 2)?;
    let extra = number(bytes, local + 28, 2)?;
    let start = local + 30 + name;
    Some(start..start + extra)
}

/// Returns the content of the file whose header is at a place, with `packed` bytes.
fn content(
    bytes: &[u8],
    local: usize,
    packed: usize,
    (flags, method): (usize, usize),
    room: &mut usize,
) -> Result<Vec<u8>, &'static str> {
    let Some(Range { end: start, .. }) = extra_field(bytes, local) else {
        return Err("a file that is not where the archive says");
    };
    let stop = start.saturating_add(packed).min(bytes.len());
    let content = bytes.get(start..stop).unwrap_or_default();
    match method {
        _ if flags & 1 == 1 => Err("an encrypted file"),
        0 => Ok(read(content, room)),
        8 => Ok(read(DeflateDecoder::new(content), room)),
        _ => Err("a file that is packed in another way than deflate"),
    }
}

/// Returns the place of the record at the end of a zip file. Its comment can contain what looks like another one.
fn end_of_zip(bytes: &[u8]) -> Option<usize> {
    let records = bytes.windows(4).enumerate().rev();
    let mut ends = records
        .filter(|(_, window)| *window == b"PK\x05\x06")
        .map(|(at, _)| at);
    let is_whole = |at: &usize| {
        let comment = number(bytes, at + 20, 2);
        comment.is_some_and(|length| at + 22 + length == bytes.len())
    };
    ends.clone().find(is_whole).or_else(|| ends.next())
}

/// Adds a text that a zip file contains beside its files.
fn push_text(files: &mut Vec<Member>, name: String, text: Option<&[u8]>, room: &mut usize) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        files.push((name, Ok(read(text, room))));
    }
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
