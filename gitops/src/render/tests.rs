use std::path::Path;

use dataflow::code::Code;

use super::*;
use crate::object::Format;
use crate::resources::text;
use crate::settings::BackupSettings;

fn python(name: &str, text: &str) -> Source {
    let mut code = Code::new();
    code.insert(name, text).unwrap();
    Source {
        path: Path::new(name).to_owned(),
        code,
        files: vec![name.to_owned()],
        ..Source::default()
    }
}

fn named(name: &str) -> FlowSettings {
    FlowSettings {
        name: Some(name.to_owned()),
        ..FlowSettings::default()
    }
}

const HELLO: &str = "import bytewax.operators as op\n\n\ndef flow():\n\treturn \"yes\"\n";

#[test]
fn python_file_renders_dataflow_and_code() {
    let rendered = render(&named("hello"), &python("hello.py", HELLO)).unwrap();
    insta::assert_snapshot!(text(&rendered, Format::Yaml));
}

#[test]
fn every_setting_sets_its_field() {
    let settings = FlowSettings {
        namespace: Some("prod".to_owned()),
        processes: Some(2),
        workers: Some(3),
        python_file: Some("hello.py:get_flow(5)".to_owned()),
        env: vec![
            ("A".to_owned(), "on".to_owned()),
            ("B".to_owned(), "0123".to_owned()),
        ],
        image_repository: Some("registry.example/flows".to_owned()),
        image_tag: Some("1_000".to_owned()),
        image_pull_policy: Some(PullPolicy::Always),
        image_pull_secret: Some("pull".to_owned()),
        keep_alive: Some(true),
        recovery: RecoverySettings {
            enabled: Some(true),
            parts: Some(4),
            snapshot_interval: Some(10),
            backup_interval: Some(0),
            single_volume: Some(true),
            size: Some("1Gi".to_owned()),
            storage_class: Some("fast".to_owned()),
            backup: BackupSettings {
                enabled: Some(true),
                url: Some("s3://bucket/folder".to_owned()),
                secret: Some("bucket-keys".to_owned()),
                endpoint: Some("https://minio.example:9000".to_owned()),
                region: Some("eu-central-1".to_owned()),
                path_style: Some(false),
                interval: Some(60),
                keep: Some(5),
                keep_seconds: Some(86_400),
            },
        },
        chart_values: Some("extraLabels:\n  team: a\n".to_owned()),
        ..named("hello")
    };
    let rendered = render(&settings, &python("hello.py", HELLO)).unwrap();
    insta::assert_snapshot!(text(&rendered, Format::Yaml));
}

#[test]
fn json_output_is_one_list() {
    let rendered = render(&named("hello"), &python("hello.py", HELLO)).unwrap();
    insta::assert_snapshot!(text(&rendered, Format::Json));
}

#[test]
fn setting_equal_to_default_is_omitted() {
    let settings = FlowSettings {
        processes: Some(1),
        workers: Some(1),
        keep_alive: Some(false),
        ..named("hello")
    };
    let source = python("hello.py", HELLO);
    assert_eq!(
        render(&settings, &source).unwrap(),
        render(&named("hello"), &source).unwrap()
    );
}

#[test]
fn update_changes_only_given_settings() {
    let settings = FlowSettings {
        processes: Some(2),
        env: vec![
            ("A".to_owned(), "1".to_owned()),
            ("B".to_owned(), "2".to_owned()),
        ],
        ..named("hello")
    };
    let source = python("hello.py", HELLO);
    let existing = render(&settings, &source).unwrap();
    let given = FlowSettings {
        image_tag: Some("next".to_owned()),
        env: vec![("B".to_owned(), "3".to_owned())],
        ..FlowSettings::default()
    };
    let mut expected = existing.clone();
    expected.dataflow.spec.image.tag = "next".to_owned();
    expected.dataflow.spec.env[1].value = "3".to_owned();
    assert_eq!(update(&existing, &given, &source).unwrap(), expected);
}

