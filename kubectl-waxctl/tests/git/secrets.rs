//! The canary run: plants a secret of its own in every input, and searches every output for it.
//!
//! Tokens are built from parts: forges refuse a push that contains what looks like one.

use super::lab::{FLOW, Lab, Run};

mod connection;
mod traces;

/// Every secret of this file contains this text.
const CANARY: &str = "cAn4rY7xQ2";

/// Returns a secret that a name must tell of.
fn password(number: usize) -> String {
    format!("{CANARY}w{number}Zk9")
}

/// Returns a secret with the shape of a GitHub token.
fn token(number: usize) -> String {
    [
        "ghp",
        "_0123456789abcdefgh",
        CANARY,
        "w",
        &number.to_string(),
    ]
    .concat()
}

/// Panics if a text contains a canary.
fn silent(what: &str, text: &str) {
    let line = text.lines().find(|line| line.contains(CANARY));
    assert_eq!(line, None, "{what} shows a secret");
}

/// Panics if an object or another file of the repository contains a canary.
fn clean(lab: &Lab, what: &str) {
    let objects = lab.git(
        "repo",
        &["cat-file", "--batch", "--batch-all-objects", "--unordered"],
    );
    silent(&format!("an object after {what}"), &objects);
    let mut folders = vec![lab.path("repo")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            silent(&format!("a name after {what}"), &path.display().to_string());
            if path.is_dir() {
                folders.push(path);
            } else {
                let content = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                silent(&format!("{} after {what}", path.display()), &content);
            }
        }
    }
}

/// Puts a `git` on the PATH that records its arguments in `argv`.
fn record_arguments(lab: &Lab) -> String {
    let real = lab
        .command("sh", ".")
        .args(["-c", "command -v git"])
        .output()
        .unwrap();
    let real = String::from_utf8(real.stdout).unwrap();
    let log = lab.text("argv");
    lab.executable(
        "bin/git",
        &format!(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" >> {log}\nexec {} \"$@\"\n",
            real.trim()
        ),
    );
    let path = std::env::var("PATH").unwrap();
    format!("{}:{path}", lab.text("bin"))
}

fn refused(lab: &Lab, what: &str, path: &str, args: &[&str]) {
    for more in [&["--dry-run"][..], &[]] {
        let mut command = lab.waxctl("repo", &[args, more].concat());
        command.env("PATH", path);
        let run = lab.run(command);
        assert_eq!(run.code, Some(5), "{what}: {}", run.shown());
        silent(what, &run.shown());
        assert!(
            run.err.contains("line") || run.err.contains("name of a file"),
            "{what}: {}",
            run.err
        );
    }
    clean(lab, what);
}

