//! A virtual environment with Bytewax for tests. It is created once, outside of the checkout.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

const BYTEWAX: &str = "0.21.1";

/// Returns the folder with the `python` of a virtual environment that has Bytewax.
pub(crate) fn bin() -> &'static Path {
    static BIN: OnceLock<PathBuf> = OnceLock::new();
    BIN.get_or_init(|| {
        let folder = cache().join(format!("venv-{BYTEWAX}-py311"));
        fs::create_dir_all(&folder).unwrap();
        // Race: several test programs may create it at once.
        let lock = fs::File::create(folder.join(".lock")).unwrap();
        lock.lock().unwrap();
        if !folder.join(".complete").exists() {
            make(&folder);
            fs::write(folder.join(".complete"), "").unwrap();
        }
        folder.join("bin")
    })
}

fn cache() -> PathBuf {
    let base = match env::var_os("XDG_CACHE_HOME") {
        Some(cache) => PathBuf::from(cache),
        None => PathBuf::from(env::var_os("HOME").unwrap()).join(".cache"),
    };
    base.join("bytewax-platform")
}

fn make(folder: &Path) {
    run(Command::new(python_311()).args(["-m", "venv"]).arg(folder));
    let packages = [&format!("bytewax=={BYTEWAX}"), "prometheus-client"];
    run(Command::new(folder.join("bin/python"))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(packages));
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?} failed");
}

/// Returns a Python 3.11 that can create environments: Bytewax 0.21.1 has no wheel for newer versions.
fn python_311() -> PathBuf {
    let path = env::var_os("PATH").unwrap();
    let found = env::split_paths(&path)
        .flat_map(|folder| [folder.join("python3.11"), folder.join("python3")])
        .find(|python| {
            let check = "import sys, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))";
            let output = Command::new(python).args(["-c", check]).output();
            output.is_ok_and(|output| output.status.success())
        });
    found.expect("the tests need Python 3.11 with its venv module (Debian: python3.11-venv)")
}