#[test]
fn update_with_another_file_uses_that_file() {
    let existing = render(&named("hello"), &python("hello.py", HELLO)).unwrap();
    let updated = update(
        &existing,
        &FlowSettings::default(),
        &python("other.py", "flow = 1\n"),
    )
    .unwrap();
    assert_eq!(updated.dataflow.spec.python_file_name, "other.py");
}

#[test]
fn render_without_name_or_file_fails() {
    let error = render(&FlowSettings::default(), &python("hello.py", HELLO)).unwrap_err();
    assert_eq!(error.to_string(), "the dataflow has no name");
    let error = render(&named("Hello"), &python("hello.py", HELLO)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"Hello\" is not a valid name for a dataflow"
    );
    let settings = FlowSettings {
        python_file: Some("helo.py".to_owned()),
        ..named("hello")
    };
    let error = render(&settings, &python("hello.py", HELLO)).unwrap_err();
    assert!(matches!(
        error,
        RenderError::NoPythonFile { near: Some(near), .. } if near == "hello.py"
    ));
    let two = folder(&[("a.py", "1"), ("b.py", "2")]);
    let error = render(&named("hello"), &two).unwrap_err();
    assert!(matches!(
        error,
        RenderError::WhichPythonFile { known, candidates, .. }
            if known == ["a.py", "b.py"] && candidates.is_empty()
    ));
}

fn folder(files: &[(&str, &str)]) -> Source {
    let mut code = Code::new();
    for (path, text) in files {
        code.insert(dataflow::code::key_for_path(path).unwrap(), *text)
            .unwrap();
    }
    Source {
        path: Path::new("cctv").to_owned(),
        code,
        files: files.iter().map(|(path, _)| (*path).to_owned()).collect(),
        ..Source::default()
    }
}

const FLOW: &str = "flow = Dataflow('cctv')\n";

#[test]
fn update_keeps_entry_point_that_exists() {
    let source = folder(&[
        ("setup.py", "setup()\n"),
        ("pipeline/main.py", FLOW),
        ("pipeline/other.py", FLOW),
    ]);
    for reference in [
        "pipeline.main:flow",
        "pipeline/main.py",
        "pipeline/main:flow",
        "shop_flows.orders:flow",
    ] {
        let settings = FlowSettings {
            python_file: Some(reference.to_owned()),
            ..named("cctv")
        };
        let existing = render(&settings, &source).unwrap();
        let given = FlowSettings {
            processes: Some(2),
            ..FlowSettings::default()
        };
        let updated = update(&existing, &given, &source).unwrap();
        assert_eq!(updated.dataflow.spec.python_file_name, reference);
    }
}

#[test]
fn entry_point_is_only_file_with_flow() {
    let package = folder(&[("setup.py", "setup()\n"), ("pipeline/main.py", FLOW)]);
    let rendered = render(&named("cctv"), &package).unwrap();
    assert_eq!(rendered.dataflow.spec.python_file_name, "pipeline/main.py");
    let several = folder(&[("chunk/flow.py", FLOW), ("embed/flow.py", FLOW)]);
    let error = render(&named("cctv"), &several).unwrap_err();
    let RenderError::WhichPythonFile { candidates, .. } = error else {
        panic!("{error}");
    };
    let references: Vec<_> = candidates
        .iter()
        .map(|candidate| candidate.reference.as_str())
        .collect();
    assert_eq!(references, ["chunk/flow.py", "embed/flow.py"]);
}

