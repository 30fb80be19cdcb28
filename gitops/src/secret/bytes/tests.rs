use std::io::Write as _;

use flate2::write::{DeflateEncoder, GzEncoder};

use super::*;

const CODE: &str = "import os\npassword = 'hunter2'\n";

fn places(path: &str, bytes: &[u8]) -> Vec<(String, Option<usize>)> {
    let found = in_file(path, bytes);
    found
        .into_iter()
        .map(|found| (found.path, found.line))
        .collect()
}

fn tar() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(CODE.len() as u64);
    builder
        .append_data(&mut header, "pkg/a.py", CODE.as_bytes())
        .unwrap();
    builder.into_inner().unwrap()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zip() -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(CODE.as_bytes()).unwrap();
    let content = encoder.finish().unwrap();
    let name = b"pkg/a.py";
    let two = |number: usize| u16::try_from(number).unwrap().to_le_bytes();
    let four = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    let sizes = [
        &[0; 4][..],
        &four(content.len()),
        &four(CODE.len()),
        &two(name.len()),
        &[0; 2],
    ]
    .concat();
    let local = [
        &b"PK\x03\x04"[..],
        &[20, 0, 0, 0, 8, 0, 0, 0, 0, 0],
        &sizes,
        name,
        &content,
    ]
    .concat();
    let central = [
        &b"PK\x01\x02"[..],
        &[20, 0, 20, 0, 0, 0, 8, 0, 0, 0, 0, 0],
        &sizes,
        &[0; 10],
        &four(0),
        name,
    ]
    .concat();
    let end = [
        &b"PK\x05\x06"[..],
        &[0; 4],
        &two(1),
        &two(1),
        &four(central.len()),
        &four(local.len()),
        &[0; 2],
    ];
    [local, central, end.concat()].concat()
}

#[test]
fn files_in_archives_are_searched() {
    let cases: [(&str, Vec<u8>, &str); 5] = [
        ("code.tar", tar(), "code.tar: pkg/a.py"),
        (
            "code.tar.gz",
            gzip(&tar()),
            "code.tar.gz: code.tar: pkg/a.py",
        ),
        ("a.py.gz", gzip(CODE.as_bytes()), "a.py.gz: a.py"),
        ("code.zip", zip(), "code.zip: pkg/a.py"),
        ("lib.whl", zip(), "lib.whl: pkg/a.py"),
    ];
    for (path, bytes, place) in cases {
        assert_eq!(places(path, &bytes), [(place.to_owned(), Some(2))]);
    }
}

#[test]
fn damaged_archive_is_searched_as_far_as_possible() {
    let whole = gzip(&tar());
    for length in (0..whole.len()).step_by(7) {
        in_file("code.tar.gz", &whole[..length]);
        in_file("code.zip", &zip()[..length.min(zip().len())]);
    }
}

#[rstest::rstest]
#[case(
    b"BZh91AY&SY\x12\x34",
    "data compressed with bzip2 instead of gzip or zip"
)]
#[case(b"\xfd7zXZ\0\0\x04", "data compressed with xz instead of gzip or zip")]
#[case(
    b"\x28\xb5\x2f\xfd\x24",
    "data compressed with zstd instead of gzip or zip"
)]
fn data_that_cannot_be_unpacked_is_named(#[case] bytes: &[u8], #[case] what: &str) {
    let found = in_file("data", bytes);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rule, format!("{what}, which cannot be searched"));
    let inside = in_file("data.gz", &gzip(bytes));
    assert_eq!(inside[0].path, "data.gz: data");
    assert_eq!(in_file("a.txt", b"BZh is how bzip2 begins"), []);
}

#[test]
fn encrypted_file_of_zip_is_named() {
    let mut bytes = zip();
    let entry = bytes.windows(4).position(|window| window == b"PK\x01\x02");
    bytes[entry.unwrap() + 8] |= 1;
    let found = in_file("code.zip", &bytes);
    assert_eq!(found[0].rule, "an encrypted file, which cannot be searched");
}

