//! Tests waxctl inside a pod, where it finds the API server and its rights by itself. Each call is made with the real
//! kubectl, too, in the same pod.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};
use wax_tests::command::{Finished, run};
use wax_tests::programs::programs;
use wax_tests::{Cluster, TestNamespace, restricted, wait};

use super::{assert_says, hello};

/// The user's home in the pods, which has the programs.
const HOME: &str = "/home/wax";
const WAXCTL: &str = "/home/wax/kubectl-waxctl";
const KUBECTL: &str = "/home/wax/kubectl";
/// Certificate authority of the API server, as the kubelet mounts it.
const AUTHORITY: &str = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
/// The flow, as both programs name it.
const ORDERS: &str = "dataflow.bytewax.io/orders\n";

/// Returns a pod that runs until it is deleted.
fn manifest(name: &str, has_token: bool) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "serviceAccountName": "reader",
            "automountServiceAccountToken": has_token,
            "terminationGracePeriodSeconds": 0,
            "securityContext": restricted::pod(),
            "containers": [{
                "name": "shell",
                "image": "bytewax/bytewax:0.21.1-python3.11",
                "imagePullPolicy": "IfNotPresent",
                "command": ["sleep", "infinity"],
                "env": [{"name": "HOME", "value": HOME}],
                "securityContext": restricted::container(),
                "volumeMounts": [{"name": "home", "mountPath": HOME}],
            }],
            "volumes": [{"name": "home", "emptyDir": {}}],
        },
    })
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref());
    conditions.is_some_and(|all| {
        all.iter()
            .any(|condition| condition.type_ == "Ready" && condition.status == "True")
    })
}

/// A namespace with the flow `orders`, the account `reader`, which may list flows there, and `clerk`, which may not.
struct Place {
    ns: TestNamespace,
    /// Address of the API server for pods.
    server: String,
}

impl Place {
    async fn new(test: &str) -> Self {
        let cluster = Cluster::shared().unwrap();
        let ns = TestNamespace::without_operator(cluster, test)
            .await
            .unwrap();
        ns.start_flow("orders", &hello(), &json!({})).unwrap();
        let kubectl = |arguments: &[&str]| ns.kubectl(arguments).unwrap().ok().unwrap();
        kubectl(&["create", "serviceaccount", "reader"]);
        kubectl(&["create", "serviceaccount", "clerk"]);
        let resource = "--resource=dataflows.bytewax.io";
        kubectl(&["create", "role", "reader", "--verb=list", resource]);
        let account = format!("--serviceaccount={}:reader", ns.name);
        kubectl(&["create", "rolebinding", "reader", "--role=reader", &account]);
        let who = format!("--as=system:serviceaccount:{}:reader", ns.name);
        let question = ["auth", "can-i", "list", "dataflows.bytewax.io", &who];
        // The API server reads roles from a cache.
        wait::until("the right to list", || {
            let answer = ns.kubectl(&question)?;
            Ok((answer.stdout.trim() == "yes").then_some(()))
        })
        .await
        .unwrap();
        let address = "jsonpath=https://{.spec.clusterIP}:443";
        let server = ["get", "service", "kubernetes", "-n", "default"];
        let server = [&server[..], &["-o", address]].concat();
        let server = cluster.kubectl(&server, b"").unwrap().ok().unwrap();
        Self { ns, server }
    }

    /// Returns a token of a service account.
    fn token(&self, account: &str) -> String {
        let token = self.ns.kubectl(&["create", "token", account]).unwrap();
        token.ok().unwrap().trim().to_owned()
    }

    /// Returns the user name of the account `clerk`.
    fn clerk(&self) -> String {
        format!("system:serviceaccount:{}:clerk", self.ns.name)
    }

