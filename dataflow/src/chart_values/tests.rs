use rstest::rstest;

use super::*;

#[test]
fn chart_values_keep_the_text_of_typed_fields() {
    let parsed = parse(
        "
env: {A: yes, B: 0123, C: 1_000, D: 1.10, E: ''}
podLabels: {version: 1.10}
resources: {limits: {cpu: 2, memory: 1Gi}}
service: {port: 9000}
",
    )
    .unwrap();
    let env: Vec<&str> = parsed.values.env.values().map(String::as_str).collect();
    assert_eq!(env, ["yes", "0123", "1_000", "1.10", ""]);
    assert_eq!(parsed.values.pod_labels["version"], "1.10");
    let limits = parsed
        .values
        .resources
        .as_ref()
        .and_then(|r| r.limits.as_ref())
        .unwrap();
    assert_eq!(limits["cpu"].0, "2");
    assert_eq!(
        (parsed.values.process_port(), parsed.values.api_port()),
        (9000, 3030)
    );
    assert!(parsed.not_honoured.is_empty());
}

#[rstest]
#[case::nothing("")]
#[case::comments("# values\n# later\n")]
#[case::keys_without_values("resources:\nenv:\ntolerations:\nservice:\napi:\nsecurityContext:\n")]
#[case::empty_maps("resources: {}\nenv: {}\n")]
#[case::switched_off("podMonitor: {enabled: false}\njaeger: {enabled: false, x: 1}\n")]
#[case::api_is_always_there("api: {enabled: true, port: 3030}\n")]
fn values_without_effect_are_empty(#[case] text: &str) {
    let parsed = parse(text).unwrap();
    assert_eq!(parsed.not_honoured, Vec::<String>::new());
    assert_eq!(parsed.sub_charts, Vec::<String>::new());
    assert_eq!(parsed.values.container(), "process");
}

#[rstest]
#[case::unknown("typo: 1\n", &["typo"])]
#[case::below_service("service: {port: 1, type: NodePort}\n", &["service.type"])]
#[case::api_off("api: {enabled: false}\n", &["api.enabled"])]
#[case::switched_on("podMonitor: {enabled: true}\n", &["podMonitor"])]
#[case::typed_fields_win("image: {tag: x}\nconfiguration: {jobMode: true}\n", &["configuration", "image"])]
#[case::secrets("extraSecretMounts: [{name: a}]\nenvRenderSecret: {A: b}\n", &["envRenderSecret", "extraSecretMounts"])]
fn key_without_effect_is_reported(#[case] text: &str, #[case] keys: &[&str]) {
    assert_eq!(parse(text).unwrap().not_honoured, keys);
}

#[test]
fn only_enabled_subcharts_are_found() {
    let parsed =
        parse("jaeger: {enabled: true}\nopentelemetry-collector: {enabled: yes}\n").unwrap();
    assert_eq!(parsed.sub_charts, ["jaeger", "opentelemetry-collector"]);
}

#[rstest]
#[case::no_map("just text\n")]
#[case::wrong_type("tolerations: {a: b}\n")]
#[case::twice("env: {A: 1}\nenv: {B: 2}\n")]
#[case::broken("env: {A: 1\n")]
fn unreadable_values_return_an_error(#[case] text: &str) {
    assert!(parse(text).is_err());
}
