use std::fs;

use gitops::entry::Choice;

use super::*;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn keys(source: &Source) -> Vec<&str> {
    source.code.iter().map(|(key, _)| key).collect()
}

#[test]
fn python_file_becomes_key() {
    let folder = folder(&[("hello.py", b"flow = 1\n")]);
    let source = read(&folder.path().join("hello.py")).unwrap();
    assert_eq!(keys(&source), ["hello.py"]);
    assert_eq!(source.entry_point(), Choice::One("hello.py".into()));
}

#[test]
fn code_folder_becomes_keys() {
    let folder = folder(&[
        ("main.py", b"flow = make()"),
        ("pkg/mod.py", b"2"),
        ("data.gz", b"\x1f\x8b\xff"),
        (".git/config", b"3"),
        ("pkg/__pycache__/mod.cpython-311.pyc", b"4"),
    ]);
    let source = read(folder.path()).unwrap();
    assert_eq!(keys(&source), ["data.gz", "main.py", "pkg..mod.py"]);
    assert_eq!(source.entry_point(), Choice::One("main.py".into()));
    assert_eq!(source.tar_name, None);
}

#[test]
fn folder_with_invalid_keys_is_packed_reproducibly() {
    let files: &[(&str, &[u8])] = &[("main.py", b"1"), ("with space.txt", b"2")];
    let (first, second) = (folder(files), folder(files));
    let source = read(first.path()).unwrap();
    assert_eq!(keys(&source), ["code.tar"]);
    assert_eq!(source.tar_name.as_deref(), Some("code.tar"));
    assert_eq!(source.files, ["main.py", "with space.txt"]);
    assert_eq!(source.code, read(second.path()).unwrap().code);
}

#[test]
fn tar_lists_its_files() {
    let folder = folder(&[]);
    let path = folder.path().join("flow.tar");
    let file = code::PackFile {
        path: "a.py".into(),
        bytes: b"1".to_vec(),
        executable: false,
    };
    fs::write(&path, code::pack(&[file]).unwrap()).unwrap();
    let source = read(&path).unwrap();
    assert_eq!(keys(&source), ["flow.tar"]);
    assert_eq!(source.files, ["a.py"]);
    assert_eq!(source.entry_point(), Choice::One("a.py".into()));
}

#[test]
fn folder_with_dataflow_yaml_is_flow() {
    let folder = folder(&[
        (
            "dataflow.yaml",
            b"apiVersion: bytewax.io/v1alpha1\nkind: Dataflow\nmetadata:\n  name: orders\nspec:\n  \
              image:\n    tag: '1'\n  pythonFileName: a.py\n",
        ),
        ("a.py", b"1"),
    ]);
    let source = read(folder.path()).unwrap();
    assert_eq!(keys(&source), ["a.py"]);
    assert_eq!(
        source.dataflow.unwrap().metadata.name.as_deref(),
        Some("orders")
    );
}

#[test]
fn named_file_is_code_even_if_ignored() {
    let folder = folder(&[
        (
            "dataflow.yaml",
            b"apiVersion: bytewax.io/v1alpha1\nkind: Dataflow\nmetadata:\n  name: orders\nspec:\n  \
              image:\n    tag: '1'\n  configMapName: orders\n  pythonFileName: a.py\n",
        ),
        (
            "kustomization.yaml",
            b"configMapGenerator:\n- name: orders\n  files:\n  - ./a.py\n  - data..in.csv=data/in.csv\n",
        ),
        ("a.py", b"1"),
        ("data/in.csv", b"2"),
        ("data/out.csv", b"3"),
        (".gitignore", b"*.csv\n"),
    ]);
    let source = read(folder.path()).unwrap();
    assert_eq!(keys(&source), ["a.py", "data..in.csv"]);
}

#[test]
fn too_large_folder_names_its_largest_parts() {
    let folder = folder(&[
        ("main.py", b"1"),
        ("data/big.bin", &vec![b' '; code::MAX_BYTES]),
        ("models/a.bin", &[b' '; 3000]),
    ]);
    let error = read(folder.path()).unwrap_err();
    assert_eq!(
        error.causes[0],
        "it has 1026 KiB: data/ 1024 KiB, models/ 2 KiB, main.py 0 KiB"
    );
    assert!(error.hints[1].ends_with(".waxctlignore, as in a .gitignore"));
}

#[test]
fn notebook_is_refused_with_command_to_export() {
    let folder = folder(&[("explore.ipynb", b"{}")]);
    let error = read(&folder.path().join("explore.ipynb")).unwrap_err();
    assert_eq!(
        error.causes,
        ["explore.ipynb is a notebook, not a Python file"]
    );
    assert!(error.hints[0].starts_with("export it first: jupyter nbconvert --to script "));
}

#[test]
fn invalid_source_is_refused() {
    let folder = folder(&[
        ("notes.txt", b"1"),
        ("big.py", &vec![b' '; code::MAX_BYTES + 1]),
    ]);
    let refused = |name: &str| read(&folder.path().join(name)).unwrap_err();
    assert_eq!(
        refused("notes.txt").causes,
        ["notes.txt is neither a Python file nor a .tar"]
    );
    assert!(refused("missing.py").causes[0].contains("No such file"));
    assert!(refused("big.py").message.ends_with("is too large"));
    let error = read(Path::new("https://example.com/a.py")).unwrap_err();
    assert_eq!(error.message, "a SOURCE from https:// is not supported");
}
