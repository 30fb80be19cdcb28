use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn code(files: &[(&str, &[u8])]) -> Code {
    let mut code = Code::new();
    for (key, bytes) in files {
        code.insert(*key, *bytes).unwrap();
    }
    code
}

fn file(path: &str, text: &str) -> PackFile {
    PackFile {
        path: path.into(),
        bytes: text.as_bytes().to_vec(),
        executable: false,
    }
}

#[test]
fn hash_differs_where_concatenated_bytes_are_equal() {
    let hashes = [
        code(&[]),
        code(&[("a", b"")]),
        code(&[("a", b"b")]),
        code(&[("ab", b"")]),
        code(&[("a", b""), ("b", b"")]),
        code(&[("a", b"b"), ("c", b"")]),
        code(&[("a", b""), ("bc", b"")]),
    ]
    .map(|code| code.hash());
    let distinct: std::collections::BTreeSet<_> = hashes.iter().collect();
    assert_eq!(distinct.len(), hashes.len());
}

#[test]
fn code_hash_is_stable_across_releases() {
    let hash = code(&[("simple.py", b"flow = 1\n"), ("pkg..mod.py", b"\xff\x00")]).hash();
    insta::assert_snapshot!(hash.as_str(), @"0a4576b6f8d5d1591b78a29a1be42bb28c9f1bbd08db4d36dd68942103600c0f");
}

#[rstest]
#[case("simple.py", "simple.py")]
#[case("pkg/mod.py", "pkg..mod.py")]
#[case("a/b/c.py", "a..b..c.py")]
#[case("pkg/.env", "pkg...env")]
fn path_converts_to_key_and_back(#[case] path: &str, #[case] key: &str) {
    assert_eq!(key_for_path(path).as_deref(), Ok(key));
    assert_eq!(path_for_key(key).as_deref(), Ok(path));
}

#[rstest]
#[case::absolute("/etc/passwd", CodeError::Path("/etc/passwd".into()))]
#[case::upwards("../x.py", CodeError::Path("../x.py".into()))]
#[case::inner_upwards("a/../x.py", CodeError::Path("a/../x.py".into()))]
#[case::empty("", CodeError::Path(String::new()))]
#[case::folder("a/", CodeError::Path("a/".into()))]
#[case::dots_in_name("a..b.py", CodeError::DotsInName("a..b.py".into()))]
#[case::dot_at_the_end("a./b.py", CodeError::DotsInName("a./b.py".into()))]
#[case::space("my flow.py", CodeError::Key("my flow.py".into()))]
#[case::unicode("größe.py", CodeError::Key("größe.py".into()))]
fn path_without_a_key_is_refused(#[case] path: &str, #[case] why: CodeError) {
    assert_eq!(key_for_path(path), Err(why));
}

#[rstest]
#[case("..data")]
#[case("a....b")]
#[case("a...")]
#[case("a/b")]
fn key_without_a_path_is_refused(#[case] key: &str) {
    assert_eq!(path_for_key(key), Err(CodeError::Key(key.into())));
}

#[test]
fn pack_ignores_the_order_of_files() {
    let files = [
        file("simple.py", "flow = 1\n"),
        file("pkg/mod.py", "x = 2\n"),
    ];
    let reversed = [files[1].clone(), files[0].clone()];
    let archive = pack(&files).unwrap();
    assert_eq!(archive, pack(&reversed).unwrap());
    let mut as_code = Code::new();
    as_code.insert("code.tar", archive).unwrap();
    insta::assert_snapshot!(as_code.hash().as_str(), @"7a9c3221f18bbe35c4c7804042f1c6639c33b10b29e9673cf758d1dcda3e754a");
}

#[test]
fn pack_refuses_files_that_unpack_would_refuse() {
    let twice = [file("a.py", "1"), file("a.py", "2")];
    assert_eq!(pack(&twice), Err(CodeError::Duplicate("a.py".into())));
    assert_eq!(
        pack(&[file("../a", "")]),
        Err(CodeError::Path("../a".into()))
    );
    let big = PackFile {
        path: "big".into(),
        bytes: vec![0; MAX_BYTES],
        executable: false,
    };
    assert!(matches!(pack(&[big]), Err(CodeError::TooLarge(size)) if size > MAX_BYTES));
}

#[rstest]
#[case::upwards("../evil", tar::EntryType::Regular, CodeError::Path("../evil".into()))]
#[case::absolute("/etc/evil", tar::EntryType::Regular, CodeError::Path("/etc/evil".into()))]
#[case::upwards_folder("a/../../b/", tar::EntryType::Directory, CodeError::Path("a/../../b".into()))]
#[case::symbolic_link("link", tar::EntryType::Symlink, CodeError::NotAFile("link".into()))]
#[case::hard_link("link", tar::EntryType::Link, CodeError::NotAFile("link".into()))]
#[case::device("null", tar::EntryType::Char, CodeError::NotAFile("null".into()))]
fn unpack_refuses_unsafe_entries(
    #[case] path: &str,
    #[case] kind: tar::EntryType,
    #[case] why: CodeError,
) {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(0);
    header.set_cksum();
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&header, std::io::empty()).unwrap();
    assert_eq!(unpack(&builder.into_inner().unwrap()), Err(why));
}

#[test]
fn unpack_of_damaged_archive_fails() {
    let archive = pack(&[file("a.py", "x = 1\n")]).unwrap();
    assert!(matches!(
        unpack(&archive[..520]),
        Err(CodeError::Archive(_))
    ));
    assert!(matches!(unpack(&[7; 600]), Err(CodeError::Archive(_))));
}

proptest! {
    #[test]
    fn config_map_keeps_any_code_unchanged(
        files in proptest::collection::btree_map(
            "[-_a-zA-Z0-9][-._a-zA-Z0-9]{0,20}",
            prop_oneof![any::<Vec<u8>>(), ".*".prop_map(String::into_bytes)],
            0..6,
        )
    ) {
        let mut code = Code::new();
        for (key, bytes) in files {
            code.insert(key, bytes).unwrap();
        }
        let halves = code.to_config_map_data();
        let config_map =
            ConfigMap { data: halves.data, binary_data: halves.binary_data, ..ConfigMap::default() };
        let sent = serde_json::to_string(&config_map).unwrap();
        let back = Code::from_config_map(&serde_json::from_str(&sent).unwrap());
        prop_assert_eq!(back.hash(), code.hash());
        prop_assert_eq!(back, code);
    }

    #[test]
    fn key_of_a_path_converts_back(path in "[-._a-z/]{1,16}") {
        if let Ok(key) = key_for_path(&path) {
            prop_assert_eq!(path_for_key(&key), Ok(path));
        }
    }

    #[test]
    fn path_of_a_key_converts_back(key in "[-._a-z]{1,16}") {
        if let Ok(path) = path_for_key(&key) {
            prop_assert_eq!(key_for_path(&path), Ok(key));
        }
    }

    #[test]
    fn packed_files_unpack_unchanged(
        files in proptest::collection::btree_map(
            "[a-z]{1,8}(/[a-z.]{0,120}[a-z]){0,3}",
            (any::<Vec<u8>>(), any::<bool>()),
            0..6,
        )
    ) {
        let files: Vec<PackFile> = files
            .into_iter()
            .map(|(path, (bytes, executable))| PackFile { path, bytes, executable })
            .filter(|file| !file.path.split('/').any(|name| name == ".." || name == "."))
            .collect();
        prop_assert_eq!(unpack(&pack(&files).unwrap()), Ok(files));
    }
}
