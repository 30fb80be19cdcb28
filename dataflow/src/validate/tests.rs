use rstest::rstest;

use super::*;
use crate::yaml;

/// Returns a spec without faults, with additional fields.
fn spec(more: &str) -> DataflowSpec {
    let base =
        "image: {tag: 0.21.1-python3.11}\npythonFileName: simple.py\nconfigMapName: source\n";
    yaml::from_str(&format!("{base}{more}")).unwrap()
}

fn faults(spec: &DataflowSpec) -> String {
    validate(spec, "orders").unwrap_err().to_string()
}

#[test]
fn minimal_spec_gets_defaults() {
    let valid = validate(&spec(""), "orders").unwrap();
    assert_eq!(valid.image, "bytewax/bytewax:0.21.1-python3.11");
    assert_eq!(valid.pull_policy, PullPolicy::Always);
    assert_eq!(valid.pull_secret.as_deref(), Some("default-credentials"));
    assert_eq!((valid.processes, valid.workers), (1, 1));
    assert!(!valid.keep_alive && !valid.suspend);
    assert_eq!((valid.tar, valid.warnings), (None, vec![]));
}

#[test]
fn empty_text_is_absent_except_pull_secret() {
    let mut written = spec("tarName: ''\nschedule: ''\nchartValues: ''\n");
    written.image.repository = Some(String::new());
    written.image.pull_secret = Some(String::new());
    let valid = validate(&written, "orders").unwrap();
    assert_eq!((valid.tar, valid.pull_secret), (None, None));
    assert_eq!(valid.image, "bytewax/bytewax:0.21.1-python3.11");
}

#[test]
fn disabled_features_need_no_settings() {
    let off = "jobMode: false\nrecovery: {enabled: false, partsCount: 4, cloudBackup: {enabled: false}}\n";
    assert!(validate(&spec(off), "orders").is_ok());
}