    /// Starts a pod with both programs.
    async fn pod(&self, name: &'static str, has_token: bool) -> Shell<'_> {
        let ns = &self.ns;
        ns.apply(&manifest(name, has_token).to_string()).unwrap();
        wait::object(&ns.pods(), name, "Ready", is_ready)
            .await
            .unwrap();
        let shell = Shell { ns, name };
        shell.copy(&stripped(ns), WAXCTL);
        shell.copy(&kubectl_of(ns.cluster), KUBECTL);
        shell
    }
}

/// Returns our program without its symbols, as users have it.
fn stripped(ns: &TestNamespace) -> PathBuf {
    let path = ns.folder().join("kubectl-waxctl");
    let mut strip = Command::new("strip");
    strip.arg("-o").arg(&path).arg(&programs().unwrap().waxctl);
    run(&mut strip, b"").unwrap().ok().unwrap();
    path
}

/// Returns the path of the cluster's own kubectl.
fn kubectl_of(cluster: &Cluster) -> PathBuf {
    let mut found = std::env::split_paths(&cluster.path).map(|folder| folder.join("kubectl"));
    found.find(|path| path.is_file()).unwrap()
}

/// A running pod.
struct Shell<'ns> {
    ns: &'ns TestNamespace,
    name: &'static str,
}

