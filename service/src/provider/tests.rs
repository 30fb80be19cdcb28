use rstest::rstest;

use super::*;

fn settings() -> ProviderSettings {
    ProviderSettings::new("https://id.example.com/", "waxapi")
}

#[test]
fn defaults_are_safe() {
    let provider = Provider::new(settings()).unwrap();
    assert_eq!(provider.audiences, ["waxapi"]);
    assert_eq!(provider.audience_policy, AudiencePolicy::Strict);
    assert_eq!(provider.opaque_tokens, OpaqueTokens::Introspect);
    assert_eq!(provider.algorithms.len(), Algorithm::ALL.len() - 1);
    assert!(!provider.accept_id_tokens);
    assert_eq!(provider.leeway, SignedDuration::from_secs(60));
}

#[rstest]
#[case::slash(
    "https://id.example.com/",
    "https://id.example.com/.well-known/openid-configuration"
)]
#[case::no_path(
    "https://id.example.com",
    "https://id.example.com/.well-known/openid-configuration"
)]
#[case::path(
    "https://id.example.com/realms/x",
    "https://id.example.com/realms/x/.well-known/openid-configuration"
)]
fn discovery_document_is_below_issuer(#[case] text: &str, #[case] discovery: &str) {
    let issuer = Issuer::parse(text).unwrap();
    assert_eq!(issuer.as_str(), text);
    assert_eq!(issuer.discovery().to_string(), discovery);
}

#[test]
fn all_faults_are_named_at_once() {
    let wrong = ProviderSettings {
        issuer: "http://id.example.com".to_owned(),
        client_id: String::new(),
        client_secret: Some(SecretString::from("")),
        audiences: vec![String::new()],
        algorithms: vec!["none".to_owned(), "RS256".to_owned(), "HS256".to_owned()],
        leeway_seconds: 121,
        username_claim: "a\nb".to_owned(),
        username_prefix: "system:".to_owned(),
        groups_claim: "g".repeat(513),
        groups_prefix: "system:x".to_owned(),
        ..settings()
    };
    let faults = Provider::new(wrong).unwrap_err().to_string();
    let expected = "the settings of the OpenID Connect provider are not valid\n\
        `--oidc-issuer`: its scheme is not https; http is accepted for loopback addresses only\n\
        `--oidc-client-id`: it is required, and not set\n\
        `--oidc-client-secret-file`: it is required, and not set\n\
        `--audience`: one of its values is empty\n\
        `--signing-algorithms`: the algorithm `none` leaves it unsigned\n\
        `--signing-algorithms`: the algorithm is symmetric (HS256, HS384 or HS512)\n\
        `--clock-leeway`: it is longer than 120 seconds\n\
        `--username-claim`: it contains control characters\n\
        `--username-prefix`: a name with this prefix begins with `system:`, which is reserved for Kubernetes\n\
        `--groups-claim`: it is longer than 512 bytes\n\
        `--groups-prefix`: a name with this prefix begins with `system:`, which is reserved for Kubernetes";
    assert_eq!(faults, expected);
}

#[rstest]
#[case::empty("", SettingReason::Missing)]
#[case::query("https://id.example.com/?tenant=1", SettingReason::Query)]
#[case::fragment(
    "https://id.example.com/#x",
    SettingReason::Endpoint(EndpointFault::Fragment)
)]
#[case::relative("id.example.com", SettingReason::Endpoint(EndpointFault::Malformed))]
fn wrong_issuer_is_refused(#[case] issuer: &str, #[case] reason: SettingReason) {
    let issuer = issuer.to_owned();
    let faults = Provider::new(ProviderSettings {
        issuer,
        ..settings()
    })
    .unwrap_err();
    let setting = Setting::Issuer;
    assert_eq!(faults.faults(), [SettingFault { setting, reason }]);
}

#[test]
fn secret_is_not_shown() {
    let client_secret = Some(SecretString::from("canary"));
    let shown = format!(
        "{:?}",
        Provider::new(ProviderSettings {
            client_secret,
            ..settings()
        })
    );
    assert!(!shown.contains("canary"));
}