#[test]
fn all_faults_are_reported_at_once() {
    let empty = DataflowSpec::default();
    insta::assert_snapshot!(validate(&empty, "Orders").unwrap_err());
    let wrong = spec(
        "
processesCount: 0
workersPerProcess: 1025
tarName: a/b
env:
- {name: A, value: '1'}
- {name: A, value: '2'}
- {name: '', value: x}
- {name: B=C, value: x}
- {name: WAXRUN_START, value: '1'}
- {name: BYTEWAX_PROCESS_ID, value: '1'}
- {name: BYTEWAX_RECOVERY_DIRECTORY, value: /x}
chartValues: |
  containerName: Keep
  customOtlpUrl: collector:4317
  service: {port: 80}
  api: {port: 3031}
  env: {BYTEWAX_ADDRESSES: x, T: '{{ .Values.x }}'}
  envValueFrom: {T: {fieldRef: {fieldPath: spec.nodeName}}}
  envFromSecret: '{{ .Release.Name }}'
  jaeger: {enabled: true}
  podLabels: {'a b': x, tier: 'not a label'}
  extraVolumeMounts:
  - {name: Data, mountPath: data}
  - {name: a, mountPath: /var/recovery/, existingClaim: a, hostPath: /a}
  - {name: a, mountPath: /a}
  podAnnotations: {note: 'any text', '-': x}
recovery:
  partsCount: 0
  persistence: {size: 10GB}
  snapshotInterval: 0
  backupInterval: -1
  cloudBackup:
    enabled: true
    interval: 0
    keep: 0
    keepSeconds: -1
    s3: {url: http://bucket, endpoint: minio, accessKeyId: AKIA, secretName: s3}
",
    );
    insta::assert_snapshot!(faults(&wrong));
}

#[test]
fn unsupported_fields_are_refused_by_name() {
    let ahead = spec(
        "
jobMode: true
schedule: '@daily'
dependencies: [pandas]
",
    );
    let refused = validate(&ahead, "orders").unwrap_err();
    assert!(refused.not_supported());
    insta::assert_snapshot!(refused);
    let mut download = spec("artifactsDownload: {url: https://example.com/code.tar}\n");
    download.config_map_name = None;
    let refused = validate(&download, "orders").unwrap_err();
    assert!(refused.not_supported());
    assert_eq!(refused.0.len(), 1, "{refused}");
    let mut both = ahead;
    both.image.tag = String::new();
    assert!(!validate(&both, "orders").unwrap_err().not_supported());
}

#[rstest]
#[case::plain("simple.py", true)]
#[case::folder("pkg/sub/mod.py", true)]
#[case::module("pkg.sub.mod", true)]
#[case::absolute("/app/flow.py", true)]
#[case::dash("my-flow.py", true)]
#[case::attribute("simple.py:other", true)]
#[case::call("simple:get_flow(5, name='a b')", true)]
#[case::empty("", false)]
#[case::only_attribute(":flow", false)]
#[case::space("my flow.py", false)]
#[case::inner_dot("my.flow.py", false)]
#[case::no_stem(".py", false)]
#[case::upwards("../flow.py", false)]
#[case::archive("code.tar", false)]
fn python_file_name_is_checked(#[case] name: &str, #[case] fine: bool) {
    let mut written = spec("");
    written.python_file_name = name.into();
    let checked = validate(&written, "orders");
    assert_eq!(checked.is_ok(), fine, "{checked:?}");
}

#[rstest]
#[case::version("0.21.1-python3.11", true)]
#[case::digest(&format!("0.21.1@sha256:{}", "0".repeat(64)), true)]
#[case::colon("a:b", false)]
#[case::space("a b", false)]
#[case::dot_first(".a", false)]
#[case::digest_only("@sha256:00", false)]
#[case::too_long(&"a".repeat(129), false)]
fn image_tag_is_checked(#[case] tag: &str, #[case] fine: bool) {
    let mut written = spec("");
    written.image.tag = tag.into();
    let checked = validate(&written, "orders");
    assert_eq!(checked.is_ok(), fine, "{checked:?}");
}

#[test]
fn code_has_exactly_one_source() {
    let both = spec("artifactsDownload: {url: https://x}\n");
    assert!(
        faults(&both).contains("spec.artifactsDownload: cannot be combined with `configMapName`")
    );
    let mut tar_only = spec("tarName: code.tar\n");
    tar_only.config_map_name = None;
    insta::assert_snapshot!(faults(&tar_only), @r"
    spec.configMapName: is empty; write the name of the ConfigMap that contains the code
    spec.tarName: is a key of a ConfigMap, but `configMapName` is empty; write the name of the ConfigMap in `configMapName`
    ");
}

/// The plan adds the platform's own names, folders and ports. The API server would reject a pod that has one twice.
#[rstest]
#[case::init_container("containerName: fetch")]
#[case::sidecar("containerName: sidecar")]
#[case::sidecar_of_an_old_agent("containerName: keep")]
#[case::scratch_folder("extraVolumeMounts: [{name: a, mountPath: /tmp}]")]
#[case::slash_at_the_end("extraVolumeMounts: [{name: a, mountPath: /tmp/}]")]
#[case::roundabout_path("extraVolumeMounts: [{name: a, mountPath: //var/./bytewax}]")]
#[case::folder_twice("extraVolumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /a/}]")]
#[case::root("extraVolumeMounts: [{name: a, mountPath: /}]")]
#[case::path_upwards("extraVolumeMounts: [{name: a, mountPath: /a/../tmp}]")]
#[case::port_of_the_engine("api: {port: 3031}")]
#[case::port_of_the_rendezvous("service: {port: 3032}")]
fn reserved_names_folders_and_ports_are_refused(#[case] values: &str) {
    let refused = validate(&spec(&format!("chartValues: '{values}'\n")), "orders").unwrap_err();
    assert_eq!(refused.0.len(), 1, "{refused}");
}

#[rstest]
#[case::no_state("", true)]
#[case::state_switched_off("recovery: {enabled: false}\n", true)]
#[case::state("recovery: {enabled: true}\n", false)]
fn container_name_verify_is_valid_without_recovery(#[case] recovery: &str, #[case] fine: bool) {
    let written = spec(&format!("{recovery}chartValues: 'containerName: verify'\n"));
    let checked = validate(&written, "orders");
    assert_eq!(checked.is_ok(), fine, "{checked:?}");
}

#[rstest]
#[case::sidecar_of_another_agent("sidecar", true)]
#[case::sidecar_of_its_agent("keep", false)]
#[case::init_container("fetch", false)]
fn recorded_container_may_have_unused_name(#[case] name: &str, #[case] fine: bool) {
    let written = spec(&format!("chartValues: 'containerName: {name}'\n"));
    let checked = validate_recorded(&written, "orders", "sidecar");
    assert_eq!(checked.is_ok(), fine, "{checked:?}");
}

#[test]
fn warnings_for_ignored_keys_and_floating_tags() {
    let mut written = spec("chartValues: 'podMonitor: {enabled: true}'\n");
    written.image.tag = "latest-python3.11".into();
    let warnings = validate(&written, "orders").unwrap().warnings;
    let kinds: Vec<WarningKind> = warnings.iter().map(|warning| warning.kind).collect();
    assert_eq!(
        kinds,
        [
            WarningKind::ChartValuesNotHonoured,
            WarningKind::FloatingTag
        ]
    );
    assert_eq!(warnings[0].path, "spec.chartValues.podMonitor");
}

#[test]
fn unreadable_chart_values_give_one_fault_line() {
    let fault = faults(&spec("chartValues: |\n  env: {A: 1\n"));
    assert_eq!(fault.lines().count(), 1);
    insta::assert_snapshot!(fault, @"spec.chartValues: cannot be read: unclosed bracket '{' at line 1, column 6; write the values of the chart as YAML");
}

#[test]
fn inline_credentials_are_found_but_no_faults() {
    let written = spec(
        "
artifactsDownload: {url: https://x, token: t}
recovery: {cloudBackup: {s3: {url: s3://b, accessKeyId: a, secretAccessKey: ''}}}
",
    );
    let found: Vec<String> = inline_credentials(&written)
        .into_iter()
        .map(|fault| fault.path)
        .collect();
    assert_eq!(
        found,
        [
            "spec.artifactsDownload.token",
            "spec.recovery.cloudBackup.s3.accessKeyId"
        ]
    );
    assert!(inline_credentials(&spec("")).is_empty());
}

#[test]
fn backup_defaults_raise_the_backup_interval() {
    let written = spec(
        "recovery: {enabled: true, cloudBackup: {enabled: true, s3: {url: s3://bucket/a, secretName: s}}}",
    );
    let recovery = validate(&written, "orders").unwrap().recovery.unwrap();
    assert_eq!(recovery.backup_interval, 120);
    let backup = recovery.backup.unwrap();
    assert_eq!(backup.keys, BackupKeys::Secret("s".into()));
    assert_eq!(
        (backup.interval, backup.keep, backup.keep_seconds),
        (30, 10, 0)
    );
    assert_eq!(
        (backup.region.as_str(), backup.path_style),
        ("us-east-1", false)
    );
    let longer = spec(
        "recovery: {enabled: true, backupInterval: 600, cloudBackup: {enabled: true, interval: 5, \
         s3: {url: s3://b, endpoint: http://minio:9000}}}",
    );
    let recovery = validate(&longer, "orders").unwrap().recovery.unwrap();
    assert_eq!(recovery.backup_interval, 600);
    let backup = recovery.backup.unwrap();
    assert!(backup.path_style);
    assert_eq!(backup.keys, BackupKeys::Identity);
}

#[rstest]
#[case::inline("accessKeyId: a, secretAccessKey: b", "")]
#[case::half(
    "accessKeyId: a",
    "has only one of `accessKeyId` and `secretAccessKey`"
)]
#[case::upwards("url: s3://b/../c", "is not the address of a bucket")]
fn bucket_keys_and_addresses_are_checked(#[case] fields: &str, #[case] expected: &str) {
    let url = if fields.contains("url") {
        ""
    } else {
        "url: s3://b, "
    };
    let written = spec(&format!(
        "recovery: {{enabled: true, cloudBackup: {{enabled: true, s3: {{{url}{fields}}}}}}}"
    ));
    match validate(&written, "orders") {
        Ok(valid) => {
            assert_eq!(expected, "");
            let inline = |warning: &&Warning| warning.kind == WarningKind::InlineCredential;
            assert_eq!(valid.warnings.iter().filter(inline).count(), 2);
        }
        Err(faults) => assert!(
            !expected.is_empty() && faults.to_string().contains(expected),
            "{faults}"
        ),
    }
}

#[test]
fn code_in_the_image_needs_no_config_map() {
    let in_image = |entry: &str, more: &str| {
        let mut spec = spec(more);
        spec.config_map_name = spec.tar_name.clone().map(|_| "orders".to_owned());
        spec.code_in_image = Some(true);
        spec.python_file_name = entry.to_owned();
        validate(&spec, "orders")
    };
    for entry in ["shop.orders:flow", "/app/orders.py:get_flow(5)"] {
        assert_eq!(in_image(entry, "").unwrap().config_map, None);
    }
    insta::assert_snapshot!(in_image("orders.py", "tarName: code.tar\n").unwrap_err(), @r"
    spec.pythonFileName: `orders.py` is a file in the folder of the code, which is empty if the image has the code; write a module that the image has, such as `shop.orders:flow`, or the absolute path of a file
    spec.configMapName: cannot be combined with `codeInImage`; keep one of them
    spec.tarName: cannot be combined with `codeInImage`; keep one of them
    ");
}
