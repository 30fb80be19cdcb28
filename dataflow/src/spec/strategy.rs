//! Strategies that generate specs for property tests.

use proptest::option::of;
use proptest::prelude::*;

use super::*;

/// One change of each field that affects the processes. Each changes the revision.
pub(crate) const CHANGES: [fn(&mut DataflowSpec); 16] = [
    |spec| spec.image.tag.push('x'),
    |spec| spec.image.repository = Some(format!("{}x", spec.image_reference())),
    |spec| {
        spec.image.pull_policy = Some(match spec.image.pull_policy {
            Some(PullPolicy::Never) => PullPolicy::IfNotPresent,
            _ => PullPolicy::Never,
        });
    },
    |spec| spec.image.pull_secret = Some(format!("{:?}x", spec.image.pull_secret)),
    |spec| spec.python_file_name.push('x'),
    |spec| spec.tar_name = Some(format!("{:?}x", spec.tar_name)),
    |spec| spec.workers_per_process = Some(spec.workers() + 1),
    |spec| spec.keep_alive = Some(!spec.keeps_alive()),
    |spec| spec.job_mode = Some(!spec.job_mode.unwrap_or(false)),
    |spec| spec.schedule = Some(format!("{:?}x", spec.schedule)),
    |spec| spec.dependencies.push("x".to_owned()),
    |spec| {
        spec.env.push(EnvVar {
            name: "X".to_owned(),
            value: "x".to_owned(),
        });
    },
    |spec| spec.code_in_image = Some(!spec.has_code_in_image()),
    |spec| spec.chart_values = Some(format!("{:?}x", spec.chart_values)),
    |spec| {
        let download = spec.artifacts_download.get_or_insert_default();
        download.url.push('x');
    },
    |spec| {
        let recovery = spec.recovery.get_or_insert_default();
        recovery.parts_count = Some(recovery.parts_count.unwrap_or(1) + 1);
    },
];

/// Generates specs in which every field is absent, has its default, or has another value.
pub(crate) fn any_spec() -> BoxedStrategy<DataflowSpec> {
    let text = || of(short());
    let texts = (any_image(), short(), text(), text(), text(), text()).boxed();
    let flag = || of(any::<bool>());
    let numbers = (of(1..4), of(1..4), flag(), flag(), flag(), flag()).boxed();
    let dependencies = proptest::collection::vec(short(), 0..2);
    let lists = (dependencies, any_env(), any_policy()).boxed();
    (
        texts,
        numbers,
        lists,
        of(any_download()),
        of(any_recovery()),
    )
        .prop_map(|(texts, numbers, lists, artifacts_download, recovery)| {
            let (image, python_file_name, config_map_name, tar_name, schedule, chart_values) =
                texts;
            let (
                processes_count,
                workers_per_process,
                code_in_image,
                job_mode,
                keep_alive,
                suspend,
            ) = numbers;
            let (dependencies, env, concurrency_policy) = lists;
            DataflowSpec {
                image,
                python_file_name,
                config_map_name,
                tar_name,
                code_in_image,
                processes_count,
                workers_per_process,
                job_mode,
                keep_alive,
                schedule,
                concurrency_policy,
                suspend,
                dependencies,
                env,
                artifacts_download,
                chart_values,
                recovery,
            }
        })
        .boxed()
}

fn any_policy() -> BoxedStrategy<Option<ConcurrencyPolicy>> {
    of(prop_oneof![
        Just(ConcurrencyPolicy::Allow),
        Just(ConcurrencyPolicy::Forbid),
        Just(ConcurrencyPolicy::Replace)
    ])
    .boxed()
}

fn any_env() -> BoxedStrategy<Vec<EnvVar>> {
    proptest::collection::vec(
        (short(), short()).prop_map(|(name, value)| EnvVar { name, value }),
        0..3,
    )
    .boxed()
}

