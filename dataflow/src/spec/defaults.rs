//! Accessors that apply defaults, and the spec without fields that only repeat their default.

use super::absent::{
    DEFAULT_PULL_SECRET, DEFAULT_REGION, DEFAULT_REPOSITORY, DEFAULT_VOLUME_SIZE, filled, present,
};
use super::recovery::{CloudBackup, Persistence, Recovery, S3};
use super::{ArtifactsDownload, ConcurrencyPolicy, DataflowSpec, ImageSpec, PullPolicy};

impl DataflowSpec {
    /// Returns the number of processes, 1 by default.
    #[must_use]
    pub fn processes(&self) -> i32 {
        self.processes_count.unwrap_or(1)
    }

    /// Returns the number of worker threads in each process, 1 by default.
    #[must_use]
    pub fn workers(&self) -> i32 {
        self.workers_per_process.unwrap_or(1)
    }

    /// Returns true if the Dataflow is suspended, so that no process runs.
    #[must_use]
    pub fn suspended(&self) -> bool {
        self.suspend.unwrap_or(false)
    }

    /// Returns true if the pods stay after the end of the input.
    #[must_use]
    pub fn keeps_alive(&self) -> bool {
        self.keep_alive.unwrap_or(false)
    }

    /// Returns true if the image contains the code.
    #[must_use]
    pub fn has_code_in_image(&self) -> bool {
        self.code_in_image.unwrap_or(false)
    }

    /// Returns the image with its tag, if it has one, in the form that a pod uses.
    #[must_use]
    pub fn image_reference(&self) -> String {
        let repository = present(self.image.repository.as_ref());
        let repository = repository.map_or(DEFAULT_REPOSITORY, String::as_str);
        match self.image.tag.as_str() {
            "" => repository.to_owned(),
            tag => format!("{repository}:{tag}"),
        }
    }

    /// Returns the spec without fields that only repeat their default.
    ///
    /// Two specs with the same meaning are equal afterwards, so writing out a default restarts nothing.
    #[must_use]
    pub fn without_defaults(&self) -> Self {
        let Self {
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
        } = self;
        Self {
            image: image.without_defaults(),
            python_file_name: python_file_name.clone(),
            config_map_name: filled(config_map_name.as_ref()),
            tar_name: filled(tar_name.as_ref()),
            code_in_image: unless(*code_in_image, false),
            processes_count: unless(*processes_count, 1),
            workers_per_process: unless(*workers_per_process, 1),
            job_mode: unless(*job_mode, false),
            keep_alive: unless(*keep_alive, false),
            schedule: filled(schedule.as_ref()),
            concurrency_policy: unless(*concurrency_policy, ConcurrencyPolicy::Forbid),
            suspend: unless(*suspend, false),
            dependencies: dependencies.clone(),
            env: env.clone(),
            artifacts_download: artifacts_download
                .as_ref()
                .map(ArtifactsDownload::without_defaults),
            chart_values: filled(chart_values.as_ref()),
            recovery: meaningful(recovery.as_ref().map(Recovery::without_defaults)),
        }
    }
}

impl ImageSpec {
    fn without_defaults(&self) -> Self {
        let Self {
            repository,
            tag,
            pull_policy,
            pull_secret,
        } = self;
        Self {
            repository: present(repository.as_ref())
                .filter(|text| *text != DEFAULT_REPOSITORY)
                .cloned(),
            tag: tag.clone(),
            pull_policy: unless(*pull_policy, PullPolicy::Always),
            // Unlike in other fields, an empty text has a meaning here: no pull secret.
            pull_secret: pull_secret
                .clone()
                .filter(|text| text != DEFAULT_PULL_SECRET),
        }
    }
}

impl ArtifactsDownload {
    fn without_defaults(&self) -> Self {
        let Self {
            url,
            secret_name,
            token,
        } = self;
        Self {
            url: url.clone(),
            secret_name: filled(secret_name.as_ref()),
            token: filled(token.as_ref()),
        }
    }
}

impl Recovery {
    fn without_defaults(&self) -> Self {
        let Self {
            enabled,
            parts_count,
            single_volume,
            snapshot_interval,
            backup_interval,
            persistence,
            cloud_backup,
            action,
        } = self;
        Self {
            enabled: unless(*enabled, false),
            parts_count: unless(*parts_count, 1),
            single_volume: unless(*single_volume, false),
            snapshot_interval: unless(*snapshot_interval, 1),
            backup_interval: unless(*backup_interval, 1),
            persistence: meaningful(persistence.as_ref().map(Persistence::without_defaults)),
            cloud_backup: meaningful(cloud_backup.as_ref().map(CloudBackup::without_defaults)),
            action: action.clone(),
        }
    }
}

impl Persistence {
    fn without_defaults(&self) -> Self {
        let Self {
            size,
            storage_class_name,
        } = self;
        Self {
            size: present(size.as_ref())
                .filter(|text| *text != DEFAULT_VOLUME_SIZE)
                .cloned(),
            storage_class_name: filled(storage_class_name.as_ref()),
        }
    }
}

impl CloudBackup {
    fn without_defaults(&self) -> Self {
        let Self {
            enabled,
            s3,
            interval,
            keep,
            keep_seconds,
        } = self;
        Self {
            enabled: unless(*enabled, false),
            s3: s3.as_ref().map(S3::without_defaults),
            interval: unless(*interval, 30),
            keep: unless(*keep, 10),
            keep_seconds: unless(*keep_seconds, 0),
        }
    }
}

impl S3 {
    fn without_defaults(&self) -> Self {
        let Self {
            url,
            access_key_id,
            secret_access_key,
            secret_name,
            endpoint,
            region,
            path_style,
        } = self;
        Self {
            url: url.clone(),
            access_key_id: filled(access_key_id.as_ref()),
            secret_access_key: filled(secret_access_key.as_ref()),
            secret_name: filled(secret_name.as_ref()),
            endpoint: filled(endpoint.as_ref()),
            region: present(region.as_ref())
                .filter(|region| *region != DEFAULT_REGION)
                .cloned(),
            path_style: unless(*path_style, present(endpoint.as_ref()).is_some()),
        }
    }
}

fn unless<T: Copy + PartialEq>(value: Option<T>, default: T) -> Option<T> {
    value.filter(|value| *value != default)
}

fn meaningful<T: PartialEq + Default>(value: Option<T>) -> Option<T> {
    value.filter(|value| *value != T::default())
}