#[test]
fn secret_in_any_input_is_refused() {
    let lab = Lab::with_repository();
    let path = record_arguments(&lab);
    lab.commit_orders(&[]).succeeded();
    let resource = lab.read("repo/apps/prod/orders/dataflow.yaml");
    let orders = ["../orders.py", "--name", "orders", "--env", "prod"];
    let flags: [(&str, [String; 2]); 7] = [
        (
            "a variable by its name",
            ["-e".into(), format!("DB_PASSWORD={}", password(1))],
        ),
        (
            "a variable with a dollar",
            ["-e".into(), format!("DB_PASS=${}!", password(2))],
        ),
        (
            "a variable by its shape",
            ["-e".into(), format!("LEVEL={}", token(3))],
        ),
        (
            "a URL in a variable",
            [
                "-e".into(),
                format!("URL=amqp://app:{}@mq.shop.net/", password(4)),
            ],
        ),
        (
            "the message",
            ["-m".into(), format!("Log in with {}", token(5))],
        ),
        (
            "an argument",
            [
                "-f".into(),
                format!("orders.py:get_flow('x', '{}')", token(6)),
            ],
        ),
        (
            "a keyword",
            [
                "-f".into(),
                format!("orders.py:get_flow(api_key='{}')", password(7)),
            ],
        ),
    ];
    for (what, flag) in &flags {
        let flag = [flag[0].as_str(), flag[1].as_str()];
        refused(
            &lab,
            what,
            &path,
            &[&orders[..], &flag, &["-p", "2"]].concat(),
        );
    }
    lab.write(
        "chart.yaml",
        format!("extraEnv:\n- name: DB_PASSWORD\n  value: {}\n", password(8)),
    );
    refused(
        &lab,
        "chart values",
        &path,
        &[&orders[..], &["-V", "../chart.yaml"]].concat(),
    );
    let latin = [
        b"# \xe9\n".as_slice(),
        format!("password = '{}'\n", password(9)).as_bytes(),
    ]
    .concat();
    let wide: Vec<u8> = format!("password = '{}'\n", password(10))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let files: [(&str, Vec<u8>); 8] = [
        ("a.py", format!("password = '{}'\n", password(11)).into()),
        (
            "b.py",
            format!("# the password is {}\n", password(12)).into(),
        ),
        ("c.py", latin),
        ("d.py", wide),
        (
            "e.json",
            format!("{{\"private_key_pwd\": \"{}\"}}", password(13)).into(),
        ),
        (
            "f.ipynb",
            format!("{{\"source\": [\"password = '{}'\\n\"]}}", password(14)).into(),
        ),
        ("g.bin", [&[0, 1][..], token(15).as_bytes(), &[0]].concat()),
        (
            "dataflow.yaml",
            format!("# {}\n{resource}", token(16)).into(),
        ),
    ];
    for (name, content) in files {
        let folder = format!("flow-{}", name.replace('.', "-"));
        lab.write(&format!("{folder}/orders.py"), FLOW);
        lab.write(&format!("{folder}/dataflow.yaml"), &resource);
        lab.write(&format!("{folder}/{name}"), content);
        refused(
            &lab,
            name,
            &path,
            &[&format!("../{folder}"), "--env", "test"],
        );
    }
    let noted = resource.replace(
        "metadata:\n",
        &format!(
            "metadata:\n  annotations:\n    shop.net/api-token: {}\n",
            password(17)
        ),
    );
    lab.write("noted/orders.py", FLOW);
    lab.write("noted/dataflow.yaml", noted);
    refused(&lab, "an annotation", &path, &["../noted", "--env", "prod"]);
    lab.write("named/orders.py", FLOW);
    lab.write("named/dataflow.yaml", &resource);
    lab.write(&format!("named/{}.py", token(18)), "");
    refused(
        &lab,
        "the name of a file",
        &path,
        &["../named", "--env", "prod"],
    );
    silent("an argument of git", &lab.read("argv"));
}

#[test]
fn marked_secret_is_hidden_in_messages() {
    let lab = Lab::with_repository();
    let path = record_arguments(&lab);
    let run = |cwd: &str, args: &[&str]| -> Run {
        let mut command = lab.command(env!("CARGO_BIN_EXE_kubectl-waxctl"), cwd);
        command.args(args).env("PATH", &path);
        lab.run(command)
    };
    let folder = |name: &str, variable: &str, value: &str| {
        let pair = format!("A=1,{variable}={value}");
        let render = ["df", "render", "orders.py", "--name", "orders", "-e", &pair];
        run(".", &[&render[..], &["--into", name]].concat()).succeeded();
        let resource = lab.read(&format!("{name}/dataflow.yaml"));
        let marked = resource.replace(value, &format!("{value} # waxctl:allow-secret"));
        lab.write(&format!("{name}/dataflow.yaml"), marked);
        let code = format!("{FLOW}password = '{value}'  # waxctl:allow-secret\n");
        lab.write(&format!("{name}/orders.py"), code);
    };
    folder("first", "DB_PASSWORD", &password(1));
    folder("second", "DB_PASSWORD", &password(2));
    // The value of a variable that told of a secret is hidden under a harmless name too.
    folder("third", "LEVEL", &password(2));
    for source in ["../first", "../second", "../third"] {
        let args = ["df", "commit", source, "--env", "prod"];
        silent(
            "a preview",
            &run("repo", &[&args[..], &["--dry-run"]].concat())
                .succeeded()
                .shown(),
        );
        if source != "../first" {
            // The code shows a marked value, and the resource hides it.
            for format in ["text", "json"] {
                let diff = run(
                    "repo",
                    &["df", "diff", source, "--env", "prod", "--format", format],
                );
                assert_eq!(diff.code, Some(1), "{}", diff.shown());
                let fields = diff
                    .out
                    .lines()
                    .filter(|line| line.contains("spec.env") || line.contains("\"new\""));
                silent("a diff", &fields.collect::<Vec<_>>().join("\n"));
            }
        }
        silent("a commit", &run("repo", &args).succeeded().shown());
    }
    silent(
        "a commit message",
        &lab.git("repo", &["log", "--format=%B"]),
    );
    silent("an argument of git", &lab.read("argv"));
}

