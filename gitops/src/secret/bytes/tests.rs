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

#[test]
fn other_encodings_are_searched() {
    let latin = [&b"# \xe9t\xe9\n"[..], CODE.as_bytes()].concat();
    assert_eq!(places("a.py", &latin), [("a.py".to_owned(), Some(3))]);
    let little: Vec<u8> = CODE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(places("a.py", &little), [("a.py".to_owned(), Some(2))]);
    let big: Vec<u8> = CODE.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let big = [&[0xfe, 0xff][..], &big].concat();
    assert_eq!(places("a.py", &big), [("a.py".to_owned(), Some(2))]);
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
