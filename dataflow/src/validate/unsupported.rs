//! Published fields that this release does not support yet. `validate` refuses them by name: if the operator ignored
//! such a field, the dataflow would run without a feature that its author relies on.

use super::fault::Fault;
use crate::spec::DataflowSpec;
use crate::spec::absent::present;

pub(super) fn check(spec: &DataflowSpec, found: &mut Vec<Fault>) {
    let asked_for = [
        (
            spec.job_mode.unwrap_or(false),
            "spec.jobMode",
            "remove it: the dataflow then runs as a stream and completes when its input ends",
        ),
        (
            present(spec.schedule.as_ref()).is_some(),
            "spec.schedule",
            "remove it and start the dataflow yourself at the scheduled time",
        ),
        (
            !spec.dependencies.is_empty(),
            "spec.dependencies",
            "remove it and use an image that contains the packages",
        ),
        (
            spec.artifacts_download.is_some(),
            "spec.artifactsDownload",
            "remove it, put the code into a ConfigMap and write its name in `configMapName`",
        ),
    ];
    for (asked, path, instead) in asked_for {
        if asked {
            found.push(Fault::not_supported_yet(path, instead));
        }
    }
}
