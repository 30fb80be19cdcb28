use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::*;

const FLOW: &str = "apiVersion: bytewax.io/v1alpha1\nkind: Dataflow\n";

fn write(folder: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Returns the folders, the manifests, and what is not checked with its reason, below a folder.
fn found(folder: &Path, paths: &[&str]) -> (Vec<String>, Vec<String>, Vec<String>) {
    let mut found = FlowFiles::default();
    for path in paths {
        find(&folder.join(path), &mut found).unwrap();
    }
    let top = format!("{}/", folder.display());
    let short = |path: &String| path.strip_prefix(&top).unwrap_or("").to_owned();
    let reason = |left: &NotChecked| {
        let mark = if left.needed { "!" } else { "" };
        format!("{mark}{}: {}", short(&left.path), left.reason)
    };
    let mut reasons: Vec<_> = found.not_checked.iter().map(reason).collect();
    reasons.sort();
    reasons.dedup();
    (
        found.folders.iter().map(|(path, _)| short(path)).collect(),
        found
            .manifests
            .iter()
            .map(|file| short(&file.path))
            .collect(),
        reasons,
    )
}

#[test]
fn flow_in_folder_of_flow_is_found() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "orders/dataflow.yaml", FLOW);
    write(folder.path(), "orders/nested/dataflow.yaml", FLOW);
    write(folder.path(), "orders/more/flow.yml", FLOW);
    write(folder.path(), "target/payments/dataflow.yaml", FLOW);
    write(folder.path(), "build/flow.yaml", FLOW);
    let (folders, manifests, left) = found(folder.path(), &[""]);
    assert_eq!(folders, ["orders", "orders/nested", "target/payments"]);
    assert_eq!(manifests, ["build/flow.yaml", "orders/more/flow.yml"]);
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn unreadable_files_are_named_with_reason() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path();
    write(top, "orders/dataflow.yaml", FLOW);
    write(top, "latin.yaml", b"kind: Dataflow # \xe4");
    write(top, "large.yaml", vec![b'#'; 5 << 20]);
    write(top, "huge/dataflow.yaml", vec![b'#'; 2 << 20]);
    symlink("nowhere", top.join("gone.yaml")).unwrap();
    symlink("nowhere", top.join("orders/gone.py")).unwrap();
    symlink("orders", top.join("again")).unwrap();
    symlink("orders/dataflow.yaml", top.join("same.yaml")).unwrap();
    mkfifo(&top.join("pipe.yaml"), Mode::S_IRWXU).unwrap();
    mkfifo(&top.join("orders/pipe"), Mode::S_IRWXU).unwrap();
    let _socket = UnixListener::bind(top.join("socket.yml")).unwrap();
    let (folders, manifests, left) = found(top, &[""]);
    assert_eq!(folders, ["orders"]);
    assert!(manifests.is_empty(), "{manifests:?}");
    insta::assert_snapshot!(left.join("\n"));
}

#[test]
fn overlapping_paths_are_found_once() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "orders/dataflow.yaml", FLOW);
    write(folder.path(), "more/flow.yaml", FLOW);
    let paths = [
        "orders/dataflow.yaml",
        "",
        "orders",
        "more",
        "more/flow.yaml",
        "orders/../more",
    ];
    let (folders, manifests, left) = found(folder.path(), &paths);
    assert_eq!((folders.len(), manifests.len()), (1, 1));
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn named_file_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "latin.yaml", b"\xe4");
    write(folder.path(), "docs/a.txt", "");
    let (_, _, left) = found(folder.path(), &["latin.yaml", "docs"]);
    assert_eq!(
        left,
        [
            "!docs: it contains no Dataflow",
            "!latin.yaml: it is not UTF-8 text"
        ]
    );
    let mut pipes = FlowFiles::default();
    let pipe = folder.path().join("pipe");
    mkfifo(&pipe, Mode::S_IRWXU).unwrap();
    assert!(find(&pipe, &mut pipes).is_err());
}

#[test]
fn patches_are_not_checked_as_flows() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "kustomization.yaml",
        "patches: [{path: patches/orders.yaml}, {path: dataflow.yaml}]\n",
    );
    write(folder.path(), "patches/orders.yaml", FLOW);
    write(folder.path(), "dataflow.yaml", FLOW);
    let (folders, manifests, left) = found(folder.path(), &[""]);
    assert!(folders.is_empty() && manifests.is_empty(), "{manifests:?}");
    assert_eq!(
        left,
        [
            format!("dataflow.yaml: {PATCH}"),
            format!("patches/orders.yaml: {PATCH}")
        ]
    );
}