/// Returns the spec with every default written out.
pub(crate) fn with_defaults(spec: &DataflowSpec) -> DataflowSpec {
    let mut spec = spec.clone();
    let image = &mut spec.image;
    image
        .repository
        .get_or_insert_with(|| DEFAULT_REPOSITORY.to_owned());
    image.pull_policy.get_or_insert_default();
    image
        .pull_secret
        .get_or_insert_with(|| DEFAULT_PULL_SECRET.to_owned());
    for text in [
        &mut spec.config_map_name,
        &mut spec.tar_name,
        &mut spec.schedule,
        &mut spec.chart_values,
    ] {
        text.get_or_insert_default();
    }
    spec.processes_count.get_or_insert(1);
    spec.workers_per_process.get_or_insert(1);
    for flag in [
        &mut spec.code_in_image,
        &mut spec.job_mode,
        &mut spec.keep_alive,
        &mut spec.suspend,
    ] {
        flag.get_or_insert(false);
    }
    spec.concurrency_policy.get_or_insert_default();
    let recovery = spec.recovery.get_or_insert_default();
    recovery.enabled.get_or_insert(false);
    recovery.parts_count.get_or_insert(1);
    recovery.single_volume.get_or_insert(false);
    recovery.snapshot_interval.get_or_insert(1);
    recovery.backup_interval.get_or_insert(1);
    let persistence = recovery.persistence.get_or_insert_default();
    persistence.size.get_or_insert_with(|| "10Gi".to_owned());
    persistence.storage_class_name.get_or_insert_default();
    recovery
        .cloud_backup
        .get_or_insert_default()
        .enabled
        .get_or_insert(false);
    spec
}

fn short() -> BoxedStrategy<String> {
    prop_oneof![Just(String::new()), Just("a".to_owned()), "[a-z]{1,3}"].boxed()
}

fn any_image() -> BoxedStrategy<ImageSpec> {
    let repository = of(prop_oneof![Just(DEFAULT_REPOSITORY.to_owned()), short()]);
    let pull_secret = of(prop_oneof![Just(DEFAULT_PULL_SECRET.to_owned()), short()]);
    let policy = of(prop_oneof![
        Just(PullPolicy::Always),
        Just(PullPolicy::IfNotPresent)
    ]);
    (repository, short(), policy, pull_secret)
        .prop_map(|(repository, tag, pull_policy, pull_secret)| ImageSpec {
            repository,
            tag,
            pull_policy,
            pull_secret,
        })
        .boxed()
}

fn any_download() -> BoxedStrategy<ArtifactsDownload> {
    (short(), of(short()), of(short()))
        .prop_map(|(url, secret_name, token)| ArtifactsDownload {
            url,
            secret_name,
            token,
        })
        .boxed()
}

fn any_recovery() -> BoxedStrategy<Recovery> {
    let persistence = (
        of(prop_oneof![Just("10Gi".to_owned()), short()]),
        of(short()),
    )
        .prop_map(|(size, storage_class_name)| Persistence {
            size,
            storage_class_name,
        });
    let keys = (of(short()), of(short()), of(short()));
    let region = prop_oneof![Just("us-east-1".to_owned()), short()];
    let place = (of(short()), of(region), of(any::<bool>()));
    let s3 = (short(), keys, place).prop_map(|(url, keys, place)| S3 {
        url,
        access_key_id: keys.0,
        secret_access_key: keys.1,
        secret_name: keys.2,
        endpoint: place.0,
        region: place.1,
        path_style: place.2,
    });
    let numbers = (of(29..31), of(9..11), of(0..2));
    let cloud_backup =
        (of(any::<bool>()), of(s3), numbers).prop_map(|(enabled, s3, numbers)| CloudBackup {
            enabled,
            s3,
            interval: numbers.0,
            keep: numbers.1,
            keep_seconds: numbers.2,
        });
    let flags = (of(any::<bool>()), of(any::<bool>()));
    let numbers = (of(1..3), of(1..3), of(0..3));
    (flags, numbers, of(persistence), of(cloud_backup))
        .prop_map(
            |((enabled, single_volume), numbers, persistence, cloud_backup)| Recovery {
                enabled,
                parts_count: numbers.0,
                single_volume,
                snapshot_interval: numbers.1,
                backup_interval: numbers.2,
                persistence,
                cloud_backup,
                action: None,
            },
        )
        .boxed()
}