#[test]
fn secret_that_an_error_quotes_is_hidden() {
    let lab = Lab::with_repository();
    let write = |name: &str, text: String| lab.write(name, text);
    write(
        "broken.yaml",
        format!("name: orders\npassword: {}\nimage-tag: [\n", password(1)),
    );
    write(
        "broken.toml",
        format!("password = \"{}\nname = \"x\"\n", password(2)),
    );
    write(
        "chart.yaml",
        format!(
            "extraEnv:\n- name: DB_PASSWORD\n  value: {}\nx: [\n",
            password(3)
        ),
    );
    write(
        "folder/dataflow.yaml",
        format!("kind: Dataflow\n# {}\nspec: [\n", token(4)),
    );
    write("folder/orders.py", FLOW.to_owned());
    let orders = |more: &[&str]| -> Vec<String> {
        let args = ["df", "render", "orders.py", "--name", "orders"];
        args.iter().chain(more).map(ToString::to_string).collect()
    };
    let cases: Vec<Vec<String>> = vec![
        orders(&["-v", "broken.yaml"]),
        orders(&["-v", "broken.toml"]),
        orders(&["-V", "chart.yaml"]),
        orders(&["-p", &token(5)]),
        orders(&["-t", &format!("{}!", token(6))]),
        orders(&[&token(7)]),
        orders(&["--recovery-snapshot-interval", &token(8)]),
        orders(&["-e", &token(9)]),
        ["df", "render", "folder"].map(str::to_owned).to_vec(),
        ["df", "render", &format!("{}.py", token(10))]
            .map(str::to_owned)
            .to_vec(),
    ];
    for args in cases {
        let mut command = lab.command(env!("CARGO_BIN_EXE_kubectl-waxctl"), ".");
        let run = lab.run({
            command.args(&args);
            command
        });
        assert_ne!(run.code, Some(0), "{args:?}");
        silent(&format!("{args:?}"), &run.shown());
    }
}

#[test]
fn secret_that_a_hook_prints_is_hidden() {
    let lab = Lab::with_remote();
    let hook = |name: &str| {
        lab.executable(
            &format!("repo/.git/hooks/{name}"),
            &format!("#!/bin/sh\necho 'login with {}' >&2\nexit 1\n", token(1)),
        );
    };
    hook("commit-msg");
    let refused = lab.commit_orders(&[]);
    assert_eq!(refused.code, Some(1), "{}", refused.shown());
    silent("a commit-msg hook", &refused.shown());
    std::fs::remove_file(lab.path("repo/.git/hooks/commit-msg")).unwrap();
    hook("pre-push");
    let refused = lab.commit_orders(&["--push"]);
    assert_eq!(refused.code, Some(1), "{}", refused.shown());
    silent("a pre-push hook", &refused.shown());
}

#[test]
fn environment_of_caller_is_not_shown() {
    let lab = Lab::with_remote();
    let path = record_arguments(&lab);
    for args in [&["-p", "2"][..], &["-p", "3", "--push"], &["-p", "0"]] {
        let orders = ["../orders.py", "--name", "orders", "--env", "prod"];
        let mut command = lab.waxctl("repo", &[&orders[..], args].concat());
        command
            .env("PATH", &path)
            .env("AWS_SECRET_ACCESS_KEY", password(1))
            .env("GITHUB_TOKEN", token(2))
            .env(
                "DATABASE_URL",
                format!("postgres://app:{}@db/x", password(3)),
            );
        let run = lab.run(command);
        silent("a run", &run.shown());
        clean(&lab, "a run");
    }
    silent("an argument of git", &lab.read("argv"));
}
