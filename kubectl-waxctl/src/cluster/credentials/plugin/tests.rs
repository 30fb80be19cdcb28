use rstest::rstest;

use super::*;
use crate::cluster::kubeconfig::entry::Variable;

const V1: &str = "client.authentication.k8s.io/v1";

/// A plugin that runs a script of `sh`, with secrets in its arguments and variables.
fn shell(script: &str) -> Exec {
    Exec {
        command: "sh".into(),
        args: ["-c", script, "--client-secret=hunter2"]
            .map(str::to_owned)
            .into(),
        env: vec![Variable {
            name: "CLIENT_SECRET".into(),
            value: "hunter3".into(),
        }],
        api_version: V1.into(),
        interactive_mode: "Never".into(),
        ..Exec::default()
    }
}

async fn run(exec: &Exec) -> Result<Issued, PluginError> {
    Plugin::new(exec, &Cluster::default(), false)?
        .credential()
        .await
}

fn printing(status: &str) -> Exec {
    shell(&format!(
        "echo '{{\"kind\":\"ExecCredential\",\"apiVersion\":\"{V1}\",\"status\":{status}}}'"
    ))
}

#[tokio::test]
async fn token_of_plugin_is_read() {
    let issued = run(&printing(r#"{"token":"t"}"#)).await.unwrap();
    assert_eq!(issued.token.as_deref(), Some("t"));
    let pair = r#"{"clientCertificateData":"c","clientKeyData":"k"}"#;
    let issued = run(&printing(pair)).await.unwrap();
    assert_eq!(issued.certificate, Some(("c".into(), "k".into())));
}

#[tokio::test]
async fn plugin_runs_once_until_token_expires() {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    let script = |expires: &str| {
        let status = format!(r#"{{"token":"t","expirationTimestamp":"{expires}"}}"#);
        let mut exec = printing(&status);
        exec.args[1] = format!("echo x >> {}; {}", count.display(), exec.args[1]);
        exec
    };
    let runs = || std::fs::read_to_string(&count).unwrap().lines().count();
    let valid = script("2100-01-01T00:00:00Z");
    run(&valid).await.unwrap();
    run(&valid).await.unwrap();
    assert_eq!(runs(), 1, "another connection uses the token, too");
    let expired = script("2000-01-01T00:00:00Z");
    let mut plugin = Plugin::new(&expired, &Cluster::default(), false).unwrap();
    plugin.credential().await.unwrap();
    plugin.credential().await.unwrap();
    assert_eq!(runs(), 3);
}

#[rstest]
#[case::failing(
    shell("echo hunter4; exit 7"),
    "the credential plugin `sh` failed with exit code 7"
)]
#[case::killed(
    shell("kill -9 $$"),
    "the credential plugin `sh` failed with exit code 137"
)]
#[case::text(
    shell("echo hunter4"),
    "the credential plugin `sh` printed no ExecCredential of `client.authentication.k8s.io/v1`"
)]
#[case::no_yaml(
    shell("echo 'token: [hunter4'"),
    "the credential plugin `sh` printed no ExecCredential of `client.authentication.k8s.io/v1`"
)]
#[case::empty(
    printing("{}"),
    "the credential plugin `sh` issued neither a token nor a certificate with its key"
)]
#[case::half(
    printing(r#"{"clientKeyData":"hunter4"}"#),
    "the credential plugin `sh` issued neither a token nor a certificate with its key"
)]
#[case::time(
    printing(r#"{"token":"hunter4","expirationTimestamp":"hunter4"}"#),
    "the credential plugin `sh` printed no ExecCredential of `client.authentication.k8s.io/v1`"
)]
#[case::missing(Exec { command: "no-such-plugin".into(), ..shell("") }, "the credential plugin `no-such-plugin` cannot be run: No such file or directory (os error 2)")]
#[case::version(Exec { api_version: "v0".into(), ..shell("") }, "the credential plugin `sh` has the unknown apiVersion `v0`")]
#[tokio::test]
async fn failure_of_plugin_contains_no_secret(#[case] exec: Exec, #[case] expected: &str) {
    let Err(error) = run(&exec).await else {
        panic!("it succeeded");
    };
    assert_eq!(error.to_string(), expected);
    assert!(!format!("{error:?}").contains("hunter"), "{error:?}");
}

#[tokio::test]
async fn plugin_gets_cluster_if_it_asks() {
    let script = format!(
        "case $KUBERNETES_EXEC_INFO in *Q0E=*https://near*) echo '{{\"kind\":\"ExecCredential\",\"apiVersion\":\"{V1}\",\"status\":{{\"token\":\"t\"}}}}';; *) exit 1;; esac"
    );
    let cluster = Cluster {
        server: "https://near".into(),
        certificate_authority_data: "Q0E=".into(),
        ..Cluster::default()
    };
    let with = Exec {
        provide_cluster_info: true,
        ..shell(&script)
    };
    for (exec, works) in [(&with, true), (&shell(&script), false)] {
        let mut plugin = Plugin::new(exec, &cluster, false).unwrap();
        assert_eq!(plugin.credential().await.is_ok(), works);
    }
}

#[rstest]
#[case::silent("aws", "", true)]
#[case::path("/opt/bin/gke-gcloud-auth-plugin", "IfAvailable", true)]
#[case::own("login", "IfAvailable", false)]
#[case::never("login", "Never", true)]
#[case::browser("kubectl", "Never", false)]
fn completion_runs_only_silent_plugins(
    #[case] command: &str,
    #[case] mode: &str,
    #[case] runs: bool,
) {
    let exec = Exec {
        command: command.into(),
        interactive_mode: mode.into(),
        ..shell("")
    };
    assert_eq!(Plugin::new(&exec, &Cluster::default(), true).is_ok(), runs);
}
