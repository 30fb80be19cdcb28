//! Merges the flags and the `--values` file. Flags win; a setting that neither of them gives stays unset.

use std::path::Path;

use gitops::settings::FlowSettings;

use super::flow::FlowArgs;
use super::format::OutputFormat;
use super::global::GlobalArgs;
use super::{backup, env_list, refused, values};
use crate::dry_run::DryRun;
use crate::error::CommandError;

/// The settings from the command line and the values file. The command line wins.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    /// Settings of the flow.
    pub(crate) flow: FlowSettings,
    /// The format of printed objects.
    pub(crate) output: Option<OutputFormat>,
    /// Whether to show the changes only.
    pub(crate) dry_run: DryRun,
    /// Whether a running dataflow may be restarted.
    pub(crate) yes: bool,
    /// Whether to create the namespace if it is missing.
    pub(crate) create_namespace: bool,
}

impl Settings {
    /// Reads the flags and the files that they name. The second value holds warnings to print.
    pub(crate) fn resolve(
        args: &FlowArgs,
        global: &GlobalArgs,
    ) -> Result<(Self, Vec<String>), CommandError> {
        let file = match &args.values {
            Some(path) => values::read(path)?,
            None => values::Values::default(),
        };
        refused::check(&file.flow.refused)?;
        refused::check(&args.refused)?;
        let mut notes = Vec::new();
        if args.platform.or(file.flow.platform).is_some() {
            notes.push("`--platform` is ignored: the operator runs every dataflow".to_owned());
        }
        let settings = Self::merge(args.clone(), file, global)?;
        Ok((settings, notes))
    }

    fn merge(
        args: FlowArgs,
        file: values::Values,
        global: &GlobalArgs,
    ) -> Result<Self, CommandError> {
        let mut env = env_list::parse(&file.flow.environment_variables)?;
        for (name, value) in env_list::parse(&args.environment_variables)? {
            env_list::set(&mut env, name, value);
        }
        let chart_values_file = args.chart_values_file.or(file.flow.chart_values_file);
        let pull_policy = args.image_pull_policy.or(file.flow.image_pull_policy);
        let flow = FlowSettings {
            name: args.name.or(file.flow.name),
            namespace: global
                .namespace
                .clone()
                .or(file.namespace.filter(|name| !name.is_empty())),
            processes: args.processes.or(file.flow.processes),
            workers: args.workers.or(file.flow.workers),
            python_file: args.python_file_name.or(file.flow.python_file_name),
            code_in_image: args.code_in_image.or(file.flow.code_in_image),
            env,
            image_repository: args.image_repository.or(file.flow.image_repository),
            image_tag: args.image_tag.or(file.flow.image_tag),
            image_pull_policy: pull_policy.map(Into::into),
            image_pull_secret: args.image_pull_secret.or(file.flow.image_pull_secret),
            keep_alive: args.keep_alive.or(file.flow.keep_alive),
            recovery: args.recovery.or(file.flow.recovery).into(),
            chart_values: chart_values_file
                .as_deref()
                .map(read_chart_values)
                .transpose()?,
        };
        Ok(Self {
            flow,
            output: args.output_format.or(file.flow.output_format),
            dry_run: args.dry_run.or(file.flow.dry_run).unwrap_or_default(),
            yes: args.yes.or(file.flow.yes).unwrap_or(false),
            create_namespace: args
                .create_namespace
                .or(file.flow.create_namespace)
                .unwrap_or(true),
        })
    }

    /// Returns the given flags that apply to one flow, in long form. A command with several sources accepts none of
    /// them.
    pub(crate) fn flow_flags(&self) -> Vec<&'static str> {
        let FlowSettings {
            name,
            namespace: _,
            processes,
            workers,
            python_file,
            code_in_image,
            env,
            image_repository,
            image_tag,
            image_pull_policy,
            image_pull_secret,
            keep_alive,
            recovery,
            chart_values,
        } = &self.flow;
        let given = [
            ("--name", name.is_some()),
            ("--processes", processes.is_some()),
            ("--workers", workers.is_some()),
            ("--python-file-name", python_file.is_some()),
            ("--code-in-image", code_in_image.is_some()),
            ("--environment-variables", !env.is_empty()),
            ("--image-repository", image_repository.is_some()),
            ("--image-tag", image_tag.is_some()),
            ("--image-pull-policy", image_pull_policy.is_some()),
            ("--image-pull-secret", image_pull_secret.is_some()),
            ("--keep-alive", keep_alive.is_some()),
            ("--recovery", recovery.enabled.is_some()),
            ("--recovery-parts", recovery.parts.is_some()),
            (
                "--recovery-snapshot-interval",
                recovery.snapshot_interval.is_some(),
            ),
            (
                "--recovery-backup-interval",
                recovery.backup_interval.is_some(),
            ),
            ("--recovery-single-volume", recovery.single_volume.is_some()),
            ("--recovery-size", recovery.size.is_some()),
            ("--recovery-storageclass", recovery.storage_class.is_some()),
            ("--chart-values-file", chart_values.is_some()),
        ];
        given
            .into_iter()
            .chain(backup::given(&recovery.backup))
            .filter(|(_, given)| *given)
            .map(|(flag, _)| flag)
            .collect()
    }
}

fn read_chart_values(path: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(path).map_err(|error| {
        CommandError::usage(format!("cannot read the chart values {}", path.display()))
            .chain(&error)
    })
}
