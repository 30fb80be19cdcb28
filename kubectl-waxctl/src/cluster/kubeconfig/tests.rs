use std::{fs, slice};

use rstest::rstest;
use serde_json::{Value, json};

use super::*;

mod table;

const TWO_CONTEXTS: &str = "
apiVersion: v1
kind: Config
current-context: dev
clusters:
- name: near
  cluster: {server: https://near:6443, certificate-authority-data: Q0E=, tls-server-name: inside}
- name: far
  cluster: {server: https://far:6443, proxy-url: http://proxy:3128}
contexts:
- name: dev
  context: {cluster: near, user: ann, namespace: team}
- name: prod
  context: {cluster: far, user: nobody}
users:
- name: ann
  user: {token: secret-of-ann, client-certificate-data: Q0VSVA==, client-key-data: S0VZ}
- name: bob
  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: login}}
";

fn kubeconfig() -> Kubeconfig {
    Kubeconfig::parse(TWO_CONTEXTS).unwrap()
}

fn user(choice: &Choice) -> Value {
    serde_json::to_value(&choice.user).unwrap()
}

#[test]
fn current_context_is_used_without_flags() {
    let choice = choose(&kubeconfig(), &Access::default()).unwrap();
    assert_eq!(choice.cluster.server, "https://near:6443");
    assert_eq!(choice.user.token, "secret-of-ann");
    assert_eq!(choice.namespace.as_deref(), Some("team"));
    assert_eq!(choice.context.as_deref(), Some("dev"));
}

#[test]
fn context_flag_selects_cluster_and_namespace() {
    let flags = Access {
        context: Some("prod".into()),
        ..Access::default()
    };
    let choice = choose(&kubeconfig(), &flags).unwrap();
    assert_eq!(choice.cluster.server, "https://far:6443");
    assert_eq!(choice.cluster.proxy_url, "http://proxy:3128");
    assert_eq!(choice.namespace, None);
    assert_eq!(
        user(&choice),
        json!({}),
        "a user that is not there is anonymous"
    );
}

#[test]
fn flags_override_context() {
    let flags = Access {
        namespace: Some("other".into()),
        cluster: Some("far".into()),
        user: Some("bob".into()),
        proxy_url: Some("socks5://bastion".parse().unwrap()),
        as_user: Some("carol".into()),
        as_group: vec!["admins".into()],
        as_uid: Some("42".into()),
        as_user_extra: vec!["team=a".into(), "team=b=c".into(), "ignored".into()],
        ..Access::default()
    };
    let choice = choose(&kubeconfig(), &flags).unwrap();
    assert_eq!(choice.cluster.server, "https://far:6443");
    assert_eq!(choice.cluster.proxy_url, "socks5://bastion");
    assert_eq!(choice.namespace.as_deref(), Some("other"));
    let mut user = user(&choice);
    assert_eq!(user["exec"]["command"], "login");
    user.as_object_mut().unwrap().remove("exec");
    assert_eq!(
        user,
        json!({"as": "carol", "as-groups": ["admins"], "as-uid": "42", "as-user-extra": {"team": ["a", "b=c"]}})
    );
}

#[test]
fn token_flag_replaces_other_credentials() {
    let flags = Access {
        user: Some("bob".into()),
        token: Some("mine".parse().unwrap()),
        ..Access::default()
    };
    let user = user(&choose(&kubeconfig(), &flags).unwrap());
    assert_eq!(user, json!({"token": "mine"}));
}

#[test]
fn password_flags_replace_token() {
    let flags = Access {
        username: Some("ann".into()),
        password: Some("hunter2".parse().unwrap()),
        ..Access::default()
    };
    let user = choose(&kubeconfig(), &flags).unwrap().user;
    assert_eq!(
        (user.username.as_str(), user.password.as_str()),
        ("ann", "hunter2")
    );
    assert_eq!(user.token, "");
}

#[test]
fn server_flag_drops_tls_server_name() {
    let flags = Access {
        server: Some("https://other:6443".into()),
        ..Access::default()
    };
    let choice = choose(&kubeconfig(), &flags).unwrap();
    assert_eq!(choice.cluster.server, "https://other:6443");
    assert_eq!(choice.cluster.tls_server_name, "");
    assert_eq!(choice.context, None);
    assert_eq!(choice.cluster.certificate_authority_data, "Q0E=");
}