impl Shell<'_> {
    /// Writes a file into the pod, which may be run there.
    fn copy(&self, from: &Path, to: &str) {
        self.write(&fs::read(from).unwrap(), to);
    }

    fn write(&self, content: &[u8], to: &str) {
        let receive = format!("cat > {to} && chmod 755 {to} && wc -c < {to}");
        let exec = ["exec", "-i", self.name, "--", "sh", "-c", &receive];
        let size = self.ns.kubectl_with(&exec, content).unwrap().ok().unwrap();
        assert_eq!(size.trim(), content.len().to_string(), "{to} is complete");
    }

    /// Lists the flows with a program in the pod. `kubeconfig` is the variable `KUBECONFIG` there; empty means unset.
    fn run(&self, kubeconfig: &str, list: &[&str], options: &[&str]) -> Finished {
        let variable = format!("KUBECONFIG={kubeconfig}");
        let exec = ["exec", self.name, "--", "env", &variable];
        let arguments = [&exec[..], list, &["-o", "name"], options].concat();
        self.ns.kubectl(&arguments).unwrap()
    }

    fn ours(&self, kubeconfig: &str, options: &[&str]) -> Finished {
        self.run(kubeconfig, &[WAXCTL, "df", "list"], options)
    }

    fn theirs(&self, kubeconfig: &str, options: &[&str]) -> Finished {
        self.run(kubeconfig, &[KUBECTL, "get", "dataflows"], options)
    }

    /// Checks that both programs list the flow.
    #[track_caller]
    fn lists(&self, options: &[&str]) {
        assert_eq!(self.ours("", options).ok().unwrap(), ORDERS);
        assert_eq!(self.theirs("", options).ok().unwrap(), ORDERS);
    }

    /// Checks that both programs fail, ours with this code and these texts.
    #[track_caller]
    fn refuses(&self, (kubeconfig, options): (&str, &[&str]), code: i32, texts: &[&str]) {
        let ours = self.ours(kubeconfig, options).code(code).unwrap();
        for text in texts {
            assert_says(&ours.stderr, text);
        }
        assert_ne!(self.theirs(kubeconfig, options).code, 0, "{options:?}");
    }

    /// Checks that both programs send the credentials of `account`, which may list nothing.
    #[track_caller]
    fn asks_as(&self, account: &str, kubeconfig: &str, options: &[&str]) {
        let ours = self.ours(kubeconfig, options).code(1).unwrap();
        let place = format!("in namespace `{}`", self.ns.name);
        let denied = "is not allowed to list `dataflows.bytewax.io`";
        assert_says(&ours.stderr, &format!("user `{account}` {denied} {place}"));
        let theirs = self.theirs(kubeconfig, options).code(1).unwrap();
        assert_says(&theirs.stderr, account);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pod_lists_flows_with_its_service_account() {
    let place = Place::new("in-pod").await;
    let pod = place.pod("worker", true).await;
    pod.lists(&[]);
    pod.lists(&["--certificate-authority", AUTHORITY]);
    let reader = format!("system:serviceaccount:{}:reader", place.ns.name);
    let denied = format!("user `{reader}` is not allowed to list `dataflows.bytewax.io`");
    let elsewhere = ["-n", "default"];
    pod.refuses(
        ("", &elsewhere),
        1,
        &[&format!("{denied} in namespace `default`")],
    );
    for flag in ["context", "cluster", "user"] {
        let option = format!("--{flag}");
        let named = [option.as_str(), "staging"];
        let sentence = format!("there is no kubeconfig that could have the {flag} `staging`");
        let hint = format!("leave out `--{flag}` to use the service account of this pod");
        pod.refuses(("", &named), 2, &[&sentence, &hint]);
    }
    let missing = ["--certificate-authority", "/no/such.crt"];
    let sentence = "cannot read the certificate authority /no/such.crt";
    pod.refuses(("", &missing), 1, &[sentence]);
    // kubectl asks localhost:8080 then. The account may not impersonate anybody.
    pod.refuses(("", &["--as", "nobody"]), 1, &["impersonate"]);

    other_credentials(&place, &pod);
    kubeconfigs(&place, &pod);
}

/// Checks `--token` and `--server`.
fn other_credentials(place: &Place, pod: &Shell) {
    pod.asks_as(&place.clerk(), "", &["--token", &place.token("clerk")]);
    let token = place.token("reader");
    let own = ["--certificate-authority", AUTHORITY, "--token", &token];
    for server in [place.server.as_str(), "https://kubernetes.default.svc"] {
        pod.lists(&[&["--server", server], &own[..]].concat());
    }
    // The token of the pod is for the pod's API server only.
    let server = ["--server", &place.server];
    pod.refuses(("", &server), 1, &["is not trusted"]);
    let trusted = [&server[..], &own[..2]].concat();
    let ours = pod.ours("", &trusted).code(1).unwrap();
    assert!(!ours.stderr.contains("reader"), "{}", ours.stderr);
}

/// Checks that a kubeconfig is used instead of the service account.
fn kubeconfigs(place: &Place, pod: &Shell) {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "office",
        "contexts": [{"name": "office", "context": {"cluster": "office", "user": "clerk"}}],
        "clusters": [{"name": "office", "cluster": {"server": place.server, "certificate-authority": AUTHORITY}}],
        "users": [{"name": "clerk", "user": {"token": place.token("clerk")}}],
    })
    .to_string();
    let path = format!("{HOME}/config");
    pod.write(config.as_bytes(), &path);
    pod.asks_as(&place.clerk(), &path, &[]);
    let sentence = "the kubeconfig has no context `offic`";
    let near = "did you mean `--context office`?";
    pod.refuses((&path, &["--context", "offic"]), 2, &[sentence, near]);

    // kubectl continues with the rights of the pod.
    let missing = "/no/such/config";
    let ours = pod.ours(missing, &[]).code(1).unwrap();
    assert_says(&ours.stderr, "/no/such/config does not exist");
    assert_says(&ours.stderr, "correct KUBECONFIG, or unset it");
    assert_eq!(pod.theirs(missing, &[]).ok().unwrap(), ORDERS);

    let make = ["exec", pod.name, "--", "mkdir", "-p", "/home/wax/.kube"];
    place.ns.kubectl(&make).unwrap().ok().unwrap();
    pod.write(config.as_bytes(), "/home/wax/.kube/config");
    pod.asks_as(&place.clerk(), "", &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pod_without_token_is_told_what_to_set() {
    let place = Place::new("no-token").await;
    let pod = place.pod("bare", false).await;
    let missing = "this pod has no token of a service account: \
                   /var/run/secrets/kubernetes.io/serviceaccount/token does not exist";
    let setting = "set `automountServiceAccountToken: true` in the spec of the pod";
    pod.refuses(("", &[]), 1, &[missing, setting]);
    let sentence = "there is no kubeconfig that could have the context `staging`";
    pod.refuses(("", &["--context", "staging"]), 2, &[sentence]);
    pod.lists(&[
        "--server",
        &place.server,
        "--insecure-skip-tls-verify",
        "--token",
        &place.token("reader"),
        "--namespace",
        &place.ns.name,
    ]);
}
