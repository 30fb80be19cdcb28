//! Runs every example of every help text exactly as printed, in a repository and a namespace that contain the objects
//! it names. A new example is run here automatically.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use wax_tests::TestNamespace;
use wax_tests::cluster::Cluster;
use wax_tests::command::{git, run};
use wax_tests::conversation::Conversation;
use wax_tests::flow_repository::FlowRepository;
use wax_tests::local::bytewax_python;
use wax_tests::programs::programs;
use wax_tests::s3::{KEY, S3, SECRET};

use super::hello;

/// URL that the examples use for a remote repository.
const FAR_REPOSITORY: &str = "https://git.example.com/apps.git";

fn help(verb: &[String]) -> String {
    let mut command = Command::new(&programs().unwrap().waxctl);
    run(command.args(verb).arg("--help"), b"")
        .unwrap()
        .ok()
        .unwrap()
}

/// Returns a verb and, recursively, every verb that its help text lists, each with the words before it.
fn verbs(from: &[String]) -> Vec<Vec<String>> {
    let text = help(from);
    let (_, commands) = text.split_once("\nCommands:\n").unwrap_or_default();
    let lines = commands.lines().take_while(|line| !line.is_empty());
    let names = lines
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !matches!(*name, "" | "help"));
    let mut found = vec![from.to_vec()];
    for name in names {
        found.extend(verbs(&[from, &[name.to_owned()]].concat()));
    }
    found
}

/// Returns the examples of one verb, as the words after `kubectl waxctl`.
fn examples(verb: &[String]) -> Vec<Vec<String>> {
    // A shell joins a line that ends in a backslash with the next line.
    let text = help(verb).replace("\\\n", " ");
    let (_, examples) = text.split_once("Examples:\n").unwrap_or_default();
    examples
        .lines()
        .filter_map(|line| line.trim().strip_prefix("kubectl waxctl "))
        .map(|words| words.split_whitespace().map(str::to_owned).collect())
        .collect()
}

/// The objects that the examples name: files, flows in git and in the cluster, a namespace `team-a` and the current
/// namespace.
struct Place {
    ns: TestNamespace,
    team: TestNamespace,
    repository: FlowRepository,
    kubeconfig: PathBuf,
    /// Server to which the flow `orders` makes backup copies.
    _bucket: S3,
}