#[test]
fn texts_beside_files_of_zip_are_searched() {
    let secret = b"# PK\x05\x06\npassword: hunter2\n";
    let length = u16::try_from(secret.len()).unwrap().to_le_bytes();
    let find = |bytes: &[u8], head: &[u8]| {
        let place = bytes.windows(4).position(|window| window == head);
        place.unwrap()
    };
    let mut bytes = zip();
    let end = find(&bytes, b"PK\x05\x06");
    bytes[end + 20..end + 22].copy_from_slice(&length);
    bytes.extend_from_slice(secret);
    let found = places("code.zip", &bytes);
    assert_eq!(
        found,
        [
            ("code.zip: pkg/a.py".to_owned(), Some(2)),
            ("code.zip: comment".to_owned(), Some(2)),
        ]
    );
    // The comment of the file is at the end of its entry of the directory.
    let mut bytes = zip();
    let (entry, end) = (find(&bytes, b"PK\x01\x02"), find(&bytes, b"PK\x05\x06"));
    bytes[entry + 32..entry + 34].copy_from_slice(&length);
    let size = u32::try_from(end - entry + secret.len()).unwrap();
    bytes[end + 12..end + 16].copy_from_slice(&size.to_le_bytes());
    let tail = bytes.split_off(end);
    bytes.extend_from_slice(secret);
    bytes.extend(tail);
    let found = places("code.zip", &bytes);
    assert_eq!(
        found,
        [
            ("code.zip: pkg/a.py comment".to_owned(), Some(2)),
            ("code.zip: pkg/a.py".to_owned(), Some(2)),
        ]
    );
}

#[test]
fn zip_without_readable_directory_is_named() {
    let rule = |bytes: &[u8]| in_file("code.zip", bytes)[0].rule.clone();
    let whole = zip();
    assert_eq!(
        rule(&whole[..whole.len() - 22]),
        "a list of files that is damaged or of another form, which cannot be searched"
    );
    // With sizes of 64 bits, the place of the file is elsewhere.
    let mut bytes = zip();
    let entry = bytes.windows(4).position(|window| window == b"PK\x01\x02");
    let entry = entry.unwrap();
    bytes[entry + 42..entry + 46].fill(0xff);
    assert_eq!(
        rule(&bytes),
        "a file that is not where the archive says, which cannot be searched"
    );
}

#[test]
fn archive_that_can_be_run_is_searched() {
    let found = places(
        "app.pyz",
        &[b"#!/usr/bin/env python3\n".as_slice(), &zip()].concat(),
    );
    assert_eq!(found, [("app.pyz: pkg/a.py".to_owned(), Some(2))]);
}

#[test]
fn deepest_archive_is_named() {
    let mut bytes = CODE.as_bytes().to_vec();
    for _ in 0..5 {
        bytes = gzip(&bytes);
    }
    let found = in_file("a.gz", &bytes);
    assert_eq!(
        found[0].rule,
        "an archive in archives, which cannot be searched"
    );
}

#[test]
fn other_encodings_are_searched() {
    let latin = [&b"# \xe9t\xe9\n"[..], CODE.as_bytes()].concat();
    assert_eq!(places("a.py", &latin), [("a.py".to_owned(), Some(3))]);
    let little: Vec<u8> = CODE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(places("a.py", &little), [("a.py".to_owned(), Some(2))]);
    let big: Vec<u8> = CODE.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let big = [&[0xfe, 0xff][..], &big].concat();
    assert_eq!(places("a.py", &big), [("a.py".to_owned(), Some(2))]);
    for mark in ["", "\u{feff}"] {
        for unit in [u32::to_le_bytes, u32::to_be_bytes] {
            let chars = mark.chars().chain(CODE.chars());
            let bytes: Vec<u8> = chars.flat_map(|char| unit(u32::from(char))).collect();
            assert_eq!(places("a.py", &bytes), [("a.py".to_owned(), Some(2))]);
        }
    }
    let marked = ["\u{feff}", CODE].concat();
    assert_eq!(
        places("a.py", marked.as_bytes()),
        [("a.py".to_owned(), Some(2))]
    );
    let token = ["ghp_", "0123456789abcdefghijABCDEFGHIJ"].concat();
    let binary = [&[0, 1, 2][..], token.as_bytes(), &[0, 9]].concat();
    assert_eq!(
        places("model.bin", &binary),
        [("model.bin".to_owned(), None)]
    );
}

#[test]
fn code_of_notebook_is_searched() {
    let notebook = "{\n \"cells\": [\n  {\n   \"source\": [\n    \"import os\\n\",\n    \"password = 'hunter2'\\n\"\n   ]\n  }\n \
                    ],\n \"x\": 1\n}\n";
    assert_eq!(
        places("n.ipynb", notebook.as_bytes()),
        [("n.ipynb".to_owned(), Some(6))]
    );
    let one_line = serde_json::from_str::<serde_json::Value>(notebook)
        .unwrap()
        .to_string();
    assert_eq!(places("n.ipynb", one_line.as_bytes()).len(), 1);
}
