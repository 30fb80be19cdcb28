use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

/// Writes files as the kubelet mounts a ConfigMap: as links through a dated folder.
fn mounted(files: &[(&str, &[u8])]) -> TempDir {
    let mount = TempDir::new().unwrap();
    let dated = mount.path().join("..2026_01_02_03_04_05.1");
    fs::create_dir(&dated).unwrap();
    symlink(&dated, mount.path().join("..data")).unwrap();
    for (key, content) in files {
        fs::write(dated.join(key), content).unwrap();
        symlink(format!("..data/{key}"), mount.path().join(key)).unwrap();
    }
    mount
}

fn settings(mount: &TempDir, workdir: &TempDir, tar: Option<&str>) -> FetchSettings {
    FetchSettings {
        code: mount.path().into(),
        tar: tar.map(String::from),
        workdir: workdir.path().into(),
    }
}

#[test]
fn keys_become_files_and_double_dots_folders() {
    let mount = mounted(&[
        ("simple.py", b"1"),
        ("pkg..sub..mod.py", b"22"),
        ("pkg..__init__.py", b""),
    ]);
    let to = TempDir::new().unwrap();
    let done = fetch(&settings(&mount, &to, None)).unwrap();
    assert_eq!(done, Unpacked { files: 3, bytes: 3 });
    assert_eq!(fs::read(to.path().join("pkg/sub/mod.py")).unwrap(), b"22");
    assert_eq!(fetch(&settings(&mount, &to, None)).unwrap(), done);
}

#[test]
fn only_the_tar_is_unpacked() {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    header.set_mode(0o755);
    builder
        .append_data(&mut header, "pkg/run.sh", &b"x"[..])
        .unwrap();
    let tar = builder.into_inner().unwrap();
    let mount = mounted(&[("code.tar", &tar), ("other.py", b"1")]);
    let to = TempDir::new().unwrap();
    assert_eq!(
        fetch(&settings(&mount, &to, Some("code.tar")))
            .unwrap()
            .files,
        1
    );
    assert!(!to.path().join("other.py").exists());
    let mode =
        std::os::unix::fs::MetadataExt::mode(&fs::metadata(to.path().join("pkg/run.sh")).unwrap());
    assert_eq!(mode & 0o777, 0o775);
}

#[test]
fn unusable_code_config_map_is_refused() {
    let to = TempDir::new().unwrap();
    let some = mounted(&[("a.py", b"1"), ("b.py", b"1")]);
    let none = mounted(&[]);
    let errors = [
        fetch(&settings(&some, &to, Some("code.tar"))),
        fetch(&settings(&none, &to, None)),
        fetch(&settings(&mounted(&[("a....b", b"1")]), &to, None)),
    ]
    .map(|result| result.unwrap_err().to_string())
    .join("\n");
    insta::assert_snapshot!(errors, @r#"
    the code ConfigMap has no key "code.tar"; it has a.py, b.py
    the code ConfigMap is empty
    the name "a//b" leads out of the code's folder
    "#);
}