impl Place {
    async fn new() -> Self {
        let ns = TestNamespace::new("examples").await.unwrap();
        let team = TestNamespace::without_operator(Cluster::shared().unwrap(), "team-a");
        let bucket = S3::in_box(ns.cluster).unwrap();
        let secret = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "bucket"},
            "stringData": {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET},
        });
        ns.apply(&secret.to_string()).unwrap();
        let s3 = json!({
            "url": bucket.url(),
            "endpoint": bucket.endpoint(),
            "secretName": "bucket",
        });
        let backed_up = json!({
            "recovery": {"enabled": true, "cloudBackup": {"enabled": true, "s3": s3}},
        });
        let place = Self {
            _bucket: bucket,
            kubeconfig: kubeconfig(&ns),
            team: team.await.unwrap(),
            repository: FlowRepository::new().unwrap(),
            ns,
        };
        place.ns.start_flow("orders", &hello(), &backed_up).unwrap();
        let work = place.repository.work();
        for flow in ["hello", "orders", "payments"] {
            let file = format!("{flow}.py");
            std::fs::write(work.join(&file), hello()).unwrap();
            let folder = format!("flows/{flow}");
            let render = ["df", "render", &file, "--name", flow, "--into", &folder];
            run(&mut place.waxctl(&render), b"").unwrap().ok().unwrap();
        }
        let commit = |arguments: &[&str]| git(&work, arguments).unwrap().ok().unwrap();
        commit(&["add", "."]);
        commit(&["commit", "--quiet", "-m", "Write the flows"]);
        commit(&["push", "--quiet"]);
        place.ns.ready("orders").await.unwrap();
        let graph = ["df", "graph", "orders", "-o", "json"];
        let graph = run(&mut place.waxctl(&graph), b"").unwrap().ok().unwrap();
        std::fs::write(work.join("before.json"), graph).unwrap();
        place
    }

    /// Returns the command `waxctl` in the repository, with the current namespace in the kubeconfig's context.
    fn waxctl<Word: AsRef<str>>(&self, words: &[Word]) -> Command {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let work = self.repository.work();
        let mut command = self.ns.waxctl_command(&work, &words).unwrap();
        let remote = format!("url.{}.insteadOf", self.repository.remote().display());
        let python = bytewax_python().unwrap();
        let mut path = vec![python.parent().map(Path::to_owned).unwrap()];
        path.extend(std::env::split_paths(&self.ns.cluster.path));
        command
            .env("KUBECONFIG", &self.kubeconfig)
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", remote)
            .env("GIT_CONFIG_VALUE_0", FAR_REPOSITORY);
        command
    }

    /// Runs one example and checks its exit code.
    fn run(&self, example: &[String]) {
        let has = |word: &str| example.iter().any(|own| own == word);
        let line = example.join(" ");
        let mut words: Vec<String> = example.to_vec();
        for word in words.iter_mut().filter(|word| *word == "team-a") {
            word.clone_from(&self.team.name);
        }
        if example[0] == "install" {
            let cluster = self.ns.cluster;
            for (flag, image) in [
                ("--image", &cluster.operator_image),
                ("--agent-image", &cluster.agent_image),
            ] {
                words.extend([flag.to_owned(), image.clone()]);
            }
            // A container may take longer to start on a busy machine than the default timeout.
            words.extend(["--timeout".to_owned(), "4m".to_owned()]);
        }
        let mut command = self.waxctl(&words);
        if example[0] == "run" || has("-f") || has("--watch") {
            let mut endless = Conversation::start(&mut command).unwrap();
            endless
                .line(&line, |said| {
                    said.contains("hello") || said.contains("hi") || said.contains("orders")
                })
                .unwrap();
            endless.interrupt().unwrap().code(130).unwrap();
            return;
        }
        let finished = run(&mut command, b"").unwrap();
        let is_dry_run = example.iter().any(|word| word.starts_with("--dry-run"));
        let needs_word = ["delete", "reset-state", "restore"].into_iter().any(has);
        let expected = match finished.code {
            1 if has("diff") => 1,
            _ if needs_word && !has("--yes") && !is_dry_run => 5,
            // There is no earlier revision to roll back to.
            _ if has("rollback") => 1,
            _ => 0,
        };
        finished.code(expected).unwrap();
    }
}

fn kubeconfig(ns: &TestNamespace) -> PathBuf {
    let view = ["config", "view", "--minify", "--flatten", "-o", "json"];
    let view = ns.kubectl(&view).unwrap().ok().unwrap();
    let mut config: Value = serde_json::from_str(&view).unwrap();
    config["contexts"][0]["context"]["namespace"] = ns.name.clone().into();
    let path = ns.folder().join("kubeconfig");
    std::fs::write(&path, config.to_string()).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn help_examples_have_the_expected_exit_code() {
    let mut all = Vec::new();
    for verb in verbs(&[]) {
        let examples = examples(&verb);
        assert!(!examples.is_empty(), "{} has no example", verb.join(" "));
        all.extend(examples);
    }
    // An operator for all namespaces needs a cluster of its own.
    all.retain(|words| *words != ["install", "--all-namespaces"]);
    all.retain(|words| words[0] != "uninstall" || words[1] != "--all-namespaces");
    // Verbs that stop or delete a flow run last, in this sequence; all others in the sequence of the help.
    let last = [
        "suspend",
        "resume",
        "restart",
        "scale",
        "rollback",
        "restore",
        "reset-state",
        "delete",
        "rm",
    ];
    let rank = |words: &[String]| {
        last.iter()
            .position(|verb| words.iter().any(|word| word == verb))
    };
    all.sort_by_key(|words| rank(words));
    assert!(all.len() > 25, "{all:#?}");
    let place = Place::new().await;
    for example in &all {
        place.run(example);
    }
}
