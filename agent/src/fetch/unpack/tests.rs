use std::{collections::BTreeMap, fs, path::PathBuf};

use proptest::{prelude::*, sample::select};
use rstest::rstest;
use tar::{Builder, Header};
use tempfile::TempDir;

use super::*;

/// Adds an entry as it is: the builder's own way refuses the very names these tests need.
fn add(builder: &mut Builder<Vec<u8>>, kind: EntryType, name: &[u8], link: &[u8], content: &[u8]) {
    let mut header = Header::new_old();
    let raw = header.as_old_mut();
    raw.name[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
    raw.linkname[..link.len().min(100)].copy_from_slice(&link[..link.len().min(100)]);
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    header.set_cksum();
    builder.append(&header, content).unwrap();
}

fn archive(entries: &[(EntryType, &str, &str, &str)]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (kind, name, link, content) in entries {
        add(
            &mut builder,
            *kind,
            name.as_bytes(),
            link.as_bytes(),
            content.as_bytes(),
        );
    }
    builder.into_inner().unwrap()
}

fn chain(error: &UnpackError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

#[test]
fn files_folders_and_links_are_unpacked() {
    let to = TempDir::new().unwrap();
    let bytes = archive(&[
        (EntryType::XGlobalHeader, "pax_global_header", "", ""),
        (EntryType::Directory, "./", "", ""),
        (EntryType::Directory, "./pkg/", "", ""),
        (EntryType::Directory, "./pkg/", "", ""),
        (EntryType::Regular, "./pkg/mod.py", "", "flow = 1\n"),
        (EntryType::Regular, "data/deep/rows.txt", "", "a\n"),
        (
            EntryType::Symlink,
            "data/deep/again",
            "../../pkg/mod.py",
            "",
        ),
    ]);
    let done = unpack_tar(&bytes, to.path()).unwrap();
    assert_eq!(
        done,
        Unpacked {
            files: 2,
            bytes: 11
        }
    );
    assert_eq!(
        fs::read_to_string(to.path().join("data/deep/again")).unwrap(),
        "flow = 1\n"
    );
    // Again, as after a restart, over what the run has changed meanwhile.
    fs::write(to.path().join("pkg/mod.py"), "changed").unwrap();
    fs::write(to.path().join("data/output.txt"), "kept").unwrap();
    assert_eq!(unpack_tar(&bytes, to.path()).unwrap(), done);
    assert_eq!(
        fs::read_to_string(to.path().join("pkg/mod.py")).unwrap(),
        "flow = 1\n"
    );
    assert_eq!(
        fs::read_to_string(to.path().join("data/output.txt")).unwrap(),
        "kept"
    );
    assert!(!to.path().join("pkg/.waxrun-incoming").exists());
}

#[test]
fn existing_link_is_not_followed() {
    let (to, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    std::os::unix::fs::symlink(elsewhere.path(), to.path().join("pkg")).unwrap();
    write_files([("pkg/mod.py".into(), b"x".to_vec())], to.path()).unwrap();
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    assert!(to.path().join("pkg/mod.py").is_file());
}

#[test]
fn refused_archives_name_the_fault() {
    use EntryType as E;
    let cases: &[&[(E, &str, &str, &str)]] = &[
        &[(E::Regular, "/etc/passwd", "", "x")],
        &[(E::Regular, "a/../../b", "", "x")],
        &[
            (E::Regular, "ok.py", "", "x"),
            (E::Regular, "./ok.py", "", "y"),
        ],
        &[
            (E::Regular, "pkg", "", "x"),
            (E::Regular, "pkg/mod.py", "", "y"),
        ],
        &[(E::Symlink, "up", "..", "")],
        &[(E::Symlink, "a/b", "../../x", "")],
        &[(E::Symlink, "a", "b/../..", "")],
        &[(E::Symlink, "a/b/c", "d/../x", "")],
        &[(E::Symlink, "abs", "/etc", "")],
        &[(E::Symlink, "d", "e", ""), (E::Regular, "d/f.py", "", "x")],
        &[(E::Link, "hard", "ok.py", "")],
        &[(E::Char, "tty", "", "")],
        &[(E::Fifo, "pipe", "", "")],
        &[(E::Directory, "only/", "", "")],
    ];
    let mut errors = Vec::new();
    for case in cases {
        let to = TempDir::new().unwrap();
        errors.push(chain(&unpack_tar(&archive(case), to.path()).unwrap_err()));
        assert_eq!(fs::read_dir(to.path()).unwrap().count(), 0, "{errors:?}");
    }
    let to = TempDir::new().unwrap();
    for bytes in [
        &b"\x1f\x8b\x08"[..],
        b"flow = Dataflow()\n",
        &archive(cases[2])[..700],
    ] {
        errors.push(chain(&unpack_tar(bytes, to.path()).unwrap_err()));
    }
    errors.push(chain(
        &write_files([("a//b".into(), vec![])], to.path()).unwrap_err(),
    ));
    insta::assert_snapshot!(errors.join("\n"), @r#"
    the name "/etc/passwd" leads out of the code's folder
    the name "a/../../b" leads out of the code's folder
    the name "./ok.py" occurs twice
    the name "pkg" occurs twice
    the link "up" leads out of the code's folder, to ".."
    the link "a/b" leads out of the code's folder, to "../../x"
    the link "a" leads out of the code's folder, to "b/../.."
    the link "a/b/c" leads out of the code's folder, to "d/../x"
    the link "abs" leads out of the code's folder, to "/etc"
    the name "d" occurs twice
    "hard" is a hard link; pack plain files, folders and symbolic links only
    "tty" is a device; pack plain files, folders and symbolic links only
    "pipe" is a pipe; pack plain files, folders and symbolic links only
    the tar contains no files
    the tar is compressed with gzip; pack it without compression (tar cf, not tar czf)
    the code is no complete tar archive: failed to read entire block
    the code is no complete tar archive: unexpected EOF during skip
    the name "a//b" leads out of the code's folder
    "#);
}

#[rstest]
#[case::one_file(&[LARGEST_FILE + 1])]
#[case::all_together(&[LARGEST_FILE, LARGEST_FILE, LARGEST_FILE, LARGEST_FILE, 1])]
fn too_large_tree_is_refused(#[case] sizes: &[u64]) {
    let mut tree = Tree::default();
    let added: Result<Vec<()>, _> = sizes
        .iter()
        .enumerate()
        .map(|(i, size)| {
            tree.add_file(
                &i.to_string(),
                vec![0; usize::try_from(*size).unwrap()],
                false,
            )
        })
        .collect();
    assert!(matches!(
        added,
        Err(UnpackError::FileTooLarge { .. } | UnpackError::TooLarge { .. })
    ));
}

#[test]
fn too_many_entries_are_refused() {
    let mut tree = Tree::default();
    let limit = crate::fetch::tree::MOST_ENTRIES;
    for i in 0..limit {
        tree.add_folder(&i.to_string()).unwrap();
    }
    assert!(matches!(
        tree.add_folder("more"),
        Err(UnpackError::TooMany { .. })
    ));
}

/// An entry as an attacker might try: half of them wild, half links that climb by way of each other.
fn entry() -> impl Strategy<Value = (EntryType, String, String)> {
    let kind = prop_oneof![
        4 => Just(EntryType::Regular),
        3 => Just(EntryType::Symlink),
        2 => Just(EntryType::Directory),
        1 => Just(EntryType::Link),
    ];
    let name = "(\\.\\./|a/|b/|\\./|/){0,3}[ab.]{1,2}";
    let link = (
        Just(EntryType::Symlink),
        select(vec!["d/d/a", "d/d/b"]).prop_map(String::from),
        select(vec![
            "../..",
            "../../a",
            "a",
            "a/../b",
            "b/../a",
            "b/../../a",
        ])
        .prop_map(String::from),
    );
    prop_oneof![(kind, name, name), link]
}

/// Everything below a folder, without following links.
fn listing(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if fs::symlink_metadata(&path).unwrap().is_dir() {
            found.extend(listing(&path));
            found.insert(path, Vec::new());
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap_or_default());
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_archive_writes_or_links_outside(
        rounds in prop::collection::vec(
            prop::collection::vec(
                entry(),
                1..3,
            ),
            1..8,
        )
    ) {
        let outer = TempDir::new().unwrap();
        let to = outer.path().join("x/workdir");
        fs::create_dir_all(&to).unwrap();
        fs::write(outer.path().join("x/a"), "secret").unwrap();
        fs::write(outer.path().join("b"), "secret").unwrap();
        for round in rounds {
            let mut builder = Builder::new(Vec::new());
            add(&mut builder, EntryType::Regular, b"one", b"", b"mine");
            for (kind, name, link) in &round {
                let content: &[u8] = if *kind == EntryType::Regular { b"mine" } else { b"" };
                add(&mut builder, *kind, name.as_bytes(), link.as_bytes(), content);
            }
            let _refused_or_done = unpack_tar(&builder.into_inner().unwrap(), &to).is_ok();
        }
        let mut outside = listing(outer.path());
        outside.retain(|path, _| !path.starts_with(&to));
        let secrets = outside.values().filter(|content| *content == b"secret").count();
        prop_assert_eq!((outside.len(), secrets), (3, 2));
        for path in listing(&to).keys() {
            if let Ok(real) = fs::canonicalize(path) {
                prop_assert!(real.starts_with(fs::canonicalize(&to).unwrap()), "{:?}", path);
            }
        }
    }
}