#[test]
fn insecure_flag_drops_certificate_authority() {
    let flags = Access {
        insecure_skip_tls_verify: true,
        ..Access::default()
    };
    let cluster = choose(&kubeconfig(), &flags).unwrap().cluster;
    assert!(cluster.insecure_skip_tls_verify);
    assert_eq!(cluster.certificate_authority_data, "");
}

#[test]
fn file_flags_override_inline_data() {
    let flags = Access {
        certificate_authority: Some("ca.crt".into()),
        client_certificate: Some("me.crt".into()),
        client_key: Some("me.key".into()),
        tls_server_name: Some("api".into()),
        ..Access::default()
    };
    let choice = choose(&kubeconfig(), &flags).unwrap();
    assert_eq!(choice.cluster.certificate_authority, "ca.crt");
    assert_eq!(choice.cluster.certificate_authority_data, "");
    assert_eq!(choice.cluster.tls_server_name, "api");
    let user = user(&choice);
    assert_eq!(
        user,
        json!({"token": "secret-of-ann", "client-certificate": "me.crt", "client-key": "me.key"})
    );
}

#[test]
fn server_flag_alone_is_enough() {
    let flags = Access {
        server: Some("127.0.0.1:8080".into()),
        ..Access::default()
    };
    let choice = choose(&Kubeconfig::default(), &flags).unwrap();
    assert_eq!(choice.cluster.server, "127.0.0.1:8080");
    assert_eq!((choice.namespace, choice.context), (None, None));
}

#[rstest]
#[case::context(Access { context: Some("prd".into()), ..Access::default() }, "context")]
#[case::cluster(Access { cluster: Some("fra".into()), ..Access::default() }, "cluster")]
#[case::user(Access { user: Some("an".into()), ..Access::default() }, "user")]
fn unknown_name_is_reported(#[case] flags: Access, #[case] expected: &str) {
    let ChoiceError::Unknown { what, known, .. } = choose(&kubeconfig(), &flags).unwrap_err()
    else {
        panic!("another error");
    };
    assert_eq!(what, expected);
    assert!(!known.is_empty());
}

#[test]
fn missing_current_context_has_own_error() {
    let kubeconfig = Kubeconfig {
        current_context: String::new(),
        ..kubeconfig()
    };
    let error = choose(&kubeconfig, &Access::default()).unwrap_err();
    assert!(matches!(error, ChoiceError::NoContext { known } if known == ["dev", "prod"]));
}

#[rstest]
#[case::authority(
    "cluster: {server: https://x, certificate-authority: a, certificate-authority-data: Q0E=}"
)]
#[case::insecure(
    "cluster: {server: https://x, certificate-authority: a, insecure-skip-tls-verify: true}"
)]
#[case::no_server("cluster: {tls-server-name: x}")]
#[case::certificate("user: {client-certificate: a, client-certificate-data: Q0E=, client-key: k}")]
#[case::key("user: {client-key: a, client-key-data: Q0E=, client-certificate: c}")]
#[case::no_key("user: {client-certificate: a}")]
#[case::two_ways("user: {token: a, username: b}")]
#[case::plugin_and_provider("user: {exec: {command: a}, auth-provider: {name: oidc}}")]
#[case::groups("user: {as-groups: [a]}")]
fn contradiction_is_refused_as_in_kubectl(#[case] entry: &str) {
    let (cluster, user) = if entry.starts_with("user") {
        ("cluster: {server: https://x}", entry)
    } else {
        (entry, "user: {}")
    };
    let text = format!(
        "current-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
         clusters:\n- name: k\n  {cluster}\nusers:\n- name: u\n  {user}\n"
    );
    let error = choose(&Kubeconfig::parse(&text).unwrap(), &Access::default()).unwrap_err();
    let ChoiceError::Unusable { faults } = error else {
        panic!("{error}");
    };
    assert_eq!(faults.len(), 1, "{faults:?}");
}

