//! Tests the options of TLS on the real API server: each set of them with waxctl and with the real kubectl.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use wax_tests::command::run;
use wax_tests::{Cluster, TestNamespace};

use super::{assert_says, hello};

/// Writes a base64 text of a kubeconfig to a file of the test, and returns its path.
fn written(ns: &TestNamespace, name: &str, base64: &Value) -> String {
    let text = base64.as_str().unwrap();
    let decoded = run(Command::new("base64").arg("-d"), text.as_bytes());
    let path = ns.folder().join(name);
    fs::write(&path, decoded.unwrap().ok().unwrap()).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The API server, and the files of its administrator.
struct Server {
    ns: TestNamespace,
    address: String,
    /// A kubeconfig without entries.
    empty: String,
    authority: String,
    certificate: String,
    key: String,
}

impl Server {
    async fn new() -> Self {
        let cluster = Cluster::shared().unwrap();
        let ns = TestNamespace::without_operator(cluster, "tls")
            .await
            .unwrap();
        ns.start_flow("orders", &hello(), &json!({})).unwrap();
        let view = [
            "config",
            "view",
            "--minify",
            "--flatten",
            "--raw",
            "-o",
            "json",
        ];
        let config = ns.kubectl(&view).unwrap().ok().unwrap();
        let config: Value = serde_json::from_str(&config).unwrap();
        let (cluster, user) = (
            &config["clusters"][0]["cluster"],
            &config["users"][0]["user"],
        );
        let empty = ns.folder().join("empty");
        fs::write(&empty, "apiVersion: v1\nkind: Config\n").unwrap();
        Self {
            address: cluster["server"].as_str().unwrap().to_owned(),
            empty: empty.to_str().unwrap().to_owned(),
            authority: written(&ns, "ca.crt", &cluster["certificate-authority-data"]),
            certificate: written(&ns, "me.crt", &user["client-certificate-data"]),
            key: written(&ns, "me.key", &user["client-key-data"]),
            ns,
        }
    }

    /// Lists the flows with both programs. Both succeed, or both fail, and ours with this text.
    #[track_caller]
    fn lists(&self, options: &[&str], refused: Option<&str>) {
        let place = ["--kubeconfig", &self.empty, "--server", &self.address];
        let place = [&place[..], &["-n", &self.ns.name, "-o", "name"], options].concat();
        let ours = self.ns.waxctl(&[&["df", "list"], &place[..]].concat());
        let theirs = self
            .ns
            .kubectl(&[&["get", "dataflows"], &place[..]].concat());
        let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
        match refused {
            None => assert_eq!(ours.ok().unwrap(), theirs.ok().unwrap()),
            Some(text) => {
                assert_says(&ours.stderr, text);
                assert_ne!(ours.code, 0, "{options:?}");
                assert_ne!(theirs.code, 0, "{options:?}: {}", theirs.stdout);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_options_act_as_in_kubectl() {
    let server = Server::new().await;
    let authority = ["--certificate-authority", &server.authority];
    let certificate = ["--client-certificate", &server.certificate];
    let certificate = [&certificate[..], &["--client-key", &server.key]].concat();
    let insecure = ["--insecure-skip-tls-verify"];
    let trusted = [&authority[..], &certificate].concat();

    server.lists(&trusted, None);
    server.lists(&[&insecure[..], &certificate].concat(), None);
    server.lists(&certificate, Some("is not trusted"));
    let off = ["--insecure-skip-tls-verify=false"];
    server.lists(&[&off[..], &certificate].concat(), Some("is not trusted"));
    server.lists(&authority, Some("system:anonymous"));
    let both = [&trusted[..], &insecure].concat();
    server.lists(&both, Some("both a certificate authority and insecure"));

    let named = |name: &'static str| [&trusted[..], &["--tls-server-name", name]].concat();
    server.lists(&named("kubernetes.default.svc"), None);
    server.lists(&named("other.example.com"), Some("is not trusted"));
}
