use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tempfile::TempDir;

use super::*;

struct Lab(TempDir);

impl Lab {
    fn new(files: &[&str]) -> Self {
        let lab = Self(tempfile::tempdir().unwrap());
        for file in files {
            lab.write(file, "x");
        }
        lab
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Walks the folder `code`.
    fn walk(&self) -> (Vec<String>, Vec<String>) {
        let root = fs::canonicalize(self.at("code")).unwrap();
        let walked = walk(Path::new("code"), &root).unwrap();
        let left_out = walked.left_out.iter();
        (
            walked.files.into_iter().map(|file| file.path).collect(),
            left_out
                .map(|entry| format!("{}: {}", entry.path, entry.reason))
                .collect(),
        )
    }
}

#[test]
fn generated_files_and_environments_are_left_out() {
    let lab = Lab::new(&[
        "code/main.py",
        "code/.env",
        "code/.DS_Store",
        "code/.git/config",
        "code/pkg/mod.py",
        "code/pkg/__pycache__/mod.cpython-311.pyc",
        "code/old.pyc",
        "code/web/node_modules/x/index.js",
        "code/venv/pyvenv.cfg",
        "code/venv/lib/site-packages/foo.py",
        "code/conda/conda-meta/history",
        "code/results/CACHEDIR.TAG",
        "code/orders.egg-info/PKG-INFO",
    ]);
    let (files, left_out) = lab.walk();
    assert_eq!(files, ["main.py", "pkg/mod.py"]);
    insta::assert_snapshot!(left_out.join("\n"), @r"
    .DS_Store: hidden
    .env: hidden
    conda/: virtual environment
    old.pyc: cache
    orders.egg-info/: cache
    pkg/__pycache__/: cache
    results/: cache
    venv/: virtual environment
    web/node_modules/: cache
    ");
}

#[test]
fn environment_around_the_code_is_left_out() {
    let lab = Lab::new(&[
        "code/pyvenv.cfg",
        "code/bin/python",
        "code/lib/python3.11/site-packages/foo.py",
        "code/main.py",
        "code/pkg/lib/own.py",
    ]);
    let (files, left_out) = lab.walk();
    assert_eq!(files, ["main.py", "pkg/lib/own.py"]);
    assert_eq!(
        left_out,
        [
            "bin/: virtual environment",
            "lib/: virtual environment",
            "pyvenv.cfg: virtual environment"
        ]
    );
}

#[test]
fn links_are_followed_inside_the_folder_only() {
    let lab = Lab::new(&[
        "secret",
        "other/a.py",
        "code/a.py",
        "code/pkg/b.py",
        "code/.env",
    ]);
    for (link, target) in [
        ("code/absolute", lab.at("secret")),
        ("code/relative", "../secret".into()),
        ("code/folder", "../other".into()),
        ("code/inside.py", "a.py".into()),
        ("code/absolute_inside.py", lab.at("code/a.py")),
        ("code/alias", "pkg".into()),
        ("code/pkg/up", "..".into()),
        ("code/self", "self".into()),
        ("code/nothing", "gone".into()),
        ("code/plain.txt", ".env".into()),
    ] {
        symlink(target, lab.at(link)).unwrap();
    }
    let (files, left_out) = lab.walk();
    assert_eq!(
        files,
        [
            "a.py",
            "absolute_inside.py",
            "alias/b.py",
            "inside.py",
            "pkg/b.py"
        ]
    );
    insta::assert_snapshot!(left_out.join("\n"), @r"
    .env: hidden
    absolute: link that leaves the folder
    alias/up: link to a folder around it
    folder: link that leaves the folder
    nothing: link to nothing
    pkg/up: link to a folder around it
    plain.txt: link to what is left out
    relative: link that leaves the folder
    self: link to a folder around it
    ");
}

#[test]
fn pipe_and_socket_are_left_out_without_waiting() {
    let lab = Lab::new(&["code/a.py"]);
    mkfifo(&lab.at("code/pipe.py"), Mode::S_IRWXU).unwrap();
    let _socket = UnixListener::bind(lab.at("code/socket")).unwrap();
    let (files, left_out) = lab.walk();
    assert_eq!(files, ["a.py"]);
    assert_eq!(
        left_out,
        [
            "pipe.py: socket, pipe or device",
            "socket: socket, pipe or device"
        ]
    );
}

#[test]
fn own_ignore_file_leaves_out_and_takes() {
    let lab = Lab::new(&[
        "code/a.py",
        "code/data/big.bin",
        "code/orders_pb2.py",
        "code/.streamlit/config.toml",
    ]);
    lab.write("code/.gitignore", "*_pb2.py\n");
    lab.write("code/.waxctlignore", "data/\n!*_pb2.py\n!.streamlit\n");
    let (files, left_out) = lab.walk();
    assert_eq!(files, [".streamlit/config.toml", "a.py", "orders_pb2.py"]);
    assert_eq!(left_out, ["data/: named in .waxctlignore"]);
}

#[test]
fn git_rules_apply_without_a_repository() {
    let lab = Lab::new(&[
        "code/a.py",
        "code/creds.json",
        "code/pkg/out.csv",
        "code/pkg/in.csv",
    ]);
    lab.write(".gitignore", "*\n");
    lab.write("code/.gitignore", "creds.json\n*.csv\n");
    lab.write("code/pkg/.gitignore", "!in.csv\n");
    let (files, left_out) = lab.walk();
    assert_eq!(files, ["a.py", "pkg/in.csv"]);
    assert_eq!(
        left_out,
        ["creds.json: ignored by git", "pkg/out.csv: ignored by git"]
    );
}

#[test]
fn folder_with_too_many_files_is_refused() {
    let lab = Lab::new(&[]);
    fs::create_dir(lab.at("code")).unwrap();
    for number in 0..=MAX_FILES {
        fs::write(lab.at(&format!("code/{number}")), "").unwrap();
    }
    let root = fs::canonicalize(lab.at("code")).unwrap();
    let error = walk(Path::new("code"), &root).unwrap_err();
    assert_eq!(error.causes, ["it has more than 10000 files"]);
}

#[test]
fn flows_of_repository_are_left_out() {
    let lab = Lab::new(&[
        "code/.git/HEAD",
        "code/main.py",
        "code/apps/prod/orders/dataflow.yaml",
        "code/pkg/apps/prod/orders/dataflow.yaml",
    ]);
    let (files, left_out) = lab.walk();
    assert_eq!(files, ["main.py", "pkg/apps/prod/orders/dataflow.yaml"]);
    assert_eq!(left_out, ["apps/: flows of this repository"]);
}
