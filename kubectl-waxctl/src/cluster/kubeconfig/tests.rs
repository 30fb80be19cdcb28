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
fn the_current_context_decides_without_flags() {
    let choice = choose(&kubeconfig(), &Access::default()).unwrap();
    assert_eq!(server(&choice), "https://near:6443");
    assert_eq!(user(&choice)["token"], "secret-of-ann");
    assert_eq!(choice.namespace, "team");
    assert_eq!(choice.context.as_deref(), Some("dev"));
    assert!(!choice.has_proxy);
}

#[test]
fn another_context_brings_its_own_cluster_and_namespace() {
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
fn flags_lie_over_the_context() {
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
fn a_token_replaces_every_other_way_to_get_one() {
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
fn another_server_does_not_inherit_the_name_in_the_certificate() {
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
fn skipping_the_check_drops_the_authority() {
    let flags = Access {
        insecure_skip_tls_verify: true,
        ..Access::default()
    };
    let choice = choose(&kubeconfig(), &flags).unwrap();
    assert_eq!(cluster(&choice).insecure_skip_tls_verify, Some(true));
    assert_eq!(cluster(&choice).certificate_authority_data, None);
}

#[test]
fn files_given_as_flags_win_over_data() {
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
fn a_server_alone_is_enough() {
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
fn a_name_that_is_not_there_is_named(#[case] flags: Access, #[case] expected: &str) {
    let ChoiceError::Unknown { what, known, .. } = choose(&kubeconfig(), &flags).unwrap_err()
    else {
        panic!("another error");
    };
    assert_eq!(what, expected);
    assert!(!known.is_empty());
}

#[test]
fn no_current_context_is_an_error_of_its_own() {
    let kubeconfig = Kubeconfig {
        current_context: Some(String::new()),
        ..kubeconfig()
    };
    let error = choose(&kubeconfig, &Access::default()).unwrap_err();
    assert!(matches!(error, ChoiceError::NoContext { known } if known == ["dev", "prod"]));
}

#[test]
fn a_list_of_files_is_merged_and_missing_ones_are_passed_over() {
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
fn the_home_directory_is_the_last_resort() {
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
fn a_file_named_by_the_flag_has_to_be_there_and_to_be_one() {
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
