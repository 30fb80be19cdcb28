use std::fs;

use rstest::rstest;

use super::*;

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
  user: {token: secret-of-ann, client-certificate-data: Q0VSVA==}
- name: bob
  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: login}}
";

fn kubeconfig() -> Kubeconfig {
    Kubeconfig::from_yaml(TWO_CONTEXTS).unwrap()
}

fn cluster(choice: &Choice) -> &Cluster {
    choice.kubeconfig.clusters[0].cluster.as_ref().unwrap()
}

fn user(choice: &Choice) -> serde_json::Value {
    serde_json::to_value(choice.kubeconfig.auth_infos[0].auth_info.as_ref().unwrap()).unwrap()
}

fn server(choice: &Choice) -> &str {
    cluster(choice).server.as_deref().unwrap()
}

#[test]
fn current_context_is_used_without_flags() {
    let choice = choose(&kubeconfig(), &Access::default()).unwrap();
    assert_eq!(server(&choice), "https://near:6443");
    assert_eq!(user(&choice)["token"], "secret-of-ann");
    assert_eq!(choice.namespace, "team");
    assert_eq!(choice.context.as_deref(), Some("dev"));
    assert!(!choice.has_proxy);
}

#[test]
fn context_flag_selects_cluster_and_namespace() {
    let flags = Access {
        context: Some("prod".into()),
        ..Access::default()
    };
    let choice = choose(&kubeconfig(), &flags).unwrap();
    assert_eq!(server(&choice), "https://far:6443");
    assert_eq!(choice.namespace, "default");
    assert!(choice.has_proxy);
    assert_eq!(
        user(&choice)["token"],
        serde_json::Value::Null,
        "a user that is not there is anonymous"
    );
}

#[test]
fn flags_override_context() {
    let flags = Access {
        namespace: Some("other".into()),
        cluster: Some("far".into()),
        user: Some("bob".into()),
        as_user: Some("carol".into()),
        as_group: vec!["admins".into()],
        as_uid: Some("42".into()),
        ..Access::default()
    };
    let choice = choose(&kubeconfig(), &flags).unwrap();
    assert_eq!(
        (server(&choice), choice.namespace.as_str()),
        ("https://far:6443", "other")
    );
    let user = user(&choice);
    assert_eq!(user["exec"]["command"], "login");
    assert_eq!(
        (&user["as"], &user["as-groups"][0], &user["as-uid"]),
        (&"carol".into(), &"admins".into(), &"42".into())
    );
}

#[test]
fn token_flag_replaces_other_credentials() {
    let flags = Access {
        user: Some("bob".into()),
        token: Some("mine".into()),
        ..Access::default()
    };
    let user = user(&choose(&kubeconfig(), &flags).unwrap());
    assert_eq!(user["token"], "mine");
    assert_eq!(user.get("exec"), None);
}

#[test]
fn server_flag_drops_tls_server_name() {
    let flags = Access {
        server: Some("https://other:6443".into()),
        ..Access::default()
    };
    let choice = choose(&kubeconfig(), &flags).unwrap();
    assert_eq!(server(&choice), "https://other:6443");
    assert_eq!(cluster(&choice).tls_server_name, None);
    assert_eq!(choice.context, None);
    assert!(cluster(&choice).certificate_authority_data.is_some());
}

#[test]
fn insecure_flag_drops_certificate_authority() {
    let flags = Access {
        insecure_skip_tls_verify: true,
        ..Access::default()
    };
    let choice = choose(&kubeconfig(), &flags).unwrap();
    assert_eq!(cluster(&choice).insecure_skip_tls_verify, Some(true));
    assert_eq!(cluster(&choice).certificate_authority_data, None);
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
    assert_eq!(
        cluster(&choice).certificate_authority.as_deref(),
        Some("ca.crt")
    );
    assert_eq!(cluster(&choice).certificate_authority_data, None);
    assert_eq!(cluster(&choice).tls_server_name.as_deref(), Some("api"));
    let user = user(&choice);
    assert_eq!(user["client-certificate"], "me.crt");
    assert_eq!(user.get("client-certificate-data"), None);
    assert_eq!(user["client-key"], "me.key");
}

#[test]
fn server_flag_alone_is_enough() {
    let flags = Access {
        server: Some("127.0.0.1:8080".into()),
        ..Access::default()
    };
    let choice = choose(&Kubeconfig::default(), &flags).unwrap();
    assert_eq!(server(&choice), "http://127.0.0.1:8080");
    assert_eq!(
        (choice.namespace.as_str(), choice.context),
        ("default", None)
    );
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
        current_context: Some(String::new()),
        ..kubeconfig()
    };
    let error = choose(&kubeconfig, &Access::default()).unwrap_err();
    assert!(matches!(error, ChoiceError::NoContext { known } if known == ["dev", "prod"]));
}

#[test]
fn kubeconfig_list_skips_missing_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let first = file("first", "current-context: prod\n");
    let second = file("second", TWO_CONTEXTS);
    let list = std::env::join_paths([&folder.path().join("missing"), &first, &second]).unwrap();
    let locations = KubeconfigLocations {
        kubeconfig: Some(list),
        home: None,
    };
    let merged = read(&Access::default(), &locations).unwrap();
    assert_eq!(merged.current_context.as_deref(), Some("prod"));
    assert_eq!(merged.contexts.len(), 2);
}

#[test]
fn home_directory_is_last_fallback() {
    let folder = tempfile::tempdir().unwrap();
    let locations = KubeconfigLocations {
        kubeconfig: Some(OsString::new()),
        home: Some(folder.path().into()),
    };
    let error = read(&Access::default(), &locations).unwrap_err();
    let ChoiceError::NoCluster { looked } = error else {
        panic!("another error")
    };
    assert_eq!(looked, [folder.path().join(".kube/config")]);
    fs::create_dir(folder.path().join(".kube")).unwrap();
    fs::write(&looked[0], TWO_CONTEXTS).unwrap();
    assert!(read(&Access::default(), &locations).is_ok());
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