#[rstest]
#[case::yaml(
    "users:\n- name: u\n  user:\n    token: hunter2\n    bad: [\n",
    "it is not valid YAML: line "
)]
#[case::type_of_field(
    "users:\n- name: u\n  user: {token: hunter2, exec: hunter3}\n",
    "it is no kubeconfig: the value of `users[0].user.exec` has a wrong type"
)]
#[case::number(
    "users:\n- name: u\n  user: {token: 1234567}\n",
    "it is no kubeconfig: the value of `users[0].user.token` has a wrong type"
)]
#[case::twice(
    "users: [{name: u, user: {token: hunter2}}, {name: u}]",
    "it is no kubeconfig: it has two users with the name `u`"
)]
#[case::not_base64(
    "users: [{name: u, user: {client-key-data: 'hunter2!'}}]",
    "it is no kubeconfig: the value of `client-key-data` of `u` is not base64"
)]
#[case::list("- hunter2", "it is no kubeconfig: it is not a map")]
#[case::kind(
    "kind: Pod\nhunter2: 1",
    "it is no kubeconfig: its `kind` and `apiVersion`"
)]
fn fault_in_file_is_named_without_its_text(#[case] text: &str, #[case] expected: &str) {
    let error = Kubeconfig::parse(text).unwrap_err();
    let shown = error.to_string();
    assert!(shown.starts_with(expected), "{shown}");
    let debug = format!("{error:?}");
    assert!(
        !debug.contains("hunter") && !debug.contains("1234567"),
        "{debug}"
    );
}

/// The locations of a process with this `KUBECONFIG`.
fn listed(list: &[&Path]) -> KubeconfigLocations {
    KubeconfigLocations {
        kubeconfig: Some(std::env::join_paths(list).unwrap()),
        home: None,
    }
}

#[test]
fn kubeconfig_list_skips_missing_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let first = file("first", "current-context: ''\n");
    let second = file("second", TWO_CONTEXTS);
    let missing = folder.path().join("missing");
    let list = [Path::new(""), &missing, &first, &second, &first];
    let merged = read(&Access::default(), &listed(&list)).unwrap();
    assert_eq!(merged.kubeconfig.current_context, "dev");
    assert_eq!(merged.kubeconfig.contexts.len(), 2);
    assert_eq!(
        (merged.files, merged.missing),
        (vec![first, second], vec![missing])
    );
}

#[test]
fn home_directory_is_last_fallback() {
    let folder = tempfile::tempdir().unwrap();
    let locations = |list: Option<&str>| KubeconfigLocations {
        kubeconfig: list.map(OsString::from),
        home: Some(folder.path().into()),
    };
    let read = |list: Option<&str>| read(&Access::default(), &locations(list)).unwrap();
    let home = folder.path().join(".kube/config");
    assert_eq!(read(None).missing, slice::from_ref(&home));
    assert_eq!(read(Some("")).missing, slice::from_ref(&home));
    fs::create_dir(folder.path().join(".kube")).unwrap();
    fs::write(&home, TWO_CONTEXTS).unwrap();
    assert_eq!(read(None).files, [home]);
    assert!(
        read(Some(":")).files.is_empty(),
        "a list of empty names is a list"
    );
}

#[test]
fn kubeconfig_flag_needs_valid_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let flags = Access {
        kubeconfig: Some(path.clone()),
        ..Access::default()
    };
    let error = read(&flags, &KubeconfigLocations::default()).unwrap_err();
    assert!(matches!(error, ChoiceError::File { .. }), "{error}");
    fs::write(&path, "clusters: {not: [a, list]").unwrap();
    let error = read(&flags, &KubeconfigLocations::default()).unwrap_err();
    assert!(matches!(error, ChoiceError::File { .. }), "{error}");
}

#[test]
fn paths_are_relative_to_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    fs::write(
        &path,
        "clusters: [{name: k, cluster: {certificate-authority: ./pki/../ca.crt}}]\n\
         users:\n\
         - {name: u, user: {tokenFile: token, client-key: /etc/key, exec: {command: bin/login}}}\n\
         - {name: v, user: {exec: {command: login}}}\n",
    )
    .unwrap();
    let read = Kubeconfig::read(&path).unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    assert_eq!(read.clusters["k"].certificate_authority, at("ca.crt"));
    let command = |user: &str| read.users[user].exec.as_ref().unwrap().command.clone();
    assert_eq!(read.users["u"].token_file, at("token"));
    assert_eq!(read.users["u"].client_key, "/etc/key");
    assert_eq!(
        (command("u"), command("v")),
        (at("bin/login"), "login".to_owned())
    );
}

#[test]
fn file_may_be_utf16() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(
        "current-context: é"
            .encode_utf16()
            .flat_map(u16::to_le_bytes),
    );
    fs::write(&path, bytes).unwrap();
    assert_eq!(Kubeconfig::read(&path).unwrap().current_context, "é");
}
