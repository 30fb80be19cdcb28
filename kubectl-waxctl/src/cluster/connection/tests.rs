use std::path::Path;

use rstest::rstest;

use super::*;

/// A pod in namespace `runner` with a token.
fn pod(folder: &Path) -> Surroundings {
    std::fs::write(folder.join("token"), "of-the-pod").unwrap();
    std::fs::write(folder.join("namespace"), "runner").unwrap();
    Surroundings::find(folder, variable)
}

/// Returns what the kubelet sets in each pod.
fn variable(name: &str) -> Option<String> {
    match name {
        "KUBERNETES_SERVICE_HOST" => Some("10.0.0.1".to_owned()),
        "KUBERNETES_SERVICE_PORT" => Some("443".to_owned()),
        _ => None,
    }
}

/// Chooses in that pod, without a kubeconfig.
fn in_pod(access: &Access) -> Result<Choice, ChoiceError> {
    let folder = tempfile::tempdir().unwrap();
    choose(access, &KubeconfigLocations::default(), &pod(folder.path()))
}

#[test]
fn pod_uses_its_service_account_by_default() {
    let choice = in_pod(&Access::default()).unwrap();
    assert_eq!(choice.cluster.server, "https://10.0.0.1:443");
    assert!(choice.user.token_file.ends_with("/token"));
    assert_eq!(choice.namespace.as_deref(), Some("runner"));
}

#[test]
fn flags_override_service_account() {
    let access = Access {
        namespace: Some("shop".into()),
        token: Some("mine".parse().unwrap()),
        as_user: Some("nobody".into()),
        as_group: vec!["few".into()],
        tls_server_name: Some("api".into()),
        insecure_skip_tls_verify: true,
        ..Access::default()
    };
    let Choice {
        cluster,
        user,
        namespace,
        ..
    } = in_pod(&access).unwrap();
    assert_eq!(cluster.server, "https://10.0.0.1:443");
    assert!(cluster.insecure_skip_tls_verify && cluster.certificate_authority.is_empty());
    assert_eq!(cluster.tls_server_name, "api");
    assert_eq!(
        (user.token.as_str(), user.token_file.as_str()),
        ("mine", "")
    );
    assert_eq!(impersonation(&user).impersonate.as_deref(), Some("nobody"));
    assert_eq!(impersonation(&user).impersonate_groups.unwrap(), ["few"]);
    assert_eq!(namespace.as_deref(), Some("shop"));
}

#[test]
fn certificate_authority_flag_replaces_that_of_pod() {
    let access = Access {
        certificate_authority: Some("ca.crt".into()),
        ..Access::default()
    };
    assert_eq!(
        in_pod(&access).unwrap().cluster.certificate_authority,
        "ca.crt"
    );
}

#[test]
fn server_flag_never_gets_token_of_pod() {
    let access = Access {
        server: Some("https://other".into()),
        ..Access::default()
    };
    let choice = in_pod(&access).unwrap();
    assert_eq!(choice.cluster.server, "https://other");
    assert_eq!(choice.user.token_file, "");
}

#[rstest]
#[case::context(Access { context: Some("staging".into()), ..Access::default() })]
#[case::cluster(Access { cluster: Some("staging".into()), ..Access::default() })]
#[case::user(Access { user: Some("ann".into()), ..Access::default() })]
fn named_entry_never_means_pod(#[case] access: Access) {
    let error = in_pod(&access).unwrap_err();
    assert!(
        matches!(error, ChoiceError::NoKubeconfig { in_pod: true, .. }),
        "{error}"
    );
}

#[test]
fn missing_token_of_pod_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let without_token = Surroundings::find(folder.path(), variable);
    let no_token = |locations: &KubeconfigLocations, surroundings: &Surroundings| {
        let error = choose(&Access::default(), locations, surroundings).unwrap_err();
        let ChoiceError::NoCluster { no_token, .. } = error else {
            panic!("{error}");
        };
        no_token
    };
    let nothing = KubeconfigLocations::default();
    let token = folder.path().join("token");
    assert_eq!(no_token(&nothing, &without_token), Some(token));
    assert_eq!(no_token(&nothing, &Surroundings::Elsewhere), None);
    let named = KubeconfigLocations {
        kubeconfig: Some("/no/such/file".into()),
        home: None,
    };
    assert_eq!(no_token(&named, &without_token), None);
}

#[test]
fn named_kubeconfig_never_means_pod() {
    let folder = tempfile::tempdir().unwrap();
    let locations = KubeconfigLocations {
        kubeconfig: Some("/no/such/file".into()),
        home: None,
    };
    let error = choose(&Access::default(), &locations, &pod(folder.path())).unwrap_err();
    assert!(
        matches!(error, ChoiceError::NoCluster { named: true, .. }),
        "{error}"
    );
}

#[test]
fn group_without_user_is_refused_in_pod() {
    let access = Access {
        as_group: vec!["few".into()],
        ..Access::default()
    };
    assert!(matches!(in_pod(&access), Err(ChoiceError::Unusable { .. })));
}

#[rstest]
#[case::plain("127.0.0.1:8080", "", Some("http://127.0.0.1:8080/"))]
#[case::authority("near:6443", "Q0E=", Some("https://near:6443/"))]
#[case::path(
    "https://near/k8s/clusters/c-1?x=y",
    "",
    Some("https://near/k8s/clusters/c-1")
)]
#[case::spaces("https://ne ar", "", None)]
#[case::scheme("ftp://near", "", None)]
#[case::nothing("", "", None)]
fn address_of_server_is_completed(
    #[case] server_text: &str,
    #[case] authority: &str,
    #[case] expected: Option<&str>,
) {
    let mut choice = Choice::default();
    server_text.clone_into(&mut choice.cluster.server);
    authority.clone_into(&mut choice.cluster.certificate_authority_data);
    let uri = server(&choice).ok().map(|uri| uri.to_string());
    assert_eq!(uri.as_deref(), expected);
}

#[rstest]
#[case("https://api.example.com", true)]
#[case("http://127.0.0.1:8001", true)]
#[case("http://[::1]:8001", true)]
#[case("http://api.example.com", false)]
fn credentials_need_tls_or_loopback(#[case] server: &str, #[case] sent: bool) {
    assert_eq!(credentials::are_sent_to(&server.parse().unwrap()), sent);
}
