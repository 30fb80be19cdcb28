//! Tests `df validate` on whole repositories, single files and standard input.

use std::process::{Command, Stdio};

use crate::environment::{Environment, executable};

/// Creates a folder of a flow as `df render --into` writes it.
fn render(environment: &Environment, folder: &str, name: &str) {
    let finished = environment.run(&["df", "render", "hello.py", "-N", name, "--into", folder]);
    assert_eq!(finished.code, 0, "{finished}");
}

#[test]
fn rendered_repository_is_valid() {
    let environment = Environment::new();
    render(&environment, "apps/prod/orders", "orders");
    render(&environment, "apps/dev/orders", "orders");
    environment.write("clusters/prod/nginx.yaml", "kind: Deployment\n");
    environment.write(
        "chart/templates/flow.yaml",
        "kind: Dataflow # bytewax.io/ {{ x }}\n",
    );
    let finished = environment.run(&["df", "validate"]);
    insta::assert_snapshot!(finished);
}

#[test]
fn every_flow_of_repository_is_checked() {
    let environment = Environment::new();
    render(&environment, "apps/prod/orders", "orders");
    render(&environment, "apps/prod/payments", "payments");
    render(&environment, "apps/prod/copy", "orders");
    environment.write(
        "apps/prod/orders/hello.py",
        "key = 'AKIAIOSFODNN7REALKEY'\n",
    );
    std::fs::remove_file(environment.work().join("apps/prod/payments/hello.py")).unwrap();
    environment.write(
        "other/flow.yaml",
        "# A flow\napiVersion: bytewax.io/v1alpha1\nkind: Dataflow\nmetadata:\n  name: other\nspec:\n  image: {tag: ''}\n  \
         pythonFileName: a.py\n  configMapName: a\n",
    );
    environment.write(".hidden/dataflow.yaml", "kind: [");
    environment.write("venv/pyvenv.cfg", "");
    environment.write("venv/dataflow.yaml", "kind: [");
    let mut text = String::new();
    for args in [
        &[][..],
        &["-o", "github"],
        &["apps/prod/copy"],
        &["other/flow.yaml"],
        &["./apps/"],
    ] {
        let finished = environment.run(&[&["df", "validate"], args].concat());
        text.push_str(&format!(
            "$ waxctl df validate {}\n{finished}\n",
            args.join(" ")
        ));
    }
    assert!(!text.contains("AKIAIOSFODNN7REALKEY"));
    insta::assert_snapshot!(text);
}

#[test]
fn unreadable_files_are_named_and_never_awaited() {
    use std::os::unix::fs::symlink;
    let environment = Environment::new();
    let work = environment.work();
    render(&environment, "apps/prod/orders", "orders");
    render(&environment, "target/prod/hello", "hello");
    for pipe in [
        "pipe.yaml",
        "apps/prod/orders/pipe.py",
        "target/dataflow.yaml",
    ] {
        nix::unistd::mkfifo(&work.join(pipe), nix::sys::stat::Mode::S_IRWXU).unwrap();
    }
    let _socket = std::os::unix::net::UnixListener::bind(work.join("socket.yml")).unwrap();
    symlink("nowhere", work.join("gone.yaml")).unwrap();
    std::fs::write(work.join("latin.yaml"), b"kind: Dataflow # \xe4").unwrap();
    let mut text = String::new();
    for paths in [
        &["."][..],
        &["apps", "latin.yaml"],
        &["apps", "apps/prod/orders", "apps/prod/orders/dataflow.yaml"],
        &["apps", "hello.py"],
        &["latin.yaml"],
        &["pipe.yaml"],
    ] {
        let finished = environment.run(&[&["df", "validate"], paths].concat());
        text.push_str(&format!(
            "$ waxctl df validate {}\n{finished}\n",
            paths.join(" ")
        ));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn path_without_flow_is_refused() {
    let environment = Environment::new();
    let mut text = String::new();
    for path in [".", "hello.py", "missing"] {
        let finished = environment.run(&["df", "validate", path]);
        text.push_str(&format!("$ waxctl df validate {path}\n{finished}\n"));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn output_of_render_is_valid_from_pipe() {
    let environment = Environment::new();
    let rendered = environment.run(&["df", "render", "hello.py", "-N", "hello"]);
    environment.write("rendered", &rendered.stdout);
    let check = |text: &str| {
        environment.write("input", text);
        let input = std::fs::File::open(environment.work().join("input")).unwrap();
        let output = Command::new(executable())
            .args(["df", "validate", "-"])
            .env_clear()
            .stdin(Stdio::from(input))
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    assert_eq!(check(&rendered.stdout), (Some(0), String::new()));
    let (code, text) = check(
        &rendered
            .stdout
            .replace("pythonFileName: hello.py", "pythonFileName: halo.py"),
    );
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(text);
}

#[test]
fn json_report_counts_problems() {
    let environment = Environment::new();
    render(&environment, "apps/prod/orders", "orders");
    environment.write("apps/prod/orders/unused.py", "");
    let finished = environment.run(&["df", "validate", "-o", "json"]);
    let report: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(
        (finished.code, &report["warnings"]),
        (0, &1.into()),
        "{finished}"
    );
    assert_eq!(report["problems"][0]["rule"], "not-listed");
    let finished = environment.run(&["df", "validate", "-o", "gitlab"]);
    let report: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report[0]["location"]["path"], "apps/prod/orders/unused.py");
}
