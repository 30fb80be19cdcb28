//! Tests waxctl for a user with few rights: each verb names the missing right, and its hint is a working command.

use std::path::PathBuf;

use serde_json::json;
use wax_tests::cluster::Cluster;
use wax_tests::command::Finished;
use wax_tests::{TestNamespace, wait};

use super::{assert_says, hello};

/// Creates the service account `clerk` without rights, and returns the path of its kubeconfig.
fn clerk(ns: &TestNamespace) -> PathBuf {
    let admin = ["config", "view", "--minify", "--flatten", "-o", "json"];
    let admin = ns.kubectl(&admin).unwrap().ok().unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&admin).unwrap();
    let kubectl = |arguments: &[&str]| ns.kubectl(arguments).unwrap().ok().unwrap();
    kubectl(&["create", "serviceaccount", "clerk"]);
    let token = kubectl(&["create", "token", "clerk"]);
    config["users"] = json!([{"name": "clerk", "user": {"token": token.trim()}}]);
    let cluster = config["clusters"][0]["name"].clone();
    let context = json!({"cluster": cluster, "user": "clerk", "namespace": ns.name});
    config["contexts"] = json!([{"name": "clerk@shop", "context": context}]);
    config["current-context"] = "clerk@shop".into();
    let path = ns.folder().join("clerk");
    std::fs::write(&path, config.to_string()).unwrap();
    path
}

struct Clerk<'ns> {
    ns: &'ns TestNamespace,
    kubeconfig: PathBuf,
}

impl Clerk<'_> {
    fn waxctl(&self, arguments: &[&str]) -> Finished {
        let config = ["--kubeconfig", self.kubeconfig.to_str().unwrap()];
        self.ns.waxctl(&[arguments, &config].concat()).unwrap()
    }

    /// Checks that the verb is refused because `right` is missing, and then runs the command of the hint as an
    /// administrator.
    async fn is_granted(&self, arguments: &[&str], right: &str) {
        let refused = self.waxctl(arguments).code(1).unwrap();
        let who = format!("system:serviceaccount:{}:clerk", self.ns.name);
        let (verb, resource) = right.split_once(' ').unwrap();
        let denied = format!("user `{who}` is not allowed to {verb} `{resource}`");
        let place = format!("in namespace `{}`", self.ns.name);
        assert_says(&refused.stderr, &format!("{denied} {place}"));
        let (_, hint) = refused.stderr.split_once("can grant it: ").unwrap();
        for command in hint.lines().next().unwrap().split(" && ") {
            let words: Vec<&str> = command.split(' ').skip(1).collect();
            self.ns.cluster.kubectl(&words, b"").unwrap().ok().unwrap();
        }
        self.has(&who, right).await;
    }

    /// Waits until a new role and its binding are effective: the API server reads them from a cache.
    async fn has(&self, who: &str, right: &str) {
        let (verb, resource) = right.split_once(' ').unwrap();
        // In `kubectl auth can-i`, a slash is followed by the name of an object, not by a subresource.
        let (resource, below) = resource.split_once('/').unwrap_or((resource, ""));
        let (below, who) = (format!("--subresource={below}"), format!("--as={who}"));
        let question = ["auth", "can-i", verb, resource, &below, &who];
        wait::until(right, || {
            let answer = self.ns.kubectl(&question)?;
            Ok((answer.stdout.trim() == "yes").then_some(()))
        })
        .await
        .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_right_is_granted_by_the_hinted_command() {
    let ns = TestNamespace::new("rights").await.unwrap();
    ns.start_flow("orders", &hello(), &json!({})).unwrap();
    ns.ready("orders").await.unwrap();
    ns.log_line("orders-0", "hello 1").await.unwrap();
    std::fs::write(ns.folder().join("hello.py"), hello()).unwrap();
    let clerk = Clerk {
        kubeconfig: clerk(&ns),
        ns: &ns,
    };

    clerk
        .is_granted(&["df", "list"], "list dataflows.bytewax.io")
        .await;
    assert_says(&clerk.waxctl(&["df", "list"]).ok().unwrap(), "orders");
    let everywhere = clerk.waxctl(&["df", "list", "-A"]).code(1).unwrap();
    assert_says(
        &everywhere.stderr,
        "is not allowed to list `dataflows.bytewax.io` in the whole cluster",
    );

    let logs = ["df", "logs", "orders"];
    clerk.is_granted(&logs, "get dataflows.bytewax.io").await;
    clerk.is_granted(&logs, "list pods").await;
    clerk.is_granted(&logs, "get pods/log").await;
    assert_says(&clerk.waxctl(&logs).ok().unwrap(), "[orders-0] hello 1");

    let deploy = ["df", "deploy", "hello.py", "-N", "second"];
    clerk.is_granted(&deploy, "patch configmaps").await;
    let refused = clerk.waxctl(&deploy).code(1).unwrap();
    assert_says(&refused.stderr, "configmaps");
    let delete = ["df", "delete", "orders", "--yes"];
    clerk
        .is_granted(&delete, "delete dataflows.bytewax.io")
        .await;
    clerk.waxctl(&delete).ok().unwrap();

    let stranger = clerk
        .waxctl(&["df", "list", "--token", "nonsense"])
        .code(1)
        .unwrap();
    assert_says(&stranger.stderr, "rejects your credentials");
    let elsewhere = clerk
        .waxctl(&["df", "list", "--context", "clerk@shp"])
        .code(2)
        .unwrap();
    assert_says(&elsewhere.stderr, "did you mean `--context clerk@shop`?");
}

#[tokio::test(flavor = "multi_thread")]
async fn unreachable_cluster_is_named() {
    let cluster = Cluster::shared().unwrap();
    let ns = TestNamespace::without_operator(cluster, "no-cluster")
        .await
        .unwrap();
    // A port on which no program listens, with the certificate authority of the box.
    let away = ["df", "list", "--server", "https://127.0.0.1:1"];
    let away = ns.waxctl(&away).unwrap().code(1).unwrap();
    assert_says(
        &away.stderr,
        "the cluster at https://127.0.0.1:1 does not answer",
    );
    assert_says(&away.stderr, "Connection refused");
    // A name that the certificate does not have.
    let other = ["df", "list", "--tls-server-name", "other.example.com"];
    let other = ns.waxctl(&other).unwrap().code(1).unwrap();
    assert_says(&other.stderr, "is not trusted");
}