#[test]
fn entry_point_that_cannot_be_loaded_is_refused() {
    let source = folder(&[("pipeline/main.py", FLOW), ("explore.ipynb", "{}")]);
    let refused = |reference: &str, source: &Source| {
        let settings = FlowSettings {
            python_file: Some(reference.to_owned()),
            ..named("cctv")
        };
        render(&settings, source).unwrap_err()
    };
    assert!(matches!(
        refused("pipelin.main:flow", &source),
        RenderError::NoPythonFile { near: Some(near), .. } if near == "pipeline.main:flow"
    ));
    assert!(matches!(
        refused("pipeline.gone", &source),
        RenderError::NoPythonFile { near: Some(_), .. }
    ));
    assert!(matches!(
        refused("explore.ipynb", &source),
        RenderError::Notebook { .. }
    ));
    let hiding = folder(&[("main.py", FLOW), ("bytewax/__init__.py", "")]);
    assert!(matches!(
        refused("main.py", &hiding),
        RenderError::HidesEngine { file } if file == "bytewax/__init__.py"
    ));
}

#[test]
fn code_in_image_has_no_config_map() {
    let settings = FlowSettings {
        code_in_image: Some(true),
        python_file: Some("shop.orders:flow".to_owned()),
        image_repository: Some("registry.example/flows".to_owned()),
        ..named("orders")
    };
    let rendered = render(&settings, &Source::default()).unwrap();
    insta::assert_snapshot!(text(&rendered, Format::Yaml), @r#"
    apiVersion: bytewax.io/v1alpha1
    kind: Dataflow
    metadata:
      name: orders
    spec:
      image:
        repository: registry.example/flows
        tag: 0.21.1-python3.11
        pullPolicy: IfNotPresent
        pullSecret: ""
      pythonFileName: shop.orders:flow
      codeInImage: true
    "#);
    assert_eq!(
        crate::check::check(&rendered).unwrap(),
        Vec::<String>::new()
    );
    let next = FlowSettings {
        code_in_image: Some(true),
        image_tag: Some("2".to_owned()),
        ..FlowSettings::default()
    };
    let updated = update(&rendered, &next, &Source::default()).unwrap();
    assert_eq!(updated.dataflow.spec.python_file_name, "shop.orders:flow");
    // A source brings the code back.
    let file = FlowSettings {
        python_file: Some("hello.py".to_owned()),
        ..FlowSettings::default()
    };
    let back = update(&updated, &file, &python("hello.py", HELLO)).unwrap();
    assert_eq!(back.dataflow.spec.code_in_image, None);
    assert!(back.dataflow.spec.config_map_name.is_some());
    let both = render(&settings, &python("hello.py", HELLO)).unwrap_err();
    assert!(matches!(both, RenderError::TwoPlaces { .. }));
    let no_module = FlowSettings {
        python_file: None,
        ..settings
    };
    let error = render(&no_module, &Source::default()).unwrap_err();
    assert!(matches!(error, RenderError::WhichModule));
}

#[test]
fn backup_settings_change_only_their_fields() {
    let backup = |settings: BackupSettings| FlowSettings {
        recovery: RecoverySettings {
            enabled: Some(true),
            backup: settings,
            ..RecoverySettings::default()
        },
        ..named("hello")
    };
    let source = python("hello.py", HELLO);
    let on = backup(BackupSettings {
        enabled: Some(true),
        url: Some("s3://bucket/folder".to_owned()),
        secret: Some("bucket-keys".to_owned()),
        ..BackupSettings::default()
    });
    let existing = render(&on, &source).unwrap();
    let later = backup(BackupSettings {
        secret: Some(String::new()),
        keep: Some(20),
        ..BackupSettings::default()
    });
    let mut expected = existing.clone();
    let recovery = expected.dataflow.spec.recovery.as_mut().unwrap();
    let kept = recovery.cloud_backup.as_mut().unwrap();
    kept.keep = Some(20);
    kept.s3.as_mut().unwrap().secret_name = None;
    assert_eq!(update(&existing, &later, &source).unwrap(), expected);

    let off = backup(BackupSettings {
        enabled: Some(false),
        ..BackupSettings::default()
    });
    let plain = backup(BackupSettings::default());
    assert_eq!(
        render(&off, &source).unwrap(),
        render(&plain, &source).unwrap()
    );
}
